"""What the config says of a region reaches its voxels, and the sidecar says what was left out."""

import hashlib
import json
from pathlib import Path

import nibabel
import numpy as np

from neuroloop.files.intake import read_intake
from neuroloop.fmri.bdata import read_bdata
from neuroloop.fmri.sources import nifti
from scripts.fmri.import_subject import import_subject

SHAPE = (4, 2, 2)


def save(path, data):
    image = nibabel.Nifti1Image(data.astype(np.float32), np.diag([3.0, 3, 3, 1]))
    image.header.set_zooms((3, 3, 3, 2)[: data.ndim])
    nibabel.save(image, path)
    return path


def test_regions_of_one_atlas(tmp_path):
    generator = np.random.default_rng(0)
    bold = [save(tmp_path / f"run-{n}_bold.nii", generator.random((*SHAPE, 12))) for n in (1, 2)]
    events = [tmp_path / f"run-{n}_events.tsv" for n in (1, 2)]
    for path in events:
        rows = ["2.003\t4\tcat", "8.003\t4\tdog", "12.003\t4\tdog"]
        path.write_text("\n".join(["onset\tduration\ttrial_type", *rows]) + "\n")
    atlas = np.zeros(SHAPE)
    atlas[:2], atlas[2], atlas[3, 0, 0] = 1, 2, np.nan
    mask = save(tmp_path / "atlas.nii", atlas)
    regions = {"V1": {"label": 1}, "V2": {"label": 2}, "all": {"threshold": 0.5}}
    cleaning = {
        "repetition_time": 2.0,
        "shift": 4.0,
        "detrend": False,
        "high_pass": None,
        "standardise": False,
        "unit": "block",
        "rest": "rest",
    }
    output = tmp_path / "bdata.h5"
    dataset = {
        "nifti": cleaning,
        "subjects": {"s1": {"bold": [str(p) for p in bold], "events": [str(p) for p in events]}},
        "rois": {roi: {"mask": str(mask), "voxels": None, **part} for roi, part in regions.items()},
    }
    found = nifti.inputs(dataset, "s1")
    assert [key for key, _ in found["masks"]] == ["rois.V1.mask", "rois.V2.mask", "rois.all.mask"]
    import_subject(
        source="nifti",
        inputs={name: [path for _, path in given] for name, given in found.items()},
        options=nifti.options(dataset, "s1"),
        bdata=output,
        scan=tmp_path / "scan.npz",
        intake=tmp_path / "intake.json",
    )
    brain = read_bdata(output)
    assert {roi: int(flags.sum()) for roi, flags in brain.rois.items()} == {
        "V1": 8,
        "V2": 4,
        "all": 12,
    }
    blocks = [f"training-{run}-{block}" for run in (1, 2) for block in (1, 2, 2)]
    assert brain.rows["block"].tolist() == blocks
    # Events at 2, 8, 12 s come 4 s later: volumes 3 and 4, 6 and 7, 8 and 9.
    data = nibabel.load(bold[0]).get_fdata()[:2].reshape(8, 12).T
    means = [data[first : first + 2].mean(axis=0) for first in (3, 6, 8)]
    np.testing.assert_allclose(brain.voxels[:3, brain.rois["V1"]], means, rtol=1e-5)
    facts = json.loads((tmp_path / "bdata.json").read_text())
    read = read_intake(tmp_path / "intake.json").files
    assert [Path(each.file).name for each in read] == [
        *["run-1_bold.nii", "run-2_bold.nii", "run-1_events.tsv", "run-2_events.tsv", "atlas.nii"]
    ]
    assert [each.bytes for each in read[:2]] == [path.stat().st_size for path in bold]
    assert read[0].sha256 == hashlib.sha256(bold[0].read_bytes()).hexdigest()
    assert facts["nan_in_masks"] == {"V1": 1, "V2": 1, "all": 1}
    assert facts["events_without_volumes"] == 0
    assert facts["unit"] == "block"


def test_json_files_beside_the_images_are_inputs(tmp_path):
    """So that an import runs again when one of them changes, and its hash is kept."""
    bold = [str(tmp_path / f"sub-1_task-a_run-{n}_bold.nii.gz") for n in (1, 2)]
    assert nifti.beside({"bold": bold}) == {}
    shared = tmp_path / "task-a_bold.json"
    own = tmp_path / "sub-1_task-a_run-2_bold.json"
    for file in (shared, own):
        file.write_text('{"RepetitionTime": 2}')
    assert nifti.beside({"bold": bold}) == {"json": [str(shared), str(own)]}
