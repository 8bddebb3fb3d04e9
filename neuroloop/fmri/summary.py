"""All decoders of a dataset in one table, with a row for the group, and as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.report.figures import PALETTE, grid
from neuroloop.statistics.intervals import group_interval, permutation_p

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Numbers of metrics.json that the table repeats.
COLUMNS = (
    "accuracy",
    "ci_low",
    "ci_high",
    "p",
    "chance",
    "n",
    "balanced_accuracy",
    "top5_accuracy",
    "log_loss",
    "calibration_error",
    "pairwise_identification",
)

GROUP = "group"


@dataclass(frozen=True, eq=False)
class Decoded:
    """What one decoder found in one region of one subject.

    Attributes
    ----------
    subject, roi, decoder : str
    metrics : mapping
        metrics.json.
    null : ndarray, shape (permutations,)
        Balanced accuracies on permuted labels; empty where nothing could be exchanged.
    """

    subject: str
    roi: str
    decoder: str
    metrics: Mapping[str, Any]
    null: np.ndarray


def decoding_table(decoded: Sequence[Decoded]) -> pd.DataFrame:
    """One row per subject, region and decoder, then one row per region and decoder for the group.

    The group's accuracy is the mean over subjects with Student's t interval, cut at 0 and 1; its
    p compares the mean of their balanced accuracies with the mean over subjects of the
    permutations, one of each at a time. A group with a subject that has no null has no p.

    Parameters
    ----------
    decoded : sequence of Decoded

    Returns
    -------
    DataFrame
        subject, roi, decoder, subjects, then `COLUMNS`, and the reason where the group has no
        interval, or a subject no null.
    """
    rows = [
        {
            "subject": one.subject,
            "roi": one.roi,
            "decoder": one.decoder,
            "subjects": 1,
            **{name: one.metrics[name] for name in COLUMNS},
            "reason": "" if one.metrics["p"] is not None else one.metrics["null"]["method"],
        }
        for one in decoded
    ]
    groups: dict[tuple[str, str], list[Decoded]] = {}
    for one in decoded:
        groups.setdefault((one.roi, one.decoder), []).append(one)
    for (roi, decoder), members in groups.items():
        if len(members) < 2:
            continue
        accuracy = group_interval([one.metrics["accuracy"] for one in members])
        nulls = [one.null for one in members]
        means: dict[str, Any] = {
            name: _mean([one.metrics[name] for one in members]) for name in COLUMNS
        }
        rows.append(
            {
                "subject": GROUP,
                "roi": roi,
                "decoder": decoder,
                "subjects": len(members),
                **means,
                "n": sum(one.metrics["n"] for one in members),
                "accuracy": accuracy.value,
                "ci_low": None if accuracy.ci_low is None else max(0.0, accuracy.ci_low),
                "ci_high": None if accuracy.ci_high is None else min(1.0, accuracy.ci_high),
                "p": permutation_p(means["balanced_accuracy"], np.mean(nulls, axis=0))
                if all(map(len, nulls))
                else None,
                "reason": accuracy.reason,
            }
        )
    return pd.DataFrame(rows)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def decoding_figure(table: pd.DataFrame, decoded: Sequence[Decoded]) -> "Figure":
    """Draw accuracy by region, a panel a subject, with the chance level and the null's 95 %.

    The null is one of balanced accuracy: it is drawn where that is the accuracy, as it always is
    where classes are equal.

    Parameters
    ----------
    table : DataFrame
        From `decoding_table`; rows of the group are left out.
    decoded : sequence of Decoded
        As given to `decoding_table`.
    """
    single = table[table["subject"] != GROUP]
    subjects = list(dict.fromkeys(single["subject"]))
    rois = list(dict.fromkeys(single["roi"]))
    decoders = list(dict.fromkeys(single["decoder"]))
    figure, axes = grid(
        1, len(subjects), width=max(3.6, 1.2 + 0.8 * len(rois)), height=3.4, sharey=True
    )
    nulls = {(one.subject, one.roi, one.decoder): one.null for one in decoded}
    for panel, subject in zip(axes[0], subjects, strict=True):
        here = single[single["subject"] == subject]
        for number, decoder in enumerate(decoders):
            of_decoder = here[here["decoder"] == decoder].set_index("roi").reindex(rois)
            place = np.arange(len(rois)) + (number - (len(decoders) - 1) / 2) * 0.7 / len(decoders)
            value = 100 * of_decoder["accuracy"].to_numpy(dtype=float)
            bounds = 100 * of_decoder[["ci_low", "ci_high"]].to_numpy(dtype=float).T
            panel.errorbar(
                place,
                value,
                np.abs(bounds - value),
                fmt="o",
                color=PALETTE[number % len(PALETTE)],
                markersize=4.5,
                linewidth=1.2,
                label=decoder,
            )
            own = [nulls[subject, roi, decoder] for roi in rois]
            highest = np.array([np.quantile(one, 0.95) if len(one) else np.nan for one in own])
            same = np.isclose(of_decoder["accuracy"], of_decoder["balanced_accuracy"])
            highest = 100 * np.where(same, highest, np.nan)
            panel.plot(place, highest, "_", color="#777777", markersize=7)
            chance = 100 * of_decoder["chance"].to_numpy(dtype=float)
            ends = [place - 0.35 / len(decoders), place + 0.35 / len(decoders)]
            panel.plot(ends, [chance, chance], ":", color="black", linewidth=1)
        panel.set_xticks(range(len(rois)), rois)
        panel.set_title(f"{subject} (n = {here['n'].iloc[0]})")
    axes[0, 0].set_ylabel("out-of-fold accuracy, %")
    axes[0, 0].set_ylim(bottom=0)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    figure.suptitle(
        "What each region says about the image\n"
        "bars: 95 % intervals, dotted: chance, grey: 95th percentile of permuted labels",
        fontsize=10,
    )
    return figure
