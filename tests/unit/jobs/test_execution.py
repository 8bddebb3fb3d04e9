"""How networks are computed: what the keys of the config switch, and what they leave alone."""

import os

import pytest
import torch

from neuroloop.jobs.execution import WORKSPACE, Execution, current_execution


def switches():
    """All that an execution sets."""
    convolution = torch.backends.cudnn
    return {
        "product": torch.backends.cuda.matmul.allow_tf32,
        "convolution": convolution.allow_tf32,
        "timed": convolution.benchmark,
        "one order": convolution.deterministic,
        "refused": torch.are_deterministic_algorithms_enabled(),
    }


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delenv(WORKSPACE[0], raising=False)
    before = switches()
    yield
    assert switches() == before, "all is as it was"
    assert current_execution() == Execution()


@pytest.mark.parametrize(("precision", "rounded"), [("float32", 0), ("tf32", 1), ("bfloat16", 1)])
def test_products_are_rounded_where_it_is_asked_for(precision, rounded):
    how = Execution(precision)
    with how.used():
        assert current_execution() is how
        found = switches()
        assert (found["product"], found["convolution"]) == (rounded, rounded)
        assert (found["timed"], found["one order"]) == (True, False)
        assert WORKSPACE[0] not in os.environ


@pytest.mark.parametrize("gpu", [False, True])
def test_deterministic_kernels_are_chosen_without_timing(monkeypatch, gpu):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    with Execution(deterministic=True).used():
        found = switches()
        assert (found["timed"], found["one order"]) == (False, True)
        assert found["refused"] == gpu
        if gpu:
            assert torch.is_deterministic_algorithms_warn_only_enabled(), "a warning, no end"
        assert os.environ[WORKSPACE[0]] == WORKSPACE[1]


def test_all_is_as_before_after_an_error():
    with pytest.raises(KeyError), Execution("tf32", deterministic=True).used():
        raise KeyError


def test_only_bfloat16_multiplies_otherwise_on_a_cpu():
    one = torch.randn(8, 8, generator=torch.Generator().manual_seed(1))
    cpu, kinds = torch.device("cpu"), {}
    for precision in ("float32", "tf32", "bfloat16"):
        how = Execution(precision)
        with how.used(), how.autocast(cpu):
            kinds[precision] = one @ one
    assert torch.equal(kinds["float32"], one @ one)
    assert torch.equal(kinds["tf32"], kinds["float32"])
    assert kinds["bfloat16"].dtype == torch.bfloat16


def test_keys_of_the_config():
    config = {"precision": "tf32", "deterministic": True, "cuda_graphs": False, "seed": 1}
    assert Execution.from_config(config) == Execution("tf32", True, False)
    with pytest.raises(KeyError):
        Execution.from_config({"precision": "tf32"})
