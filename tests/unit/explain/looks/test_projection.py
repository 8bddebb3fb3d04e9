"""Projections: the same bytes each time, what they keep by hand and by definition."""

import sys
from types import SimpleNamespace

import numpy as np
import openTSNE
import pytest

from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.projection import preservation, random_projection, tsne, umap


def clusters(n=40, features=12, apart=4.0):
    generator = np.random.default_rng(1)
    centres = generator.standard_normal((4, features)) * apart
    return (centres[np.arange(n) % 4] + generator.standard_normal((n, features))).astype(np.float32)


@pytest.fixture(scope="module")
def layout():
    return tsne(clusters(), 5, 8.0)


def test_tsne_has_the_same_bytes_for_a_seed(layout):
    assert layout.shape == (40, 2)
    assert layout.dtype == np.float64
    assert np.isfinite(layout).all()
    assert tsne(clusters(), 5, 8.0).tobytes() == layout.tobytes()
    assert tsne(clusters(), 6, 8.0).tobytes() != layout.tobytes()


def test_tsne_keeps_more_than_a_random_projection(layout):
    ours = preservation(clusters(), layout, 9)
    chance = preservation(clusters(), random_projection(clusters(), 5), 9)
    assert ours.kept > chance.kept + 0.1
    assert ours.trustworthiness > 0.9
    assert ours.trustworthiness > chance.trustworthiness
    for number in range(4):
        own, others = layout[number::4], np.delete(layout, np.s_[number::4], axis=0)
        widest = np.ptp(own, axis=0).max()
        nearest = np.linalg.norm(own[:, None] - others, axis=2).min()
        assert nearest > 0.5 * widest, "clusters stay apart"


@pytest.mark.parametrize(("n", "asked", "used"), [(31, 30.0, 10.0), (31, 4.0, 4.0), (5, 30, 4 / 3)])
def test_perplexity_is_clipped(n, asked, used, monkeypatch):
    given = {}

    class Recorded:
        def __init__(self, **options):
            given.update(options)

        def fit(self, rows):
            return rows[:, :2]

    monkeypatch.setattr(openTSNE, "TSNE", Recorded)
    tsne(clusters(n), 5, asked)
    assert given["perplexity"] == pytest.approx(used)
    assert (given["initialization"], given["neighbors"], given["n_jobs"]) == ("pca", "exact", 1)
    assert 0 <= given["random_state"] < 2**32


@pytest.mark.parametrize("rows", [clusters(5), clusters(8)[:, :1]])
def test_tsne_of_few_rows_or_one_feature(rows):
    made = tsne(rows, 5)
    assert made.shape == (len(rows), 2)
    assert np.isfinite(made).all()


@pytest.mark.parametrize("rows", [clusters(4), np.ones((9, 3)), np.empty((0, 3))])
def test_nothing_to_project(rows):
    for run in (lambda: tsne(rows, 5), lambda: umap(rows, 5), lambda: preservation(rows, rows)):
        with pytest.raises(NotApplicable, match=f"{len(rows)} embeddings"):
            run()


def test_umap_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(NotApplicable, match="pip install umap-learn"):
        umap(clusters(), 5)


@pytest.mark.parametrize(("n", "used"), [(40, 15), (9, 8)])
def test_umap_that_is_installed(n, used, monkeypatch):
    given = {}

    class Recorded:
        def __init__(self, **options):
            given.update(options)

        def fit_transform(self, rows):
            return rows[:, :2].astype(np.float32)

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Recorded))
    made = umap(clusters(n), 5)
    assert made.shape == (n, 2)
    assert made.dtype == np.float64
    assert (given["n_neighbors"], given["n_jobs"]) == (used, 1)
    assert 0 <= given["random_state"] < 2**32


def test_umap_itself():
    pytest.importorskip("umap")
    assert umap(clusters(), 5).tobytes() == umap(clusters(), 5).tobytes()


def test_random_projection():
    rows = clusters()
    made = random_projection(rows, 5)
    assert made.shape == (40, 2)
    assert random_projection(rows, 5).tobytes() == made.tobytes()
    assert not np.allclose(random_projection(rows, 6), made)
    np.testing.assert_allclose(random_projection(2 * rows, 5), 2 * made)


def test_preservation_by_hand():
    rows = np.array([[0.0], [1], [3], [6], [10]])
    # Neighbours, one each: 1, 0, 1, 2, 3. On the plane rows 0 and 4 change places: theirs, by
    # name, are 3 (of 4), 2 (of 0, at 10), and so on.
    plane = rows[[4, 1, 2, 3, 0]] @ np.array([[1.0, 0]])
    before = [1, 0, 1, 2, 3]
    after = [3, 4, 1, 2, 1]
    made = preservation(rows, plane, 1)
    assert made.kept == pytest.approx(np.mean(np.equal(before, after)))
    # Ranks among the rows of neighbours on the plane, of those beyond the first: 3 is the third of
    # 0, 4 is the fourth of 1, 1 is the third of 4. 1 - 2 / (n k (2 n - 3 k - 1)) * sum (rank - k).
    assert made.trustworthiness == pytest.approx(1 - 2 / (5 * 6) * (2 + 3 + 2))
    assert made.k == 1


def test_trustworthiness_by_its_definition():
    generator = np.random.default_rng(3)
    rows, points, k = generator.standard_normal((12, 4)), generator.standard_normal((12, 2)), 3

    def ranks(values, row):
        order = np.argsort(np.linalg.norm(values - values[row], axis=1))
        return {int(other): rank for rank, other in enumerate(order)}

    penalty = 0
    for row in range(12):
        before, after = ranks(rows, row), ranks(points, row)
        penalty += sum(max(0, before[j] - k) for j in after if 1 <= after[j] <= k)
    expected = 1 - 2 / (12 * k * (2 * 12 - 3 * k - 1)) * penalty
    assert preservation(rows, points, k).trustworthiness == pytest.approx(expected)
    assert preservation(points, rows, k).trustworthiness != pytest.approx(expected)


def test_preservation_of_the_rows_themselves():
    rows = clusters(20, 2)
    made = preservation(rows, 3 * rows[:, ::-1] + 7)
    assert made == (1, 1, 9)  # ten neighbours are more than half of the others
    assert preservation(rows, rows, 4).k == 4


def test_unrelated_points_keep_the_share_of_chance():
    generator = np.random.default_rng(2)
    kept = [
        preservation(generator.standard_normal((30, 5)), generator.standard_normal((30, 2)), 6).kept
        for _ in range(30)
    ]
    assert np.mean(kept) == pytest.approx(6 / 29, abs=0.02)
