"""What a radiograph shows beside its lungs: borders, what lies outside, grain, light, spectrum."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import ndimage

from neuroloop.cxr.fixed_pixels import fixed_pixels
from neuroloop.files.array_rows import Rows, row_batches

#: Cells a side of the grid whose means are looked at, and width of the outermost strips, as a part
#: of the side.
CELLS, STRIP = 8, 32

#: By how much lungs are widened before anything counts as outside of them, as a part of the side.
MARGIN = 12

#: Places of single pixels that are looked at.
PLACES = 20

#: Quantiles of grey levels.
QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)

#: Deviations of the blurs whose differences are grain, in pixels; bands of a spectrum.
SCALES, BANDS = (0.0, 0.7, 1.4, 2.8), 12


def by_batches(look: Callable[[np.ndarray], pd.DataFrame], pixels: Rows) -> pd.DataFrame:
    """Look at radiographs some at a time: looks compute in double precision.

    Parameters
    ----------
    look : callable
        Whose rows hang on their own radiographs alone.
    pixels : ndarray or StoredRows of uint8, shape (radiographs, size, size)
    """
    return pd.concat([look(part) for part in row_batches(pixels)], ignore_index=True)


def borders(pixels: np.ndarray) -> pd.DataFrame:
    """Brightness of cells along the border, and of the outermost strips.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (radiographs, size, size)

    Returns
    -------
    DataFrame
        Mean and maximum of each cell, mean of each strip.
    """
    made = {}
    lines = np.linspace(0, pixels.shape[1], CELLS + 1).round().astype(int)
    for row in range(CELLS):
        for column in range(CELLS):
            if row in (0, CELLS - 1) or column in (0, CELLS - 1):
                cell = pixels[
                    :, lines[row] : lines[row + 1], lines[column] : lines[column + 1]
                ].reshape(len(pixels), -1)
                where = f"cell {row + 1}, {column + 1} of {CELLS} x {CELLS}"
                made[f"mean of {where}"] = cell.mean(axis=1)
                made[f"brightest of {where}"] = cell.max(axis=1)
    strip = max(1, pixels.shape[1] // STRIP)
    for name, part in {
        "upper": pixels[:, :strip],
        "lower": pixels[:, -strip:],
        "left": pixels[:, :, :strip],
        "right": pixels[:, :, -strip:],
    }.items():
        made[f"{name} edge"] = part.mean(axis=(1, 2))
    return pd.DataFrame(made)


def outside_lungs(lungs: np.ndarray, rows: int) -> np.ndarray:
    """Where no lung is, with a margin.

    Parameters
    ----------
    lungs : ndarray of bool, shape (radiographs, size, size) or (size, size)
        Of all radiographs, or one for all.
    rows : int
        Radiographs.

    Returns
    -------
    ndarray of bool, shape (radiographs, size, size)
    """
    masks = lungs if lungs.ndim == 3 else lungs[None]
    wider = max(1, round(masks.shape[1] / MARGIN))
    apart = np.empty(masks.shape, dtype=bool)
    for one, mask in zip(apart, masks, strict=True):
        np.greater(ndimage.distance_transform_edt(~mask), wider, out=one)
    return np.broadcast_to(apart, (rows, *masks.shape[1:]))


def background(pixels: Rows, outside: np.ndarray) -> pd.DataFrame:
    """Brightness outside of the lungs: its distribution, and cells that no lung reaches."""
    rows = [
        [part.mean(), part.std(), *np.quantile(part, QUANTILES)]
        for part in (film[where] for film, where in zip(pixels, outside, strict=True))
    ]
    names = ["mean", "deviation", *(f"quantile {quantile:g}" for quantile in QUANTILES)]
    made = pd.DataFrame(rows, columns=[f"{name} outside of the lungs" for name in names])
    always = np.asarray(outside.all(axis=0))
    lines = np.linspace(0, pixels.shape[1], CELLS + 1).round().astype(int)
    for row in range(CELLS):
        for column in range(CELLS):
            down, along = (slice(lines[place], lines[place + 1]) for place in (row, column))
            seen = always[down, along]
            if seen.mean() >= 0.5:
                where = f"cell {row + 1}, {column + 1} of {CELLS} x {CELLS} outside of the lungs"
                made[where] = np.concatenate(
                    [part[:, down, along][:, seen].mean(axis=1) for part in row_batches(pixels)]
                )
    return made


def grain(pixels: Rows, outside: np.ndarray) -> pd.DataFrame:
    """Fine structure outside of the lungs: noise, compression, blur.

    Differences of blurs, whose variance says how much of each size there is, and how alike
    neighbouring pixels are.
    """
    rows = []
    for stored, where in zip(pixels, outside, strict=True):
        film = stored.astype(np.float64)
        blurred = [ndimage.gaussian_filter(film, scale) if scale else film for scale in SCALES]
        bands = [one - other for one, other in pairwise(blurred)]
        fine = bands[0]
        pairs = [
            (fine[:, 1:], fine[:, :-1], where[:, 1:] & where[:, :-1]),
            (fine[1:], fine[:-1], where[1:] & where[:-1]),
        ]
        rows.append(
            [np.log(band[where].var() + 1e-3) for band in bands]
            + [np.log(np.median(np.abs(band[where])) + 1e-2) for band in bands]
            + [_correlation(one[both], other[both]) for one, other, both in pairs]
        )
    names = [f"grain of {scale:g} pixels" for scale in SCALES[1:]]
    names += [f"usual grain of {scale:g} pixels" for scale in SCALES[1:]]
    return pd.DataFrame(rows, columns=[*names, "neighbours in rows", "neighbours in columns"])


def light(pixels: np.ndarray) -> pd.DataFrame:
    """Brightness and contrast of the whole radiograph, lungs included."""
    flat = pixels.reshape(len(pixels), -1).astype(np.float64)
    made = {"mean": flat.mean(axis=1), "deviation": flat.std(axis=1)}
    made |= {
        f"quantile {quantile:g}": values
        for quantile, values in zip(QUANTILES, np.quantile(flat, QUANTILES, axis=1), strict=True)
    }
    return pd.DataFrame(made)


def histogram(pixels: np.ndarray) -> pd.DataFrame:
    """Everything of the histogram: `light`, its ends and gaps."""
    return pd.concat([light(pixels), ends(pixels)], axis=1)


def ends(pixels: np.ndarray) -> pd.DataFrame:
    """Where the histogram ends, and its gaps: range, clipping, depth and stretching leave them.

    Returns
    -------
    DataFrame
        Darkest and brightest level, share of pixels at each, and the share of the levels between
        that occur.
    """
    flat = pixels.reshape(len(pixels), -1)
    low, high = flat.min(axis=1).astype(int), flat.max(axis=1).astype(int)
    seen = np.array([len(np.unique(film)) for film in flat])
    return pd.DataFrame(
        {
            "darkest level": low,
            "brightest level": high,
            "share of the darkest": (flat == low[:, None]).mean(axis=1),
            "share of the brightest": (flat == high[:, None]).mean(axis=1),
            "levels that occur": seen / (high - low + 1),
        },
        dtype=float,
    )


def spectrum(pixels: Rows) -> pd.DataFrame:
    """Logarithm of the power in bands of spatial frequency, lungs included."""
    size = pixels.shape[1]
    window = np.hanning(size)[:, None] * np.hanning(size)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    edges = np.geomspace(1 / size, 0.5, BANDS + 1)
    band = np.digitize(frequency, edges)
    full = [number for number in range(1, BANDS + 1) if (band == number).any()]
    rows = []
    for stored in pixels:
        film = stored.astype(np.float64)
        power = np.abs(np.fft.fft2((film - film.mean()) * window)) ** 2
        rows.append([np.log(power[band == number].mean() + 1e-9) for number in full])
    names = [f"{edges[n - 1] * size:.1f} to {edges[n] * size:.1f} cycles" for n in full]
    return pd.DataFrame(rows, columns=names)


def single_pixels(pixels: Rows, labels: pd.Series) -> pd.DataFrame:
    """Pixels that stand out at one place of many radiographs, less the median around them."""
    made = {}
    for place in fixed_pixels(pixels, labels)[:PLACES]:
        rows, columns = (slice(max(0, at - 1), at + 2) for at in (place.row, place.column))
        made[f"row {place.row}, column {place.column}"] = np.concatenate(
            [
                part[:, place.row, place.column] - np.median(part[:, rows, columns], axis=(1, 2))
                for part in row_batches(pixels)
            ]
        )
    return pd.DataFrame(made, index=range(len(pixels)))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Of two rows of numbers; 0 where one is constant."""
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
