"""BOLD runs as NIfTI images, with events or a label a volume, and a mask for each region."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting
from neuroloop.config.subjects import Voxels
from neuroloop.fmri.source import Imported, ImportedRegion, Inputs, named_files

if TYPE_CHECKING:
    from neuroloop.fmri.audit.courses import Courses
    from neuroloop.fmri.scan import Scan

ORDER = 2
LEGEND = "NIfTI: BOLD runs, events or labels, and a mask for each region"
MINUTES = 60

#: What a region takes of its mask.
PARTS = ("hemisphere", "label", "threshold")

#: How the voxels of a region become samples.
CLEANING = ("detrend", "high_pass", "standardise", "unit")

#: Which events or labels are stimuli.
CHOICE = ("column", "rest", "keep", "drop")

Paths = Annotated[tuple[str, ...], Field(min_length=1)]
Names = str | Paths


class Nifti(Closed):
    """How volumes are cleaned, and what a row of brain data is."""

    repetition_time: float | None = setting(
        "Time from one volume to the next; null: what headers or BIDS JSON files state, per run.",
        None,
        gt=0,
        unit="s",
    )
    shift: float = setting(
        "Added to the times of events; 0 where labels contain the haemodynamic lag already.",
        0.0,
        unit="s",
    )
    detrend: bool = setting("Whether a linear trend is taken out of each run.", True)
    high_pass: float | None = setting(
        "Frequency below which fluctuations are taken out; null: none are.", None, gt=0, unit="Hz"
    )
    unit: Literal["volume", "block"] = setting(
        "What a row is: a volume, or a block (the mean of an event, or of a block of a list).",
        "volume",
    )
    column: str = setting("Column of the events that names the category.", "trial_type")
    keep: Names | dict[str, Names] | None = setting(
        "Categories that are used, or values by column; null: all but those of rest and drop.", None
    )
    drop: Names | dict[str, Names] | None = setting(
        "Categories whose rows or volumes are left out, or values by column; null: none.", None
    )
    rest: Names = setting("Label, or labels, of volumes without a stimulus.", "rest")


class Settings(Closed):
    """Settings of NIfTI images."""

    nifti: Nifti = setting("How volumes are cleaned, and what a row is.", Nifti())


class Subject(Closed):
    """A subject."""

    bold: Paths = setting("BOLD images, one per run, below data_folder.")
    labels: str | None = setting(
        "File with a label and a run for each volume, below data_folder.", None
    )
    events: Paths | None = setting("Tables of events, one per run, below data_folder.", None)
    masks: dict[str, str] = setting(
        "Masks of the subject's own, by region, instead of the dataset's.", {}
    )

    @model_validator(mode="after")
    def _labels_or_events(self) -> "Subject":
        if (self.labels is None) == (self.events is None):
            raise ValueError("give labels or events: one of them, not both")
        return self


class Roi(Voxels):
    """A region."""

    mask: str = setting("Image on the grid of the BOLD images, below data_folder.")
    hemisphere: Literal["left", "right"] | None = setting("Half of the mask; null: both.", None)
    label: int | None = setting("Voxels of the mask with this value: an atlas.", None)
    threshold: float | None = setting("Voxels of the mask above this value: a map.", None)


def inputs(dataset: Mapping[str, Any], subject: str) -> Inputs:
    """The subject's ``bold``, and ``labels`` or ``events``."""
    return {
        "bold": named_files(dataset, subject, "bold"),
        "labels": named_files(dataset, subject, "labels", "events"),
    }


def region_inputs(dataset: Mapping[str, Any], subject: str, roi: str) -> Inputs:
    """The subject's ``bold``, and the mask: its own, or else the dataset's."""
    own = dataset["subjects"][subject].get("masks") or {}
    shared = (f"rois.{roi}.mask", dataset["rois"][roi]["mask"])
    mask = (f"subjects.{subject}.masks.{roi}", own[roi]) if roi in own else shared
    return {"bold": named_files(dataset, subject, "bold"), "mask": [mask]}


def beside(files: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """JSON files that describe the BOLD images, where there are some."""
    from neuroloop.fmri.repetition_time import json_files

    found = [str(file) for path in files["bold"] for file in json_files(path)]
    return {"json": list(dict.fromkeys(found))} if found else {}


def options(dataset: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The block ``nifti``, and which kind of labels there are."""
    return {
        "cleaning": dict(dataset["nifti"]),
        "label_kind": "events" if dataset["subjects"][subject].get("events") else "volumes",
    }


def region_options(dataset: Mapping[str, Any], roi: str) -> dict[str, Any]:
    """How volumes are cleaned and averaged, and what the region takes of its mask."""
    block = dataset["rois"][roi]
    return {
        "cleaning": {key: dataset["nifti"][key] for key in CLEANING if key in dataset["nifti"]},
        "part": {key: block[key] for key in PARTS if block.get(key) is not None},
    }


def read(
    files: Mapping[str, Sequence[Path]], *, cleaning: Mapping[str, Any], label_kind: str
) -> Imported:
    """Labels, and a sample of the cleaned voxels (see `nifti.read_runs`)."""
    from neuroloop.files.intake import Intake
    from neuroloop.fmri.event_rows import Choice
    from neuroloop.fmri.nifti import read_runs
    from neuroloop.fmri.scan import Scan

    given = dict(cleaning)
    tr = given.pop("repetition_time", None)
    choice = Choice.stated(**{key: given.pop(key) for key in CHOICE if key in given})
    intake, scan = Intake(), Scan()
    brain, xyz, facts = read_runs(
        files["bold"],
        files["labels"],
        label_kind,
        {},
        tr,
        choice=choice,
        intake=intake,
        scan=scan,
        **given,
    )
    units = "z-score within the run"
    return Imported(brain, cleaning["unit"], xyz, units, facts, intake=intake, scan=scan)


def read_region(
    files: Mapping[str, Sequence[Path]],
    roi: str,
    scan: "Scan | None",
    *,
    cleaning: Mapping[str, Any],
    part: Mapping[str, Any],
) -> ImportedRegion:
    """Cleaned volumes of a mask's voxels, or means of events (see `nifti_region`)."""
    from neuroloop.fmri.masks import Region
    from neuroloop.fmri.nifti_region import read_region as read_voxels

    assert scan is not None
    region = Region(files["mask"][0], **part)
    return read_voxels(files["bold"], region, roi, scan.volumes, **cleaning)


def scanned(files: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """BOLD images, and the tables of confounds beside them where each has one."""
    from neuroloop.fmri.audit.motion import confounds_beside

    tables = [confounds_beside(path) for path in files["bold"]]
    found = {"bold": list(files["bold"])}
    return found | ({"confounds": list(map(str, tables))} if tables and all(tables) else {})


def courses(files: Mapping[str, Sequence[Path]], scan: "Scan") -> "Courses":
    """Courses of motion, brightness, and what lies outside the brain (see `audit.courses`)."""
    from neuroloop.fmri.audit.courses import read_courses

    return read_courses(files["bold"], scan, files.get("confounds", ()))
