"""A classifier on classes dealt anew: trained, tested and judged as on the true ones."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from neuroloop.cxr.audit.dealt_classes import deal_classes
from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.classifier_folds import make_folds, train_folds
from neuroloop.cxr.classifier_summary import whole
from neuroloop.cxr.features import Features
from neuroloop.cxr.radiograph_metrics import radiograph_metrics
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.radiograph_splits import SIDES, deal_folds, holdout
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.statistics.surrogates import GAIN
from neuroloop.training.checkpoints import Checkpoint

#: Metrics whose interval a reader compares with chance.
HEADLINES = ("balanced_accuracy", "auc")

HEADLINE, KIND = "classifying", "classes dealt anew to patients"


def surrogate_rows(
    shown: RadiographSet,
    stored: Features,
    classifier: Classifier,
    *,
    of: str,
    case: str,
    folds: int | str,
    max_view: int,
    views: range,
    contrast: tuple[str, str] | None,
    bootstraps: int,
    number: int,
    seed: int,
    device: torch.device,
    checkpoint: Callable[[str], Checkpoint],
) -> list[dict[str, object]]:
    """Rows of surrogates.tsv (`report.audit.SURROGATES`): each headline of one surrogate.

    Parameters
    ----------
    shown, stored, classifier, case, folds, max_view, views, device, checkpoint
        As for the training (`classifier_folds.make_folds`, `train_folds`). Frozen features do not
        hang on classes: those of the training are read.
    of : str
        What the claim is of.
    contrast : (str, str) or None
        Classes whose distinction has an AUC of its own.
    bootstraps : int
        Resamples of patients.
    number : int
        Of the surrogate.
    seed : int
        Root seed.

    Returns
    -------
    list of dict
        Without p, as headlines have an interval: significant is one that lies above chance.

    Raises
    ------
    NeuroLoopError
        If classes cannot be dealt to patients and folds, or the classifier refuses them.
    """
    own = derive_seed(seed, "surrogate classes", number)
    dealt = with_dealt_classes(shown, folds, own)
    trained = train_folds(
        dealt,
        stored,
        classifier,
        make_folds(
            dealt,
            case,
            "patient",
            folds,
            max_view,
            classifier.validation_share,
            own,
            dealt_folds(dealt, folds, own),
        ),
        views,
        own,
        device,
        lambda part: checkpoint(f"surrogate{number}-{part}"),
        lambda network, fold: None,
    )
    predicted = whole(trained.predictions.assign(repeat=0))
    found = radiograph_metrics(predicted, dealt.classes, contrast, own, bootstraps)
    rows: list[dict[str, object]] = []
    for row in found[found["metric"].isin(HEADLINES)].to_dict("records"):
        between = f", {' against '.join(contrast or ())}" if row["metric"] == "auc" else ""
        rows.append(
            {
                "headline": f"{HEADLINE}{between}",
                "of": of,
                "kind": KIND,
                "surrogate": number,
                "value": row["value"],
                "chance": row["chance"],
                "p": np.nan,
                "significant": int(row["ci_low"] > row["chance"]),
                "allowed": GAIN,
            }
        )
    return rows


def with_dealt_classes(shown: RadiographSet, folds: int | str, seed: int) -> RadiographSet:
    """The same radiographs and patients, whose classes are dealt anew."""
    table = shown.table
    parts = len(SIDES) if isinstance(folds, str) else int(folds)
    generator = numpy_generator(seed, "dealt classes")
    return replace(
        shown,
        table=table.assign(label=deal_classes(table["label"], table["patient"], parts, generator)),
    )


def dealt_folds(shown: RadiographSet, folds: int | str, seed: int) -> np.ndarray:
    """Folds, or sides of a hold-out, as these classes would be dealt to by `split_radiographs`."""
    if not isinstance(folds, str):
        return deal_folds(shown.table, "patient", int(folds), seed)
    table = shown.table
    sides = holdout(table["label"], table["patient"], numpy_generator(seed, "hold-out"))
    return np.array([SIDES.index(side) for side in sides])
