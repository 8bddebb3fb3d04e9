"""A region is its own: one more, one less or another mask reruns what it concerns, and no other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image

from neuroloop.fmri.bdata import write_bdata
from neuroloop.fmri.brain import BrainData, make_rows
from tests import scans
from tests.project import Project, once, preset

pytestmark = pytest.mark.workflow

#: Gather the regions of the scan.
GATHERED = {
    "export_bdata fmri/scan/S1",
    "summarise_decoding fmri/scan",
    "summarise_ablation distill/scan",
    "watch_teaching distill/scan",
    "write_report report",
}


def chain(roi: str) -> set[str]:
    """Jobs of one region of the scan, from its mask to its students."""
    return {
        f"extract_region fmri/scan/S1/{roi}",
        f"decode_linear fmri/scan/S1/{roi}/ridge",
        f"assess_decoding fmri/scan/S1/{roi}/ridge",
        f"train_students distill/scan/S1/{roi}/ridge/brain/tiny_student",
    }


def write_mask(path: Path, first: int, last: int) -> str:
    """Write a mask of all voxels from one plane to another."""
    mask = np.zeros(scans.SHAPE, dtype=np.uint8)
    mask[first:last, 2:8, 1:4] = 1
    nibabel.save(nibabel.Nifti1Image(mask, np.diag([3.0, 3, 3, 1])), path)
    return str(path)


def of_scan(folder: Path) -> dict[str, Any]:
    """Images with two masks, which teach."""
    block = scans.write(folder, scans.study(3, runs=4))
    block["rois"]["V2"] = {"mask": write_mask(folder / "v2.nii", 5, 9), "voxels": 20}
    write_mask(folder / "v3.nii", 2, 6)
    generator = np.random.default_rng(0)
    for place in ("train", "test"):
        for name in scans.CLASSES:
            (folder / place / name).mkdir(parents=True)
            for number in range(2):
                pixels = generator.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / place / name / f"{number}.png")
    block["teaching"] = preset("test")["datasets"]["tiny"]["teaching"] | {
        "images": {
            "source": "class_folders",
            "size": 8,
            "train": str(folder / "train"),
            "test": str(folder / "test"),
            "classes": {name: [name] for name in scans.CLASSES},
        },
        "teachers": ["none", "brain"],
    }
    return block


def of_bdata(folder: Path) -> dict[str, Any]:
    """A file with two flags."""
    rows = make_rows(
        session="training",
        run=[f"training-{run}" for run in (1, 2, 3, 4) for _ in range(4)],
        block=[f"b{row}" for row in range(16)],
        stimulus_id=[f"i{row}" for row in range(16)],
        category=["cat", "dog"] * 8,
    )
    x = np.random.default_rng(1).normal(size=(16, 30)).astype(np.float32)
    flags = {"V1": np.arange(30) < 20, "V2": np.arange(30) >= 10}
    write_bdata(folder / "S1.h5", BrainData(x, rows, flags), "trial")
    return {
        "source": "bdata",
        "subjects": {"S1": {"file": str(folder / "S1.h5")}},
        "rois": {"V1": {"voxels": 10}},
        "folds": 2,
        "fold_by": "run",
        "held_out_per_category": 0,
        "decoders": ["ridge"],
        "calibration_folds": 2,
        "permutations": 5,
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Mapping[str, Any]]:
    """A finished project, for looking only, and its config."""

    def make(folder: Path) -> None:
        (folder / "data").mkdir()
        Project.make(folder / "project").write_config("own.yaml", own(folder)).run("all")

    def own(folder: Path) -> dict[str, Any]:
        blocks = {"scan": of_scan(folder / "data"), "flags": of_bdata(folder / "data")}
        return preset("test") | {"run": list(blocks), "datasets": blocks}

    folder = once(tmp_path_factory, "regions", make)
    project = Project(folder / "project", "own.yaml")
    import yaml

    return project, yaml.safe_load((project.folder / "own.yaml").read_text())


def changed(
    made: tuple[Project, Mapping[str, Any]], tmp_path: Path, dataset: str, **rois: Any
) -> set[str]:
    """Jobs that wait with other regions; None takes a region away."""
    project, config = made
    block = config["datasets"][dataset]
    kept = {roi: one for roi, one in {**block["rois"], **rois}.items() if one is not None}
    blocks = config["datasets"] | {dataset: block | {"rois": kept}}
    other = project.write_config(str(tmp_path / "other.yaml"), {**config, "datasets": blocks})
    return other.waiting() - {"check_dataset check"}


def test_a_region_more_is_read_decoded_and_teaches_alone(
    made: tuple[Project, Mapping[str, Any]], tmp_path: Path
) -> None:
    mask = made[1]["datasets"]["scan"]["rois"]["V2"]["mask"].replace("v2", "v3")
    found = changed(made, tmp_path, "scan", V3={"mask": mask, "voxels": None})
    assert found == chain("V3") | GATHERED


def test_a_region_less_runs_what_gathers_again(
    made: tuple[Project, Mapping[str, Any]], tmp_path: Path
) -> None:
    assert changed(made, tmp_path, "scan", V2=None) == GATHERED


def test_what_a_region_takes_of_its_mask_concerns_it_alone(
    made: tuple[Project, Mapping[str, Any]], tmp_path: Path
) -> None:
    block = made[1]["datasets"]["scan"]["rois"]["V2"]
    found = changed(made, tmp_path, "scan", V2=block | {"threshold": 0.5})
    assert found == chain("V2") | GATHERED


def test_another_mask_in_a_file_concerns_its_region_alone(
    made: tuple[Project, Mapping[str, Any]],
) -> None:
    project, config = made
    mask = Path(config["datasets"]["scan"]["rois"]["V2"]["mask"])
    before = mask.read_bytes()
    try:
        write_mask(mask, 4, 8)
        assert project.waiting() - {"check_dataset check"} == chain("V2") | GATHERED
    finally:
        mask.write_bytes(before)
    assert project.waiting() == set()


def test_a_mask_of_a_subjects_own_concerns_its_region_alone(
    made: tuple[Project, Mapping[str, Any]], tmp_path: Path
) -> None:
    project, config = made
    block = config["datasets"]["scan"]
    mask = block["rois"]["V2"]["mask"].replace("v2", "v3")
    own = {"S1": block["subjects"]["S1"] | {"masks": {"V2": mask}}}
    blocks = config["datasets"] | {"scan": block | {"subjects": own}}
    other = project.write_config(str(tmp_path / "own.yaml"), {**config, "datasets": blocks})
    assert other.waiting() - {"check_dataset check"} == chain("V2") | GATHERED


def test_a_flag_more_concerns_its_region_alone(
    made: tuple[Project, Mapping[str, Any]], tmp_path: Path
) -> None:
    both = {"flag": "ROI_V1 = 1 | ROI_V2 = 1", "voxels": None}
    assert changed(made, tmp_path, "flags", both=both) == {
        "extract_region fmri/flags/S1/both",
        "decode_linear fmri/flags/S1/both/ridge",
        "assess_decoding fmri/flags/S1/both/ridge",
        "summarise_decoding fmri/flags",
        "write_report report",
    }


def test_bdpy_opens_what_is_exported_and_no_job_reads_it(
    made: tuple[Project, Mapping[str, Any]],
) -> None:
    from bdpy import BData

    project, _ = made
    for name, sizes in {"scan": {"V1", "V2"}, "flags": {"V1", "V2"}}.items():
        folder = project.folder / f"results/fmri/{name}/S1"
        data = BData(str(folder / "bdata.h5"))
        for roi in sizes:
            chosen = data.select(f"ROI_{roi} = 1")
            if (region := folder / roi / "voxels.npz").exists():
                np.testing.assert_array_equal(chosen, np.load(region)["x"])
        (folder / "bdata.h5").touch()
    assert project.waiting() == set()


def test_a_mask_that_cannot_be_used_is_told_before_anything_is_decoded(
    made: tuple[Project, Mapping[str, Any]], tmp_path: Path
) -> None:
    project, config = made
    copied = project.copy(tmp_path / "project")
    block = config["datasets"]["scan"]
    mask = str(tmp_path / "small.nii")
    nibabel.save(nibabel.Nifti1Image(np.ones((3, 3, 3), np.uint8), np.eye(4)), mask)
    rois = block["rois"] | {"V3": {"mask": mask, "voxels": None}}
    blocks = config["datasets"] | {"scan": block | {"rois": rois}}
    said = copied.write_config("own.yaml", {**config, "datasets": blocks}).call(
        "check", "--cores", "1"
    )
    assert said.status != 0
    (line,) = (line for line in said.err.splitlines() if line.startswith("Error: "))
    assert f"{mask} has the shape (3, 3, 3)" in line
    assert "resample it to the same grid" in line


def test_masks_stand_on_the_page_of_what_was_read(
    made: tuple[Project, Mapping[str, Any]],
) -> None:
    project, config = made
    facts = (project.folder / "results/check/scan.json").read_text()
    for block in config["datasets"]["scan"]["rois"].values():
        assert block["mask"] in facts
    assert "region V2: 72 of the 500 voxels" in facts
