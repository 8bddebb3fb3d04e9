"""Compare all cases, classifiers and splits of a set of radiographs, and draw them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from neuroloop.cxr.classifier_contrasts import contrasts
from neuroloop.cxr.classifier_figure import draw_scores, draw_shortcuts
from neuroloop.cxr.classifier_summary import Run, averaged, scores_of_runs, whole
from neuroloop.cxr.confusion_figure import draw_confusion
from neuroloop.cxr.difference_figure import draw_differences
from neuroloop.cxr.learning_figure import draw_calibration, draw_learning
from neuroloop.cxr.operating_figure import draw_operating_points
from neuroloop.cxr.operating_points import operating_points
from neuroloop.cxr.radiograph_tables import read_partitions, read_predictions
from neuroloop.cxr.site_figure import draw_sites
from neuroloop.cxr.sweep_figure import draw_sweep
from neuroloop.files.formats import StrPath, read_table, save_table
from neuroloop.files.natural_order import natural_sorted
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def summarise_classifiers(
    *,
    predictions: Sequence[StrPath],
    repeats: Sequence[StrPath],
    histories: Sequence[StrPath],
    external: Sequence[StrPath],
    folds: StrPath,
    contrast: Sequence[str] | None,
    baseline: Sequence[str] | None,
    ensembles: Sequence[Sequence[str]],
    bootstraps: int,
    source: str,
    seed: int,
    outputs: Mapping[str, StrPath],
) -> None:
    """Write metrics and comparisons of all trainings, and figures.

    Parameters
    ----------
    predictions, repeats, histories : sequence of path
        predictions.tsv, repeats.tsv and history.tsv of every training, in one order.
    external : sequence of path
        predictions.tsv on other sets of radiographs.
    folds : path
        folds.tsv.
    contrast : sequence of 2 str, or None
        Classes whose distinction has an AUC of its own.
    baseline : sequence of 2 str, or None
        Case and classifier that all others are compared with.
    ensembles : sequence of sequence of str
        Classifiers whose probabilities are averaged, in every case.
    bootstraps : int
        Resamples of patients.
    source : str
        Where the radiographs come from: figures say of simulated ones that they are.
    seed : int
        Root seed.
    outputs : mapping
        ``metrics``, ``comparisons``, ``operating_points``; the figures of `FIGURES`, and each with
        ``_svg``.
    """
    split = read_table(folds, {"radiograph": str, "label": str})
    classes = natural_sorted(set(split["label"]))
    sites = dict(zip(split["radiograph"], split["site"], strict=True)) if "site" in split else {}
    pair = (contrast[0], contrast[1]) if contrast else None
    runs = {
        Run(*Path(path).parts[-4:-1]): read_partitions(path, again, classes)
        for path, again in zip(predictions, repeats, strict=True)
    }
    trained = list(runs)
    runs |= averaged(runs, ensembles, classes)
    elsewhere = {}
    for path in external:
        *_, case, classifier, _, other, _ = Path(path).parts
        elsewhere[case, classifier, other] = read_predictions(path, classes)
    metrics = scores_of_runs(runs, elsewhere, sites, classes, pair, seed, bootstraps)
    compared = contrasts(runs, elsewhere, sites, classes, pair, baseline, seed, bootstraps)
    save_table(outputs["metrics"], metrics)
    save_table(outputs["comparisons"], compared)
    by_patient = {
        (run.case, run.classifier): whole(rows)
        for run, rows in runs.items()
        if run.split == "patient"
    }
    points = operating_points(by_patient, classes, pair)
    save_table(outputs["operating_points"], points)
    both = {name: (outputs[name], outputs[f"{name}_svg"]) for name in FIGURES}
    first = (baseline[0], baseline[1]) if baseline else None
    told = {"simulated": source == "simulated"}
    draw_scores(metrics, pair, first, *both["scores"], **told)
    draw_differences(compared, *both["differences"], **told)
    draw_sweep(compared, metrics, first, *both["sweep"], **told)
    draw_sites(metrics, pair, *both["sites"], **told)
    draw_shortcuts(metrics[metrics["split"] == "patient"], pair, *both["shortcuts"], **told)
    draw_operating_points(by_patient, points, classes, pair, *both["roc"], **told)
    titled = {f"{classifier}, {case}": rows for (case, classifier), rows in by_patient.items()}
    draw_confusion(titled, classes, *both["confusion"], **told)
    draw_calibration(titled, classes, *both["calibration"], **told)
    draw_learning(
        {
            f"{run.classifier}, {run.case}": history
            for run, history in zip(trained, map(read_history, histories), strict=True)
            if run.split == "patient" and history["epoch"].max() > 1
        },
        *both["learning"],
        n_classes=len(classes),
        **told,
    )


#: Figures that are drawn, by the name of their output.
FIGURES = (
    *("scores", "differences", "sweep", "sites", "shortcuts", "roc", "confusion", "calibration"),
    "learning",
)


def read_history(path: StrPath) -> pd.DataFrame:
    """Read history.tsv."""
    numbers = {"epoch": int, "loss": float, "validation": float}
    return read_table(path, {"fold": int} | numbers)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        summarise_classifiers(
            predictions=snakemake.input.predictions,
            repeats=snakemake.input.repeats,
            histories=snakemake.input.histories,
            external=snakemake.input.external,
            folds=snakemake.input.folds,
            contrast=snakemake.params.contrast,
            baseline=snakemake.params.baseline,
            ensembles=snakemake.params.ensembles,
            bootstraps=snakemake.params.bootstraps,
            source=snakemake.params.source,
            seed=snakemake.params.seed,
            outputs=snakemake.output,
        )
