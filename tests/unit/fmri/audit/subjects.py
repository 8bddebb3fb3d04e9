"""Subjects that are audited without a workflow: as files of a scan, or as rows."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop import registry
from neuroloop.fmri.audit.subject import audit_subject, measured
from neuroloop.fmri.bdata import read_rows, read_voxel_rows, write_bdata
from neuroloop.fmri.brain import BrainData
from neuroloop.fmri.dealing import deal
from neuroloop.report.audit import Check
from tests.scans import CLASSES, LAG, Study, write

#: stimuli.tsv of studies whose images are not known.
STIMULI = pd.DataFrame(
    {"stimulus_id": CLASSES, "category": CLASSES, "session": "training", "held_out": 0}
)


def audit_scan(made: Study, folder: Path, unit: str = "block") -> tuple[list[Check], list[str]]:
    """Write a study's files, import them, and audit the subject."""
    block = write(folder, made)
    subject = block["subjects"]["S1"]
    files = {
        "bold": [Path(path) for path in subject["bold"]],
        "labels": [Path(path) for path in subject["events"]],
    }
    source = registry.entry("fmri_source", "nifti")
    found = source.read(files, cleaning={"shift": LAG, "unit": unit}, label_kind="events")
    mask = {"bold": files["bold"], "mask": [Path(block["rois"]["V1"]["mask"])]}
    region = source.read_region(mask, "V1", found.scan, cleaning={"unit": unit}, part={})
    scan = found.scan.with_regions({"V1": region.voxels})
    named = source.scanned({"bold": list(map(str, files["bold"]))})
    courses = source.courses({name: list(map(Path, some)) for name, some in named.items()}, scan)
    rows = found.brain.rows
    folds = rows.assign(fold=deal(rows, unit, 3, "run", np.random.default_rng(0)))
    looked_at = measured(rows, [region.x])
    return audit_subject("S1", looked_at, folds, STIMULI, unit, scan, courses, LAG, 1)


def audit_rows(
    brain: BrainData,
    stimuli: pd.DataFrame,
    folder: Path,
    folds: pd.DataFrame | None = None,
    fold_by: str = "run",
) -> tuple[list[Check], list[str]]:
    """Audit a subject of whom rows are all that there is."""
    responses = folder / "responses.h5"
    write_bdata(responses, brain, "trial")
    looked_at = measured(read_rows(responses), read_voxel_rows(responses))
    rows = looked_at.rows[looked_at.rows["session"] == "training"].reset_index(drop=True)
    if folds is None:
        folds = rows.assign(fold=deal(rows, "trial", 2, fold_by, np.random.default_rng(0)))
    return audit_subject("S1", looked_at, folds, stimuli, "trial", None, None, 0.0, 1)


def found(checks: list[Check]) -> set[str]:
    """Names of the checks that found something."""
    return {check.name for check in checks if check.found}
