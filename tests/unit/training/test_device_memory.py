"""What a GPU has room for, with a GPU that is none."""

import numpy as np
import pytest
import torch

from neuroloop.calcium.reader import Reader
from neuroloop.calcium.reader import build as build_reader
from neuroloop.distill.students import Student
from neuroloop.distill.students import build as build_student
from neuroloop.networks.calcium_network import calcium_network
from neuroloop.networks.resnet import initialise, resnet
from neuroloop.training.device_memory import (
    DATA,
    NETWORKS,
    data_fit,
    free_memory,
    group_size,
    networks_at_once,
    training_bytes,
)
from neuroloop.training.recipe import Recipe

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def student():
    settings = Student(18, 4, "small", None, 4.0, 0.5, Recipe(1, 4, 0.1), 16, 1, False)
    return build_student(settings, 3, 4, [1])


def reader():
    mask, levels = np.ones((16, 16), dtype=bool), np.array([[1.0, 2.0]])
    return build_reader(Reader(widths=(2,), hidden_units=3), 3, (16, 16), [1], mask, levels)


@pytest.fixture
def memory(monkeypatch):
    """Sets the bytes of a GPU that are free, kept by torch, and in use of those."""

    def put(free, kept=0, used=0):
        for name, value in (
            ("mem_get_info", (free, 10**12)),
            ("memory_reserved", kept),
            ("memory_allocated", used),
        ):
            monkeypatch.setattr(torch.cuda, name, lambda device, value=value: value)

    return put


def test_what_torch_keeps_for_later_is_free(memory):
    memory(100, kept=30, used=10)
    assert free_memory(GPU) == 120
    assert free_memory(CPU) == 0


def test_data_take_a_part(memory):
    memory(1000)
    most = int(DATA * 1000)
    assert data_fit(most, GPU)
    assert not data_fit(most + 1, GPU)
    assert not data_fit(1, CPU)


@pytest.mark.parametrize(
    ("members", "free", "expected"),
    [
        (10, 100, 10),  # all
        (10, 9, 5),  # nine and one would be uneven
        (10, 4, 4),  # 4, 4 and 2
        (7, 3, 3),
        (3, 1, 1),
        (3, 0, 1),  # of what does not fit, torch says so
    ],
)
def test_groups_by_hand(memory, members, free, expected):
    each = 1000
    memory(-(-free * each * 10 // int(10 * NETWORKS)))
    assert group_size(members, each, GPU) == expected


def test_data_that_fit_leave_less_for_networks(memory):
    memory(1000)
    whole = int(NETWORKS * 1000)
    assert group_size(2, whole // 2, GPU) == 2
    assert group_size(2, whole // 2, GPU, data=400) == 1
    assert group_size(2, whole // 2, GPU, data=501) == 2, "they stay with the host"


@pytest.mark.parametrize("build", [student, reader])
def test_what_is_asked_how_large_it_is_takes_no_memory(memory, build):
    made = []

    def one():
        made.append(build())
        return made[0]

    memory(10**12)
    assert networks_at_once(7, 1, one, (4, 16, 16), GPU) == 7
    assert {values.device.type for values in made[0].parameters()} == {"meta"}
    assert training_bytes(made[0], 4, 16, 16) == training_bytes(build(), 4, 16, 16)


def test_a_cpu_trains_as_many_as_it_is_told(memory):
    memory(0)

    def none():
        raise AssertionError("asked")

    assert networks_at_once(10, 3, none, (4, 8, 8), CPU) == 3
    small = calcium_network(classes=2, shape=(8, 8), widths=(2,), hidden=3)
    each = training_bytes(small, 4, 8, 8)
    memory(int(6.5 * each / NETWORKS))
    assert networks_at_once(10, 1, lambda: small, (4, 8, 8), GPU) == 5


def test_bytes_by_hand():
    """One convolution, pooling, ReLU, two layers; frames of 8 x 8 in batches of 4."""
    network = calcium_network(classes=2, shape=(8, 8), widths=(2,), hidden=3)
    weights = 2 * 25 + 2 + (2 * 16 * 3 + 3) + (3 * 2 + 2)
    kept = {
        "standardised frames": 4 * 64 * 4,
        "convolved": 4 * 2 * 64 * 4,
        "places of the largest": 4 * 2 * 16 * 8,
        "pooled, and zero where negative": 4 * 2 * 16 * 4,
        "hidden": 4 * 3 * 4,
    }
    assert training_bytes(network, 4, 8, 8) == 4 * 4 * weights + sum(kept.values())
    assert network.training
    assert next(network.parameters()).device == CPU


def test_bytes_are_those_that_a_real_pass_keeps():
    network = resnet(18, in_channels=3, classes=4, width=4, stem="small")
    initialise(network, [1])
    kept = {}
    own = {values.untyped_storage().data_ptr() for values in network.parameters()}

    def note(values):
        kept[values.untyped_storage().data_ptr()] = values.untyped_storage().nbytes()
        return values

    with torch.autograd.graph.saved_tensors_hooks(note, lambda values: values):
        outputs = network.train()(torch.randn(6, 3, 16, 16))
    real = sum(size for key, size in kept.items() if key not in own)
    weights = sum(values.nbytes for values in network.parameters())
    predicted = training_bytes(network, 6, 16, 16)
    assert predicted == pytest.approx(4 * weights + real, rel=0.02)
    assert real > weights, "it is what matters"
    del outputs
