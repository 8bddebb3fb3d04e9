"""Leaks planted in folders of radiographs are found, each by its check; clean folders have none."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from tests.unit.cxr.audit.films import audited, drawn, write_folder

SIZE = 48


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    """Ninety radiographs of three classes, as strong as the demo's."""
    return write_folder(
        tmp_path_factory.mktemp("clean") / "films", drawn(3, 30, SIZE, contrast=0.7)
    )


def changed(folder: Path, label: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Change the pixels of a class."""
    for path in sorted((folder / label).iterdir()):
        pixels = change(np.asarray(Image.open(path)).astype(float))
        Image.fromarray(np.clip(pixels.round(), 0, 255).astype(np.uint8)).save(path)


def stored_larger(folder: Path) -> None:
    for path in sorted((folder / "virus").iterdir()):
        Image.open(path).resize((60, 60)).save(path)


def compressed(folder: Path) -> None:
    for path in sorted(folder.rglob("*.png")):
        quality = 40 if path.parent.name == "virus" else 90
        Image.open(path).save(path.with_suffix(".jpg"), quality=quality)
        path.unlink()


def compressed_and_stored_again(folder: Path) -> None:
    compressed(folder)
    for path in sorted(folder.rglob("*.jpg")):
        Image.open(path).save(path.with_suffix(".png"))
        path.unlink()


def marked(folder: Path) -> None:
    def mark(pixels: np.ndarray) -> np.ndarray:
        pixels[42:46, 41:46] = 250
        return pixels

    changed(folder, "normal", mark)


def bordered(folder: Path) -> None:
    def border(pixels: np.ndarray) -> np.ndarray:
        inside = pixels[1:-1, 1:-1].copy()
        pixels += 25
        pixels[1:-1, 1:-1] = inside
        return pixels

    changed(folder, "bacteria", border)


def marked_now_and_then(folder: Path) -> None:
    """Half of a class, in the upper right corner."""
    for path in sorted((folder / "virus").iterdir())[::2]:
        pixels = np.asarray(Image.open(path)).copy()
        pixels[2:5, 41:45] = 242
        Image.fromarray(pixels).save(path)


def renamed(folder: Path) -> None:
    """Slightly brighter ones of a dozen radiographs under patients of their own."""
    for number, path in enumerate(sorted((folder / "virus").iterdir())[:12]):
        pixels = np.asarray(Image.open(path)).astype(float) * 0.95 + 6
        made = Image.fromarray(pixels.round().astype(np.uint8))
        made.save(path.with_name(f"person{900 + number}_virus_1.png"))


def duplicated(folder: Path) -> None:
    for number, path in enumerate(sorted((folder / "virus").iterdir())[:6]):
        shutil.copy(path, path.with_name(f"person{900 + number}_virus_1.png"))


def two_classes(folder: Path) -> None:
    path = sorted((folder / "virus").iterdir())[0]
    shutil.copy(path, folder / "bacteria" / "person900_bacteria_1.png")


def from_sites(folder: Path) -> None:
    """Folders above those of classes: nearly all normal ones come from one site."""
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        site = "test" if (path.parent.name == "normal") == (number % 10 > 0) else "train"
        target = folder / site / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    for name in ("normal", "virus", "bacteria"):
        (folder / name).rmdir()


def scaled(folder: Path) -> None:
    changed(folder, "virus", lambda x: 120 + 30 * (x - x.mean()) / x.std())


def exposed(folder: Path) -> None:
    changed(folder, "virus", lambda x: 255 * (x / 255) ** 0.6)


def smoothed(folder: Path) -> None:
    changed(folder, "virus", lambda x: gaussian_filter(x, 0.6))


def hot(folder: Path) -> None:
    def burn(pixels: np.ndarray) -> np.ndarray:
        pixels[3, 20] = 255
        return pixels

    changed(folder, "bacteria", burn)


PLANTED = {
    stored_larger: "class from kinds of files",
    compressed: "class from kinds of files",
    compressed_and_stored_again: "class from grain outside of the lungs",
    marked: "class from borders and corners",
    bordered: "class from borders and corners",
    marked_now_and_then: "class from marks outside of the lungs",
    renamed: "near-copies on both sides of a fold",
    duplicated: "copies under other patients",
    two_classes: "one radiograph in two classes",
    from_sites: "class from where radiographs come from",
    scaled: "grey levels scaled by group",
    exposed: "class from the background",
    smoothed: "class from grain outside of the lungs",
    hot: "class from single pixels",
}


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_leak_is_found_by_its_check(plant, clean, tmp_path):
    folder = shutil.copytree(clean, tmp_path / "films")
    plant(folder)
    found = audited(folder, tmp_path, SIZE)
    assert PLANTED[plant] in found, found


def test_a_clean_folder_has_no_flag(clean, tmp_path):
    assert not audited(clean, tmp_path, SIZE)


def test_clean_compressed_files_of_random_sizes_have_no_flag(tmp_path):
    """Size and quality that have nothing to do with the class."""
    folder = write_folder(tmp_path / "films", drawn(4, 30, 64, contrast=1.0), "jpg")
    generator = np.random.default_rng(0)
    for path in sorted(folder.rglob("*.jpg")):
        side = int(generator.choice([56, 64, 80]))
        image = Image.open(path).resize((side, side))
        image.save(path, quality=int(generator.choice([70, 95])))
    assert not audited(folder, tmp_path, SIZE)


def test_a_manifests_site_that_names_the_class_is_found(clean, tmp_path):
    rows = [
        {
            "file": path.relative_to(clean).as_posix(),
            "label": path.parent.name,
            "patient": path.stem.split("_")[0],
            "site": "A" if path.parent.name == "virus" else "B",
        }
        for path in sorted(clean.rglob("*.png"))
    ]
    shutil.copytree(clean, tmp_path / "films", dirs_exist_ok=True)
    manifest = tmp_path / "films" / "list.csv"
    pd.DataFrame(rows).to_csv(manifest, index=False)
    found = audited(manifest, tmp_path, SIZE)
    assert "site A" in found["class from where radiographs come from"]
    pd.DataFrame(rows).assign(site="A").to_csv(manifest, index=False)
    assert not audited(manifest, tmp_path, SIZE)
