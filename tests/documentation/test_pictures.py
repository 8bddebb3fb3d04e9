"""Pictures of the docs are small, shown, and made by the command."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.documentation import pictures
from tests.documentation.pages import pages

#: Made of real data, which not everyone has.
OF_REAL_DATA = {"radiographs"}


def test_pictures_are_those_of_the_command_and_small() -> None:
    files = {path.stem: path for path in pictures.PICTURES.glob("*")}
    assert files.keys() == pictures.SCREENS.keys() | pictures.FIGURES.keys() | OF_REAL_DATA
    assert max(path.stat().st_size for path in files.values()) <= pictures.LARGEST


def test_every_picture_is_shown() -> None:
    links = {Path(link).stem for page in pages().values() for link in page.links()}
    assert {path.stem for path in pictures.PICTURES.glob("*")} <= links


def test_a_figure_is_shrunk_and_what_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures.shutil, "which", lambda name: None)
    for name in (pictures.FIGURES["ablation"], pictures.SCREENS["report"][0]):
        (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / pictures.SCREENS["report"][0]).touch()
    pixels = np.zeros((400, 2 * pictures.WIDTH, 3), np.uint8)
    pixels[:, :, 0] = np.arange(2 * pictures.WIDTH) // 8
    Image.fromarray(pixels).save(tmp_path / pictures.FIGURES["ablation"])
    made, missing = pictures.make(tmp_path, tmp_path)
    assert made == ["ablation"]
    with Image.open(tmp_path / "ablation.png") as picture:
        assert picture.size == (pictures.WIDTH, 200)
        assert picture.mode == "P"
    reasons = {line.partition(":")[0]: line for line in missing}
    assert reasons.keys() == (pictures.SCREENS.keys() | pictures.FIGURES.keys()) - {"ablation"}
    assert "none of chromium" in reasons["report"]
    assert "is not there" in reasons["check"]
