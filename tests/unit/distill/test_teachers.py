"""Teachers: what each of them knows, and that brain rows reach images by id."""

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import chisquare, entropy

from neuroloop import registry
from neuroloop.distill.confidence import mean_entropy
from neuroloop.distill.derangement import derangement
from neuroloop.distill.teachers.classmean import class_mean
from neuroloop.distill.teachers.smooth import smooth
from neuroloop.distill.teaching import join_logits, teach
from neuroloop.errors import NeuroLoopError

BRAIN_TEACHERS = tuple(
    name for name in registry.names("teacher") if registry.entry("teacher", name).NEEDS == "brain"
)
CLASSES = 4
LABELS = np.array([2, 0, 1, 3, 0, 2, 1, 3, 0, 1, 2, 3])
T = 4.0


@pytest.fixture
def logits() -> np.ndarray:
    """A brain's logits of 12 images."""
    drawn = np.random.default_rng(3).normal(scale=5, size=(len(LABELS), CLASSES))
    drawn[np.arange(len(LABELS)), LABELS] += 4
    return drawn.astype(np.float32)


def made(name, logits=None, seed=0, temperature=T):
    generator = np.random.default_rng(seed)
    return teach(name, LABELS, CLASSES, temperature, generator, logits, beside=logits)


# --------------------------------------------------------------------------------- entropy


def test_entropy_by_hand_and_against_scipy():
    assert mean_entropy(np.array([[0.5, 0.5], [1.0, 0.0]])) == pytest.approx(np.log(2) / 2)
    assert mean_entropy(np.full((2, 8), 1 / 8)) == pytest.approx(np.log(8))
    drawn = np.random.default_rng(0).dirichlet(np.ones(6), size=20)
    assert mean_entropy(drawn) == pytest.approx(entropy(drawn, axis=1).mean())


# ------------------------------------------------------------------------------------ join


def test_rows_are_joined_by_id_and_not_by_place(logits):
    """Turns red where logits are taken in the order in which they are stored."""
    images = [f"image{number}" for number in range(len(LABELS))]
    classes = ["a", "b", "c", "d"]
    expected = join_logits(logits, images, classes, images, classes)
    np.testing.assert_array_equal(expected, logits)
    order = np.random.default_rng(1).permutation(len(images))
    assert (order != np.arange(len(images))).any()
    shuffled = [images[row] for row in order]
    joined = join_logits(logits[order], shuffled, classes, images, classes)
    np.testing.assert_array_equal(joined, expected)
    columns = [2, 0, 3, 1]
    turned = [classes[column] for column in columns]
    joined = join_logits(logits[:, columns], images, turned, images, classes)
    np.testing.assert_array_equal(joined, expected)


def test_images_of_one_category_share_its_row(logits):
    rows = ["cat", "dog", "cow"]
    wanted = ["cow", "cat", "cow"]
    joined = join_logits(logits[:3], rows, list("abcd"), wanted, list("abcd"))
    np.testing.assert_array_equal(joined, logits[[2, 0, 2]])
    assert joined.dtype == np.float32


def test_fewer_classes_are_the_soft_label_renormalised(logits):
    images = [f"image{number}" for number in range(len(LABELS))]
    joined = join_logits(logits, images, ["a", "b", "c", "d"], images, ["d", "b"])
    whole = softmax(logits.astype(float), axis=1)[:, [3, 1]]
    renormalised = whole / whole.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax(joined.astype(float), axis=1), renormalised, rtol=1e-12)


def test_images_and_classes_without_a_soft_label_are_named(logits):
    rows, classes = [f"image{number}" for number in range(len(LABELS))], ["a", "b", "c", "d"]
    with pytest.raises(NeuroLoopError, match=r"for 2 of 3 images, the first is 'x1'") as error:
        join_logits(logits, rows, classes, ["image0", "x1", "x2"], classes)
    assert "\n" not in str(error.value)
    with pytest.raises(NeuroLoopError, match=r"class 'sandal' .* \(a, b, c, d\)") as error:
        join_logits(logits, rows, classes, rows, ["a", "sandal"])
    assert "images.classes" in str(error.value)
    assert "\n" not in str(error.value)


# -------------------------------------------------------------------------------- teachers


def test_every_name_is_known_and_no_other(logits):
    for name in registry.names("teacher"):
        taught = made(name, logits)
        if name == "none":
            assert taught is None
        else:
            assert taught.shape == logits.shape
            assert taught.dtype == np.float32
            assert np.isfinite(taught).all()
    with pytest.raises(NeuroLoopError, match="no teacher 'mouse': there are brain, classmean, cnn"):
        made("mouse", logits)


@pytest.mark.parametrize("name", [*BRAIN_TEACHERS, "cnn", "gabor"])
def test_teachers_that_are_made_of_logits_say_so(name):
    said = f"'{name}' needs logits of the (brain|cnn|gabor): pass"
    with pytest.raises(NeuroLoopError, match=said):
        made(name)


def test_what_stands_beside_a_teacher_is_asked_for(logits):
    with pytest.raises(NeuroLoopError, match="'cnnmatched' needs logits of the cnn: pass them"):
        teach("cnnmatched", LABELS, CLASSES, T, np.random.default_rng(0), logits)


@pytest.mark.parametrize("name", ["brain", "cnn", "gabor"])
def test_brain_and_network_are_passed_on_as_they_are(name, logits):
    np.testing.assert_array_equal(made(name, logits), logits)


def test_random_is_near_certain_of_any_class():
    n = 4000
    labels = np.zeros(n, dtype=int)
    taught = teach("random", labels, CLASSES, T, np.random.default_rng(0), None)
    soft = softmax(taught.astype(float), axis=1)
    assert np.median(soft.max(axis=1)) > 0.99
    uniform = taught * 0.01
    assert uniform.min() >= 0
    assert uniform.max() <= 1
    counts = np.bincount(taught.argmax(axis=1), minlength=CLASSES)
    assert chisquare(counts).pvalue > 0.001
    other = teach("random", labels, CLASSES, T, np.random.default_rng(1), None)
    assert (other != taught).any()


def test_shuffled_rows_are_those_of_other_images(logits):
    taught = made("rowshuffled", logits)
    assert sorted(map(tuple, taught)) == sorted(map(tuple, logits))
    assert (taught != logits).any(axis=1).all()
    assert (made("rowshuffled", logits, seed=1) != taught).any()
    np.testing.assert_array_equal(made("rowshuffled", logits), taught)


def test_rows_shuffled_within_a_class_stay_in_it(logits):
    taught = made("withinclass", logits)
    assert (taught != logits).any(axis=1).all()
    for label in range(CLASSES):
        own = label == LABELS
        assert sorted(map(tuple, taught[own])) == sorted(map(tuple, logits[own]))


def test_the_class_mean_is_the_mean_of_the_soft_labels(logits):
    taught = made("classmean", logits)
    soft = softmax(logits.astype(float) / T, axis=1)
    for label in range(CLASSES):
        own = label == LABELS
        expected = np.tile(soft[own].mean(axis=0), (own.sum(), 1))
        np.testing.assert_allclose(softmax(taught[own].astype(float) / T, axis=1), expected, 1e-5)


def test_the_class_mean_by_hand():
    # Two images of one class: odds 3 : 1 and 1 : 1 give the mean (5 / 8, 3 / 8).
    logits = np.array([[np.log(3), 0], [0, 0]])
    mean = class_mean(logits, np.array([0, 0]), 1.0)
    np.testing.assert_allclose(mean, np.log([[5 / 8, 3 / 8]] * 2))


def test_a_class_mean_of_certain_rows_is_finite():
    logits = np.array([[1e4, 0], [1e4, 0], [0, 1e4]], dtype=np.float32)
    taught = teach("classmean", np.array([0, 0, 1]), 2, T, np.random.default_rng(0), logits).astype(
        float
    )
    assert np.isfinite(taught).all()
    np.testing.assert_allclose(softmax(taught / T, axis=1), [[1, 0], [1, 0], [0, 1]], atol=1e-12)


# ----------------------------------------------------------------------------- derangement


def test_no_row_stays_where_there_is_another():
    groups = np.array([0, 0, 1, 2, 2, 2, 1, 0, 3])
    for seed in range(50):
        source = derangement(groups, np.random.default_rng(seed))
        assert sorted(source) == list(range(len(groups)))
        assert (groups[source] == groups).all()
        assert (source[:-1] != np.arange(8)).all()
        assert source[8] == 8  # the only one of its group


def test_every_other_row_is_equally_likely():
    generator = np.random.default_rng(0)
    n, draws = 5, 4000
    counts = np.zeros((n, n), dtype=int)
    for _ in range(draws):
        counts[np.arange(n), derangement(np.zeros(n, dtype=int), generator)] += 1
    assert not counts.diagonal().any()
    for row in range(n):
        assert chisquare(np.delete(counts[row], row)).pvalue > 0.001


# ---------------------------------------------------------------------------------- smooth


@pytest.mark.parametrize("scale", [0.01, 0.3, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_smoothing_has_the_mean_entropy_of_the_brain_at_the_temperature_of_the_loss(
    scale, temperature, logits
):
    brain = (scale * logits).astype(np.float32)
    taught = made("smooth", brain, temperature=temperature).astype(float)
    soft = softmax(taught / temperature, axis=1)
    of_brain = entropy(softmax(brain.astype(float) / temperature, axis=1), axis=1)
    np.testing.assert_allclose(entropy(soft, axis=1), of_brain.mean(), rtol=1e-4, atol=1e-7)
    # Label smoothing: all wrong classes are alike, the right one is above them.
    for row, label in zip(soft, LABELS, strict=True):
        wrong = np.delete(row, label)
        np.testing.assert_allclose(wrong, wrong[0], rtol=1e-5)
        assert row[label] >= wrong[0] * (1 - 1e-6)


def test_smoothing_by_hand():
    # Two classes, every row 3 : 1. Then q is (3 / 4, 1 / 4), that is e = 1 / 2.
    logits = np.log([[3.0, 1.0], [1.0, 3.0], [1.0, 3.0]])
    taught = smooth(logits, np.array([1, 1, 0]), 1.0)
    np.testing.assert_allclose(np.exp(taught), [[0.25, 0.75], [0.25, 0.75], [0.75, 0.25]])


@pytest.mark.parametrize("classes", [2, 10, 150])
def test_a_brain_that_knows_nothing_is_smoothed_to_uniform(classes):
    labels = np.arange(classes)
    taught = smooth(np.zeros((classes, classes)), labels, T)
    np.testing.assert_allclose(softmax(taught / T, axis=1), 1 / classes, rtol=1e-6)


@pytest.mark.parametrize("classes", [2, 10, 150])
def test_a_certain_brain_is_smoothed_to_one_hot(classes):
    labels = np.arange(classes)
    taught = smooth(1e6 * np.eye(classes), labels, T)
    assert np.isfinite(taught.astype(np.float32)).all()
    np.testing.assert_allclose(softmax(taught / T, axis=1), np.eye(classes), atol=1e-8)


def test_smoothing_knows_nothing_but_the_label(logits):
    """The brain's rows in another order, or of other classes, give the same targets."""
    taught = made("smooth", logits)
    np.testing.assert_allclose(made("smooth", logits[::-1]), taught, rtol=1e-5)
    np.testing.assert_allclose(made("smooth", logits[:, ::-1]), taught, rtol=1e-5)
