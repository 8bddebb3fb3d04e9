"""Figures and tables of what was read of a set of radiographs."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.files.natural_order import natural_sorted
from neuroloop.report.figures import PALETTE, grid
from neuroloop.report.picture_grid import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Points of a class that are drawn, and sources that have colours.
POINTS, SOURCES = 300, 6


def draw_brightness(
    brightness: np.ndarray, labels: pd.Series, sources: pd.Series, generator: np.random.Generator
) -> "Figure":
    """Draw the mean brightness of radiographs by class, coloured by source.

    Parameters
    ----------
    brightness : ndarray of float, shape (radiographs,)
        0 to 255.
    labels, sources : Series
    generator : numpy.random.Generator
        Draws the points that are shown, and moves them sideways.
    """
    classes = natural_sorted(set(labels))
    common = sources.value_counts().index[:SOURCES].tolist()
    figure, axes = grid(1, 1, width=7.6, height=3.0)
    axis = axes[0, 0]
    groups = [brightness[(labels == name).to_numpy()] for name in classes]
    axis.boxplot(groups, positions=range(len(classes)), widths=0.6, showfliers=False)
    for place, name in enumerate(classes):
        rows = np.flatnonzero((labels == name).to_numpy())
        rows = generator.permutation(rows)[:POINTS]
        aside = place + generator.uniform(-0.25, 0.25, len(rows))
        colours = [
            PALETTE[common.index(source)] if source in common else PALETTE[6]
            for source in sources.iloc[rows]
        ]
        axis.scatter(aside, brightness[rows], s=6, c=colours, alpha=0.5, linewidths=0)
    axis.set_xticks(range(len(classes)), [shortened(name, 20) for name in classes])
    axis.set(ylabel="mean grey level of 255", ylim=(0, 255))
    if len(common) > 1:
        handles = [
            axis.scatter([], [], s=20, color=PALETTE[number], label=source or "no source")
            for number, source in enumerate(common)
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def draw_files(properties: pd.DataFrame) -> "Figure":
    """Draw bit depths, orientations, sizes in pixels and bytes of the files of each class."""
    labels = properties["label"]
    classes = natural_sorted(set(labels))
    figure, axes = grid(2, 2, width=4.2, height=2.5)
    bits, orientations, shapes, sizes = axes.flat
    _bars(bits, properties["bits"], labels, "bits a pixel and channel")
    _bars(orientations, properties["orientation"], labels, "orientation in the header (EXIF)")
    for number, name in enumerate(classes):
        own = properties[labels == name]
        colour = PALETTE[number % len(PALETTE)]
        shapes.scatter(own["width"], own["height"], s=7, alpha=0.4, linewidths=0, color=colour)
        order = np.sort(own["bytes"].to_numpy(dtype=float)) / 1000
        share = np.arange(1, len(order) + 1) / len(order)
        sizes.plot(order, share, color=colour, linewidth=1.3)
    shapes.set(xlabel="width (pixels)", ylabel="height (pixels)")
    sizes.set(xlabel="size of the file (kB)", ylabel="share of the files", ylim=(0, 1.02))
    if len(classes) <= len(PALETTE):
        handles = [
            bits.bar([0], [0], color=PALETTE[number], label=name)
            for number, name in enumerate(classes)
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _bars(axis: "Axes", values: pd.Series, labels: pd.Series, what: str) -> None:
    """Stacked counts by class of each value."""
    made = pd.crosstab(values, labels)
    below = np.zeros(len(made))
    for number, name in enumerate(natural_sorted(set(labels))):
        axis.bar(range(len(made)), made[name], bottom=below, color=PALETTE[number % len(PALETTE)])
        below = below + made[name].to_numpy()
    axis.set_xticks(range(len(made)), [f"{value:g}" for value in made.index])
    axis.set(xlabel=what, ylabel="files")


def sites(listed: pd.DataFrame) -> pd.Series:
    """Source of each radiograph: its folder, less the folders that are named as its class."""
    if "source" not in listed:
        return pd.Series("", index=listed.index)
    return pd.Series(
        [
            "/".join(part for part in source.split("/") if part.casefold() != label.casefold())
            for source, label in zip(listed["source"].fillna(""), listed["label"], strict=True)
        ],
        index=listed.index,
    )


def counts_table(listed: pd.DataFrame) -> pd.DataFrame:
    """Radiographs and persons of each class, source and side of the split."""
    keys = [key for key in ("label", "source", "side") if key in listed]
    found = listed.fillna("").groupby(keys, sort=True)
    made = found.agg(radiographs=("radiograph", "size"), persons=("patient", "nunique"))
    return made.reset_index().rename(columns={"label": "class", "side": "split"})


def kinds_table(properties: pd.DataFrame) -> pd.DataFrame:
    """Files of each format, depth, meaning of black, and orientation, by class."""
    keys = ["format", "bits", "photometric", "orientation", "white"]
    keys = [key for key in keys if key in properties]
    made = properties.fillna({"white": ""}).groupby([*keys, "label"]).size().unstack(fill_value=0)
    table: dict[str, Any] = {str(name): made[name] for name in made.columns}
    return pd.DataFrame(table).reset_index()
