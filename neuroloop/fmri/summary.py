"""All decoders of a dataset in one table, with rows for the group, and as a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.fmri.group_rows import COLUMNS, GROUP, MEAN, mean_row, people_row
from neuroloop.report.figures import PALETTE, grid
from neuroloop.statistics.families import corrected, stepped_down

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: What stands after them and the reason.
ADDED = (
    "null_mean",
    "smallest_effect",
    "permutations",
    "pairwise_chance",
    "prevalence_low",
    "unit",
    "scope",
    "family",
    "q",
)

#: Families of tests, whose p are corrected for their number. Those of a decoder's variant are
#: apart, so that a control more changes no q of what it controls for.
FAMILIES = {"subject": "single subjects", MEAN: "means of these subjects", GROUP: "people"}


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

    @property
    def varied(self) -> bool:
        """Whether the decoder is a variant."""
        return "variant" in self.metrics


def decoding_table(decoded: Sequence[Decoded]) -> pd.DataFrame:
    """One row per subject, region and decoder, then two per region and decoder of several subjects.

    A row `MEAN` speaks of these subjects alone, a row `GROUP` of the people whom they stand for
    (see `group_rows`). q is p corrected for the rows of its family: by `stepped_down`, since the
    same permutations of a subject's labels went through all of its regions and decoders; of the
    group by Holm's method. Variants of decoders have families of their own.

    Parameters
    ----------
    decoded : sequence of Decoded

    Returns
    -------
    DataFrame
        subject, roi, decoder, subjects, then `COLUMNS`, the reason where there is no interval or no
        p, or where p cannot be small, then `ADDED`.
    """
    rows, nulls = [_single_row(one) for one in decoded], [one.null for one in decoded]
    groups: dict[tuple[str, str], list[Decoded]] = {}
    for one in decoded:
        groups.setdefault((one.roi, one.decoder), []).append(one)
    for make in (mean_row, people_row):
        for (roi, decoder), members in groups.items():
            if len(members) < 2:
                continue
            row, null = make([one.metrics for one in members], [one.null for one in members])
            rows.append({"roi": roi, "decoder": decoder, "subjects": len(members), **row})
            nulls.append(null)
    order = ["subject", "roi", "decoder", "subjects", *COLUMNS, "reason", *ADDED[:-2]]
    table = pd.DataFrame(rows, columns=order)
    table["permutations"] = table["permutations"].astype("Int64")
    tested = table["p"].notna().to_numpy()
    kind = table["subject"].where(table["subject"].isin([MEAN, GROUP]), "subject")
    variants = {one.decoder: one.metrics["variant"]["name"] for one in decoded if one.varied}
    apart = [f", {variants[name]}" if name in variants else "" for name in table["decoder"]]
    table["family"] = np.where(tested, kind.map(FAMILIES) + apart, "")
    table["q"] = _corrected(table, nulls)
    return table


def _single_row(one: Decoded) -> dict[str, Any]:
    null = one.metrics["null"]
    return {
        "subject": one.subject,
        "roi": one.roi,
        "decoder": one.decoder,
        "subjects": 1,
        **{name: one.metrics[name] for name in (*COLUMNS, "pairwise_chance", "unit", "scope")},
        "reason": "" if one.metrics["p"] is not None else null["method"],
        "null_mean": null["mean"],
        "smallest_effect": null["smallest_effect"],
        "permutations": len(one.null) or None,
        "prevalence_low": None,
    }


def _corrected(table: pd.DataFrame, nulls: Sequence[np.ndarray]) -> np.ndarray:
    """Corrected p of each row; nulls of the rows of the group are empty."""
    family = table["family"].tolist()
    made = corrected(table["p"].astype(float).tolist(), family, "holm")
    for name in set(family) - {""}:
        if name.startswith(FAMILIES[GROUP]):
            continue
        rows = [row for row, own in enumerate(family) if own == name]
        if len({len(nulls[row]) for row in rows}) == 1:
            observed = table["balanced_accuracy"].to_numpy(dtype=float)[rows]
            made[rows] = stepped_down(observed, np.array([nulls[row] for row in rows]))
    return made


def decoding_figure(
    table: pd.DataFrame, decoded: Sequence[Decoded], *, simulated: bool = False
) -> "Figure":
    """Draw accuracy by region, a panel a subject, with the chance level and the null's 95 %.

    The null is one of balanced accuracy: it is drawn where that is the accuracy, as it always is
    where classes are equal.

    Parameters
    ----------
    table : DataFrame
        From `decoding_table`; rows of several subjects are left out.
    decoded : sequence of Decoded
        As given to `decoding_table`.
    simulated : bool
        Whether the brains are, which the title then says.
    """
    single = table[~table["subject"].isin([MEAN, GROUP])]
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
        f"{'Simulated brains: what' if simulated else 'What'} each region says about the image\n"
        "bars: 95 % intervals, dotted: chance, grey: 95th percentile of permuted labels",
        fontsize=10,
    )
    return figure
