"""Figures of a design: samples of each class in each run, how runs fit, events in time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri.label_shifts import SHIFTS, ShiftCurve
from neuroloop.fmri.run_consistency import RunFit
from neuroloop.fmri.scan import Scan
from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Most classes or runs whose names are written.
NAMED = 30

#: Most counts that are written.
WRITTEN = 200

#: Runs whose course is drawn, and voxels that it averages.
COURSES, RESPONSIVE = 2, 50

#: Most classes that have colours and a legend.
COLOURED = 20

WRONG = PALETTE[1]


def draw_design(tables: Mapping[str, pd.DataFrame], fits: Mapping[str, RunFit | None]) -> "Figure":
    """Draw samples by run and class, and how the runs of each subject fit, a row a subject.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``run`` and ``category`` of every sample, by subject.
    fits : mapping of str to RunFit or None
    """
    most = max(table["run"].nunique() for table in tables.values())
    height = 1.5 + min(0.2 * most, 4.5)
    figure, axes = grid(
        len(tables), 2, width=4.6, height=height, gridspec_kw={"width_ratios": [2, 1]}
    )
    for (counts, accuracy), (subject, table) in zip(axes, tables.items(), strict=True):
        runs, classes = (natural_sorted(set(table[key])) for key in ("run", "category"))
        made = pd.crosstab(table["run"], table["category"]).loc[runs, classes]
        shown = counts.imshow(made.to_numpy(), cmap="Blues", vmin=0, aspect="auto")
        counts.set_title(f"{subject}: samples by run and class", fontsize=9)
        _names(counts.xaxis, classes, "classes")
        _names(counts.yaxis, runs, "runs")
        counts.tick_params(axis="x", rotation=90 if len(classes) > 6 else 0)
        counts.grid(False)
        if made.size <= WRITTEN:
            _numbers(counts, made.to_numpy())
        figure.colorbar(shown, ax=counts, fraction=0.04, pad=0.01)
        _fit(accuracy, fits.get(subject), runs)
    return figure


def _names(axis: Any, names: list[str], what: str) -> None:
    """Ticks with names, or how many there are."""
    if len(names) <= NAMED:
        axis.set_ticks(range(len(names)), names, fontsize=7)
    else:
        axis.set_ticks([])
        axis.set_label_text(f"{len(names)} {what}")


def _numbers(axis: "Axes", made: np.ndarray) -> None:
    for (row, column), count in np.ndenumerate(made):
        colour = "white" if count > 0.6 * made.max() else "black"
        axis.text(column, row, count, ha="center", va="center", fontsize=7, color=colour)


def _fit(axis: "Axes", fit: RunFit | None, runs: list[str]) -> None:
    """Accuracy of each run's blocks."""
    if fit is None:
        axis.set_axis_off()
        axis.text(0.5, 0.5, "fewer than three runs:\nnone can be compared", ha="center")
        return
    table = fit.table.set_index("run").loc[runs]
    colours = [WRONG if wrong else PALETTE[0] for wrong in table["wrong"]]
    axis.barh(range(len(runs)), table["accuracy"], color=colours)
    axis.set(ylim=(len(runs) - 0.5, -0.5), xlim=(0, 1), title="blocks decoded from other runs")
    axis.title.set_fontsize(9)
    axis.axvline(fit.chance, color="black", linestyle=":", linewidth=1)
    axis.set_yticks([])
    axis.set_xlabel("accuracy (dotted: chance)")
    axis.grid(False)


def draw_timing(scan: Scan, curve: ShiftCurve | None) -> "Figure":
    """Draw events and the response of the first runs, and the accuracy by shift."""
    runs = list(dict.fromkeys(scan.volumes["run"]))[:COURSES]
    figure, axes = grid(len(runs), 2, width=4.6, height=2.1, gridspec_kw={"width_ratios": [2.2, 1]})
    shown = scan.volumes[scan.volumes["event"] > 0]
    classes = natural_sorted(set(shown["category"]))
    colours = {
        name: PALETTE[number % 7] if len(classes) <= COLOURED else PALETTE[0]
        for number, name in enumerate(classes)
    }
    hatches = {name: "/" * (3 * (number // 7)) for number, name in enumerate(classes)}
    response = mean_response(scan)
    for axis, run in zip(axes[:, 0], runs, strict=True):
        here = (scan.volumes["run"] == run).to_numpy()
        volumes = scan.volumes[here]
        step = float(volumes["start"].diff().median()) if len(volumes) > 1 else 1.0
        for _, event in volumes[volumes["event"] > 0].groupby("event"):
            name = event["category"].iloc[0]
            axis.axvspan(
                event["start"].iloc[0],
                event["start"].iloc[-1] + step,
                alpha=0.35,
                linewidth=0,
                color=colours[name],
                label=name,
                hatch=hatches[name] or None,
            )
        axis.plot(volumes["start"] + step / 2, response[here], color="black", linewidth=1)
        axis.set(title=f"{run}, {scan.region}", ylabel="response (SD)")
        axis.title.set_fontsize(9)
        axis.grid(False)
    axes[-1, 0].set_xlabel("seconds from the start of the run")
    if len(classes) <= COLOURED:
        handles: dict[str, Any] = {}
        for axis in axes[:, 0]:
            for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
                handles.setdefault(label, handle)
        figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside lower center",
            ncols=min(8, len(handles)),
            fontsize=7,
        )
    for axis in axes[1:, 1]:
        axis.set_axis_off()
    _curve(axes[0, 1], curve)
    return figure


def _curve(axis: "Axes", curve: ShiftCurve | None) -> None:
    if curve is None:
        axis.set_axis_off()
        axis.text(0.5, 0.5, "one run or one class:\nno shift can be tried", ha="center")
        return
    axis.plot(curve.shifts, curve.accuracy, "o-", color=PALETTE[0], markersize=4)
    if curve.better is not None:
        best = curve.shifts.index(curve.better)
        axis.plot(curve.better, curve.accuracy[best], "o", color=WRONG, markersize=7)
    axis.axhline(curve.chance, color="black", linestyle=":", linewidth=1)
    axis.axvline(0, color="#999999", linewidth=1)
    axis.set(
        xlabel="labels later by (volumes)",
        title="accuracy as labels shift (dotted: chance)",
        xticks=curve.shifts[::1],
        ylim=(0, min(1, max(1.25 * curve.accuracy.max(), 0.3))),
    )
    axis.title.set_fontsize(9)
    axis.tick_params(axis="x", labelsize=8)


def mean_response(scan: Scan) -> np.ndarray:
    """Mean of the voxels that follow the events best, at whichever shift, each with its sign.

    Where stimuli leave no rest between them, the first principal component.
    """
    series = scan.series.astype(np.float64)
    on = (scan.volumes["event"] > 0).astype(float)
    by_run = on.groupby(scan.volumes["run"], sort=False)
    boxcars = np.array([by_run.shift(shift).fillna(0).to_numpy() for shift in SHIFTS])
    boxcars -= boxcars.mean(axis=1, keepdims=True)
    length = np.sqrt((boxcars**2).sum(axis=1, keepdims=True))
    if on.mean() > 0.95 or not on.any():
        left, size, _ = np.linalg.svd(series - series.mean(axis=0), full_matrices=False)
        return left[:, 0] * size[0] / np.sqrt(series.shape[1])
    fit = (boxcars / np.maximum(length, 1e-12)) @ series
    best = np.abs(fit).max(axis=0)
    chosen = np.argsort(-best, kind="stable")[:RESPONSIVE]
    signs = np.sign(fit[np.abs(fit).argmax(axis=0), np.arange(series.shape[1])])
    return (series[:, chosen] * signs[chosen]).mean(axis=1)
