"""Loading whole states, and what is said of those that do not fit."""

import pytest
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.networks.states import load_state, read_state


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def test_round_trip_without_counts(tmp_path):
    first, second = network(), network()
    state = {k: v for k, v in first.state_dict().items() if v.ndim}
    torch.save(state, tmp_path / "weights.pth")
    load_state(second, read_state(tmp_path / "weights.pth"), "weights.pth", "mend it")
    assert all(torch.equal(v, second.state_dict()[k]) for k, v in state.items())


def test_misfits_are_named_and_nothing_is_loaded():
    target = network()
    before = {name: values.clone() for name, values in target.state_dict().items()}
    state = {name: values + 1 for name, values in before.items()}
    state["0.weight"] = torch.zeros(3, 5)
    state["2.bias"] = state.pop("1.bias")
    said = (
        r"^weights a\.pth do not fit the network: 1\.bias is missing; 2\.bias is unknown; "
        r"0\.weight has shape \(3, 5\) in place of \(3, 2\): take another$"
    )
    with pytest.raises(NeuroLoopError, match=said):
        load_state(target, state, "a.pth", "take another")
    assert all(torch.equal(values, before[name]) for name, values in target.state_dict().items())
    with pytest.raises(NeuroLoopError, match=r"1\.weight is missing and 3 more: take another$"):
        load_state(target, {}, "a.pth", "take another")


def test_files_of_something_else(tmp_path):
    torch.save({"epoch": 3, "state_dict": network().state_dict()}, tmp_path / "training.pth")
    with pytest.raises(NeuroLoopError, match=r"training\.pth hold more than tensors by name"):
        read_state(tmp_path / "training.pth")
    torch.save([torch.zeros(2)], tmp_path / "list.pth")
    with pytest.raises(NeuroLoopError, match="hold more than tensors"):
        read_state(tmp_path / "list.pth")
    with pytest.raises(NeuroLoopError, match="are missing"):
        read_state(tmp_path / "none.pth")
