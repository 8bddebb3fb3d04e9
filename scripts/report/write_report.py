"""Write the page that tells what came out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, atomic, read_table
from neuroloop.jobs.job import job
from neuroloop.report.page import Page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: Fewer test images than this cannot tell teachers apart that differ by a few points.
FEW_IMAGES = 300


def write_report(
    *,
    decoding: Sequence[StrPath],
    decoding_figures: Sequence[StrPath],
    students: Sequence[StrPath],
    comparisons: Sequence[StrPath],
    ablation_figures: Sequence[StrPath],
    reading_figures: Sequence[StrPath],
    maps_figures: Sequence[StrPath],
    zncc_figures: Sequence[StrPath],
    null_figures: Sequence[StrPath],
    coupling_figures: Sequence[StrPath],
    couplings: Sequence[StrPath],
    routes: Sequence[StrPath],
    comparison_figures: Sequence[StrPath],
    radiographs: Sequence[StrPath],
    radiograph_maps: Sequence[StrPath],
    page: StrPath,
) -> None:
    """Write one self-contained HTML page.

    Parameters
    ----------
    decoding, decoding_figures : sequence of path
        decoding.tsv and decoding.png of every dataset, in the same order.
    students, comparisons, ablation_figures : sequence of path
        ablation.tsv, comparisons.tsv and ablation.png of every dataset that teaches, in the same
        order.
    reading_figures : sequence of path
        Figure of every reader of every area.
    maps_figures, zncc_figures, null_figures, coupling_figures : sequence of path
        Figures of every session and reader, in one order.
    couplings : sequence of path
        coupling.tsv of every session and reader, in the same order.
    routes, comparison_figures : sequence of path
        routes.tsv and comparison.png of every comparison, in the same order.
    radiographs : sequence of path
        metrics.tsv of every set of radiographs, with comparisons.tsv and figures beside it.
    radiograph_maps : sequence of path
        maps.png of every classifier whose maps are drawn.
    page : path
        index.html.
    """
    written = Page("NeuroLoop")
    for table, figure in zip(decoding, decoding_figures, strict=True):
        add_decoding(written, table, figure)
    for of_students, table, figure in zip(students, comparisons, ablation_figures, strict=True):
        add_ablation(written, of_students, table, figure)
    for figure in reading_figures:
        add_reading(written, figure)
    session_figures = {
        "maps": maps_figures,
        "zncc": zncc_figures,
        "null": null_figures,
        "coupling": coupling_figures,
    }
    for table, *figures in zip(couplings, *session_figures.values(), strict=True):
        add_session(written, table, dict(zip(session_figures, figures, strict=True)))
    for table, figure in zip(routes, comparison_figures, strict=True):
        add_comparison(written, table, figure)
    for table in radiographs:
        add_radiographs(
            written, Path(table).parent, [m for m in radiograph_maps if table_of(m) == Path(table)]
        )
    with atomic(page) as temporary:
        temporary.write_text(written.html(), encoding="utf-8")


def add_decoding(page: Page, table: StrPath, figure: StrPath) -> None:
    """Tell how well regions decode."""
    page.section(f"Brain decoding: {Path(table).parent.name}")
    page.text(
        "Out-of-fold accuracy of each decoder in each region. Intervals are 95 % over runs "
        "(and images, where they recur in other runs; over samples where no runs are known); "
        "p is the share of label permutations (labels of blocks exchanged within runs, or of "
        "images that several blocks show) whose balanced accuracy is as high. The group's interval "
        "is over subjects; where there is no p, the reason stands in the table."
    )
    page.figure(figure, "Accuracy by region, decoder and subject")
    page.table(read_table(table, {"accuracy": float, "p": float}))


def add_ablation(page: Page, of_students: StrPath, table: StrPath, figure: StrPath) -> None:
    """Tell what each teacher adds."""
    page.section(f"Brains teach networks: {Path(table).parent.name}")
    page.text(
        "Differences of test accuracy between students that differ in nothing but their "
        "teacher. Intervals are 95 % over seeds and test images; q is p after Benjamini and "
        "Hochberg, among all comparisons but those with random and rowshuffled, which cost "
        "accuracy on purpose and have no q. A brain teaches more than softness only if it beats "
        "smooth, and more than its classes only if it beats withinclass and classmean. Rows mean "
        "speak of the subjects at hand, rows group of subjects like them: their intervals are "
        "over subjects, seeds and test images, as subjects share the students that they are "
        "compared with, and they have no p. Where there is no interval, the reason stands in the "
        "row. Rows of a subject and mean take soft labels as they were drawn, once, and differ "
        "from withinclass by luck more often than their p says: what brains know "
        "beyond classes is for rows group to tell."
    )
    trained = read_table(of_students, {"n": int, "flag": str})
    for flag in sorted(set(trained["flag"]) - {""}):
        page.text(f"Students {flag}.")
    images = int(trained["n"].max())
    if images < FEW_IMAGES:
        page.text(
            f"Only {images} images test the students: this shows that the workflow runs, "
            "and allows no claim about teachers."
        )
    page.figure(figure, "Gain of each teacher over labels alone")
    rows = read_table(table, {"difference": float, "p": float})
    rows = rows[rows["teacher"] == "brain"]
    if len(rows):
        page.table(rows)


def add_reading(page: Page, figure: StrPath) -> None:
    """Tell how well readers name the stimulated cells of an area."""
    area, reader = Path(figure).parent.parent.name, Path(figure).stem
    page.section(f"Networks read neurons: {area}, reader {reader}")
    page.text(
        "Frames of held-out trials. Any hit counts a frame as right if one stimulated cell is "
        "among as many best outputs, as published; all cells hit asks for every one. Networks that "
        "saw only frames before the stimulus must lie at chance: what they know is not of the "
        "stimulus. Intervals are 95 % over trials."
    )
    page.figure(figure, "Accuracy by kind of pattern, and recall of each cell")


def add_session(page: Page, coupling: StrPath, figures: Mapping[str, StrPath]) -> None:
    """Tell where readers looked in a session, and what answers to what."""
    area, session, reader = Path(coupling).parts[-4:-1]
    page.section(f"Maps and coupling: {area}, {session}, reader {reader}")
    page.figure(figures["maps"], "Where readers looked, over the mean image")
    page.text(
        "ZNCC as published grows with shared cells, borders, smoothness and the number of maps; "
        "beside it stand halves of the trials over the noise ceiling, and what shared cells alone "
        "would give. Coupling is the response of one cell to stimulation of another over its own."
    )
    page.figure(figures["zncc"], "Zero-mean normalised cross-correlation of maps")
    page.text(
        "A map depends on the output that it explains, so that maps of networks which learned "
        "nothing are alike too where patterns share a cell: only what exceeds theirs was learned."
    )
    page.figure(figures["null"], "ZNCC beside untrained networks and permuted labels")
    page.figure(figures["coupling"], "Response of each cell to stimulation of another")
    page.table(read_table(coupling, {"pairs": int, "mean": float}))


def add_comparison(page: Page, routes: StrPath, figure: StrPath) -> None:
    """Tell what changed between two sessions."""
    area, _, sessions, reader = Path(routes).parts[-5:-1]
    page.section(f"What changed: {area}, {sessions.replace('__', ' to ')}, reader {reader}")
    page.text(
        "Each route on its own scale. Intervals are 95 % over recordings and seeds; p is from "
        "recordings of the same patterns exchanged between the sessions. One animal allows no "
        "claim about others."
    )
    page.figure(figure, "Change by route")
    page.table(read_table(routes, {"change": float, "p": float}))


def table_of(radiograph_map: StrPath) -> Path:
    """metrics.tsv of the set of radiographs that maps.png belongs to."""
    return Path(radiograph_map).parents[3] / "metrics.tsv"


def add_radiographs(page: Page, folder: Path, maps: Sequence[StrPath]) -> None:
    """Tell how well classifiers name radiographs, and from where."""
    page.section(f"Chest radiographs: {folder.name}")
    page.text(
        "Radiographs of held-out patients; all intervals are 95 % over patients. Hollow marks are "
        "of the "
        "same classifiers where radiographs are split whoever they show: the difference is what a "
        "leak "
        "adds, and no result."
    )
    page.figure(folder / "scores.png", "Macro-F1 and AUC by data case and classifier")
    compared = read_table(folder / "comparisons.tsv", {"difference": float, "p": float})
    if len(compared):
        page.text(
            "Differences, the same patients resampled on both sides; leak: image less patient."
        )
        page.table(compared)
    page.figure(folder / "confusion.png", "What was named what")
    page.text(
        "A classifier that names radiographs well of which only the background is seen reads "
        "something "
        "that no disease changes."
    )
    page.figure(folder / "shortcuts.png", "Whole radiographs, lungs alone, and all but the lungs")
    page.figure(folder / "calibration.png", "How often radiographs are what they are named")
    page.figure(folder / "learning.png", "Loss of training and of validation patients")
    for figure in maps:
        case, classifier = Path(figure).parts[-4:-2]
        page.figure(figure, f"Where the first network of {classifier}, {case} looked")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        write_report(
            decoding=snakemake.input.decoding,
            decoding_figures=snakemake.input.decoding_figures,
            students=snakemake.input.students,
            comparisons=snakemake.input.comparisons,
            ablation_figures=snakemake.input.ablation_figures,
            reading_figures=snakemake.input.reading_figures,
            maps_figures=snakemake.input.maps_figures,
            zncc_figures=snakemake.input.zncc_figures,
            null_figures=snakemake.input.null_figures,
            coupling_figures=snakemake.input.coupling_figures,
            couplings=snakemake.input.couplings,
            routes=snakemake.input.routes,
            comparison_figures=snakemake.input.comparison_figures,
            radiographs=snakemake.input.radiographs,
            radiograph_maps=snakemake.input.radiograph_maps,
            page=snakemake.output.page,
        )
