"""How much decoding a region holds: numbers of arrays at the steps that hold most.

Steps follow one another, so that the largest counts: voxels are selected (`fmri/voxels.py`), then a
decoder is fitted, which for a null is done again for every permutation (`fmri/permutation.py`).
Every number is of double precision, 8 bytes, but for activity itself.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

#: Voxels up to which nulls keep X'X, and numbers in the sums of permutations handled together, of
#: which two parts are there (`fmri/permuted_voxels.py`), and in what is made of their targets
#: (`fmri/ridge_all_voxels.py`).
GRAM_VOXELS, SUMS, TARGETS = 4096, 2 * 8_000_000, 9 * 4_000_000

#: Numbers that are there for each one of a system of equations while its eigenvectors are found.
EIGEN = 5

#: Folds that choose a penalty.
ALPHA_FOLDS = 5


class Region(NamedTuple):
    """What is decoded.

    Attributes
    ----------
    rows, voxels : int
        Samples, and voxels of the region.
    kept : int
        Voxels that are selected in a training fold.
    classes, folds : int
    """

    rows: int
    voxels: int
    kept: int
    classes: int
    folds: int

    @property
    def train(self) -> float:
        """Training rows of a fold."""
        return self.rows * (1 - 1 / self.folds)

    @property
    def test(self) -> float:
        """Test rows of a fold."""
        return self.rows / self.folds

    @property
    def pairs(self) -> float:
        """Pairs of classes."""
        return self.classes * (self.classes - 1) / 2

    @property
    def system(self) -> float:
        """Equations: training rows or voxels, whichever are fewer."""
        return min(self.train, self.kept)


def selecting(region: Region) -> float:
    """Bytes of selecting and scaling the voxels of a fold, activity included."""
    scaled = 8 * region.rows * region.voxels + 24 * region.rows * region.kept
    if region.kept >= region.voxels:
        return scaled
    tested = 17 * region.train + 16 * region.classes
    return max(scaled, (8 * region.rows + tested) * region.voxels)


def decoding_bytes(decoder: Mapping[str, Any], region: Region) -> float:
    """Bytes of decoding a region out of fold, by a linear decoder.

    Parameters
    ----------
    decoder : mapping
        ``method``; one that is not known is taken for the largest of those that are.
    region : Region
    """
    method = decoder["method"]
    numbers = FITS[method](region) if method in FITS else max(fit(region) for fit in FITS.values())
    fitted = 4 * region.rows * region.voxels + 12 * region.rows * region.kept + 8 * numbers
    return max(selecting(region), fitted) + _scores(region)


def network_bytes(region: Region, members: int) -> float:
    """Bytes of the rows of a region and of its networks, of which so many train at once."""
    return selecting(region) + 8 * members * region.rows * region.kept + _scores(region)


def null_bytes(decoder: Mapping[str, Any], region: Region) -> float:
    """Bytes of one permutation after another of a linear decoder, without their labels."""
    all_scaled = (4 * region.rows + 24 * region.train) * region.voxels
    numbers = (
        NULLS[decoder["method"]](decoder, region)
        if decoder["method"] in NULLS
        else max(null(decoder, region) for null in NULLS.values())
    )
    return max(all_scaled, 12 * region.rows * region.voxels + 8 * numbers)


def _scores(region: Region) -> float:
    """Scores of all folds and of those inside them, and what calibration makes of some."""
    return 8 * region.rows * region.classes * (region.folds + 8)


def _ridge(region: Region) -> float:
    return 3 * region.train * region.kept + EIGEN * region.system**2


def _svm(region: Region) -> float:
    """Kernel, thrice; coefficients of all pairs, and what becomes of them."""
    coefficients = region.train * region.pairs
    learned = max(3 * region.train**2, 2 * region.train**2 + coefficients)
    votes = region.pairs * max(region.test + 3 * region.classes, 2.2 * region.test + region.classes)
    return max(learned, coefficients + max((region.kept + region.test) * region.pairs, votes))


def _logistic(region: Region) -> float:
    axes = (region.kept + region.rows) * region.system + EIGEN * region.system**2
    return axes + region.classes * (12 * region.train + 10 * region.system)


def _sums(region: Region) -> float:
    return max(SUMS, 2 * region.classes * region.voxels) + region.rows * region.kept


def _ridge_null(decoder: Mapping[str, Any], region: Region) -> float:
    penalties = len(decoder.get("alphas") or range(5))
    square = EIGEN * region.system**2 + 2 * region.train * region.system
    if region.kept >= region.voxels:
        hats = region.train**2 * (1 + 1 / ALPHA_FOLDS) + region.train * region.test
        return square + (penalties * hats if penalties > 1 else 0) + TARGETS
    gram = region.voxels**2 if region.voxels <= GRAM_VOXELS else 0
    return region.rows * region.voxels + gram + _sums(region) + square


def _svm_null(decoder: Mapping[str, Any], region: Region) -> float:
    return _svm(region) + (_sums(region) if region.kept < region.voxels else 0)


def _logistic_null(decoder: Mapping[str, Any], region: Region) -> float:
    if region.kept >= region.voxels:
        return _logistic(region)
    gram = region.voxels**2 if region.voxels <= GRAM_VOXELS else 0
    part = region.kept * region.voxels if gram else 0
    return gram + part + _sums(region) + _logistic(region)


FITS = {"ridge": _ridge, "svm": _svm, "logistic": _logistic}
NULLS = {"ridge": _ridge_null, "svm": _svm_null, "logistic": _logistic_null}
