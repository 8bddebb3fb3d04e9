"""Check a dataset before its analysis is queued."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.distill.image_set import IMAGE_COLUMNS
from neuroloop.files.formats import StrPath, read_json, read_table, save_json
from neuroloop.fmri.decoding import FOLD_COLUMNS
from neuroloop.fmri.inspection import inspect_subject
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def check_dataset(
    *,
    bdata: Sequence[StrPath],
    sidecars: Sequence[StrPath],
    folds: Sequence[StrPath],
    stimuli: StrPath,
    images: StrPath | None,
    facts: StrPath,
    regions: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write what a dataset holds, and print it in a line a subject.

    Parameters
    ----------
    bdata, sidecars, folds : sequence of path
        bdata.h5, bdata.json and folds.tsv of every subject, in the same order.
    stimuli : path
        stimuli.tsv.
    images : path or None
        images.tsv, if the dataset teaches students.
    facts : path
        JSON of counts.
    regions : mapping
        For each region ``flag`` and ``voxels`` (see `inspect_subject`).
    """
    shown = read_table(stimuli, STIMULUS_COLUMNS)
    counts: dict[str, Any] = {"subjects": {}}
    for path, sidecar, fold in zip(bdata, sidecars, folds, strict=True):
        subject = Path(path).parent.name
        table = read_table(fold, {**FOLD_COLUMNS, "unit": str})
        found = inspect_subject(path, table, shown, regions)
        counts["subjects"][subject] = found
        notes = "".join(f"; {note}" for note in reading_notes(read_json(sidecar)))
        sizes = ", ".join(
            f"{roi} {count}{_fewer(count, regions[roi]['voxels'])}"
            for roi, count in found["voxels"].items()
        )
        print(
            f"{Path(facts).stem}, {subject}: {found['samples']} samples ({found['unit']}s) in "
            f"{found['runs']} runs, {found['categories']} categories; voxels: {sizes}{notes}"
        )
    if images:
        table = read_table(images, IMAGE_COLUMNS)
        counts["images"] = table["split"].value_counts().to_dict()
        print(f"{Path(facts).stem}, images: {counts['images']}")
    save_json(facts, counts)


def reading_notes(facts: Mapping[str, Any]) -> list[str]:
    """What a user should know of how the brain data were read, from their sidecar."""
    notes = [
        f"{count} voxels of the mask of {roi} are NaN, taken as outside"
        for roi, count in facts.get("nan_in_masks", {}).items()
        if count
    ]
    if lost := facts.get("events_without_volumes"):
        notes.append(f"{lost} events are shifted out of their runs")
    notes += [
        f"{one} and {other} hold the same data, so that decoders are tested on what they learned"
        for one, other in facts.get("equal_runs", [])
    ]
    return notes


def _fewer(count: int, asked: int | None) -> str:
    return f" (all of them: {asked} are asked for)" if asked and asked > count else ""


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        check_dataset(
            bdata=snakemake.input.bdata,
            sidecars=snakemake.input.sidecars,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            images=snakemake.input.get("images"),
            facts=snakemake.output.facts,
            regions=snakemake.params.regions,
        )
