"""Check a dataset before its analysis is queued, and show what it holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.distill.image_set import IMAGE_COLUMNS
from neuroloop.files.formats import StrPath, read_json, read_table
from neuroloop.files.intake import joined, read_intake
from neuroloop.fmri.decoding import FOLD_COLUMNS
from neuroloop.fmri.inspection import inspect_subject
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.job import job
from neuroloop.report.passport import Passport, counted

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def check_dataset(
    *,
    bdata: Sequence[StrPath],
    sidecars: Sequence[StrPath],
    folds: Sequence[StrPath],
    intakes: Sequence[StrPath],
    stimuli: StrPath,
    images: StrPath | None,
    facts: StrPath,
    figures: StrPath,
    regions: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write what a dataset holds, and print it in a line a subject.

    Parameters
    ----------
    bdata, sidecars, folds : sequence of path
        bdata.h5, bdata.json and folds.tsv of every subject, in the same order.
    intakes : sequence of path
        intake.json of every subject, and of the images if students are taught.
    stimuli : path
        stimuli.tsv.
    images : path or None
        images.tsv, if the dataset teaches students.
    facts : path
        JSON of counts, and the passport.
    figures : path
        Folder of the passport's figures.
    regions : mapping
        For each region ``flag`` and ``voxels`` (see `inspect_subject`).
    """
    Path(figures).mkdir(parents=True, exist_ok=True)
    name = Path(facts).stem
    shown = read_table(stimuli, STIMULUS_COLUMNS)
    counts: dict[str, Any] = {"subjects": {}}
    intake = joined(read_intake(path) for path in intakes)
    for path, sidecar, fold in zip(bdata, sidecars, folds, strict=True):
        subject = Path(path).parent.name
        table = read_table(fold, {**FOLD_COLUMNS, "unit": str})
        found = inspect_subject(path, table, shown, regions)
        counts["subjects"][subject] = found
        notes = reading_notes(read_json(sidecar))
        for note in notes:
            intake.warn(f"{subject}: {note}.")
        sizes = ", ".join(
            f"{roi} {count}{_fewer(count, regions[roi]['voxels'])}"
            for roi, count in found["voxels"].items()
        )
        print(
            f"{name}, {subject}: {found['samples']} samples ({found['unit']}s) in "
            f"{found['runs']} runs, {found['categories']} categories; voxels: {sizes}"
            + "".join(f"; {note}" for note in notes)
        )
    if images:
        table = read_table(images, IMAGE_COLUMNS)
        counts["images"] = table["split"].value_counts().to_dict()
        print(f"{name}, images: {counts['images']}")
    passport = Passport(name, "datasets", dataset_line(counts), intake)
    passport.save(facts, **counts)


def dataset_line(counts: Mapping[str, Any]) -> str:
    """What a dataset holds, in one line."""
    subjects = list(counts["subjects"].values())
    parts = [counted(len(subjects), "subject")]
    for key, what, many in (
        ("runs", "run", None),
        ("categories", "category", "categories"),
        ("samples", subjects[0]["unit"], None),
    ):
        values = [subject[key] for subject in subjects]
        least, most = min(values), max(values)
        parts.append(
            counted(most, what, many)
            if least == most
            else f"{least:,} to {most:,} {many or what + 's'}"
        )
    sizes = []
    for roi in subjects[0]["voxels"]:
        values = [subject["voxels"][roi] for subject in subjects]
        least, most = min(values), max(values)
        sizes.append(f"{roi} {most:,}" if least == most else f"{roi} {least:,} to {most:,}")
    line = f"{', '.join(parts)}; voxels: {', '.join(sizes)}"
    if "images" in counts:
        line += "; images: " + ", ".join(f"{n:,} {split}" for split, n in counts["images"].items())
    return line


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
            intakes=snakemake.input.intakes,
            stimuli=snakemake.input.stimuli,
            images=snakemake.input.get("images"),
            facts=snakemake.output.facts,
            figures=snakemake.output.figures,
            regions=snakemake.params.regions,
        )
