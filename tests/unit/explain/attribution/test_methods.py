"""Methods by name: what they give, of copies too, and where they do not apply."""

import copy

import numpy as np
import pytest
import torch

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.attribution import in_batches
from neuroloop.explain.attribution.cam import FORMULAS, class_maps
from neuroloop.explain.attribution.methods import attribution_of, runs_of
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.attribution.saliency import attribute
from tests.unit.explain.explained_models import radiographs, reader, student

ATTRIBUTIONS = registry.having("method", "attribute")
#: Settings under which the tests are quick.
QUICK = {
    "occlusion": {"window": 0.25, "stride": 0.25},
    "integrated_gradients": {"steps": 2},
}
MODELS = {"student": student, "reader": reader, "radiographs": radiographs}
CLASSES = torch.arange(12) % 3


def explain(model, method, network=None, **options):
    images = torch.from_numpy(model.images.images)
    made = attribution_of(model, method, **options)
    return in_batches(made, network or model.network, images, CLASSES, 5)


@pytest.mark.parametrize("method", ATTRIBUTIONS)
@pytest.mark.parametrize("name", MODELS)
def test_every_method_on_every_kind_of_network(name, method):
    model = MODELS[name]()
    if (name, method) == ("reader", "cam"):
        with pytest.raises(NotApplicable, match="mean over all places"):
            attribution_of(model, method)
        return
    maps = explain(model, method, **QUICK.get(method, {}))
    assert maps.shape[0] == 12
    assert maps.dtype == np.float32
    assert np.ptp(maps) > 0
    side = model.images.images.shape[2]
    assert (maps.shape[1] < side) == (method in FORMULAS)
    entry = registry.entry("method", method)
    assert (maps.min() >= 0) == (not entry.SIGNED)
    assert entry.UNITS


@pytest.mark.parametrize("method", ["grad_cam", "hires_cam", "saliency"])
@pytest.mark.parametrize("make", [student, reader, radiographs])
def test_a_copy_is_explained_by_its_own_weights(make, method):
    """A layer or a division that is still the given network's gives the old map, or none."""
    model = make()
    other = copy.deepcopy(model.network)
    with torch.no_grad():
        for values in other.parameters():
            values.mul_(-1.5)
    before = explain(model, method)
    np.testing.assert_array_equal(explain(model, method, copy.deepcopy(model.network)), before)
    assert not np.allclose(explain(model, method, other), before)
    fresh = explain(model, method, other)
    with torch.no_grad():
        for values in model.network.parameters():
            values.zero_()
    np.testing.assert_array_equal(explain(model, method, other), fresh)


def test_maps_are_those_of_the_library():
    model = student()
    images = torch.from_numpy(model.images.images)
    given = class_maps(model.network, model.network.layer2, images, CLASSES[:, None], "grad_cam")
    np.testing.assert_allclose(explain(model, "grad_cam"), given[:, 0, 0], rtol=1e-5, atol=1e-7)
    options = {"window": 3, "stride": 2}  # of 12 pixels
    given = attribute("occlusion", model.network, images, CLASSES, **options)
    made = explain(model, "occlusion", window=0.25, stride=1 / 6)
    np.testing.assert_allclose(made, given, rtol=1e-5, atol=1e-6)
    # CAM is not cut at 0: it adds up to the score less the bias of the head.
    score = model.network(images)[:, 0].gather(1, CLASSES[:, None])[:, 0]
    parts = (
        explain(model, "cam").mean(axis=(1, 2)) + model.network.fc.bias[CLASSES].detach().numpy()
    )
    np.testing.assert_allclose(parts, score.detach(), rtol=1e-4, atol=1e-5)


def test_the_mean_of_an_ensembles_members_is_explained():
    """Signed maps are averaged before the ReLU, as the mean logit's Grad-CAM has it."""
    model = student(members=2)
    images = torch.from_numpy(model.images.images)
    signed = class_maps(
        model.network, model.network.layer2, images, CLASSES[:, None], "grad_cam", signed=True
    )[:, :, 0]
    expected = signed.mean(1).relu()
    assert not torch.allclose(expected, signed.relu().mean(1))
    np.testing.assert_allclose(explain(model, "grad_cam"), expected, rtol=1e-5, atol=1e-7)


def test_cam_asks_for_one_linear_layer_not_only_for_pooling():
    """Behind more layers gradients are alike at all places, but not for all images."""
    attribution_of(radiographs(), "cam")
    hidden = radiographs(units=(5,))
    with torch.no_grad():
        hidden.network.head.dense1.bias.fill_(4)  # ReLUs that are on for all usual images
    with pytest.raises(NotApplicable, match="one linear layer"):
        attribution_of(hidden, "cam")


def test_how_long_a_map_takes():
    model = student()
    assert runs_of(model, "saliency") == 3
    assert runs_of(model, "integrated_gradients", steps=7) == 21
    # Windows of 3 pixels of 12, by 2: from 0, 2, 4, 6, 8, 10.
    assert runs_of(model, "occlusion", window=0.25, stride=1 / 6) == 36
    calls = []
    handle = model.network.register_forward_pre_hook(lambda _, given: calls.append(len(given[0])))
    explain(model, "occlusion", window=0.25, stride=1 / 6)
    handle.remove()
    assert sum(calls) == 12 * (36 + 1)


def test_an_unknown_method_is_refused():
    with pytest.raises(NeuroLoopError, match="there is no method 'lime': there are activations"):
        attribution_of(student(), "lime")
    with pytest.raises(
        NeuroLoopError, match="'tsne' attributes nothing to pixels: take one of sal"
    ):
        attribution_of(student(), "tsne")
    with pytest.raises(NeuroLoopError, match="'saliency', window: there is no such setting: there"):
        attribution_of(student(), "saliency", window=0.5)


@pytest.mark.parametrize("method", ATTRIBUTIONS)
def test_memory_is_flat_over_1000_images(method, live_values):
    """What is alive in tensors when a batch begins is what is there from the start, and maps."""
    model, alive, begun = student(), [], []
    make = attribution_of(model, method, **QUICK.get(method, {}))

    def watched(network, images, classes):
        begun.append(len(images))
        if len(begun) in (3, 17, 31):
            alive.append(live_values())
        return make(network, images, classes)

    images = torch.randn(1000, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    maps = in_batches(watched, model.network, images, torch.arange(1000) % 3, 32)
    assert (len(maps), sum(begun), len(begun)) == (1000, 1000, 32)
    between = 14 * 32 * maps[0].size
    assert np.diff(alive).tolist() in ([0, 0], [between, between])
