"""Compare all cases, classifiers and splits of a set of radiographs, and draw them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from neuroloop.cxr.classifier_figure import draw_scores, draw_shortcuts
from neuroloop.cxr.confusion_figure import draw_confusion
from neuroloop.cxr.ensemble import average_predictions
from neuroloop.cxr.learning_figure import draw_calibration, draw_learning
from neuroloop.cxr.radiograph_comparison import COLUMNS, compare
from neuroloop.cxr.radiograph_metrics import radiograph_metrics
from neuroloop.cxr.radiograph_tables import read_predictions
from neuroloop.files.formats import StrPath, read_table, save_table
from neuroloop.files.natural_order import natural_sorted
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


class Run(NamedTuple):
    """Which training: data case, classifier, what its split keeps whole."""

    case: str
    classifier: str
    split: str


def summarise_classifiers(
    *,
    predictions: Sequence[StrPath],
    histories: Sequence[StrPath],
    external: Sequence[StrPath],
    folds: StrPath,
    contrast: Sequence[str] | None,
    baseline: Sequence[str] | None,
    ensembles: Sequence[Sequence[str]],
    bootstraps: int,
    seed: int,
    outputs: Mapping[str, StrPath],
) -> None:
    """Write metrics and comparisons of all trainings, and figures.

    Parameters
    ----------
    predictions, histories : sequence of path
        predictions.tsv and history.tsv of every training, in one order.
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
    seed : int
        Root seed.
    outputs : mapping
        ``metrics``, ``comparisons``; ``scores``, ``shortcuts``, ``confusion``, ``learning``,
        ``calibration``, and each with ``_svg``.
    """
    classes = natural_sorted(set(read_table(folds, {"label": str})["label"]))
    pair = (contrast[0], contrast[1]) if contrast else None
    runs = {Run(*Path(path).parts[-4:-1]): read_predictions(path, classes) for path in predictions}
    trained = list(runs)
    runs |= averaged(runs, ensembles, classes)
    scores = [
        radiograph_metrics(rows, classes, pair, seed, bootstraps).assign(
            **run._asdict(), shown=shown
        )
        for run, predicted in runs.items()
        for shown, rows in predicted.groupby("shown", sort=False)
    ]
    for path in external:
        *_, case, classifier, _, other, _ = Path(path).parts
        rows = read_predictions(path, classes)
        scores.append(
            radiograph_metrics(rows, classes, pair, seed, bootstraps).assign(
                case=case, classifier=classifier, split=f"external {other}", shown="whole"
            )
        )
    leading = [*Run._fields, "shown"]
    metrics = pd.concat(scores, ignore_index=True)
    metrics = metrics[leading + [name for name in metrics if name not in leading]]
    compared = comparisons(runs, classes, pair, baseline, seed, bootstraps)
    save_table(outputs["metrics"], metrics)
    save_table(outputs["comparisons"], compared)
    both = {name: (outputs[name], outputs[f"{name}_svg"]) for name in FIGURES}
    inside = metrics[metrics["split"].isin(["patient", "image"])]
    by_patient = {run: whole(rows) for run, rows in runs.items() if run.split == "patient"}
    draw_scores(inside, pair, tuple(baseline) if baseline else None, *both["scores"])
    draw_shortcuts(inside[inside["split"] == "patient"], pair, *both["shortcuts"])
    titled = {f"{run.classifier}, {run.case}": rows for run, rows in by_patient.items()}
    draw_confusion(titled, classes, *both["confusion"])
    draw_calibration(titled, classes, *both["calibration"])
    draw_learning(
        {
            f"{run.classifier}, {run.case}": history
            for run, history in zip(trained, map(read_history, histories), strict=True)
            if run.split == "patient" and history["epoch"].max() > 1
        },
        *both["learning"],
        n_classes=len(classes),
    )


FIGURES = ("scores", "shortcuts", "confusion", "learning", "calibration")


def averaged(
    runs: Mapping[Run, pd.DataFrame],
    ensembles: Sequence[Sequence[str]],
    classes: Sequence[str],
) -> dict[Run, pd.DataFrame]:
    """Mean probabilities of each ensemble in every case, named by its members."""
    cases = dict.fromkeys(run.case for run in runs)
    return {
        Run(case, " + ".join(members), "patient"): average_predictions(
            [runs[Run(case, member, "patient")] for member in members], classes
        )
        for case in cases
        for members in ensembles
    }


def whole(predicted: pd.DataFrame) -> pd.DataFrame:
    """Rows of radiographs that are shown whole."""
    return predicted[predicted["shown"] == "whole"].reset_index(drop=True)


def read_history(path: StrPath) -> pd.DataFrame:
    """Read history.tsv."""
    numbers = {"epoch": int, "loss": float, "validation": float}
    return read_table(path, {"fold": int} | numbers)


def comparisons(
    runs: Mapping[Run, pd.DataFrame],
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    baseline: Sequence[str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Every training less the baseline, and less itself when patients are kept whole.

    Returns
    -------
    DataFrame
        ``kind``: ``baseline`` or ``leak``; the training, what it is compared with, and the columns
        of `compare`. No rows where there is a single training.
    """
    pairs = []
    for run in runs:
        honest = run._replace(split="patient")
        if run.split == "image" and honest in runs:
            pairs.append(("leak", run, honest))
        if run.split == "patient" and baseline and run[:2] != tuple(baseline):
            pairs.append(("baseline", run, Run(baseline[0], baseline[1], "patient")))
    made = [
        compare(whole(runs[one]), whole(runs[other]), classes, contrast, seed, bootstraps).assign(
            kind=kind, **one._asdict(), against=", ".join(other)
        )
        for kind, one, other in pairs
    ]
    columns = ["kind", *Run._fields, "against", *COLUMNS]
    return pd.concat(made, ignore_index=True)[columns] if made else pd.DataFrame(columns=columns)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        summarise_classifiers(
            predictions=snakemake.input.predictions,
            histories=snakemake.input.histories,
            external=snakemake.input.external,
            folds=snakemake.input.folds,
            contrast=snakemake.params.contrast,
            baseline=snakemake.params.baseline,
            ensembles=snakemake.params.ensembles,
            bootstraps=snakemake.params.bootstraps,
            seed=snakemake.params.seed,
            outputs=snakemake.output,
        )
