"""Check a dataset before its analysis is queued, and show what it holds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from neuroloop.distill.image_set import IMAGE_COLUMNS, ImageSet, load_image_set
from neuroloop.files.folder_contents import save_contents
from neuroloop.files.formats import StrPath, read_table
from neuroloop.files.intake import joined, read_intake
from neuroloop.fmri.decoding import FOLD_COLUMNS
from neuroloop.fmri.design_figure import draw_design, draw_timing
from neuroloop.fmri.fold_warnings import fold_warnings
from neuroloop.fmri.inspection import inspect_subject
from neuroloop.fmri.label_checks import LabelChecks, check_labels
from neuroloop.fmri.region_voxels import load_region
from neuroloop.fmri.scan import Scan, load_scan
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.fmri.voxel_places import Places, draw_regions, find_places
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.passport import Passport, counted
from neuroloop.report.picture_grid import draw_images, drawn_rows

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


#: Most subjects that are drawn, and classes of images that are listed.
SUBJECTS, CLASSES = 4, 40

#: Columns of the table of subjects.
COUNTED = ("runs", "samples", "blocks", "categories", "stimuli", "folds")

DESIGN = (
    "Left: samples of each class in each run; a gap is a run that lacks a class. Right: share of "
    "each run's blocks that a small fixed decoder of the other runs names right; a run at chance "
    "among others that are not has other labels than its own, or saw nothing."
)
TIMING = (
    "Left: events in the first runs, and the mean response of the voxels that follow them best; "
    "labels with the haemodynamic lag taken out lie where the response is high. Right: accuracy of "
    "a small fixed decoder as labels shift; where it peaks away from 0, labels are early or late."
)
IMAGES = "Images drawn at random from each class, at the size at which students see them."


def check_dataset(
    *,
    voxels: Sequence[StrPath],
    places: Sequence[StrPath],
    responses: Sequence[StrPath],
    folds: Sequence[StrPath],
    scans: Sequence[StrPath],
    intakes: Sequence[StrPath],
    stimuli: StrPath,
    images: StrPath | None,
    pixels: StrPath | None,
    facts: StrPath,
    figures: StrPath,
    regions: Mapping[str, int | None],
    seed: int,
) -> None:
    """Write what a dataset holds, and print it in a line a subject.

    Parameters
    ----------
    voxels, places : sequence of path
        voxels.npz and region.npz of every region of every subject, whose names their folders have.
    responses : sequence of path
        responses.h5 of every subject, if they hold the regions, or those that were simulated of
        each.
    folds : sequence of path
        folds.tsv of every subject.
    scans : sequence of path
        scan.npz of every subject; none of those that were simulated.
    intakes : sequence of path
        intake.json of every subject, of every region, and of the images if students are taught.
    stimuli : path
        stimuli.tsv.
    images, pixels : path or None
        images.tsv and images.npy, if the dataset teaches students.
    facts : path
        JSON of counts, and the passport.
    figures : path
        Folder of the passport's figures.
    regions : mapping
        How many voxels of each region are selected, None for all (see `inspect_subject`).
    seed : int
        Root seed.
    """
    Path(figures).mkdir(parents=True, exist_ok=True)
    name = Path(facts).stem
    shown = read_table(stimuli, STIMULUS_COLUMNS)
    counts: dict[str, Any] = {"subjects": {}}
    passport = Passport(name, "datasets", "", joined(read_intake(path) for path in intakes))
    of_regions, lying = _by_subject(voxels), _by_subject(places)
    known = [load_scan(path) for path in scans] or [None] * len(folds)
    tables, checks, sources = {}, {}, {}
    for fold, kept_scan in zip(folds, known, strict=True):
        subject = Path(fold).parent.name
        table = tables[subject] = read_table(fold, {**FOLD_COLUMNS, "unit": str})
        found = inspect_subject(of_regions[subject], table, shown, regions)
        counts["subjects"][subject] = found
        parts = {roi: load_region(path) for roi, path in lying[subject].items()}
        scan = kept_scan.with_regions(parts) if kept_scan is not None else None
        folder = Path(fold).parent
        kept = [path for path in responses if folder in Path(path).parents]
        sources[subject] = (find_places(parts, kept), scan)
        found |= {"blocks": table["block"].nunique(), "volumes_per_run": volumes_per_run(scan)}
        for told in fold_warnings(table):
            passport.intake.warn(f"{subject}: {told}")
        largest = max(found["voxels"], key=lambda roi: found["voxels"][roi])
        checks[subject] = check_labels(
            subject, of_regions[subject][largest], table, scan, passport.intake
        )
        sizes = ", ".join(
            f"{roi} {count}{_fewer(count, regions[roi])}" for roi, count in found["voxels"].items()
        )
        print(
            f"{name}, {subject}: {found['samples']} samples ({found['unit']}s) in "
            f"{found['runs']} runs, {found['categories']} categories; voxels: {sizes}"
        )
    draw_subjects(passport, figures, sources, tables, checks)
    passport.tabulate("Subjects", subjects_table(counts["subjects"]))
    if images and pixels:
        table = read_table(images, IMAGE_COLUMNS)
        counts["images"] = table["split"].value_counts().to_dict()
        print(f"{name}, images: {counts['images']}")
        show_images(passport, figures, load_image_set(pixels, images), seed)
    passport.line = dataset_line(counts, regions)
    passport.save(facts, **counts)


def draw_subjects(
    passport: Passport,
    figures: StrPath,
    sources: Mapping[str, tuple[Places, Scan | None]],
    tables: Mapping[str, pd.DataFrame],
    checks: Mapping[str, LabelChecks],
) -> None:
    """Draw the regions, design and timing of the first subjects."""
    first = list(sources)[:SUBJECTS]
    more = f" The first {len(first)} of {len(sources)} subjects." if len(sources) > SUBJECTS else ""
    for subject in first:
        figure, caption = draw_regions(*sources[subject])
        title = f"Regions of {subject}"
        passport.draw(figure, figures, f"regions_{subject}", title, caption + more)
    figure = draw_design(
        {subject: tables[subject] for subject in first},
        {subject: checks[subject].fit for subject in first},
    )
    passport.draw(figure, figures, "design", "Runs and classes", DESIGN + more)
    for subject in first:
        scan = sources[subject][1]
        if scan is not None and scan.followed:
            figure = draw_timing(scan, checks[subject].curve)
            passport.draw(figure, figures, f"timing_{subject}", f"Timing of {subject}", TIMING)
    if not any(scan is not None and scan.followed for _, scan in sources.values()):
        passport.intake.recognise(
            "A row is a trial or a mean, not a volume of a course in time: labels cannot be "
            "shifted against it."
        )


def show_images(passport: Passport, figures: StrPath, images: ImageSet, seed: int) -> None:
    """Draw images as the students see them, and count them."""
    rows = drawn_rows(images.table["category"].tolist(), numpy_generator(seed, "shown images"))
    figure = draw_images(images.pixels[rows], images.table["category"].iloc[rows].tolist())
    passport.draw(figure, figures, "images", "Images of the students", IMAGES)
    made = pd.crosstab(images.table["category"], images.table["split"]).loc[images.classes]
    if len(made) > CLASSES:
        made = made.describe().loc[["count", "min", "mean", "max"]]
    passport.tabulate("Images of each class", made.reset_index(names="class"))


def subjects_table(subjects: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Counts of each subject."""
    return pd.DataFrame(
        [
            {
                "subject": subject,
                **{key: found[key] for key in COUNTED},
                **{f"voxels of {roi}": count for roi, count in found["voxels"].items()},
            }
            for subject, found in subjects.items()
        ]
    )


def dataset_line(counts: Mapping[str, Any], regions: Mapping[str, int | None]) -> str:
    """What a dataset holds, in one line."""
    subjects = list(counts["subjects"].values())
    runs = _range([one["runs"] for one in subjects], "run")
    volumes = {one.get("volumes_per_run") for one in subjects}
    if len(volumes) == 1 and (count := volumes.pop()):
        runs += f" x {count:,} volumes"
    unit = subjects[0]["unit"]
    samples = _range([one["samples"] for one in subjects], unit)
    if unit == "volume":
        samples += f" in {_range([one['blocks'] for one in subjects], 'block')}"
    categories = _range([one["categories"] for one in subjects], "category", "categories")
    sizes = []
    for roi in subjects[0]["voxels"]:
        found = [one["voxels"][roi] for one in subjects]
        fewer = _fewer(min(found), regions[roi])
        sizes.append(f"{roi} {_range(found)}{fewer}")
    line = f"{counted(len(subjects), 'subject')}, {runs}, {categories}, {samples}; "
    line += f"voxels: {', '.join(sizes)}"
    if "images" in counts:
        line += "; images: " + ", ".join(f"{n:,} {split}" for split, n in counts["images"].items())
    return line


def _by_subject(paths: Sequence[StrPath]) -> dict[str, dict[str, StrPath]]:
    """Paths of regions' files by subject and region."""
    found: dict[str, dict[str, StrPath]] = {}
    for path in paths:
        folder = Path(path).parent
        found.setdefault(folder.parent.name, {})[folder.name] = path
    return found


def _range(values: Sequence[int], what: str = "", many: str | None = None) -> str:
    """A number, or the least and the largest of several, and what is counted."""
    least, most = min(values), max(values)
    shown = counted(most, what, many) if what else f"{most:,}"
    return shown if least == most else f"{least:,} to {shown}"


def volumes_per_run(scan: Scan | None) -> int | None:
    """Volumes of each run, if they are as many in all."""
    if scan is None or not scan.followed:
        return None
    counts = set(scan.volumes.groupby("run").size())
    return int(counts.pop()) if len(counts) == 1 else None


def _fewer(count: int, asked: int | None) -> str:
    return f" (all of them: {asked} are asked for)" if asked and asked > count else ""


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        check_dataset(
            voxels=snakemake.input.voxels,
            places=snakemake.input.places,
            responses=snakemake.input.responses,
            folds=snakemake.input.folds,
            scans=snakemake.input.scans,
            intakes=snakemake.input.intakes,
            stimuli=snakemake.input.stimuli,
            images=snakemake.input.get("images") or None,
            pixels=snakemake.input.get("pixels") or None,
            facts=snakemake.output.facts,
            figures=snakemake.output.figures,
            regions=snakemake.params.regions,
            seed=snakemake.params.seed,
        )
        save_contents(snakemake.output.figures, snakemake.output.contents)
