"""Distortions of an image: where each point of the distorted image reads the original.

Points are (x, y), float64, from the middle of the radiograph, in halves of its shorter side: a
square radiograph reaches from -1 to 1. Maps of points compose without resampling in between.
"""

from collections.abc import Sequence

import numpy as np


def lattice(shape: tuple[int, int], nodes: int) -> np.ndarray:
    """Points spread evenly over a radiograph, its edges included.

    Parameters
    ----------
    shape : (height, width)
        In pixels, from the centre of the first to that of the last at least 1.
    nodes : int
        Along each axis.

    Returns
    -------
    ndarray of float64, shape (nodes, nodes, 2)
    """
    y, x = (np.linspace(-half, half, nodes) for half in half_sides(shape)[::-1])
    return np.stack(np.meshgrid(x, y), axis=-1)


def half_sides(shape: tuple[int, int]) -> np.ndarray:
    """Half the width and half the height, shape (2,), in halves of the shorter side."""
    height, width = (side - 1 for side in shape)
    return np.array([width, height]) / min(height, width)


def flip(points: np.ndarray) -> np.ndarray:
    """Change left and right."""
    return points * [-1, 1]


def affine(
    points: np.ndarray,
    shift: Sequence[float],
    scale: float,
    rotation: float,
    shear: float = 0.0,
) -> np.ndarray:
    """Shift, scale, rotate and shear about the middle, by kornia's `get_affine_matrix2d`.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
    shift : (x, y)
        In halves of the shorter side.
    scale : float
        Part of the radiograph that is seen: below 1 enlarges what it shows.
    rotation : float
        Degrees by which the points turn clockwise, so that the radiograph turns the other way.
    shear : float
        Degrees, along x.
    """
    import torch
    from kornia.geometry.transform import get_affine_matrix2d

    def one(*values: float) -> torch.Tensor:
        return torch.tensor([values], dtype=torch.float64)

    # Its angles are one number a matrix, its lengths a pair.
    matrix = get_affine_matrix2d(
        one(*shift),
        one(0, 0),
        one(scale, scale),
        one(rotation)[0],
        torch.deg2rad(one(shear)[0]),
        one(0)[0],
    )[0].numpy()
    return points @ matrix[:2, :2].T + matrix[:2, 2]


def optics(points: np.ndarray, k1: float, k2: float) -> np.ndarray:
    """Radial distortion of a lens: r' = r (1 + k1 r^2 + k2 r^4) / (1 + k1 + k2).

    The division magnifies so that the circle r = 1, which touches the nearer edges, stays where it
    is, and less of what lies beyond the radiograph has to be made up.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
        Of the distorted radiograph; r is their distance from the middle.
    k1, k2 : float
        Above 0: barrel (straight lines bow outwards); below 0: pincushion.

    Raises
    ------
    ValueError
        If the radiograph would fold: r' must rise with r up to the corners.

    References
    ----------
    Brown (1966), Decentering distortion of lenses, Photogrammetric Engineering 32(3), 444-462:
    the radial terms. As there, the distorted coordinates are mapped to those of the original.
    """
    square = (points**2).sum(-1, keepdims=True)
    if (1 + 3 * k1 * square + 5 * k2 * square**2 <= 0).any() or 1 + k1 + k2 <= 0:
        raise ValueError(f"the lens k1 = {k1:g}, k2 = {k2:g} folds the radiograph")
    return points * (1 + k1 * square + k2 * square**2) / (1 + k1 + k2)


def uneven_grid(points: np.ndarray, widths: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Stretch and squeeze the columns and rows of a grid; the image's edges stay where they are.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
        On the radiograph.
    widths : ndarray, shape (2, cells)
        What each column (first) and row of an even grid reads of the original, up to a factor an
        axis; above 0.
    half : ndarray, shape (2,)
        From `half_sides`.

    References
    ----------
    `GridDistortion` of Buslaev et al. (2020), Albumentations, Information 11(2), 125: linear
    between the lines of the grid.
    """
    even = np.linspace(-1, 1, widths.shape[1] + 1)
    ends = np.cumsum(widths / widths.sum(1, keepdims=True), axis=1)
    moved = [
        np.interp(points[..., axis] / half[axis], even, [-1, *(2 * ends[axis] - 1)]) * half[axis]
        for axis in (0, 1)
    ]
    return np.stack(moved, axis=-1)


def thin_plate(points: np.ndarray, moves: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Bend the radiograph like a thin plate through displaced control points, by kornia.

    Parameters
    ----------
    points : ndarray, shape (..., 2)
    moves : ndarray, shape (side, side, 2)
        Displacements (x, y) of control points that are spread evenly over the radiograph.
    half : ndarray, shape (2,)
        From `half_sides`.

    References
    ----------
    Bookstein (1989), Principal warps, IEEE PAMI 11(6), 567-585. Of all maps that take the control
    points where they must go, it bends least (kornia: with kernels centred where they go).
    """
    import torch
    from kornia.geometry.transform import get_tps_transform, warp_points_tps

    even = np.linspace(-1, 1, len(moves))
    controls = np.stack(np.meshgrid(*even[None] * half[:, None]), axis=-1)
    source = torch.from_numpy(controls.reshape(1, -1, 2))
    target = torch.from_numpy((controls + moves).reshape(1, -1, 2))
    flat = torch.from_numpy(points.reshape(1, -1, 2))
    bent = warp_points_tps(flat, target, *get_tps_transform(source, target))
    return bent[0].numpy().reshape(points.shape)


def elastic(noise: np.ndarray, sigma: float, size: float) -> np.ndarray:
    """Displacements of an elastic distortion: white noise, smoothed by kornia.

    Parameters
    ----------
    noise : ndarray, shape (nodes, nodes, 2)
        Standard normal.
    sigma : float
        Standard deviation of the Gaussian, in nodes.
    size : float
        Root mean square of the displacements along an axis, in halves of the shorter side.

    Returns
    -------
    ndarray of float64, shape (nodes, nodes, 2)
        To be added to the points of a lattice.

    References
    ----------
    Simard et al. (2003), Best practices for convolutional neural networks, ICDAR, section 2.
    """
    import torch
    from kornia.filters import gaussian_blur2d

    reach = 2 * round(3 * sigma) + 1
    planes = torch.from_numpy(np.ascontiguousarray(noise.transpose(2, 0, 1)))[None]
    smooth = gaussian_blur2d(planes, (reach, reach), (sigma, sigma))[0].numpy().transpose(1, 2, 0)
    return smooth * (size / np.sqrt((smooth**2).mean()))
