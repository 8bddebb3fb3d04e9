"""Sweeps: every case and classifier less the baseline, as a grid and along what was swept."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from neuroloop.cxr.training_panels import kind
from neuroloop.files.formats import StrPath
from neuroloop.report.figures import PALETTE, grid, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What is compared, and how it is called.
METRIC, NAME = "macro_f1", "macro-F1"

#: Colours end at differences of this size, at least.
LEAST = 0.02


class Swept(NamedTuple):
    """A classifier that a sweep made: its block, and the values of what was swept."""

    block: str
    chosen: dict[str, str]


def swept(classifier: str) -> Swept:
    """Read a sweep's classifier off its name, ``fine--learning_rate-0p001``."""
    block, *parts = classifier.split("--")
    pairs = [part.partition("-") for part in parts]
    point = r"(?<=\d)p(?=\d)"
    return Swept(block, {key: re.sub(point, ".", value) for key, _, value in pairs})


def draw_sweep(
    comparisons: pd.DataFrame,
    metrics: pd.DataFrame,
    baseline: Sequence[str] | None,
    *paths: StrPath,
    simulated: bool = False,
) -> "Figure":
    """Draw the differences of all cases and classifiers to the baseline.

    Parameters
    ----------
    comparisons : DataFrame
        Of `classifier_contrasts.contrasts`.
    metrics : DataFrame
        Of `classifier_summary.scores_of_runs`.
    baseline : (case, classifier) or None
    *paths : path
        .png or .svg files to write.
    simulated : bool
        Whether the radiographs are, which the title then says.

    Returns
    -------
    Figure
        A grid of classifiers and cases, and a panel for each key that a sweep gave several values;
        differences are between networks on the same patients, with 95 % intervals.
    """
    chosen = (comparisons["kind"] == "baseline") & (comparisons["metric"] == METRIC)
    gaps = comparisons[chosen & (comparisons["split"] == "patient")]
    own = metrics[(metrics["metric"] == METRIC) & (metrics["split"] == "patient")]
    own = own[own["shown"] == "whole"].set_index(["classifier", "case"])
    gaps = gaps.set_index(["classifier", "case"])
    axes_of = swept_keys(own.index.get_level_values(0))
    names, cases = (list(dict.fromkeys(own.index.get_level_values(level))) for level in (0, 1))
    columns = 1 + len(axes_of)
    tall = 1.0 + 0.42 * len(names)
    height = max(tall, 3.2) if axes_of else tall
    figure, axes = grid(1, columns, width=4.6, height=height)
    _grid(axes[0, 0], own, gaps, names, cases, baseline)
    for panel, key in zip(axes[0, 1:], axes_of, strict=True):
        _curves(panel, gaps, key)
    less = f" less {baseline[1]}, {baseline[0]}" if baseline else ""
    figure.suptitle(f"{kind(simulated)}: {NAME}{less}, same patients", fontsize=10)
    save(figure, *paths)
    return figure


def swept_keys(classifiers: Iterable[str]) -> list[str]:
    """Keys that have several values among classifiers."""
    values: dict[str, set[str]] = {}
    for name in classifiers:
        for key, value in swept(name).chosen.items():
            values.setdefault(key, set()).add(value)
    return [key for key, of_key in values.items() if len(of_key) > 1]


def _grid(
    panel: "Axes",
    own: pd.DataFrame,
    gaps: pd.DataFrame,
    names: Sequence[str],
    cases: Sequence[str],
    baseline: Sequence[str] | None,
) -> None:
    """Draw differences as colours, with numbers; the baseline with its own value."""
    index = pd.MultiIndex.from_product([names, cases])
    table = gaps.reindex(index)
    values = table["difference"].to_numpy(dtype=float).reshape(len(names), len(cases))
    known = np.abs(values[np.isfinite(values)])
    most = max(LEAST, float(known.max())) if known.size else LEAST
    panel.imshow(values, cmap="PuOr", vmin=-most, vmax=most, aspect="auto")
    for number, (name, case) in enumerate(index):
        row, column = divmod(number, len(cases))
        told = "–"
        if baseline and (case, name) == tuple(baseline):
            told = f"baseline\n{own.loc[(name, case), 'value']:.2f}"
        elif np.isfinite(values[row, column]):
            told = difference_of(table.iloc[number])
        elif (name, case) in own.index:
            told = f"{own.loc[(name, case), 'value']:.2f}"
        dark = np.isfinite(values[row, column]) and abs(values[row, column]) > 0.7 * most
        colour = "white" if dark else "black"
        panel.text(column, row, told, ha="center", va="center", fontsize=7, color=colour)
    panel.set_xticks(range(len(cases)), cases, rotation=0 if len(cases) <= 4 else 45)
    panel.set_yticks(range(len(names)), names, fontsize=7.5)
    panel.grid(False)
    panel.tick_params(length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)


def difference_of(row: "pd.Series[float]") -> str:
    """A difference and its interval, in two lines."""
    ends = f"[{row['ci_low']:.2f}, {row['ci_high']:.2f}]"
    return f"{row['difference']:+.2f}\n{ends}".replace("-", "−")


def _curves(panel: "Axes", gaps: pd.DataFrame, key: str) -> None:
    """Draw differences along the values of a key, a line for all else that is the same."""
    lines: dict[str, list[tuple[str, tuple[str, str]]]] = {}
    for name, case in gaps.index:
        one = swept(name)
        if key in one.chosen:
            rest = [f"{other} {value}" for other, value in one.chosen.items() if other != key]
            lines.setdefault(", ".join([one.block, *rest, case]), []).append(
                (one.chosen[key], (name, case))
            )
    values = _sorted({value for line in lines.values() for value, _ in line})
    for number, (label, line) in enumerate(lines.items()):
        shift = (number - (len(lines) - 1) / 2) * min(0.12, 0.5 / max(len(lines), 1))
        line.sort(key=lambda pair: values.index(pair[0]))
        rows = gaps.loc[[pair for _, pair in line]]
        value = rows["difference"].to_numpy(dtype=float)
        bounds = rows[["ci_low", "ci_high"]].to_numpy(dtype=float).T
        panel.errorbar(
            np.array([values.index(one) for one, _ in line]) + shift,
            value,
            yerr=np.abs(bounds - value),
            marker="o",
            markersize=4,
            linewidth=1.1,
            color=PALETTE[number % len(PALETTE)],
            label=label,
        )
    panel.axhline(0, color="black", linewidth=0.9)
    panel.set_xticks(range(len(values)), values)
    panel.set_xlabel(key)
    panel.set_ylabel("difference")
    if len(lines) <= 8:
        panel.legend(fontsize=6.5)


def _sorted(values: set[str]) -> list[str]:
    """Values of a key by their size, those that are no numbers behind them."""

    def size(value: str) -> tuple[bool, float, str]:
        try:
            return False, float(value), value
        except ValueError:
            return True, 0.0, value

    return sorted(values, key=size)
