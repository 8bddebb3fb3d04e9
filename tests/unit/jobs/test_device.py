"""Choice of the device."""

import pytest
import torch

from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.device import pick_device


@pytest.mark.parametrize(
    ("choice", "gpu", "expected"),
    [("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu"), ("cuda", True, "cuda")],
)
def test_choice(monkeypatch, choice, gpu, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert pick_device(choice).type == expected


def test_cuda_without_a_gpu_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(NeuroLoopError, match="device: cuda") as caught:
        pick_device("cuda")
    assert "\n" not in str(caught.value)
