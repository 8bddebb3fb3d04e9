"""Looks at embeddings: shares and preservation beside what no embedding would give."""

import numpy as np
import pytest

from neuroloop.explain.attribution.layers import embedding
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.embedding_looks import (
    RANDOM_PLANES,
    look_at_neighbours,
    look_at_projection,
)
from neuroloop.explain.looks.projection import preservation, random_projection, tsne
from neuroloop.jobs.seeds import derive_seed

#: The embedding is (mean of the positive part, mean of the negative part) of a pixel.
WEIGHTS, HEAD = [1.0, -1.0], [[1.0, 0], [0, 1.0]]


def signs(*values):
    return np.array(values, dtype=np.float32)[:, None, None, None]


def test_neighbours_by_hand(micro):
    # By the cosine, positive pixels are all alike, and negative ones; by pixels 9 and -1 stand out.
    images = signs(1, 2, 9, -1, -20)
    look = look_at_neighbours(micro(WEIGHTS, HEAD, images, np.array([0, 0, 0, 1, 1])), 1)
    assert look.arrays["neighbour"][:, 0].tolist() == [1, 0, 0, 4, 3]
    np.testing.assert_allclose(look.arrays["distance"], 0, atol=1e-12)
    assert look.numbers["same_class"] == 1
    assert look.numbers["chance"] == pytest.approx((3 * 2 / 4 + 2 * 1 / 4) / 5)
    # Nearest pixels: 1-2, 2-1, 9-2, -1-1, -20--1.
    assert look.numbers["same_class_pixels"] == pytest.approx(4 / 5)
    assert look.arrays["image"].tolist() == [f"image {number}" for number in range(5)]
    assert "100 %" in look.summary
    assert "by chance 40 %" in look.summary


def test_raw_pixels_are_compared_as_they_are(micro):
    """Means of parts are alike within the classes, and pixels nearest across them."""
    images = np.array([[4, 0], [0, 4], [4, -4], [-4, 4]], dtype=np.float32)[:, None, None]
    look = look_at_neighbours(micro(WEIGHTS, HEAD, images, np.array([0, 0, 1, 1])), 1)
    assert (look.numbers["same_class"], look.numbers["same_class_pixels"]) == (1, 0)


def test_there_are_no_more_neighbours_than_images(micro):
    look = look_at_neighbours(micro(WEIGHTS, HEAD, signs(1, 2, -1)), 5)
    assert look.numbers["k"] == 2
    assert look.arrays["neighbour"].shape == (3, 2)
    with pytest.raises(NotApplicable, match="two images at least"):
        look_at_neighbours(micro(WEIGHTS, HEAD, signs(1)), 5)


def test_without_classes_there_is_no_share(micro):
    look = look_at_neighbours(micro(WEIGHTS, HEAD, signs(1, 2, -1)), 1)
    assert "same_class" not in look.numbers
    assert look.counts == {"without_class": 3}


def test_of_several_labels_the_pattern_is_the_class(micro):
    hot = np.array([[1, 1], [1, 1], [1, 0], [1, 0]], dtype=bool)
    look = look_at_neighbours(micro(WEIGHTS, HEAD, signs(1, 2, -1, -2), hot, labels="multi"), 1)
    assert look.numbers["same_class"] == 1
    assert look.numbers["chance"] == pytest.approx(1 / 3)


def test_a_projection_beside_random_planes(kind):
    opened = kind("resnet", 40)
    look = look_at_projection(opened, "tsne", 3, 5.0)
    vectors = embedding(opened.network, opened.images.images)
    np.testing.assert_array_equal(look.arrays["points"], tsne(vectors, 3, 5.0))
    kept = preservation(vectors, look.arrays["points"])
    planes = [
        preservation(vectors, random_projection(vectors, derive_seed(3, "plane", number)))
        for number in range(RANDOM_PLANES)
    ]
    numbers = look.numbers
    assert (numbers["neighbours_kept"], numbers["trustworthiness"]) == kept[:2]
    assert numbers["neighbours_kept_random"] == pytest.approx(np.mean([p.kept for p in planes]))
    assert numbers["trustworthiness_random"] == pytest.approx(
        np.mean([plane.trustworthiness for plane in planes])
    )
    assert len({plane.kept for plane in planes}) > 1
    assert numbers["neighbours_kept_chance"] == pytest.approx(10 / 39)
    assert numbers["neighbours_kept"] > numbers["neighbours_kept_random"]


def test_the_perplexity_that_was_used_is_told(kind):
    assert look_at_projection(kind("resnet"), "tsne", 3, 15.0).numbers["perplexity"] == 11 / 3


def test_what_cannot_be_projected_is_refused(micro):
    with pytest.raises(NotApplicable, match="at least 5"):
        look_at_projection(micro(WEIGHTS, HEAD, signs(1, 2, -1)), "tsne", 0)


def test_umap_says_what_is_missing(kind, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(NotApplicable, match="umap-learn"):
        look_at_projection(kind("resnet"), "umap", 0)
