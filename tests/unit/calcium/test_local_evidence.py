"""Evidence in a cell's place: it follows from the pixels of its window alone."""

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.calcium.local_evidence import local_evidence, window_region
from neuroloop.calcium.reader import Reader, build
from neuroloop.calcium.windows import cell_windows
from neuroloop.explain.attribution.cam import hires_cam
from neuroloop.explain.attribution.evidence import gather_evidence

SHAPE = (101, 90)
CELLS = pd.DataFrame(
    {
        "cell": ["a", "b", "c"],
        "row": [4.0, 50.0, 97.0],
        "column": [86.0, 41.0, 20.0],
        "radius": [3.0, 4.0, 3.0],
    }
)
WINDOWS = cell_windows(CELLS, SHAPE)
LEVELS = np.array([[0.1, 0.5], [-0.2, 2.0]])


def network(head: str, coordinates: bool = False):
    reader = Reader(head=head, widths=(3, 4, 5), hidden_units=6, coordinates=coordinates)
    return build(reader, 4, SHAPE, [1, 2], levels=LEVELS).eval()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((3, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize(("head", "coordinates"), [("flatten", False), ("gap", True)])
def test_parts_of_a_frame_give_what_whole_frames_give(images, head, coordinates):
    net = network(head, coordinates)
    made = local_evidence(net, images, WINDOWS)
    assert made.shape == (2, 3, 3)
    frames = torch.from_numpy(images)[:, None].expand(-1, 2, -1, -1)
    for cell, window in enumerate(WINDOWS):
        region = window_region(window, 3)
        assert (region.pixels[0].stop - region.pixels[0].start) < SHAPE[0]
        seen = torch.where(torch.from_numpy(window), frames, net.input.mean[:, None, None])
        found = gather_evidence(net, net.features, seen, torch.full((3, 1), cell))
        maps = hires_cam(found.activations, found.gradients)[0]
        expected = maps[:, :, *region.places].sum((2, 3)).T
        np.testing.assert_allclose(made[:, :, cell], expected, rtol=1e-3, atol=1e-6)


def test_a_window_reaches_no_place_outside_its_region(images):
    net = network("flatten")
    frames = torch.from_numpy(images)[:1, None].expand(-1, 2, -1, -1)
    blank = net.input.mean[:, None, None].expand(1, -1, *SHAPE)
    for window in WINDOWS:
        region = window_region(window, 3)
        seen = torch.where(torch.from_numpy(window), 100 * frames, blank)
        with torch.no_grad():
            moved = (net.front(seen) != net.front(blank)).any(dim=1)[0]
        moved[region.places] = False
        assert not moved.any()


def test_evidence_does_not_depend_on_pixels_elsewhere(images):
    net = network("flatten")
    other = np.where(WINDOWS[1], images, 50.0).astype(np.float32)
    made = local_evidence(net, images, WINDOWS), local_evidence(net, other, WINDOWS)
    np.testing.assert_array_equal(made[0][:, :, 1], made[1][:, :, 1])
    assert (made[0][:, :, 0] != made[1][:, :, 0]).all()


def test_with_a_linear_head_evidence_is_the_logit_but_for_a_constant(images):
    net = network("gap")
    made = local_evidence(net, images, WINDOWS)
    frames = torch.from_numpy(images)[:, None].expand(-1, 2, -1, -1)
    seen = torch.where(torch.from_numpy(WINDOWS[1]), frames, net.input.mean[:, None, None])
    with torch.no_grad():
        logits = net(seen)[:, :, 1].T.numpy()
    change = made[:, :, 1] - logits
    np.testing.assert_allclose(change, change[:, :1].repeat(3, axis=1), atol=1e-5)
