"""Bad input ends in one line that names the file, and leaves nothing half-written."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from tests.project import Finished, Project, Said, once, preset

pytestmark = pytest.mark.workflow

#: Where each kind of bad input is noticed: what the rule would have made, and what it must say.
CASES = {
    "fmri/broken/truncated/responses.h5": r"truncated\.h5 is damaged or not an HDF5 file .+\): ",
    "fmri/broken/nan/responses.h5": r"nan\.h5: 2 NaN or infinite values in 2 voxels, in 1 rows",
    "fmri/broken/nocolumn/responses.h5": r"nocolumn\.h5 lacks the column Run: it has ",
    "fmri/unequal/S1/responses.h5": r"unequal\.npz: voxels have 40 rows, labels 39: ",
    "distill/pictures/images.npy": r"image \S+/six/bad\.png cannot be read \(.+\): replace it",
}
#: What the bad image does not keep from being made.
SOUND = {
    "fmri/pictures/S1/responses.h5",
    "fmri/pictures/S1/samples.tsv",
    "fmri/pictures/S1/scan.npz",
    "fmri/pictures/stimuli.tsv",
}


def write_sources(good: Path, data: Path) -> None:
    """Write the bad input, made of a good BData file."""
    data.mkdir()
    for name in ("nan", "nocolumn"):
        shutil.copy(good, data / f"{name}.h5")
    (data / "truncated.h5").write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    with h5py.File(data / "nan.h5", "a") as file:
        file["dataset"][7, [0, 3]] = np.nan
    with h5py.File(data / "nocolumn.h5", "a") as file:
        keys = [key.decode().replace("Run", "Other") for key in file["metadata/key"][()]]
        del file["metadata/key"]
        file["metadata/key"] = [key.encode() for key in keys]
    generator = np.random.default_rng(1)
    arrays = {
        "voxels": generator.standard_normal((40, 12)),
        "images": generator.integers(0, 256, (40, 16)),
        "labels": np.repeat(["six", "nine"], 20),
    }
    np.savez(data / "equal.npz", **arrays)
    np.savez(data / "unequal.npz", **(arrays | {"labels": arrays["labels"][:-1]}))
    for place in ("train", "test"):
        for category in ("six", "nine"):
            folder = data / place / category
            folder.mkdir(parents=True)
            for number in range(3):
                pixels = generator.integers(0, 256, (9, 9, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{number}.png")
    whole = (data / "train/six/1.png").read_bytes()
    (data / "train/six/bad.png").write_bytes(whole[: len(whole) // 2])


def bad_config() -> dict[str, Any]:
    """Three datasets with one mistake each, or three."""
    config = preset("test")
    common = {
        "folds": 2,
        "fold_by": "trial",
        "held_out_per_category": 0,
        "decoders": ["ridge"],
        "calibration_folds": 2,
        "permutations": 2,
    }
    paired: dict[str, Any] = {
        "source": "paired",
        "paired": {
            "voxels": ["voxels"],
            "images": ["images"],
            "labels": ["labels"],
            "image_shape": [4, 4],
            "image_order": "C",
            "label_names": {"six": "six", "nine": "nine"},
        },
        "rois": {"all": {"voxels": None}},
        **common,
    }
    teaching = config["datasets"]["tiny"]["teaching"] | {
        "images": {
            "source": "class_folders",
            "size": 8,
            "train": "train",
            "test": "test",
            "classes": {"six": ["six"], "nine": ["nine"]},
        },
    }
    config["datasets"] = {
        "broken": {
            "source": "bdata",
            "subjects": {name: {"file": f"{name}.h5"} for name in ("truncated", "nan", "nocolumn")},
            "rois": {"V1": {"voxels": None}},
            **common,
        },
        "unequal": {**paired, "subjects": {"S1": {"file": "unequal.npz"}}},
        "pictures": {**paired, "subjects": {"S1": {"file": "equal.npz"}}, "teaching": teaching},
    }
    return config | {"run": list(config["datasets"])}


@pytest.fixture(scope="module")
def failed(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Said]:
    """A project in which every job with bad input was tried, and what it said."""

    def make(folder: Path) -> None:
        write_sources(finished.project.folder / "results/fmri/tiny/S1/bdata.h5", folder / "data")
        project = Project.make(folder / "project", data=folder / "data").write_config(
            "bad.yaml", bad_config()
        )
        targets = [f"results/{path}" for path in CASES]
        said = project.call(*targets, "--keep-going", "--cores", "2")
        assert said.status != 0
        (folder / "printed.json").write_text(json.dumps([said.status, said.out, said.err]))

    folder = once(tmp_path_factory, "failures", make)
    said = Said(*json.loads((folder / "printed.json").read_text()))
    return Project(folder / "project", "bad.yaml", folder / "data"), said


@pytest.mark.parametrize("path", CASES)
def test_one_line_says_what_is_wrong(failed: tuple[Project, Said], path: str) -> None:
    """On standard error, and in the log of the job."""
    project, said = failed
    found = [line for line in said.err.splitlines() if re.match(rf"Error: .*{CASES[path]}", line)]
    assert len(found) == 1, said.err
    assert len(found[0]) < 400
    (log,) = (project.folder / "logs" / path).parent.glob("*.log")
    text = log.read_text()
    assert found[0].removeprefix("Error: ") in text
    assert "Traceback" not in text


def test_the_message_is_no_traceback(failed: tuple[Project, Said]) -> None:
    _, said = failed
    assert "Traceback" not in said.text
    errors = [line for line in said.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == len(CASES)


def test_nothing_half_written_is_left(failed: tuple[Project, Said]) -> None:
    project, _ = failed
    results = project.folder / "results"
    left = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    assert {path for path in left if not path.endswith(".json")} == SOUND


def test_after_the_mend_the_rest_is_made(failed: tuple[Project, Said], tmp_path: Path) -> None:
    project, _ = failed
    copied = project.copy(tmp_path / "project")
    data = shutil.copytree(project.folder.with_name("data"), tmp_path / "data")
    (data / "train/six/bad.png").unlink()
    Project(copied.folder, copied.configfile, data).run("results/distill/pictures/images.npy")
    assert np.load(copied.folder / "results/distill/pictures/images.npy").shape[0] == 12
