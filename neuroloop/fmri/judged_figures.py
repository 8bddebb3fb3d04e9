"""What decoders take each class for, and whether their soft labels mean what they say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.fmri.judged import Judged, together
from neuroloop.report.figures import grid
from neuroloop.report.matrices import draw_matrix
from neuroloop.report.reliability import draw_reliability, reliability_legend
from neuroloop.statistics.reliability import expected_error, reliability

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Most panels of a figure, and most side by side.
MOST_PANELS, COLUMNS = 12, 4

#: Up to this number of classes, cells hold numbers; up to the next, rows and columns have names.
ROOMY, NAMED = 12, 40

#: The row of all samples.
ALL = "all samples"


def chosen(all_judged: Sequence[Judged], first: bool) -> list[Judged]:
    """Samples of all subjects together, of each decoder and region that a figure has room for.

    Parameters
    ----------
    all_judged : sequence of Judged
        Of every subject, region and decoder.
    first : bool
        Whether only the first decoder is wanted. So it is where all have no room.
    """
    groups: dict[tuple[str, str], list[Judged]] = {}
    for one in all_judged:
        groups.setdefault((one.decoder, one.roi), []).append(one)
    if first or len(groups) > MOST_PANELS:
        decoder = all_judged[0].decoder
        groups = {key: members for key, members in groups.items() if key[0] == decoder}
    decoders = list(dict.fromkeys(one.decoder for one in all_judged))
    order = sorted(groups, key=lambda key: decoders.index(key[0]))
    return [together(groups[key]) for key in order[:MOST_PANELS]]


def confusion_figure(all_judged: Sequence[Judged], *, simulated: bool = False) -> "Figure":
    """Draw the confusion matrix of the first decoder, a panel a region.

    Parameters
    ----------
    all_judged : sequence of Judged
        Of every subject, region and decoder.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        Rows: true classes, columns: what their samples were named. Cells: percent of the row, by
        which they are coloured. The last row holds all samples: what a row would be by chance.
    """
    shown = chosen(all_judged, first=True)
    k = len(shown[0].classes)
    side = min(6.0, max(2.2, 0.9 + 0.23 * (k + 1)))
    across = min(COLUMNS if side < 3 else 3, len(shown))
    figure, axes = _panels(len(shown), across, side, side)
    for number, one in enumerate(shown):
        counts = np.bincount(k * one.truth + one.named, minlength=k * k).reshape(k, k)
        of_class = counts.sum(axis=1)
        counts = np.vstack([counts, counts.sum(axis=0)])
        total = counts.sum(axis=1, keepdims=True)
        shares = 100 * np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
        texts = [[f"{cell:.0f}" if cell > 0 else "" for cell in line] for line in shares]
        names = [f"{name} ({n})" for name, n in zip(one.classes, of_class, strict=True)]
        image = draw_matrix(
            axes.flat[number],
            shares,
            [*names, f"{ALL} ({of_class.sum()})"] if k <= NAMED else [],
            one.classes if k <= NAMED else [],
            ends=(0, 100),
            texts=texts if k <= ROOMY else None,
            fontsize=6.5,
        )
        axes.flat[number].axhline(k - 0.5, color="white", linewidth=3)
        axes.flat[number].set_title(one.roi, fontsize=9, loc="left")
        axes.flat[number].set_xlabel("named", fontsize=8)
        if number % across == 0:
            axes.flat[number].set_ylabel("true class (samples)", fontsize=8)
    bar = figure.colorbar(image, ax=axes, location="bottom", shrink=0.4, aspect=40, pad=0.02)
    bar.ax.grid(False)
    bar.ax.tick_params(labelsize=7)
    bar.set_label("percent of a true class's samples", fontsize=8)
    figure.suptitle(
        f"{_whose(simulated)}: what samples of each class are taken for by {shown[0].decoder}, "
        f"out of fold ({_subjects(all_judged)})",
        fontsize=10,
    )
    return figure


def calibration_figure(all_judged: Sequence[Judged], *, simulated: bool = False) -> "Figure":
    """Draw how often soft labels are right against how sure they are.

    Parameters
    ----------
    all_judged : sequence of Judged
        Of every subject, region and decoder.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        A panel a decoder and region, of the first decoder alone where all have no room; samples of
        all subjects together, with 95 % intervals over what is alike in one subject.
    """
    shown = chosen(all_judged, first=False)
    rois = len({one.roi for one in shown})
    across = rois if rois <= COLUMNS else COLUMNS
    figure, axes = _panels(len(shown), across, 2.5, 2.35)
    several = len({one.decoder for one in shown}) > 1
    for number, one in enumerate(shown):
        panel = axes.flat[number]
        right = one.named == one.truth
        bins = reliability(one.soft_labels.max(axis=1), right, one.clusters, one.crossed)
        draw_reliability(panel, bins, _chance(one))
        panel.set_title(
            f"{one.decoder + ', ' if several else ''}{one.roi}\n"
            f"ECE {expected_error(bins):.2f}, n = {len(right):,}",
            fontsize=8,
        )
        panel.tick_params(labelsize=7)
        if number % across == 0:
            panel.set_ylabel("share right", fontsize=8)
        if number + across >= len(shown):
            panel.set_xlabel("largest probability", fontsize=8)
    reliability_legend(figure, "samples", "these names without knowledge")
    over = " / ".join(dict.fromkeys(one.over for one in shown))
    decoder = "" if several else f" of {shown[0].decoder}"
    figure.suptitle(
        f"{_whose(simulated)}: are soft labels{decoder} right as often as they are sure?\n"
        f"{_subjects(all_judged)}; bars: 95 % intervals over {over}",
        fontsize=10,
    )
    return figure


def _chance(one: Judged) -> float:
    """Share of samples that these names would hit without knowledge (Cohen 1960)."""
    k = len(one.classes)
    true, named = (np.bincount(codes, minlength=k) for codes in (one.truth, one.named))
    return float(true @ named / len(one.truth) ** 2)


def _panels(n: int, across: int, width: float, height: float) -> tuple["Figure", np.ndarray]:
    """Panels, those too many without axes, with room for a title and a legend."""
    figure, axes = grid(-(-n // across), across, width=width, height=height)
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + 1.0)
    for panel in axes.flat[n:]:
        panel.set_axis_off()
    return figure, axes


def _whose(simulated: bool) -> str:
    return "Simulated brains" if simulated else "Brains"


def _subjects(all_judged: Sequence[Judged]) -> str:
    count = len({one.subject for one in all_judged})
    return "1 subject" if count == 1 else f"{count} subjects together"
