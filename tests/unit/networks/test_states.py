"""Loading whole states, and what is said of those that do not fit."""

import pytest
import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_weights
from neuroloop.networks.states import check_state, load_state


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def test_round_trip_without_counts(tmp_path):
    first, second = network(), network()
    state = {k: v for k, v in first.state_dict().items() if v.ndim}
    torch.save(state, tmp_path / "weights.pth")
    load_state(second, load_weights(tmp_path / "weights.pth"), "weights.pth", "mend it")
    assert all(torch.equal(v, second.state_dict()[k]) for k, v in state.items())


def test_misfits_are_named_and_nothing_is_loaded():
    target = network()
    before = {name: values.clone() for name, values in target.state_dict().items()}
    state = {name: values + 1 for name, values in before.items()}
    state["0.weight"] = torch.zeros(3, 5)
    state["2.bias"] = state.pop("1.bias")
    said = (
        r"^weights a\.pth do not fit the network: 1\.bias is missing; 2\.bias is unknown; "
        r"0\.weight has shape \(3, 5\) in place of \(3, 2\) "
        r"\(its depth, blocks or head are probably others\): take another$"
    )
    with pytest.raises(NeuroLoopError, match=said):
        load_state(target, state, "a.pth", "take another")
    assert all(torch.equal(values, before[name]) for name, values in target.state_dict().items())
    with pytest.raises(NeuroLoopError, match=r"missing and 3 more \(.*\): take another$"):
        load_state(target, {}, "a.pth", "take another")


def misfit(change):
    """What is said of a state after a change to the state of `network`."""
    state = {name: values.clone() for name, values in network().state_dict().items()}
    with pytest.raises(NeuroLoopError) as caught:
        load_state(network(), change(state), "a.pth", "mend it")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def renamed(prefix, **more):
    return lambda state: {prefix + name: values for name, values in state.items()} | more


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (renamed("encoder."), "all of its names are there, after 'encoder.': save that part alone"),
        (renamed("model.", loss=torch.ones(2)), "after 'model.': save that part alone"),
        (lambda state: {"dense.weight": torch.ones(2)}, "another architecture or library"),
        (lambda state: state | {"0.weight": torch.ones(3, 2, dtype=torch.int8)}, "quantised"),
        (lambda state: state | {"0.weight": torch.ones(5, 2), "0.bias": torch.ones(5)}, "outputs"),
        (
            lambda state: {n: torch.cat([v, v]) if v.ndim else v for n, v in state.items()},
            "another number of members",
        ),
        (lambda state: {n: v for n, v in state.items() if n[0] == "0"}, "its depth, blocks"),
    ],
)
def test_the_likely_cause_is_named(change, cause):
    assert cause in misfit(change)


def test_channels_and_stem_are_told_apart():
    own = {"conv1.weight": torch.ones(4, 3, 7, 7)}
    for shape, cause in (((4, 1, 7, 7), "channels of images"), ((4, 3, 3, 3), "another stem")):
        with pytest.raises(NeuroLoopError, match=cause):
            check_state(own, {"conv1.weight": torch.ones(shape)}, "a.pth", "mend it")
