"""Movies are found where a table says, and in one place only."""

import pandas as pd
import pytest

from neuroloop.calcium.movie_paths import movie_paths
from neuroloop.errors import NeuroLoopError


def listed(**paths):
    return pd.DataFrame({"recording": list(paths), "path": list(paths.values())})


@pytest.fixture
def folders(tmp_path):
    made = [tmp_path / "beside", tmp_path / "below"]
    for folder, name in zip([0, 1, 0, 1], ["r1", "r2a", "r2b", "both"], strict=True):
        (made[folder] / "m").mkdir(parents=True, exist_ok=True)
        (made[folder] / "m" / f"{name}.tif").touch()
    (made[0] / "m" / "both.tif").touch()
    return made


def test_paths_start_beside_the_table_or_below_the_data_folder_or_are_whole(folders):
    beside, below = folders
    whole = below / "m" / "r2a.tif"
    assert movie_paths(listed(r1="m/r1.tif", r2="m/r2a.tif; m/r2b.tif"), folders) == {
        "r1": [beside / "m" / "r1.tif"],
        "r2": [whole, beside / "m" / "r2b.tif"],
    }
    assert movie_paths(listed(r2=str(whole)), []) == {"r2": [whole]}
    # The table may lie in the data folder itself.
    assert movie_paths(listed(r1="m/r1.tif"), [beside, str(beside) + "/"])["r1"]


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({"r3": "m/r3.tif"}, r"recording r3: m/r3.tif is not in .*beside or .*below: put"),
        ({"r3": "/none/r3.tif"}, r"recording r3: /none/r3.tif is missing: put"),
        ({"r4": "m/both.tif"}, r"m/both.tif is in .*beside/m/both.tif and in .*below/m/both.tif: "),
        ({"r1": "m/r1.tif", "r2": "m/../m/r1.tif"}, "recording r2: .* are one and the same file"),
    ],
)
def test_what_is_not_there_or_twice_is_refused(folders, paths, message):
    with pytest.raises(NeuroLoopError, match=message):
        movie_paths(listed(**paths), folders)


def test_a_link_is_the_file_that_it_points_to(folders):
    (folders[1] / "m" / "r1.tif").symlink_to(folders[0] / "m" / "r1.tif")
    (folders[1] / "m" / "other.tif").symlink_to(folders[0] / "m" / "r1.tif")
    assert movie_paths(listed(r1="m/r1.tif"), folders)
    with pytest.raises(NeuroLoopError, match=r"m/other.tif and m/r1.tif are one and the same file"):
        movie_paths(listed(r1="m/r1.tif", r2="m/other.tif"), folders)
