"""ZNCC of mean maps from the products of trials, against that of the mean maps themselves."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium import routes
from neuroloop.calcium.routes import Responses, compare_likeness
from neuroloop.calcium.trial_products import TrialProducts
from neuroloop.calcium.zncc import zncc


def drawn(trials: int, seed: int = 0, offset: float = 0.0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return (generator.random((trials, 20, 30)) ** 3 + offset).astype(np.float32)


def test_by_hand() -> None:
    # The mean of the first two is (1, 0, -1, 0); with (1, 1, -1, -1) it makes 2 / sqrt(2 * 4).
    maps = np.array([[2.0, 0, 0, 0], [0, 0, -2, 0], [1, 1, -1, -1]])
    maps[0] += -0.5 + 3  # a level changes nothing
    weights = np.array([[0.5, 0.5, 0], [0, 0, 1]])
    made = TrialProducts.of(maps).zncc(weights)
    np.testing.assert_allclose(made, [[1, 0.5**0.5], [0.5**0.5, 1]], rtol=1e-14)


@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_equals_zncc_of_the_mean_maps(offset: float) -> None:
    maps = drawn(12, offset=offset)
    weights = np.random.default_rng(1).random((5, 12))
    means = np.tensordot(weights, maps.astype(np.float64), 1)
    made = TrialProducts.of(maps).zncc(weights)
    np.testing.assert_allclose(made, zncc(means).matrix, rtol=0, atol=1e-10)


def test_constant_and_undefined_means() -> None:
    maps = drawn(6)
    maps[1] = 0.1
    maps[2, 3, 3] = np.nan
    maps[5] = -maps[4]
    weights = np.eye(6)[[0, 1, 2, 3, 4]]
    weights[4] = [0, 0, 0, 0, 0.5, 0.5]  # cancel each other
    made = TrialProducts.of(maps).zncc(weights)
    defined = [0, 3]
    assert np.isnan(made[[1, 2, 4]]).all()
    assert np.isnan(made[:, [1, 2, 4]]).all()
    np.testing.assert_allclose(
        made[np.ix_(defined, defined)], zncc(maps[defined]).matrix, rtol=0, atol=1e-12
    )


def session(seed: int, tag: str) -> Responses:
    """Two seeds, six recordings of four patterns of two cells, and a recording more without one."""
    generator = np.random.default_rng(seed)
    rows = [
        (f"{tag}{recording}", trial, pattern, "g")
        for recording in range(7)
        for trial, pattern in enumerate(["a", "b", "c", "none"][: 4 - (recording == 6)])
    ]
    maps = generator.random((2, len(rows), 600)).astype(np.float32)
    maps[0, 5] = 0  # of one seed alone
    table = pd.DataFrame(rows, columns=["recording", "trial", "pattern", "group"])
    return Responses(maps, table)


def test_comparison_of_sessions_is_the_same_as_from_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sides = session(0, "x"), session(1, "y")

    def compared() -> tuple[np.ndarray, ...]:
        made = compare_likeness(
            *sides, "zncc", np.random.default_rng(2), shape=(20, 30), permutations=50
        )
        numbers = made.panels.select_dtypes("number").to_numpy()
        return numbers, made.matrix, made.ci_low, made.ci_high

    fast = compared()

    class Pixels:
        """Takes the mean maps themselves."""

        @staticmethod
        def of(maps: np.ndarray) -> "Pixels":
            made = Pixels()
            made.maps, made.products = maps, maps @ maps.T
            return made

        maps: np.ndarray
        products: np.ndarray

        def zncc(self, weights: np.ndarray) -> np.ndarray:
            return zncc((weights @ self.maps).reshape(-1, 20, 30)).matrix

    monkeypatch.setattr(routes, "TrialProducts", Pixels)
    for one, other in zip(fast, compared(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)
    assert np.isfinite(fast[0]).all()
