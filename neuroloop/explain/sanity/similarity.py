"""How alike two maps of one image are, whatever their scale and sign."""

import numpy as np

#: Names of the measures of `map_similarity`.
MEASURES = ("spearman", "ssim")
#: Sides in pixels of the window of SSIM: the larger that fits.
WINDOWS = (7, 5, 3)


def map_similarity(maps: np.ndarray, others: np.ndarray) -> dict[str, np.ndarray]:
    """Compare absolute values of maps, pair by pair, at their own resolution.

    Parameters
    ----------
    maps, others : ndarray of float, shape (n, height, width)

    Returns
    -------
    dict of str to ndarray of float64, shape (n,)
        ``spearman``: rank correlation over pixels. ``ssim``: structural similarity (Wang et al.
        2004, IEEE Trans. Image Process. 13:600; uniform window of 7 pixels, or what fits) of maps
        scaled to 0..1 each, so that the data range is 1; NaN for maps of less than 3 pixels a side.
        Both are NaN where a map is constant or has a value that is not finite.
    """
    if maps.shape != others.shape or maps.ndim != 3:
        raise ValueError(f"maps {maps.shape} and {others.shape} cannot be compared")
    first, second = (np.abs(part.astype(np.float64)) for part in (maps, others))
    usable = _informative(first) & _informative(second)
    similarity = {name: np.full(len(maps), np.nan) for name in MEASURES}
    for row in np.flatnonzero(usable):
        similarity["spearman"][row] = _spearman(first[row], second[row])
        similarity["ssim"][row] = _ssim(first[row], second[row])
    return similarity


def _informative(maps: np.ndarray) -> np.ndarray:
    flat = maps.reshape(len(maps), -1)
    return np.isfinite(flat).all(axis=1) & (flat != flat[:, :1]).any(axis=1)


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Exactly 1 for a map with itself."""
    from scipy.stats import rankdata

    a, b = (ranks - ranks.mean() for ranks in (rankdata(one), rankdata(other)))
    squares = np.sqrt((a * a).sum() * (b * b).sum())
    return float(np.clip((a * b).sum() / squares, -1, 1))


def _ssim(one: np.ndarray, other: np.ndarray) -> float:
    from skimage.metrics import structural_similarity

    window = next((side for side in WINDOWS if side <= min(one.shape)), None)
    if window is None:
        return np.nan
    a, b = ((part - part.min()) / np.ptp(part) for part in (one, other))
    return float(structural_similarity(a, b, win_size=window, data_range=1.0))
