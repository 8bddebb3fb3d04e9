"""Maps of the class that a classifier names, and which radiographs are drawn."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.cxr.map_checks import COARSE, FAILED, check_maps, summaries
from neuroloop.cxr.map_layers import MapMethod, fine_section
from neuroloop.cxr.radiograph_maps import map_predicted, maps_of, point, some_of_each
from neuroloop.explain.sanity.sanity_rows import FEWEST_PLACES
from tests.unit.explain.explained_models import radiographs


def test_the_predicted_class_of_each_radiograph_is_mapped():
    opened = radiographs()
    made = map_predicted(opened)
    logits = opened.network(torch.from_numpy(opened.images.images))[:, 0].detach()
    assert made.named.tolist() == logits.argmax(1).tolist()
    np.testing.assert_allclose(made.probabilities(), logits.softmax(1).amax(1), rtol=1e-5)
    assert list(made.maps) == ["CAM", "Grad-CAM", "LayerCAM"]
    assert list(made.by_method) == list(made.counts()) == ["cam", "grad_cam", "layer_cam"]
    cam = made.methods["CAM"]
    other = maps_of(opened, cam, (made.named + 1) % 3)
    assert not np.allclose(made.maps["CAM"], other)
    np.testing.assert_array_equal(maps_of(opened, cam, made.named), made.by_method["cam"])


def test_cam_needs_a_linear_head():
    assert list(map_predicted(radiographs(units=(5,))).maps) == ["Grad-CAM", "LayerCAM"]


def test_layer_cam_is_of_the_last_section_with_sixteen_places_a_side():
    opened = radiographs()
    network = opened.network
    image = torch.from_numpy(opened.images.images[:1])
    sides = {name: min(network.maps_at(name, image).shape[2:]) for name in network.below()}
    section = fine_section(network, image)
    fine = [name for name, side in sides.items() if side >= 16]
    assert section == (fine[-1] if fine else max(sides, key=sides.get))
    large = torch.nn.functional.interpolate(image, scale_factor=8)
    wanted = fine_section(network, large)
    assert min(network.maps_at(wanted, large).shape[2:]) >= 16
    after = network.below()[network.below().index(wanted) + 1 :]
    assert all(min(network.maps_at(name, large).shape[2:]) < 16 for name in after)


def test_layer_cam_is_its_formula():
    opened = radiographs()
    made = map_predicted(opened)
    method, network = made.methods["LayerCAM"], opened.network
    images = torch.from_numpy(opened.images.images[:2])
    maps = network.maps_at(method.section, images).detach().requires_grad_()
    logits = network.classify_from(method.section, maps)[:, 0]
    np.testing.assert_allclose(logits.detach(), network(images)[:, 0].detach(), rtol=1e-5)
    logits[[0, 1], made.named[:2]].sum().backward()
    expected = (maps * maps.grad.clamp(min=0)).sum(1).clamp(min=0).detach()
    np.testing.assert_allclose(made.maps["LayerCAM"][:2], expected, rtol=1e-4, atol=1e-7)


def test_maps_are_checked_beside_those_of_random_weights():
    opened = radiographs()
    made = map_predicted(opened)
    edges = MapMethod("edges", "none", None)
    edges = SimpleNamespace(**edges._asdict())
    edges.maps = lambda network, images, classes: images[:, 0].numpy()
    methods = {**made.methods, "Edges": edges}
    same = opened.images.images[:, 0]
    table = check_maps(opened, methods, {**made.maps, "Edges": same}, made.named, 0)
    table = table.set_index("method")
    assert table.loc["Edges", "similarity"] == pytest.approx(1)
    large = same[0].size >= FEWEST_PLACES
    assert table.loc["Edges", "verdict"] == (FAILED if large else COARSE)
    for title, maps in made.maps.items():
        assert (table.loc[title, "rows"], table.loc[title, "columns"]) == maps.shape[1:]
        if maps[0].size < FEWEST_PLACES:
            assert table.loc[title, "verdict"] == COARSE
    assert table.loc["CAM", "verdict"] == COARSE


def test_what_stands_above_maps():
    checks = pd.DataFrame({"method": ["CAM", "LayerCAM"], "verdict": [COARSE, "passed"]})
    points = pd.DataFrame({"method": ["CAM"], "value": [0.151], "chance": [0.18]})
    assert summaries(checks, points) == {
        "CAM": "random weights:\ntoo coarse to judge\nin lesions 15 %, chance 18 %",
        "LayerCAM": "random weights:\npassed",
    }


@pytest.mark.parametrize(
    ("most", "expected"),
    [(1, [0, 3]), (2, [0, 2, 3, 4]), (3, [0, 1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])],
)
def test_some_of_each_class(most, expected):
    """Every second of three, if two are asked for; a class without radiographs adds none."""
    assert some_of_each(np.array([0, 0, 0, 1, 1]), 3, most).tolist() == expected


def test_radiographs_without_lesions_leave_an_empty_table_with_all_columns():
    maps = np.random.default_rng(0).random((3, 4, 4))
    lesions = np.zeros((3, 8, 8), dtype=bool)
    without = [point({"CAM": maps}, nothing, 0) for nothing in (None, lesions)]
    lesions[:, 2:4, 2:4] = True
    known = point({"CAM": maps}, lesions, 0)
    assert len(known) == 1
    for table in without:
        assert len(table) == 0
        assert list(table) == list(known)
