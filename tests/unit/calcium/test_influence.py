"""Influence matrix: least squares over patterns, intervals, excluded cells."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression

from neuroloop.calcium.design import (
    direct_responses,
    least_squares,
    normalised,
    stimulated_cells,
    with_null,
)
from neuroloop.calcium.influence import (
    ITSELF,
    NEVER,
    SILENT,
    TOGETHER,
    UNTAUGHT,
    estimate_influence,
    too_near,
)
from neuroloop.errors import NeuroLoopError

CELLS = pd.DataFrame({"cell": ["a", "b", "c"], "row": [0.0, 0, 0], "column": [0.0, 8, 30]})
NAMES = CELLS["cell"].tolist()
TRUE = np.array([[1.0, 0.3, 0], [0, 2, 0], [0.5, 0, 4]])


def simulated(trials: int, noise: float, seed: int) -> tuple[np.ndarray, list[str]]:
    patterns = trials * ["a", "b", "c", "a+b", "b+c", "none"]
    stimulated = stimulated_cells(patterns, NAMES)
    generator = np.random.default_rng(seed)
    return stimulated @ TRUE + noise * generator.standard_normal((len(patterns), 3)), patterns


def test_stimulated_cells_of_patterns():
    made = stimulated_cells(["b+c", "none", "a"], NAMES)
    np.testing.assert_array_equal(made, [[0, 1, 1], [0, 0, 0], [1, 0, 0]])
    with pytest.raises(NeuroLoopError, match="pattern d: cell d is not in the table"):
        stimulated_cells(["d"], NAMES)


def test_singles_give_means_by_hand():
    responses = np.array([[2.9, 1], [3.1, 3], [1, 10]])
    made = estimate_influence(
        responses, ["a", "a", "b"], CELLS[:2], np.random.default_rng(0), normalise=False
    )
    np.testing.assert_allclose(made.matrix, [[np.nan, 2], [1, np.nan]])
    np.testing.assert_allclose(made.direct, [3, 10])
    scaled = estimate_influence(responses, ["a", "a", "b"], CELLS[:2], np.random.default_rng(0))
    np.testing.assert_allclose(scaled.matrix, [[np.nan, 0.2], [1 / 3, np.nan]])


def test_pairs_are_used_as_in_a_regression():
    responses, patterns = simulated(4, 0.5, 0)
    stimulated = stimulated_cells(patterns, NAMES)
    expected = LinearRegression(fit_intercept=False).fit(stimulated, responses).coef_.T
    np.testing.assert_allclose(least_squares(stimulated)(responses), expected)
    made = estimate_influence(responses, patterns, CELLS, np.random.default_rng(0), n_boot=10)
    off = ~np.eye(3, dtype=bool)
    np.testing.assert_allclose(made.matrix[off], (expected / np.diag(expected))[off])


def test_without_noise_the_truth_is_found_whatever_the_null_is():
    responses, patterns = simulated(2, 0, 0)
    stimulated = stimulated_cells(patterns, NAMES)
    design = least_squares(stimulated)
    np.testing.assert_allclose(design(responses), TRUE, atol=1e-12)
    level = np.array([7.0, -3, 100])
    shifted = with_null(responses + level, np.broadcast_to(level, responses.shape))
    np.testing.assert_allclose(design(shifted), TRUE, atol=1e-10)


def test_patterns_must_tell_some_cell_apart():
    with pytest.raises(
        NeuroLoopError, match=r"2 trials cannot tell .* 2 cells apart \(0 are never"
    ):
        least_squares(np.array([[True, True], [True, True]]))
    with pytest.raises(NeuroLoopError, match="2 are never stimulated"):
        least_squares(np.array([[False, False], [False, False]]))
    with pytest.raises(NeuroLoopError, match="no pattern has two trials"):
        estimate_influence(np.eye(2), ["a", "b"], CELLS[:2], np.random.default_rng(0), n_boot=5)


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_cell_that_is_never_stimulated_is_a_responder(noise):
    """c answers with 0.5 of what a and b answer to their own, which are 1 and 3: 0.25 of 2."""
    patterns = 5 * ["a", "b"]
    generator = np.random.default_rng(2)
    responses = stimulated_cells(patterns, NAMES) @ np.array([[1, 0.6, 0.5], [0, 3, 0], [9, 9, 9]])
    responses = responses + noise * generator.standard_normal(responses.shape)
    made = estimate_influence(responses, patterns, CELLS, generator, n_boot=50)
    off = np.array([[np.nan, 0.2, 0.25], [0, np.nan, 0], [np.nan] * 3])
    np.testing.assert_allclose(made.matrix, off, atol=1e-9 + 2 * noise)
    assert made.reasons[2].tolist() == [NEVER, NEVER, ITSELF]
    assert np.isfinite(made.ci_low[:2, 2]).all()
    assert np.isfinite(made.p[:2, 2]).all()
    assert made.silent == 0
    blind = estimate_influence(responses, patterns, CELLS, generator, n_boot=5, followers=False)
    assert np.isnan(blind.matrix[:, 2]).all()
    assert blind.reasons[:, 2].tolist() == [UNTAUGHT, UNTAUGHT, ITSELF]
    assert blind.matrix[0, 1] == made.matrix[0, 1]


def test_cells_that_are_stimulated_in_pairs_alone():
    """b is told from a by a's single trials; c and d, always together, are not."""
    cells = pd.DataFrame({"cell": [*"abcd"], "row": 0.0, "column": [0.0, 50, 100, 150]})
    true = np.array([[2, 0.4, 0.2, 0], [1, 4, 0, 0.6], [0.5, 0, 1, 0], [0.5, 0, 0, 1]])
    patterns = 4 * ["a", "a+b", "c+d"]
    responses = stimulated_cells(patterns, [*"abcd"]) @ true
    made = estimate_influence(responses, patterns, cells, np.random.default_rng(0), n_boot=5)
    np.testing.assert_allclose(
        made.matrix,
        [[np.nan, 0.1, 0.2 / 3, 0], [0.5, np.nan, 0, 0.2], [np.nan] * 4, [np.nan] * 4],
        atol=1e-12,
    )
    assert set(made.reasons[2:].ravel()) == {TOGETHER, ITSELF}


def test_near_cells_are_hidden_and_counted():
    np.testing.assert_array_equal(too_near(CELLS, 8.0), np.zeros((3, 3), dtype=bool))
    assert too_near(CELLS, 8.1)[0, 1]
    responses, patterns = simulated(3, 0.1, 0)
    made = estimate_influence(
        responses, patterns, CELLS, np.random.default_rng(0), distance=10, n_boot=20
    )
    assert made.excluded == 2
    assert np.isnan(made.matrix[0, 1])
    assert np.isnan(made.p[1, 0])
    assert np.isfinite(made.matrix[0, 2])


def test_a_cell_without_direct_response_is_counted():
    responses, patterns = simulated(3, 0.0, 0)
    responses[:, 1] *= -1
    made = estimate_influence(responses, patterns, CELLS, np.random.default_rng(0), n_boot=20)
    assert made.silent == 1
    assert np.isnan(made.matrix[:, 1]).all()
    assert made.reasons[:, 1].tolist() == [SILENT, ITSELF, SILENT]
    every = np.ones(2, dtype=bool)
    assert np.isnan(normalised(np.array([[0.0, 1], [1, 2]]), every, every)[:, 0]).all()


def test_a_cell_whose_direct_response_is_not_clear_is_hidden():
    """Column b: a mean of 2 with a standard error of 1 is not enough, of 0.1 it is."""
    responses = np.array([[1.0, 0], [1, 0], [0, 1], [0, 3]])
    patterns = ["a", "a", "b", "b"]
    design = least_squares(stimulated_cells(patterns, ["a", "b"]))
    direct, clear = direct_responses(responses, design)
    np.testing.assert_allclose(direct, [1, 2])
    assert clear.tolist() == [True, False]
    responses[2:, 1] = [1.9, 2.1]
    assert direct_responses(responses, design)[1].all()


def test_p_is_that_of_students_t_for_one_pattern():
    generator = np.random.default_rng(4)
    responses = np.vstack([generator.normal(0.8, 1, (6, 2)), generator.normal(0, 1, (6, 2))])
    patterns = 6 * ["a"] + 6 * ["b"]
    made = estimate_influence(
        responses, patterns, CELLS[:2], generator, normalise=False, n_boot=4000
    )
    test = stats.ttest_1samp(responses[:6, 1], 0)
    assert made.p[0, 1] == pytest.approx(test.pvalue, rel=0.1)
    low, high = test.confidence_interval()
    assert made.ci_high[0, 1] - made.ci_low[0, 1] == pytest.approx(high - low, rel=0.12)


@pytest.mark.parametrize("normalise", [True, False])
def test_intervals_cover_the_truth(normalise):
    truth = TRUE / np.diag(TRUE) if normalise else TRUE
    off = ~np.eye(3, dtype=bool)
    covered, rejected = [], []
    for seed in range(60):
        responses, patterns = simulated(5, 0.3, seed)
        made = estimate_influence(
            responses,
            patterns,
            CELLS,
            np.random.default_rng(seed),
            normalise=normalise,
            n_boot=150,
        )
        covered.append(((made.ci_low <= truth) & (truth <= made.ci_high))[off])
        rejected.append((made.p <= 0.05)[off & (TRUE == 0)])
    assert 0.91 < np.mean(covered) < 0.99
    assert 0.01 < np.mean(rejected) < 0.1


def test_seeds_are_averaged_and_their_scatter_widens_intervals():
    responses, patterns = simulated(5, 0.2, 1)
    generator = np.random.default_rng(5)
    same = np.stack(3 * [responses])
    apart = same + 0.3 * generator.standard_normal((3, 1, 3)) * (
        stimulated_cells(patterns, NAMES) @ np.ones((3, 3)) > 0
    )
    widths = []
    for values in (same, apart):
        made = estimate_influence(
            values, patterns, CELLS, np.random.default_rng(0), normalise=False, n_boot=300
        )
        widths.append(np.nanmean(made.ci_high - made.ci_low))
    one = estimate_influence(
        responses, patterns, CELLS, np.random.default_rng(0), normalise=False, n_boot=300
    )
    assert widths[0] == pytest.approx(np.nanmean(one.ci_high - one.ci_low), rel=0.1)
    assert widths[1] > 1.2 * widths[0]
