"""Nearest neighbours: by hand, by scikit-learn, and their classes against chance."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.looks import neighbours
from neuroloop.explain.looks.neighbours import nearest, same_class


def test_by_hand():
    points = np.array([[0.0, 3], [4, 0], [0, 4], [-1, 0]])
    rows, distances = nearest(points, 2, "euclidean")
    assert rows.tolist() == [[2, 3], [0, 3], [0, 3], [0, 2]]
    expected = [[1, 10**0.5], [5, 5], [1, 17**0.5], [10**0.5, 17**0.5]]
    np.testing.assert_allclose(distances, expected, rtol=1e-12)
    rows, distances = nearest(points, 2, "cosine")
    assert rows.tolist() == [[2, 1], [0, 2], [0, 1], [0, 2]]
    np.testing.assert_allclose(distances, [[0, 1], [1, 1], [0, 1], [1, 1]], atol=1e-15)


@pytest.mark.parametrize("metric", neighbours.METRICS)
@pytest.mark.parametrize("at_once", [40, 4_000_000])
def test_equals_scikit_learn(metric, at_once, monkeypatch):
    monkeypatch.setattr(neighbours, "DISTANCES_AT_ONCE", at_once)
    generator = np.random.default_rng(2)
    embeddings = (100 + generator.standard_normal((33, 6))).astype(np.float32)
    embeddings[:, 0] = generator.standard_normal(33) * 100
    finder = NearestNeighbors(metric=metric, algorithm="brute").fit(embeddings.astype(np.float64))
    distances, rows = finder.kneighbors(n_neighbors=4)
    made = nearest(embeddings, 4, metric)
    np.testing.assert_array_equal(made[0], rows)
    np.testing.assert_allclose(made[1], distances, rtol=1e-6)
    assert made[0].dtype == np.int64


def test_distances_far_from_the_origin():
    points = np.random.default_rng(2).standard_normal((20, 3))
    rows, distances = nearest(points, 3, "euclidean")
    far_rows, far_distances = nearest(points + 1e7, 3, "euclidean")
    np.testing.assert_array_equal(far_rows, rows)
    np.testing.assert_allclose(far_distances, distances, rtol=1e-6)


def test_own_group_is_left_out():
    line = np.array([[0.0], [1], [2], [3.5], [5.5]])
    groups = ["a", "a", "b", "b", "a"]
    rows, distances = nearest(line, 2, "euclidean", groups)
    assert rows.tolist() == [[2, 3], [2, 3], [1, 0], [4, 1], [3, 2]]
    assert distances[3].tolist() == pytest.approx([2, 2.5])


def test_equal_distances_and_rows_of_zeros():
    same = np.ones((4, 3))
    assert nearest(same, 3, "euclidean")[0].tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    many = np.arange(100) % 3
    rows, _ = nearest(np.eye(3)[many], 30)
    for row in range(100):
        alike = np.flatnonzero(many == many[row])
        assert rows[row].tolist() == alike[alike != row][:30].tolist()
    rows, distances = nearest(np.array([[0.0, 0], [1, 0], [-1, 0]]), 2)
    assert rows.tolist() == [[1, 2], [0, 2], [0, 1]]
    assert distances.tolist() == [[1, 1], [1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("k", "groups", "fewest"),
    [(4, None, 3), (0, None, 3), (2, ["a", "a", "a", "b"], 1), (1, ["a"] * 4, 0)],
)
def test_too_few_neighbours(k, groups, fewest):
    with pytest.raises(NeuroLoopError, match=f"{k} nearest .* a row has {fewest} admissible"):
        nearest(np.eye(4), k, groups=groups)


def test_embeddings_that_cannot_be_used():
    broken = np.eye(4)
    broken[2, 1] = np.nan
    with pytest.raises(NeuroLoopError, match="row 2 has values that are not finite"):
        nearest(broken, 1)
    with pytest.raises(NeuroLoopError, match="1 nearest"):
        nearest(np.empty((0, 3)), 1)
    with pytest.raises(ValueError, match="no metric"):
        nearest(np.eye(4), 1, "manhattan")
    with pytest.raises(ValueError, match="no rows"):
        nearest(np.ones(4), 1)
    with pytest.raises(ValueError, match="3 groups for 4 rows"):
        nearest(np.eye(4), 1, groups=["a", "b", "c"])


def test_classes_by_hand():
    rows = np.array([[1, 2], [0, 2], [1, 3], [2, 1]])
    made = same_class(rows, ["x", "x", "x", "y"])
    # Hits: 2, 2, 1 and 0 of 2 each; of the 3 others 2, 2, 2 and 0 are of the class.
    assert made.share.value == pytest.approx(5 / 8)
    assert made.chance == pytest.approx((3 * 2 / 3 + 0) / 4)
    assert made.n == 4
    assert made.share.ci_low < 5 / 8 < made.share.ci_high


def test_classes_by_hand_with_groups():
    rows = np.array([[2], [3], [0], [1]])
    made = same_class(rows, [1, 0, 1, 1], ["p", "p", "q", "r"])
    # Hits: 1, 0, 1, 0. Of those admitted: 2 of 2, 0 of 2, 2 of 3 (rows 0 and 3), 2 of 3.
    assert made.share.value == 0.5
    assert made.chance == pytest.approx((1 + 0 + 2 / 3 + 2 / 3) / 4)
    with pytest.raises(ValueError, match="3 labels for 4 rows"):
        same_class(rows, [1, 0, 1])


def test_chance_is_what_random_embeddings_reach():
    generator = np.random.default_rng(1)
    groups = generator.integers(0, 12, 40).astype(str)
    labels = generator.choice(["a", "b", "c"], 40, p=[0.6, 0.3, 0.1])
    made = [
        same_class(
            nearest(generator.standard_normal((40, 30)), 5, groups=groups)[0], labels, groups
        )
        for _ in range(150)
    ]
    assert np.mean([m.share.value for m in made]) == pytest.approx(made[0].chance, abs=0.01)


def test_separate_classes_are_far_above_chance():
    labels = np.repeat(["a", "b"], 15)
    embeddings = np.random.default_rng(1).standard_normal((30, 4)) + 20 * (labels == "a")[:, None]
    made = same_class(nearest(embeddings, 3, "euclidean")[0], labels)
    assert made.share.value == 1
    assert made.chance == pytest.approx(14 / 29)
    assert made.share.ci_low > made.chance
