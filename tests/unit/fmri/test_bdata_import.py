"""BData from outside: columns of other names, several files, ids that lost digits, and links."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import read_region, write_bdata
from neuroloop.fmri.sources.bdata import options, read
from tests.unit.fmri.god_files import write_file

SYNSETS = (1518878, 1639765, 2071294)
RUNS = 4


def table(**changed: np.ndarray) -> dict[str, np.ndarray]:
    """Each of four runs shows one image of each of three synsets; no image comes again."""
    run = np.repeat(np.arange(1.0, RUNS + 1), len(SYNSETS))
    ids = np.tile(SYNSETS, RUNS) + (run * 1000 + 4) * 1e-6
    kinds = np.ones(len(run))
    block = np.tile(np.arange(1.0, len(SYNSETS) + 1), RUNS)
    columns = {"DataType": kinds, "Run": run, "Block": block, "stimulus_id": ids}
    return columns | changed


def without(*names: str) -> dict[str, np.ndarray]:
    return {name: values for name, values in table().items() if name not in names}


NAMES = {number: f"n{synset:08d}" for number, synset in enumerate(SYNSETS, start=1)}
LABEL = np.tile([1.0, 2, 3], RUNS)


def imported(*paths: Path, **columns: str):
    return read({"file": paths}, columns)


def refused(*paths: Path, **columns: str) -> str:
    with pytest.raises(NeuroLoopError) as error:
        imported(*paths, **columns)
    assert "\n" not in str(error.value)
    assert str(paths[-1]) in str(error.value)
    return str(error.value)


def test_columns_as_bdpys_export_of_fmriprep_writes_them(tmp_path):
    path = write_file(
        tmp_path / "f.h5", without("DataType", "stimulus_id") | {"Label": LABEL}, {"Label": NAMES}
    )
    found = imported(path)
    rows = found.brain.rows
    assert rows["category"].tolist() == rows["stimulus_id"].tolist() == list(NAMES.values()) * RUNS
    assert set(rows["session"]) == {"training"}
    assert rows["run"].nunique() == RUNS
    told = " ".join(found.intake.recognised)
    assert "f.h5 has no column DataType: all rows are of the training session" in told
    assert "f.h5 names no images" in told


def test_names_of_images_in_a_value_map(tmp_path):
    columns = without("stimulus_id") | {"stimulus_name": np.arange(1.0, 13)}
    names = {n + 1: f"n{synset:08d}_{n}" for n, synset in enumerate(SYNSETS * RUNS)}
    found = imported(write_file(tmp_path / "f.h5", columns, {"stimulus_name": names}))
    assert found.brain.rows["stimulus_id"].tolist() == list(names.values())
    assert found.brain.rows["category"].tolist() == list(NAMES.values()) * RUNS
    assert any("the synset in stimulus_name" in text for text in found.intake.recognised)
    others = {number: f"picture{number}" for number in names}
    path = write_file(tmp_path / "g.h5", columns, {"stimulus_name": others})
    assert "Label needs a value map" in refused(path)


def test_columns_by_the_names_that_the_config_states(tmp_path):
    columns = {
        "kind": np.array([1.0, 2, 3] * RUNS),
        "scan": table()["Run"],
        "trial": table()["Block"],
        "image": np.arange(1.0, 13),
        "class": LABEL + 4,
    }
    named = {
        "data_type": "kind",
        "run": "scan",
        "block": "trial",
        "stimulus": "image",
        "label": "class",
    }
    block = {"bdata": {"columns": named | {"session": None}}}
    assert options(block, "s1") == {"columns": named}
    path = write_file(
        tmp_path / "f.h5", columns, {"kind": {1: "Training", 2: "perception", 3: "imagery"}}
    )
    found = imported(path, **named)
    rows = found.brain.rows
    assert rows["session"].tolist() == ["training", "perception", "imagery"] * RUNS
    assert rows["category"].tolist() == ["5", "6", "7"] * RUNS
    assert rows["stimulus_id"].iloc[1] == "2.000000"
    assert [(each.what, each.count) for each in found.intake.dropped] == [
        ("rows of the perception test", RUNS),
        ("rows of the imagery test", RUNS),
    ]
    assert "lacks the column scanner (bdata.columns.run)" in refused(
        path, **named | {"run": "scanner"}
    )


def test_rows_of_one_category_back_to_back_are_a_block_unless_they_are_trials(tmp_path):
    twice = {name: np.repeat(values, 2) for name, values in without("Block").items()}
    twice["stimulus_id"] = twice["stimulus_id"] + np.tile([0, 1e-6], 12)
    path = write_file(tmp_path / "f.h5", twice)
    found = imported(path)
    assert found.brain.rows["block"].value_counts().unique().tolist() == [2]
    told = "no column Block: rows of one category back to back in a run are one block; where they "
    assert any(told in text for text in found.intake.recognised)
    block = {"bdata": {"back_to_back": "trials"}}
    assert options(block, "s1") == {"columns": {}, "back_to_back": "trials"}
    assert read({"file": [path]}, **options(block, "s1")).brain.rows["block"].is_unique


def test_the_column_of_categories_as_that_of_images_says_that_they_are_unknown(tmp_path):
    columns = table(Label=LABEL)
    path = write_file(tmp_path / "f.h5", columns, {"Label": NAMES})
    assert imported(path).brain.rows["stimulus_id"].nunique() == 12
    rows = imported(path, stimulus="Label").brain.rows
    assert rows["stimulus_id"].tolist() == rows["category"].tolist()


def test_runs_are_counted_within_sessions(tmp_path):
    """Run is 1 in every visit to the scanner: (Session, Run) is the run."""
    visits = table()["Run"]
    path = write_file(tmp_path / "f.h5", table(Session=visits, Run=np.ones(12)))
    found = imported(path)
    assert found.brain.rows["run"].nunique() == RUNS
    assert any("4 sessions hold 4 runs" in text for text in found.intake.recognised)
    # Where the numbers part the rows as before, ids are those of before.
    path = write_file(tmp_path / "g.h5", table(Session=np.repeat([1.0, 2], 6)))
    assert imported(path).brain.rows["run"].unique().tolist() == [
        f"training-{n}" for n in (1, 2, 3, 4)
    ]
    path = write_file(
        tmp_path / "h.h5",
        table(Session=np.repeat([1.0, 2], 6), Run=np.tile(np.repeat([1.0, 2], 3), 2)),
    )
    assert imported(path).brain.rows["run"].unique().tolist() == [
        f"training-{n}" for n in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ids_that_lost_their_digits_are_refused(tmp_path, dtype):
    ids = table()["stimulus_id"].astype(np.float32).astype(float)
    path = write_file(tmp_path / "f.h5", table(stimulus_id=ids), dtype=dtype)
    assert "whose six decimals name the image" in refused(path)
    ids[0] += 0.125
    path = write_file(tmp_path / "g.h5", table(stimulus_id=ids), dtype=dtype)
    assert "float32 keeps seven digits" in refused(path)


def test_float32_holds_small_ids_and_names(tmp_path):
    columns = table(stimulus_id=np.arange(1.0, 13), Label=LABEL)
    path = write_file(tmp_path / "f.h5", columns, {"Label": NAMES}, dtype=np.float32)
    assert imported(path).brain.rows["stimulus_id"].nunique() == 12
    columns["stimulus_id"] = np.tile(SYNSETS, RUNS)
    path = write_file(tmp_path / "g.h5", columns, {"Label": NAMES}, dtype=np.float32)
    assert "float32 keeps seven digits" in refused(path)


def test_a_label_that_tells_other_categories_than_the_ids_is_refused(tmp_path):
    path = write_file(tmp_path / "f.h5", table(Label=LABEL))
    assert set(imported(path).brain.rows["category"]) == set(NAMES.values())
    path = write_file(tmp_path / "g.h5", table(Label=np.tile([1.0, 2, 2], RUNS)))
    assert "tell different categories: name the right one under bdata.columns.label" in refused(
        path
    )
    assert set(imported(path, label="Label").brain.rows["category"]) == {"1", "2"}


def test_several_files_of_a_subject_have_runs_of_their_own(tmp_path):
    ids = table()["stimulus_id"]
    paths = [
        write_file(tmp_path / f"{part}.h5", table(stimulus_id=ids + part * 1e-5), seed=part)
        for part in (1, 2)
    ]
    found = imported(*paths)
    assert found.brain.rows["run"].nunique() == 2 * RUNS
    assert found.brain.rows.groupby("block")["run"].nunique().max() == 1
    assert found.brain.rows["sample"].is_unique
    first = imported(paths[0]).brain
    np.testing.assert_array_equal(found.brain.voxels[:12], first.voxels)
    assert "holds the same data as" in refused(
        paths[0], write_file(tmp_path / "3.h5", table(), seed=1)
    )
    other = write_file(tmp_path / "4.h5", table(), rois={"V1": slice(1, 4)})
    assert "has other voxels, regions or units" in refused(paths[0], other)


def test_a_usual_column_that_stands_several_times_is_told(tmp_path):
    path = write_file(tmp_path / "f.h5", table())
    assert not any("columns" in said for said in imported(path).intake.recognised)
    with h5py.File(path, "a") as file:
        keys = [key.decode() for key in file["metadata/key"][:]]
        row = keys.index("Block")
        values = file["metadata/value"][:]
        values[row, list(values[keys.index("Run")]).index(1)] = 1
        file["metadata/value"][:] = values
    assert "Block has 2 columns and is passed over." in imported(path).intake.recognised


def test_conditions_of_any_key_survive_the_import(tmp_path):
    """A condition may name flags that are no regions."""
    path = write_file(tmp_path / "f.h5", table(), voxel_keys={"left": [0.0, 1, 0, 1, 1, 0]})
    found = imported(path)
    write_bdata(tmp_path / "b.h5", found.brain, found.unit, voxel_keys=found.voxel_keys)
    for source in (path, tmp_path / "b.h5"):
        x, _ = read_region(source, "left = 1 & ROI_V1 = 1")
        np.testing.assert_array_equal(x, found.brain.voxels[:, [1, 3]])


def test_regions_whose_flags_are_no_flags_are_left_out_and_told(tmp_path):
    path = write_file(tmp_path / "f.h5", table(), voxel_keys={"ROI_atlas": [1.0, 2, 2, 3, 3, 0]})
    found = imported(path)
    assert list(found.brain.rois) == ["V1"]
    assert "atlas" in found.intake.dropped[0].what


def spoil(path: Path, name: str) -> None:
    with h5py.File(path, "a") as file:
        data = file.pop(name)[()]
        with h5py.File(path.with_name("other.h5"), "w") as other:
            other[name] = data


def external(path: StrPath) -> None:
    spoil(Path(path), "dataset")
    with h5py.File(path, "a") as file:
        file["dataset"] = h5py.ExternalLink("other.h5", "/dataset")


def virtual(path: StrPath) -> None:
    spoil(Path(path), "dataset")
    with h5py.File(Path(path).with_name("other.h5")) as other:
        data = h5py.VirtualSource(other["dataset"])
        layout = h5py.VirtualLayout(shape=other["dataset"].shape, dtype=float)
    layout[:] = data
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("dataset", layout)


def soft(path: StrPath) -> None:
    with h5py.File(path, "a") as file:
        file.move("metadata/value", "elsewhere")
        file["metadata/value"] = h5py.SoftLink("/elsewhere")


def raw(path: StrPath) -> None:
    spoil(Path(path), "dataset")
    with h5py.File(path, "a") as file:
        file.create_dataset("dataset", (12, 10), float, external=[("raw.bin", 0, 12 * 10 * 8)])


@pytest.mark.parametrize("change", [external, virtual, soft, raw])
def test_data_that_lie_elsewhere_are_refused(tmp_path, change):
    path = write_file(tmp_path / "f.h5", table())
    change(path)
    assert "is a link, to another file perhaps" in refused(path)


@pytest.mark.parametrize("name", ["dataset", "metadata/value"])
def test_a_file_that_states_more_than_it_holds_is_refused(tmp_path, name):
    path = write_file(tmp_path / "f.h5", table())
    with h5py.File(path, "a") as file:
        del file[name]
        file.create_dataset(name, (2**40, 10), float, chunks=(1024, 10))
    assert "more than a file of" in refused(path)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("dataset", np.array([["a", "b"]], dtype="S1"), "not numbers"),
        ("dataset", np.ones((12, 10), complex), "not numbers"),
        ("dataset", np.ones(12), "not numbers"),
        ("metadata/value", np.array([[b"x"]]), "damaged or not an HDF5 file"),
        ("metadata/key", np.array([b"VoxelData", b"VoxelData"]), "the key VoxelData twice"),
        ("vmap/Run/one", b"x", "damaged or not an HDF5 file"),
        ("header/unit", b"week", "header/unit is 'week'"),
    ],
)
def test_content_of_another_kind_is_one_line(tmp_path, name, data, said):
    path = write_file(tmp_path / "f.h5", table())
    with h5py.File(path, "a") as file:
        if name in file:
            del file[name]
        file[name] = data
    assert said in refused(path)
