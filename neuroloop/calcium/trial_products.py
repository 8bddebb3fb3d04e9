"""ZNCC of the mean maps of any trials, from the products of all trials, made once.

A mean over trials is a weighted sum of their maps, so that the product of two means is that of
their weights with the products of single trials (the Gram matrix): no exchange of trials between
sessions, and none left out, needs the pixels again.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from neuroloop.calcium.zncc import centred_products, normalised

#: Squared norm of a mean map, as a part of what its trials could sum up to, that is rounding.
ROUNDING = 1e-14


@dataclass(frozen=True, eq=False)
class TrialProducts:
    """Products of the maps of trials, each less its mean over pixels.

    Attributes
    ----------
    products : ndarray of float64, shape (trials, trials)
        0 with a map that is constant or not finite.
    undefined : ndarray of bool, shape (trials,)
        Maps with a value that is not finite.
    """

    products: np.ndarray
    undefined: np.ndarray

    @classmethod
    def of(cls, maps: np.ndarray) -> Self:
        """Multiply every two maps, shape (trials, pixels)."""
        products, _, undefined = centred_products(maps)
        products[undefined] = 0
        products[:, undefined] = 0
        return cls(products, undefined)

    def zncc(self, weights: np.ndarray) -> np.ndarray:
        """Correlate mean maps.

        Parameters
        ----------
        weights : ndarray of float, shape (means, trials)
            Part of each trial in each mean.

        Returns
        -------
        ndarray of float64, shape (means, means)
            As `zncc.zncc` of the mean maps, to within rounding; NaN where a mean is constant or
            not finite.
        """
        mixed = weights @ self.products @ weights.T
        mixed = (mixed + mixed.T) / 2
        squares = mixed.diagonal()
        most = (np.abs(weights) @ np.sqrt(self.products.diagonal())) ** 2
        lost = (squares <= ROUNDING * most) | (weights[:, self.undefined] != 0).any(axis=1)
        squares = np.where(lost, 0.0, squares)
        return normalised(mixed, squares, squares)
