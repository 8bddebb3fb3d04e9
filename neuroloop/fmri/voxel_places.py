"""Where the voxels of regions lie, and a figure of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuroloop.files.formats import StrPath
from neuroloop.fmri.bdata import read_places
from neuroloop.fmri.region_voxels import RegionVoxels, united
from neuroloop.fmri.scan import Scan
from neuroloop.report.figures import PALETTE, grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Most regions of a subject, and regions side by side, that are drawn.
DRAWN, A_ROW = 8, 4

#: Most voxels of a projection's background.
BACKGROUND = 4000


@dataclass(frozen=True, eq=False)
class Places:
    """Voxels of a subject's regions.

    Attributes
    ----------
    flags : dict of str to ndarray of bool, shape (voxels,)
        By the region's name.
    xyz : ndarray of float, shape (voxels, 3), or None
        Coordinates in mm, where they are known.
    """

    flags: dict[str, np.ndarray]
    xyz: np.ndarray | None


def find_places(regions: Mapping[str, RegionVoxels], responses: Sequence[StrPath]) -> Places:
    """Find where voxels lie.

    Parameters
    ----------
    regions : mapping of str to RegionVoxels
    responses : sequence of path
        The BData file of which regions are parts, or one of each region; without any the regions'
        own voxels are all.
    """
    xyz: np.ndarray | None
    if len(responses) == 1:
        count, xyz = read_places(responses[0])
        every = np.arange(count)
    elif responses:
        owners = np.repeat(list(regions), [len(one.voxel) for one in regions.values()])
        return Places({name: owners == name for name in regions}, None)
    else:
        every, first = united(regions)
        xyz = np.concatenate([region.xyz for region in regions.values()])
        xyz = xyz[first] if len(xyz) else None
    return Places({name: np.isin(every, one.voxel) for name, one in regions.items()}, xyz)


def draw_regions(places: Places, scan: Scan | None) -> tuple["Figure", str]:
    """Draw regions: over the mean image, else in three projections, else by their sizes.

    Returns
    -------
    figure : Figure
    caption : str
        What it shows.
    """
    names = list(places.flags)[:DRAWN]
    more = len(places.flags) - len(names)
    told = f" {more} more regions are not drawn." if more > 0 else ""
    if scan is not None and scan.mean.size and len(scan.voxels) == len(places.flags[names[0]]):
        return _over_mean(places, scan, names), (
            "The slice with the most voxels of each region over the mean image of the first run, "
            "on the grid as it is stored. A region that lies beside the brain, or where it does "
            f"not belong, is a mask of another space.{told}"
        )
    if places.xyz is not None:
        return _projections(places, names), (
            f"Voxels of each region from three sides, over all voxels of the file, in mm.{told}"
        )
    return _sizes(places, names), (
        "Voxels of each region, and the share of the region in a row that belongs to the region "
        f"in a column. The file does not say where voxels lie.{told}"
    )


def _counted(places: Places, name: str, total: int, of: str) -> str:
    count = int(places.flags[name].sum())
    return f"{name}\n{count:,} voxels, {100 * count / total:.1f} % of {of}"


def _over_mean(places: Places, scan: Scan, names: list[str]) -> "Figure":
    columns = min(A_ROW, max(2, len(names)))
    rows = -(-len(names) // columns)
    width, height = scan.mean.shape[:2]
    figure, axes = grid(rows, columns, width=2.6, height=0.7 + 2.5 * min(height / width, 1.5))
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, name in zip(axes.flat, names, strict=False):
        voxels = scan.voxels[places.flags[name]]
        depth = int(np.bincount(voxels[:, 2]).argmax())
        axis.imshow(scan.mean[:, :, depth].T, cmap="gray", vmin=0, vmax=255, origin="lower")
        region = np.full(scan.mean.shape[:2], np.nan)
        here = voxels[voxels[:, 2] == depth]
        region[here[:, 0], here[:, 1]] = 1
        axis.imshow(region.T, cmap="autumn", vmin=0, vmax=2, alpha=0.55, origin="lower")
        axis.set_title(_counted(places, name, scan.mean.size, "the grid"), fontsize=8)
        axis.text(
            0.5,
            -0.02,
            f"slice {depth + 1} of {scan.mean.shape[2]}",
            fontsize=7,
            ha="center",
            va="top",
            transform=axis.transAxes,
        )
    return figure


def _projections(places: Places, names: list[str]) -> "Figure":
    assert places.xyz is not None
    figure, axes = grid(1, 3, width=3.3, height=3.4)
    step = max(1, len(places.xyz) // BACKGROUND)
    for axis, (across, up, side) in zip(
        axes.flat,
        ((0, 1, "from above"), (0, 2, "from behind"), (1, 2, "from the side")),
        strict=True,
    ):
        every = places.xyz[::step]
        axis.scatter(every[:, across], every[:, up], s=2, color="#dddddd", linewidths=0)
        for number, name in enumerate(names):
            here = places.xyz[places.flags[name]]
            axis.scatter(
                here[:, across],
                here[:, up],
                s=3,
                alpha=0.5,
                linewidths=0,
                color=PALETTE[number % len(PALETTE)],
                label=_counted(places, name, len(places.xyz), "all").replace("\n", ": "),
            )
        axis.set(title=side, xlabel=f"{'xyz'[across]} (mm)", ylabel=f"{'xyz'[up]} (mm)")
        axis.set_aspect("equal")
        axis.grid(False)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, markerscale=3, fontsize=8)
    return figure


def _sizes(places: Places, names: list[str]) -> "Figure":
    figure, axes = grid(1, 2, width=4.6, height=1.4 + 0.32 * len(names))
    bars, overlaps = axes.flat
    flags = np.array([places.flags[name] for name in names])
    counts = flags.sum(axis=1)
    bars.barh(range(len(names)), counts, color=PALETTE[0])
    bars.set_yticks(range(len(names)), names)
    bars.invert_yaxis()
    bars.set(xlabel=f"voxels, of {flags.shape[1]:,}", xlim=(0, max(counts) * 1.25))
    bars.grid(False)
    for row, count in enumerate(counts):
        bars.text(count, row, f" {count:,}", va="center", fontsize=8)
    shared = (flags.astype(float) @ flags.T) / np.maximum(counts, 1)[:, None]
    _matrix(overlaps, shared, names)
    return figure


def _matrix(axis: "Axes", shared: np.ndarray, names: list[str]) -> None:
    axis.imshow(shared, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axis.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axis.set_yticks(range(len(names)), names)
    axis.set_title("shared voxels", fontsize=9)
    axis.grid(False)
    for row, values in enumerate(shared):
        for column, value in enumerate(values):
            colour = "white" if value > 0.6 else "black"
            axis.text(
                column,
                row,
                f"{100 * value:.0f} %",
                ha="center",
                va="center",
                fontsize=7,
                color=colour,
            )
