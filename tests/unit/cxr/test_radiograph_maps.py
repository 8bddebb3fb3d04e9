"""Maps of the class that a classifier names, and which radiographs are drawn."""

import numpy as np
import pytest
import torch

from neuroloop.cxr.radiograph_maps import map_predicted, maps_of, point, some_of_each
from tests.unit.explain.explained_models import radiographs


def test_the_predicted_class_of_each_radiograph_is_mapped():
    opened = radiographs()
    made = map_predicted(opened)
    logits = opened.network(torch.from_numpy(opened.images.images))[:, 0].detach()
    assert made.named.tolist() == logits.argmax(1).tolist()
    np.testing.assert_allclose(made.probabilities(), logits.softmax(1).amax(1), rtol=1e-5)
    assert list(made.maps) == ["CAM", "Grad-CAM"]
    assert list(made.by_method) == list(made.counts()) == ["cam", "grad_cam"]
    other = maps_of(opened, "cam", (made.named + 1) % 3)
    assert not np.allclose(made.maps["CAM"], other)
    np.testing.assert_array_equal(maps_of(opened, "cam", made.named), made.by_method["cam"])


def test_cam_needs_a_linear_head():
    assert list(map_predicted(radiographs(units=(5,))).maps) == ["Grad-CAM"]


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
