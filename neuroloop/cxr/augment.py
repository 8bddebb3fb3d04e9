"""Augmentation views of chest radiographs: fixed, seeded, each radiograph's own.

All geometric transforms of a view are composed into one sampling grid, and the radiograph is
interpolated once: it stays sharper than under a chain of warps, costs less, and a mask of the lungs
or of a lesion follows its radiograph through the same grid. Photometric transforms come after it.
kornia gives the affine matrix, the thin-plate spline, gamma and the filters; `lens` what kornia
lacks.

Lengths are parts of the radiograph, so a radiograph of 48 pixels has the same views as one of 512.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from neuroloop.cxr import lens
from neuroloop.jobs.seeds import numpy_generator

#: The geometry is computed at 33 x 33 points and interpolated: maps that are as smooth as these are
#: then off by a few hundredths of a pixel.
NODES = 33


@dataclass(frozen=True)
class Ranges:
    """How often a view has each transform, and how strong it is; a chance of 0 switches it off.

    Lengths are in halves of the shorter side unless said otherwise. A value ``x`` without other
    words is drawn from -x to x, a pair from the first to the second.

    Attributes
    ----------
    flip_chance : float
        Left and right changed.
    affine_chance, shift, scale, rotation, shear : float
        Shift-scale-rotate: the scale is the part of the radiograph that is seen; degrees.
    grid_chance, grid_cells, grid_stretch
        Grid distortion: cells a side, and the part by which a column or row is stretched.
    elastic_chance, elastic_sigma, elastic_size
        Elastic distortion: smoothness, and root mean square of the displacements.
    spline_chance, spline_points, spline_move
        Thin-plate spline: control points a side, and their displacement along each axis.
    optics_chance, k1, k2
        Barrel and pincushion distortion.
    gamma_chance, gamma
        The grey values to the power exp(gamma).
    blur_chance, blur
        Gaussian blur: standard deviation, in parts of the shorter side.
    motion_chance, motion
        Motion blur of any direction: length, in parts of the shorter side; none below 3 pixels.
    """

    flip_chance: float = 0.5
    affine_chance: float = 1.0
    shift: float = 0.08
    scale: tuple[float, float] = (0.82, 1.04)
    rotation: float = 10.0
    shear: float = 0.0
    grid_chance: float = 0.3
    grid_cells: int = 4
    grid_stretch: float = 0.25
    elastic_chance: float = 0.3
    elastic_sigma: float = 0.2
    elastic_size: tuple[float, float] = (0.01, 0.03)
    spline_chance: float = 0.3
    spline_points: int = 3
    spline_move: float = 0.08
    optics_chance: float = 0.3
    k1: float = 0.08
    k2: float = 0.01
    gamma_chance: float = 0.6
    gamma: float = 0.4
    blur_chance: float = 0.2
    blur: tuple[float, float] = (0.002, 0.005)
    motion_chance: float = 0.2
    motion: tuple[float, float] = (0.014, 0.027)


#: All transforms of the study, or the affine ones of its older variant.
KINDS: Mapping[str, Ranges] = {
    "study": Ranges(),
    "affine": Ranges(
        shear=8.0,
        grid_chance=0,
        elastic_chance=0,
        spline_chance=0,
        optics_chance=0,
        gamma_chance=0,
        blur_chance=0,
        motion_chance=0,
    ),
}


def view(
    images: np.ndarray, radiograph_ids: Sequence[str], number: int, seed: int, kind: str = "study"
) -> np.ndarray:
    """Make one view of each radiograph.

    A view depends on the seed, its radiograph's id and its number alone: not on the batch that the
    radiograph came in, nor on other views, nor on torch's and NumPy's global streams, which are not
    touched.

    Parameters
    ----------
    images : ndarray of float32, shape (n, height, width)
        Radiographs, in [0, 1], 16 pixels a side at least.
    radiograph_ids : sequence of str
        Names of the radiographs.
    number : int
        0: the radiograph itself; from 1 on: its augmentation views.
    seed : int
        Root seed.
    kind : {"study", "affine"}
        Which transforms.

    Returns
    -------
    ndarray of float32, shape (n, height, width)
        In [0, 1]. What a view sees beyond its radiograph is the radiograph's mirror image.
    """
    if images.dtype != np.float32 or not ((images >= 0) & (images <= 1)).all():
        raise ValueError("radiographs are float32 in [0, 1], without NaN")
    made, views = _resampled(images, radiograph_ids, number, seed, kind)
    for position, drawn in enumerate(views):
        made[position] = _photometry(torch.from_numpy(made[position])[None, None], drawn)[
            0, 0
        ].numpy()
    return made


@dataclass(frozen=True)
class _View:
    """One view of one radiograph; each transform draws from a stream of its own."""

    ranges: Ranges
    seed: int
    radiograph: str
    number: int

    def stream(self, transform: str) -> np.random.Generator | None:
        """Stream of a transform's parameters, None if the view does not have it."""
        generator = numpy_generator(self.seed, "view", self.radiograph, self.number, transform)
        chance = getattr(self.ranges, f"{transform}_chance")
        return generator if generator.random() < chance else None


def _resampled(
    images: np.ndarray, radiograph_ids: Sequence[str], number: int, seed: int, kind: str
) -> tuple[np.ndarray, list[_View]]:
    """Apply the geometry image by image: what a kernel does may depend on the batch.

    Also returns the views whose photometry remains, none for view 0.
    """
    if images.ndim != 3 or len(images) != len(radiograph_ids) or min(images.shape[1:]) < 16:
        raise ValueError(
            f"{len(radiograph_ids)} radiographs of 16 pixels or more, but {images.shape}"
        )
    if number < 0 or kind not in KINDS:
        raise ValueError(f"no view {number} of kind {kind!r}: from 0 on, of {', '.join(KINDS)}")
    made = np.array(images, order="C")
    if number == 0:
        return made, []
    views = [_View(KINDS[kind], seed, radiograph, number) for radiograph in radiograph_ids]
    for position, drawn in enumerate(views):
        made[position] = functional.grid_sample(
            torch.from_numpy(made[position])[None, None],
            _sampling_grid(drawn, images.shape[1:]),
            mode="bilinear",
            padding_mode="reflection",
            align_corners=True,
        ).numpy()
    return made, views


def _sampling_grid(drawn: _View, shape: tuple[int, ...]) -> torch.Tensor:
    """Where each pixel of the view reads its image, shape (1, height, width, 2), as torch wants it.

    A point goes through the maps in the reverse of the order in which the radiograph does: the
    radiograph is flipped and moved first, and its pixels are displaced last.
    """
    ranges, half = drawn.ranges, lens.half_sides((shape[0], shape[1]))
    points = lens.lattice((shape[0], shape[1]), NODES)
    if stream := drawn.stream("grid"):
        stretch = ranges.grid_stretch * stream.uniform(-1, 1, (2, ranges.grid_cells))
        points = lens.uneven_grid(points, 1 + stretch, half)
    if stream := drawn.stream("elastic"):
        noise, sigma = stream.standard_normal(points.shape), ranges.elastic_sigma * (NODES - 1) / 2
        points = points + lens.elastic(noise, sigma, stream.uniform(*ranges.elastic_size))
    if stream := drawn.stream("spline"):
        side = ranges.spline_points
        moves = ranges.spline_move * stream.uniform(-1, 1, (side, side, 2))
        points = lens.thin_plate(points, moves, half)
    if stream := drawn.stream("optics"):
        k1, k2 = np.array([ranges.k1, ranges.k2]) * stream.uniform(-1, 1, 2)
        points = lens.optics(points, k1, k2)
    if stream := drawn.stream("affine"):
        scale = stream.uniform(*ranges.scale)
        x, y, turn, shear = stream.uniform(-1, 1, 4)
        shift = (ranges.shift * x, ranges.shift * y)
        points = lens.affine(points, shift, scale, ranges.rotation * turn, ranges.shear * shear)
    if drawn.stream("flip"):
        points = lens.flip(points)
    coarse = torch.from_numpy((points / half).astype(np.float32).transpose(2, 0, 1)[None])
    fine = functional.interpolate(coarse, shape, mode="bilinear", align_corners=True)
    return fine.permute(0, 2, 3, 1)


def _photometry(image: torch.Tensor, drawn: _View) -> torch.Tensor:
    """Change grey values and sharpness of one radiograph, shape (1, 1, height, width)."""
    from kornia.enhance import adjust_gamma
    from kornia.filters import gaussian_blur2d, motion_blur

    ranges, side = drawn.ranges, min(image.shape[2:])
    if stream := drawn.stream("gamma"):
        image = adjust_gamma(image, float(np.exp(ranges.gamma * stream.uniform(-1, 1))))
    if stream := drawn.stream("blur"):
        sigma = side * stream.uniform(*ranges.blur)
        reach = 2 * math.ceil(3 * sigma) + 1
        image = gaussian_blur2d(image, (reach, reach), (sigma, sigma))
    if stream := drawn.stream("motion"):
        length = 2 * round((side * stream.uniform(*ranges.motion) - 1) / 2) + 1
        angle = 180 * stream.uniform()
        if length >= 3:
            image = motion_blur(image, length, angle, 0.0, mode="bilinear")
    return image.clamp(0, 1)
