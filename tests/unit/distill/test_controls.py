"""Controls of a brain that teaches: what each keeps of the brain, and what it destroys."""

import numpy as np
import pytest
from scipy.stats import chisquare

from neuroloop import registry
from neuroloop.distill.accuracy_matching import named_right
from neuroloop.distill.confidence import mean_entropy, soft_labels
from neuroloop.distill.teaching import teach
from neuroloop.errors import NeuroLoopError
from tests.project import ROOT

CLASSES, T = 5, 4.0


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(0).permutation(np.repeat(np.arange(CLASSES), 60))


@pytest.fixture(scope="module")
def brain(labels):
    """Logits that know the class, which classes are alike, and something of each image."""
    stream = np.random.default_rng(1)
    means = 3 * np.eye(CLASSES) + stream.normal(scale=1.5, size=(CLASSES, CLASSES))
    within = stream.normal(size=(CLASSES, CLASSES))
    return (means[labels] + stream.normal(size=(len(labels), CLASSES)) @ within).astype(np.float32)


def taught(name, labels, logits, seed=0, beside=None):
    return teach(name, labels, CLASSES, T, np.random.default_rng(seed), logits, beside)


def wrong(logits, labels):
    """Values of wrong classes in ascending order of the classes."""
    return logits[np.arange(logits.shape[1]) != labels[:, None]].reshape(len(logits), -1)


def right(logits, labels):
    return logits[np.arange(len(labels)), labels]


def class_means(values, labels):
    return np.stack([values[labels == label].mean(axis=0) for label in range(CLASSES)])


def within(values, labels):
    """Covariance within classes, pooled."""
    own = values - class_means(values, labels)[labels]
    return own.T @ own / (len(labels) - CLASSES)


# ---------------------------------------------------------- wrong classes dealt, in both ways


@pytest.mark.parametrize("name", ["matchednoise", "offdiagonal"])
def test_the_right_class_and_every_sorted_probability_are_kept(name, labels, brain):
    made = taught(name, labels, brain)
    np.testing.assert_array_equal(right(made, labels), right(brain, labels))
    np.testing.assert_array_equal(np.sort(made, axis=1), np.sort(brain, axis=1))
    np.testing.assert_array_equal(named_right(made, labels), named_right(brain, labels))
    assert mean_entropy(soft_labels(made, T)) == pytest.approx(mean_entropy(soft_labels(brain, T)))
    assert (taught(name, labels, brain, seed=1) != made).any()


def test_matched_noise_says_nothing_of_wrong_classes(labels, brain):
    """Over draws every wrong class has the mean of the image's wrong classes, in any place."""
    draws = np.stack([wrong(taught("matchednoise", labels, brain, s), labels) for s in range(400)])
    spread = wrong(brain, labels).std(axis=1, keepdims=True) / np.sqrt(400)
    off = (draws.mean(axis=0) - wrong(brain, labels).mean(axis=1, keepdims=True)) / spread
    assert abs(off.mean()) < 1e-5
    assert off.std() == pytest.approx(1, abs=0.1)
    first = (draws == wrong(brain, labels).max(axis=1)[:, None]).argmax(axis=2)
    assert chisquare(np.bincount(first.ravel(), minlength=CLASSES - 1)).pvalue > 0.001
    # Images of a class no longer agree on which classes it is like.
    made = taught("matchednoise", labels, brain)
    spreads = [np.ptp(class_means(wrong(one, labels), labels), axis=1) for one in (made, brain)]
    assert spreads[0].mean() < 0.4 * spreads[1].mean()


def test_permuted_confusions_keep_what_images_of_a_class_have_in_common(labels, brain):
    """One permutation a class: its mean, and its images' deviations, move together."""
    made = taught("offdiagonal", labels, brain)
    orders = []
    for label in range(CLASSES):
        own = labels == label
        before, after = wrong(brain, labels)[own], wrong(made, labels)[own]
        order = [
            int(np.flatnonzero((before == column[:, None]).all(axis=0))[0]) for column in after.T
        ]
        assert sorted(order) == list(range(CLASSES - 1))
        np.testing.assert_array_equal(after, before[:, order])
        orders.append(tuple(order))
    assert len(set(orders)) > 1, "each class has a permutation of its own"
    drawn = [tuple(wrong(taught("offdiagonal", labels, brain, s), labels)[0]) for s in range(600)]
    places = [row.index(max(row)) for row in drawn]
    assert chisquare(np.bincount(places, minlength=CLASSES - 1)).pvalue > 0.001


@pytest.mark.parametrize("name", ["matchednoise", "offdiagonal", "codebook"])
def test_of_two_classes_there_is_nothing_to_deal(name):
    with pytest.raises(
        NeuroLoopError, match=f"'{name}' deals .* leave it out of teachers"
    ) as error:
        teach(name, np.array([0, 1, 0]), 2, T, np.random.default_rng(0), np.zeros((3, 2)))
    assert "\n" not in str(error.value)


# ---------------------------------------------------------------------------------- codebook


def test_a_codebook_has_the_confidence_of_each_class_and_nothing_of_images(labels, brain):
    made = taught("codebook", labels, brain).astype(float)
    soft, own = soft_labels(made, T), soft_labels(brain, T)
    for label in range(CLASSES):
        rows = soft[labels == label]
        np.testing.assert_array_equal(rows, np.tile(rows[0], (len(rows), 1)))
        assert rows[0, label] == pytest.approx(own[labels == label, label].mean(), rel=1e-5)
    assert mean_entropy(soft) == pytest.approx(mean_entropy(own), rel=1e-5)
    books = np.stack(
        [wrong(soft_labels(taught("codebook", labels, brain, s), T), labels)[0] for s in range(300)]
    )
    assert chisquare(np.bincount(books.argmax(axis=1), minlength=CLASSES - 1)).pvalue > 0.001


def test_a_codebook_knows_no_wrong_class(labels, brain):
    """The brain's columns of wrong classes in another order give the same book."""
    order = taught("offdiagonal", labels, brain, seed=5)
    np.testing.assert_allclose(
        taught("codebook", labels, order), taught("codebook", labels, brain), rtol=1e-4, atol=1e-4
    )


# ---------------------------------------------------------------------------------- gaussian


def test_gaussian_surrogates_have_the_means_and_covariance_of_the_brain_in_expectation(
    labels, brain
):
    centred = brain - brain.mean(axis=1, keepdims=True)
    draws = [taught("gaussian", labels, brain, s).astype(float) for s in range(300)]
    means = np.mean([class_means(one, labels) for one in draws], axis=0)
    covariance = np.mean([within(one, labels) for one in draws], axis=0)
    np.testing.assert_allclose(means, class_means(centred, labels), rtol=0.03, atol=0.03)
    np.testing.assert_allclose(covariance, within(centred, labels), rtol=0.06, atol=0.06)


def test_gaussian_surrogates_are_as_certain_as_the_brain_and_know_no_image(labels, brain):
    heavy = np.random.default_rng(3).standard_t(3, brain.shape).astype(np.float32) + brain
    for logits in (brain, heavy):
        made = taught("gaussian", labels, logits).astype(float)
        entropy = mean_entropy(soft_labels(logits, T))
        assert mean_entropy(soft_labels(made, T)) == pytest.approx(entropy, rel=1e-5)
        own, other = (one - class_means(one, labels)[labels] for one in (made, logits))
        assert abs(np.corrcoef(own.ravel(), other.ravel())[0, 1]) < 0.1
    # Shuffling images within classes changes nothing but the order of sums.
    order = np.lexsort([np.random.default_rng(4).random(len(labels)), labels])
    again = np.empty(len(labels), dtype=int)
    again[np.argsort(labels, kind="stable")] = order
    shuffled = taught("gaussian", labels, brain[again]).astype(float)
    np.testing.assert_allclose(shuffled, taught("gaussian", labels, brain), rtol=1e-3, atol=1e-3)


def test_a_constant_added_to_a_row_is_no_information(labels, brain):
    moved = brain + np.random.default_rng(6).normal(size=(len(labels), 1)).astype(np.float32)
    np.testing.assert_allclose(
        taught("gaussian", labels, moved), taught("gaussian", labels, brain), rtol=1e-3, atol=1e-3
    )


# -------------------------------------------------------------------------------- cnnmatched


@pytest.fixture(scope="module")
def cnn(labels):
    """A network that names nearly all images right, and is far more certain than the brain."""
    return (
        np.random.default_rng(8).normal(size=(len(labels), CLASSES)) + 20 * np.eye(CLASSES)[labels]
    ).astype(np.float32)


def test_the_network_is_as_accurate_and_as_certain_as_the_brain(labels, brain, cnn):
    wanted = named_right(brain, labels).sum()
    assert wanted < 0.9 * named_right(cnn, labels).sum()
    for seed in range(5):
        made = taught("cnnmatched", labels, brain, seed, cnn)
        assert named_right(made, labels).sum() == wanted
        entropy = mean_entropy(soft_labels(brain, T))
        assert mean_entropy(soft_labels(made, T)) == pytest.approx(entropy, rel=1e-5)
        own, other = (one - class_means(one, labels)[labels] for one in (made, brain))
        assert abs(np.corrcoef(own.ravel(), other.ravel())[0, 1]) < 0.1, "the network's mistakes"


def test_it_tells_what_it_chose(labels, brain, cnn):
    entry = registry.entry("teacher", "cnnmatched")
    told = entry.told(labels, CLASSES, T, np.random.default_rng(2), brain, cnn)
    noise = np.random.default_rng(2).standard_normal(cnn.shape)
    assert told["right"] == told["wanted"] == named_right(brain, labels).sum()
    assert named_right(cnn + told["noise"] * noise, labels).sum() == told["right"]
    weak = entry.told(labels, CLASSES, T, np.random.default_rng(2), cnn, brain)
    assert weak["noise"] == 0
    assert weak["right"] < weak["wanted"]


# ---------------------------------------------------------------------------------- the page


def test_the_page_says_of_every_teacher_what_the_registry_says():
    page = (ROOT / "docs" / "distillation.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("| `") and line.count("|") == 5
    ]
    told = {name.strip("`"): (controls, has_to) for name, _, controls, has_to in rows}
    assert set(told) == set(registry.names("teacher"))
    for name, (controls, has_to) in told.items():
        entry = registry.entry("teacher", name)
        assert controls == getattr(entry, "CONTROLS_FOR", ""), name
        assert (has_to == "beat it") == entry.TO_BEAT, name
        assert ("misleads" in has_to) == entry.MISLEADS, name
