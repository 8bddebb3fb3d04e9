"""The network of a decoder, opened again: it says of rows what it said, and can be looked into."""

import numpy as np
import pytest
import torch

from neuroloop import registry
from neuroloop.explain.attribution.methods import attribution_of
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.looks.inside import draw_inside, look_inside
from neuroloop.explain.models.explained import explained_images
from neuroloop.explain.models.model_file import open_model
from neuroloop.fmri.kept_network import LOOKED_AT, save_network
from neuroloop.fmri.resnet1d import resnet1d18
from neuroloop.statistics.folds import splits
from neuroloop.training.checkpoints import Checkpoint
from neuroloop.training.loop import predict
from neuroloop.training.recipe import Recipe

CLASSES = ("cat", "cow", "dog")
RECIPE = Recipe(epochs=2, batch_size=16, learning_rate=0.01, momentum=0.9)
GENERATOR = np.random.default_rng(0)
Y = np.arange(90) % 3
X = (GENERATOR.normal(size=(90, 40)) + GENERATOR.normal(size=(3, 40))[Y]).astype(np.float32)
X[:, 5] = 2.0  # constant: it has no unit
SPLITS = splits(np.arange(90) // 30)


def train(folder=None):
    """Scores of the first split, and its network."""
    kept = []
    scores = resnet1d18(
        X,
        Y,
        SPLITS,
        3,
        40,
        recipe=RECIPE,
        width=4,
        seed=1,
        device="cpu",
        members_at_once=2,
        checkpoint=(lambda name: Checkpoint(folder, name)) if folder else None,
        keep=kept.append,
    )
    (network,) = kept
    return scores[0], network


@pytest.fixture(scope="module")
def trained():
    return train()


@pytest.fixture(scope="module")
def opened(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("net") / "results/fmri/tiny/s1/V1/net/model.json"
    samples = [f"s{row:06d}" for row in SPLITS[0].test]
    path.parent.mkdir(parents=True)
    save_network(path, trained[1], samples, Y[SPLITS[0].test], CLASSES, {"fold": 0})
    return open_model(path)


def test_it_says_of_its_test_rows_what_it_said(trained, opened):
    assert (opened.preparation, opened.facts["fold"]) == (None, 0)
    assert len(opened.images.ids) == min(LOOKED_AT, len(SPLITS[0].test))
    rows = [int(name[1:]) for name in opened.images.ids]
    assert opened.images.truth.tolist() == Y[rows].tolist()
    said = predict(opened.network, opened.images.images)[:, 0]
    places = [SPLITS[0].test.tolist().index(row) for row in rows]
    np.testing.assert_allclose(said, trained[0][places], rtol=1e-4, atol=1e-5)


def test_other_rows_are_made_as_it_takes_them_by_its_facts(opened):
    facts = opened.facts
    unit = np.array([np.inf if value is None else value for value in facts["unit"]])
    assert facts["unit"].count(None) == 1
    rows = [int(name[1:]) for name in opened.images.ids]
    made = (X[rows][:, facts["voxels"]] - np.array(facts["mean"])) / unit
    np.testing.assert_allclose(made, opened.images.images[:, 0, 0], rtol=1e-6, atol=1e-7)


def test_it_is_kept_when_a_job_goes_on(trained, tmp_path):
    first = train(tmp_path)[1]
    scores, again = train(tmp_path)  # its scores are there, nothing is trained
    np.testing.assert_array_equal(scores, trained[0])
    for other in (first, again):
        assert other.weights.keys() == trained[1].weights.keys()
        assert all(
            torch.equal(other.weights[name], trained[1].weights[name]) for name in other.weights
        )


@pytest.mark.parametrize("method", registry.having("method", "attribute"))
def test_every_attribution_tells_of_voxels(opened, method):
    asked = explained_images(opened, 3, seed=0)
    maps = attribution_of(opened, method)(opened.network, asked.images, asked.classes)
    assert maps.shape[:2] == (3, 1)
    assert np.isfinite(maps).all()


@pytest.mark.parametrize("method", sorted(set(registry.having("method", "look")) - {"umap"}))
def test_looks_tell_of_voxels_or_why_they_do_not(opened, method):
    if method in ("patches", "class_images", "unit_images"):
        with pytest.raises(NotApplicable, match="takes rows of 40 values, as voxels: their neigh"):
            look_inside(opened, method, 0)
        return
    found = look_inside(opened, method, 0)
    assert found.n
    assert draw_inside(opened, method, found, 0).axes
