"""Error consistency: by hand, against scikit-learn, and what its table says of seeds and images."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from neuroloop.distill.outcomes.error_consistency import consistency_cells, kappas


@pytest.fixture
def students():
    """Two teachers' students of four seeds on 300 images that are hard for all or for none."""
    generator = np.random.default_rng(5)
    easy = generator.random(300)
    return generator.random((4, 300)) < easy, generator.random((4, 300)) < 0.2 + 0.6 * easy


def test_kappa_by_hand():
    # Both right on 2 of 4, one alone on 1, none on 1: observed 3/4; 3/4 and 1/2 right give 1/2.
    one, other = np.array([[1, 1, 1, 0]]), np.array([[1, 1, 0, 0]])
    assert kappas(one, other).item() == pytest.approx((0.75 - 0.5) / 0.5)
    assert kappas(one, one).item() == pytest.approx(1)
    assert kappas(other, 1 - other).item() == pytest.approx(-1)


def test_kappa_is_cohens(students):
    found = kappas(*students)
    for row, column in np.ndindex(found.shape):
        wanted = cohen_kappa_score(students[0][row], students[1][column])
        assert found[row, column] == pytest.approx(wanted)


def test_students_who_must_agree_have_no_kappa():
    always = np.ones((1, 5), bool)
    assert np.isnan(kappas(always, always)).all()
    assert kappas(always, np.array([[1, 1, 0, 1, 1]])).item() == pytest.approx(0)


def test_the_mean_is_that_of_pairs_of_different_seeds(students):
    one, other = students
    apart = ~np.eye(4, dtype=bool)
    assert consistency_cells(one, other).mean() == pytest.approx(kappas(one, other)[apart].mean())
    assert consistency_cells(one, one).mean() == pytest.approx(kappas(one, one)[apart].mean())


def test_an_image_moves_the_mean_as_its_column_says(students):
    """Leaving an image out moves kappa by its share, to first order."""
    one, other = students
    cells = consistency_cells(one, other).mean(axis=0)
    without = [
        consistency_cells(np.delete(one, image, 1), np.delete(other, image, 1)).mean()
        for image in range(20)
    ]
    moved = (cells.mean() - np.array(without)) * (one.shape[1] - 1)
    np.testing.assert_allclose(moved, (cells - cells.mean())[:20], atol=0.03)
    assert np.std(moved) > 0.3


def test_a_seed_has_part_in_the_mean_as_its_row_says(students):
    """Leaving a seed out of S: twice its mean over pairs less the whole, as a jackknife has it."""
    one, other = students
    cells = consistency_cells(one, other)
    without = np.array(
        [
            consistency_cells(np.delete(one, seed, 0), np.delete(other, seed, 0)).mean()
            for seed in range(4)
        ]
    )
    pseudo = 4 * cells.mean() - 3 * without
    # Of an average over pairs the pseudo-values spread (S - 1) / (S - 2) times as far as rows.
    np.testing.assert_allclose(
        pseudo - pseudo.mean(), (cells.mean(axis=1) - cells.mean()) * 3 / 2, atol=1e-12
    )
