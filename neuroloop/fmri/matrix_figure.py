"""Accuracies of all decoders as matrices: region by subject, in the order of the config."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from neuroloop.fmri.group_rows import GROUP, MEAN
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.figures import grid
from neuroloop.report.matrices import draw_matrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Widest figure, inches, and most panels.
WIDEST, MOST_PANELS = 12.0, 9

#: The panel of the best decoder of each cell.
HIGHEST = "highest of all"


def matrix_figure(table: pd.DataFrame, *, simulated: bool = False) -> "Figure":
    """Draw accuracy by region and subject, a panel a decoder, and the highest of all decoders.

    Parameters
    ----------
    table : DataFrame
        From `summary.decoding_table`.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        Regions from top to bottom as they are configured, subjects and their mean from left to
        right. Cells: percent, with a star where q is at most 0.05. Colours begin at chance, the
        lowest where it differs. The highest of several decoders was picked after the fact: no star.
    """
    rows = table[table["subject"] != GROUP]
    rois = list(dict.fromkeys(rows["roi"]))
    subjects = list(dict.fromkeys(rows["subject"]))
    decoders = list(dict.fromkeys(rows["decoder"]))
    panels = {name: _of(rows[rows["decoder"] == name], rois, subjects) for name in decoders}
    if len(decoders) > 1:
        best = np.nanmax([accuracy for accuracy, _ in panels.values()], axis=0)
        panels[HIGHEST] = (best, np.zeros(best.shape, dtype=bool))
    panels = dict(list(panels.items())[:MOST_PANELS])
    width = max(0.55 * len(subjects) + 0.4, 1.6)
    across = max(1, min(len(panels), int((WIDEST - 1) / width)))
    down = -(-len(panels) // across)
    figure, axes = grid(down, across, width=width, height=0.75 + 0.24 * len(rois))
    figure.set_size_inches(figure.get_figwidth() + 1, figure.get_figheight() + 0.9)
    for panel in axes.flat[len(panels) :]:
        panel.set_axis_off()
    chances = rows["chance"].dropna()
    start = float(chances.min())
    for number, (decoder, (accuracy, found)) in enumerate(panels.items()):
        texts = [
            [
                "" if np.isnan(value) else f"{100 * value:.0f}" + ("*" if star else "")
                for value, star in zip(*line, strict=True)
            ]
            for line in zip(accuracy, found, strict=True)
        ]
        image = draw_matrix(
            axes.flat[number],
            100 * accuracy,
            rois if number % across == 0 else [""] * len(rois),
            subjects,
            ends=(100 * start, 100),
            texts=texts,
            fontsize=7.5,
        )
        axes.flat[number].set_title(decoder, fontsize=9, loc="left")
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.5, aspect=40, pad=0.03)
    bar.ax.grid(False)
    bar.ax.tick_params(labelsize=8)
    told = f"{100 * start:.3g}"
    if chances.max() - start > 1e-3:
        told += f" to {100 * chances.max():.3g}"
    bar.set_label(
        f"out-of-fold accuracy, %; colours begin at chance ({told} %); *: q ≤ 0.05", fontsize=8
    )
    single = rows[rows["subject"] != MEAN]
    counts = sorted(set(single["n"].dropna().astype(int)))
    samples = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
    figure.suptitle(
        f"{'Simulated brains: what' if simulated else 'What'} each region says about the image "
        f"({samples} samples a subject)",
        fontsize=10,
    )
    return figure


def _of(rows: pd.DataFrame, rois: list[str], subjects: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Accuracies of a decoder, region by subject, and where q is small."""
    values, q = (
        rows.pivot(index="roi", columns="subject", values=name)
        .reindex(index=rois, columns=subjects)
        .to_numpy(dtype=float)
        for name in ("accuracy", "q")
    )
    return values, q <= SIGNIFICANT
