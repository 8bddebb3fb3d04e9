"""BOLD runs as NIfTI images, with events or a label a volume, and a mask for each region."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroloop.fmri.source import Imported, Inputs, named_files

ORDER = 2
LEGEND = "NIfTI: BOLD runs, events or labels, and a mask for each region"
MEMORY, MINUTES = 8000, 60

#: What a region takes of its mask.
PARTS = ("side", "label", "threshold")


def inputs(dataset: Mapping[str, Any], subject: str) -> Inputs:
    """The subject's ``bold``, and ``labels`` or ``events``; masks, its own before the dataset's."""
    own = dataset["subjects"][subject].get("masks", {})
    return {
        "bold": named_files(dataset, subject, "bold"),
        "labels": named_files(dataset, subject, "labels", "events"),
        "masks": [
            (f"rois.{roi}.mask", own.get(roi, block["mask"]))
            for roi, block in dataset["rois"].items()
        ],
    }


def options(dataset: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """The block ``nifti``, which kind of labels there are, and what regions take of masks."""
    return {
        "cleaning": dict(dataset["nifti"]),
        "label_kind": "events" if "events" in dataset["subjects"][subject] else "volumes",
        "regions": {
            roi: {key: block[key] for key in PARTS if key in block}
            for roi, block in dataset["rois"].items()
        },
    }


def read(
    files: Mapping[str, Sequence[Path]],
    *,
    cleaning: Mapping[str, Any],
    label_kind: str,
    regions: Mapping[str, Mapping[str, Any]],
) -> Imported:
    """Cleaned volumes, or means of events (see `nifti.read_runs`)."""
    from neuroloop.fmri.masks import Region
    from neuroloop.fmri.nifti import read_runs

    given = {key: value for key, value in cleaning.items() if key != "repetition_time"}
    chosen = {
        roi: Region(path, **part)
        for (roi, part), path in zip(regions.items(), files["masks"], strict=True)
    }
    brain, xyz, facts = read_runs(
        files["bold"], files["labels"], label_kind, chosen, cleaning["repetition_time"], **given
    )
    return Imported(brain, cleaning["unit"], xyz, "z-score within the run", facts)
