"""What the config says of a region reaches its voxels, and the sidecar says what was left out."""

import hashlib
import json
from pathlib import Path

import nibabel
import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import read_intake
from neuroloop.fmri.bdata import read_bdata, write_bdata
from neuroloop.fmri.masks import Region
from neuroloop.fmri.nifti import read_runs
from neuroloop.fmri.samples import read_samples
from neuroloop.fmri.sources import nifti
from scripts.fmri.assign_folds import assign_folds
from scripts.fmri.export_bdata import export_bdata
from scripts.fmri.extract_region import extract_region
from scripts.fmri.import_subject import import_subject

SHAPE = (4, 2, 2)
REGIONS = {"V1": {"label": 1}, "V2": {"label": 2}, "all": {"threshold": 0.5}}
CLEANING = {
    "repetition_time": 2.0,
    "shift": 4.0,
    "detrend": False,
    "high_pass": None,
    "standardise": False,
    "unit": "block",
    "rest": "rest",
}


def save(path, data):
    image = nibabel.Nifti1Image(data.astype(np.float32), np.diag([3.0, 3, 3, 1]))
    image.header.set_zooms((3, 3, 3, 2)[: data.ndim])
    nibabel.save(image, path)
    return path


@pytest.fixture
def dataset(tmp_path):
    """Two runs and an atlas; block of the dataset."""
    generator = np.random.default_rng(0)
    bold = [save(tmp_path / f"run-{n}_bold.nii", generator.random((*SHAPE, 12))) for n in (1, 2)]
    events = [tmp_path / f"run-{n}_events.tsv" for n in (1, 2)]
    for path in events:
        rows = ["2.003\t4\tcat", "8.003\t4\tdog", "12.003\t4\tdog"]
        path.write_text("\n".join(["onset\tduration\ttrial_type", *rows]) + "\n")
    atlas = np.zeros(SHAPE)
    atlas[:2], atlas[2], atlas[3, 0, 0] = 1, 2, np.nan
    mask = save(tmp_path / "atlas.nii", atlas)
    return {
        "nifti": CLEANING,
        "subjects": {"s1": {"bold": [str(p) for p in bold], "events": [str(p) for p in events]}},
        "rois": {roi: {"mask": str(mask), "voxels": None, **part} for roi, part in REGIONS.items()},
    }


def files(found):
    return {name: [path for _, path in given] for name, given in found.items()}


def imported(dataset, folder):
    import_subject(
        source="nifti",
        inputs=files(nifti.inputs(dataset, "s1")),
        options=nifti.options(dataset, "s1"),
        samples=folder / "samples.tsv",
        responses=folder / "responses.h5",
        scan=folder / "scan.npz",
        intake=folder / "intake.json",
    )
    assign_folds(
        samples=folder / "samples.tsv",
        folds=folder / "folds.tsv",
        n_folds=2,
        fold_by="run",
        seed=0,
    )


def extracted(dataset, folder, roi):
    extract_region(
        source="nifti",
        inputs=files(nifti.region_inputs(dataset, "s1", roi)),
        options=nifti.region_options(dataset, roi),
        region=roi,
        samples=folder / "samples.tsv",
        folds=folder / "folds.tsv",
        scan=folder / "scan.npz",
        voxels=folder / roi / "voxels.npz",
        places=folder / roi / "region.npz",
        intake=folder / roi / "intake.json",
    )


def exported(dataset, folder):
    imported(dataset, folder)
    for roi in dataset["rois"]:
        (folder / roi).mkdir()
        extracted(dataset, folder, roi)
    export_bdata(
        samples=folder / "samples.tsv",
        responses=[],
        sidecar=folder / "responses.json",
        voxels=[folder / roi / "voxels.npz" for roi in dataset["rois"]],
        regions=[folder / roi / "region.npz" for roi in dataset["rois"]],
        bdata=folder / "bdata.h5",
    )


def test_regions_of_one_atlas(dataset, tmp_path):
    exported(dataset, tmp_path)
    brain = read_bdata(tmp_path / "bdata.h5")
    assert {roi: int(flags.sum()) for roi, flags in brain.rois.items()} == {
        "V1": 8,
        "V2": 4,
        "all": 12,
    }
    blocks = [f"training-{run}-{block}" for run in (1, 2) for block in (1, 2, 2)]
    assert brain.rows["block"].tolist() == blocks
    assert read_samples(tmp_path / "samples.tsv")["unit"].tolist() == ["block"] * 6
    # Events at 2, 8, 12 s come 4 s later: volumes 3 and 4, 6 and 7, 8 and 9.
    bold = [Path(path) for path in dataset["subjects"]["s1"]["bold"]]
    data = nibabel.load(bold[0]).get_fdata()[:2].reshape(8, 12).T
    means = [data[first : first + 2].mean(axis=0) for first in (3, 6, 8)]
    np.testing.assert_allclose(brain.voxels[:3, brain.rois["V1"]], means, rtol=1e-5)
    np.testing.assert_allclose(np.load(tmp_path / "V1/voxels.npz")["x"][:3], means, rtol=1e-5)
    facts = json.loads((tmp_path / "bdata.json").read_text())
    assert facts["nan_in_masks"] == {"V1": 1, "V2": 1, "all": 1}
    assert facts["events_without_volumes"] == 0
    assert facts["unit"] == "block"
    read = read_intake(tmp_path / "intake.json").files
    assert [Path(each.file).name for each in read] == [
        *["run-1_bold.nii", "run-2_bold.nii", "run-1_events.tsv", "run-2_events.tsv"]
    ]
    assert [each.bytes for each in read[:2]] == [path.stat().st_size for path in bold]
    assert read[0].sha256 == hashlib.sha256(bold[0].read_bytes()).hexdigest()
    of_region = read_intake(tmp_path / "V2/intake.json")
    assert "atlas.nii" in {Path(each.file).name for each in of_region.files}
    assert any(sentence.startswith("region V2: 4 of") for sentence in of_region.recognised)


def test_what_is_exported_is_what_all_masks_give_at_once(dataset, tmp_path):
    """Voxels that regions share are there once, in the order of the grid."""
    exported(dataset, tmp_path)
    subject = dataset["subjects"]["s1"]
    regions = {roi: Region(block["mask"], **REGIONS[roi]) for roi, block in dataset["rois"].items()}
    cleaning = {key: value for key, value in CLEANING.items() if key != "rest"}
    tr = cleaning.pop("repetition_time")
    brain, xyz, facts = read_runs(
        subject["bold"], subject["events"], "events", regions, tr, **cleaning
    )
    units = "z-score within the run"
    write_bdata(tmp_path / "whole.h5", brain, "block", xyz, units, **facts)
    for ending in (".h5", ".json"):
        one, other = ((tmp_path / f"{name}{ending}").read_bytes() for name in ("bdata", "whole"))
        assert one == other, ending


def test_an_import_knows_no_mask(dataset, tmp_path):
    names = ("samples.tsv", "responses.h5", "responses.json", "scan.npz", "folds.tsv")
    found = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        imported(dataset, folder)
        found.append([(folder / name).read_bytes() for name in names])
        dataset["rois"] = {"V9": {"mask": "nowhere.nii", "voxels": None}}
    assert found[0] == found[1]


def test_a_subjects_own_mask_is_read_and_named(dataset, tmp_path):
    own = np.zeros(SHAPE)
    own[1] = 1
    mask = str(save(tmp_path / "own.nii", own))
    dataset["subjects"]["s1"]["masks"] = {"V2": mask}
    assert nifti.region_inputs(dataset, "s1", "V2")["mask"] == [("subjects.s1.masks.V2", mask)]
    ((key, _),) = nifti.region_inputs(dataset, "s1", "V1")["mask"]
    assert key == "rois.V1.mask"


def test_a_region_where_nothing_was_measured_is_refused(dataset, tmp_path):
    for path in dataset["subjects"]["s1"]["bold"]:
        data = nibabel.load(path).get_fdata()
        data[2] = 7
        save(Path(path), data)
    imported(dataset, tmp_path)
    (tmp_path / "V2").mkdir()
    with pytest.raises(NeuroLoopError, match=r"no voxel of region V2 changes \(4 voxels hold"):
        extracted(dataset, tmp_path, "V2")
    assert not list((tmp_path / "V2").iterdir())


def test_json_files_beside_the_images_are_inputs(tmp_path):
    """So that an import runs again when one of them changes, and its hash is kept."""
    bold = [str(tmp_path / f"sub-1_task-a_run-{n}_bold.nii.gz") for n in (1, 2)]
    assert nifti.beside({"bold": bold}) == {}
    shared = tmp_path / "task-a_bold.json"
    own = tmp_path / "sub-1_task-a_run-2_bold.json"
    for file in (shared, own):
        file.write_text('{"RepetitionTime": 2}')
    assert nifti.beside({"bold": bold}) == {"json": [str(shared), str(own)]}
