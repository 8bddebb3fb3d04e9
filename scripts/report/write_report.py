"""Write the page that tells what came out."""

from collections.abc import Sequence
from pathlib import Path

from scripts.lib.core.files import StrPath, atomic, read_table
from scripts.lib.core.jobs import job
from scripts.lib.core.page import Page

#: Fewer test images than this cannot tell teachers apart that differ by a few points.
FEW_IMAGES = 300


def write_report(
    decoding: Sequence[StrPath],
    decoding_figures: Sequence[StrPath],
    students: Sequence[StrPath],
    comparisons: Sequence[StrPath],
    ablation_figures: Sequence[StrPath],
    output: StrPath,
) -> None:
    """Write one self-contained HTML page.

    Parameters
    ----------
    decoding, decoding_figures : sequence of path
        decoding.tsv and decoding.png of every dataset, in the same order.
    students, comparisons, ablation_figures : sequence of path
        ablation.tsv, comparisons.tsv and ablation.png of every dataset that teaches, in the same
        order.
    output : path
        index.html.
    """
    page = Page("NeuroLoop")
    for table, figure in zip(decoding, decoding_figures, strict=True):
        page.section(f"Brain decoding: {Path(table).parent.name}")
        page.text(
            "Out-of-fold accuracy of each decoder in each region. Intervals are 95 % over runs "
            "(over samples where no runs are known); "
            "p is the share of label permutations (labels of blocks exchanged within runs) that "
            "do as well. The group's interval is over subjects."
        )
        page.figure(figure, "Accuracy by region, decoder and subject")
        page.table(read_table(table, {"accuracy": float, "p": float}))
    for of_students, table, figure in zip(students, comparisons, ablation_figures, strict=True):
        page.section(f"Brains teach networks: {Path(table).parent.name}")
        page.text(
            "Differences of test accuracy between students that differ in nothing but their "
            "teacher. Intervals are 95 % over seeds and test images; q is p after Benjamini and "
            "Hochberg. A brain teaches more than softness only if it beats smooth, and more than "
            "its classes only if it beats withinclass and classmean. Rows mean speak of the "
            "subjects at hand, rows group of subjects like them."
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
        page.table(rows[rows["teacher"] == "brain"])
    with atomic(output) as temporary:
        temporary.write_text(page.html(), encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        write_report(
            snakemake.input.decoding,
            snakemake.input.decoding_figures,
            snakemake.input.students,
            snakemake.input.comparisons,
            snakemake.input.ablation_figures,
            snakemake.output.page,
        )
