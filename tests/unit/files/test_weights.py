"""Weights: read without running code, unwrapped, and refused in one line where they are wrong."""

import argparse
import io
import json
import tarfile

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake
from neuroloop.files.weights import load_weights, save_weights


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 2))


def refusal(path):
    """What is said of a file: one line that names it, and no unsafe advice."""
    with pytest.raises(NeuroLoopError) as caught:
        load_weights(path)
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    assert not any(word in said for word in ("weights_only", "pickle", "safe_globals", "\x1b"))
    return said


def test_weights_come_back_with_their_facts(tmp_path):
    path = tmp_path / "x.safetensors"
    weights = {"conv1.weight": torch.randn(2, 3).T, "fc.bias": torch.arange(4)}
    save_weights(path, weights, seed="3", network="resnet18")
    back = load_weights(path)
    assert set(back) == set(weights)
    assert all(torch.equal(back[name], weights[name]) for name in weights)
    with safe_open(path, "pt") as stream:
        assert json.loads(stream.metadata()["facts"]) == {"seed": "3", "network": "resnet18"}


@pytest.mark.parametrize("zipped", [True, False])
def test_checkpoints_of_torch_are_read(tmp_path, zipped):
    state = network().state_dict()
    path = tmp_path / "x.pth"
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    back = load_weights(path)
    assert all(torch.equal(back[name], values) for name, values in state.items())


def prefixed(prefix):
    return {prefix + name: values for name, values in network().state_dict().items()}


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"state_dict": prefixed("")}, ["the weights lie under state_dict"]),
        ({"model_state_dict": prefixed(""), "epoch": 3}, ["under model_state_dict"]),
        ({"encoder": prefixed("")}, ["under encoder"]),
        (prefixed("module."), ["module. before every name was taken away"]),
        ({"model": prefixed("module._orig_mod.")}, ["under model", "module._orig_mod. before"]),
        (
            {"state_dict": prefixed("net."), "hyper_parameters": {"lr": 0.1}, "callbacks": {}},
            ["under state_dict", "net. before every name"],
        ),
        (
            {"model": {"state_dict": prefixed("")}, "model_ema": prefixed("")},
            ["lie under model; model_ema beside them are not used", "under state_dict"],
        ),
        (
            {"model": prefixed(""), "optimizer": {"state": {0: {"step": torch.ones(1)}}}},
            ["under model"],
        ),
    ],
)
def test_wrappings_are_taken_off_and_told(tmp_path, held, told):
    torch.save(held, tmp_path / "x.ckpt")
    intake = Intake()
    back = load_weights(tmp_path / "x.ckpt", intake)
    assert [*back] == [*network().state_dict()]
    assert torch.equal(back["3.weight"], network().state_dict()["3.weight"])
    assert len(intake.recognised) == len(told)
    for sentence, words in zip(intake.recognised, told, strict=True):
        assert words in sentence
        assert "x.ckpt" in sentence


def test_plain_weights_have_nothing_told(tmp_path):
    torch.save(network().state_dict(), tmp_path / "x.pth")
    load_weights(tmp_path / "x.pth", intake := Intake())
    assert intake == Intake()


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"student": prefixed(""), "teacher": prefixed("")}, "several networks (student, teacher)"),
        ({"model": prefixed(""), "state_dict": prefixed("")}, "several networks (state_dict, mod"),
        ({"epoch": 3, "loss": torch.ones(2)}, "more than tensors by name (epoch, loss)"),
        ({}, "hold nothing"),
        ([torch.zeros(2)], "hold a list, not tensors by name"),
        (torch.zeros(2), "hold a Tensor, not tensors by name"),
        ({"state_dict": prefixed(""), "hyper_parameters": argparse.Namespace(lr=1)}, "Namespace"),
        (network(), "a whole network (a Python object, torch.nn.modules.container.Sequential)"),
        ({"a": torch.zeros(1).expand(10**9)}, "more than the file holds"),
        ({"a": torch.eye(3).to_sparse()}, "no plain numbers (torch.sparse_coo"),
        ({"a": torch.zeros(3, device="meta")}, "no plain numbers (torch.strided, meta)"),
        ({"a": torch.zeros(3).to(torch.float8_e4m3fn)}, "quantised (float8_e4m3fn)"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path, held, said):
    torch.save(held, tmp_path / "x.pth")
    assert said in refusal(tmp_path / "x.pth")


@pytest.mark.filterwarnings("ignore")
def test_quantised_and_compiled_networks_are_refused(tmp_path):
    integers = torch.quantize_per_tensor(torch.randn(3), 0.1, 0, torch.qint8)
    torch.save({"a": integers}, tmp_path / "q.pth")
    assert "quantised (qint8)" in refusal(tmp_path / "q.pth")
    torch.jit.save(torch.jit.script(network()), tmp_path / "c.pt")
    assert "compiled by TorchScript" in refusal(tmp_path / "c.pt")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"nonsense " * 20, "damaged"),
        (b"\x89HDF\r\n\x1a\n" + bytes(50), "an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"\x1f\x8b\x08" + bytes(50), "unpack it"),
        (b"PK\x03\x04" + bytes(50), "damaged"),
    ],
)
def test_other_files_are_told_what_they_are(tmp_path, content, said):
    path = tmp_path / "x.pth"
    assert "missing" in refusal(path)
    path.write_bytes(content)
    assert said in refusal(path)
    if not content.startswith(b"PK"):
        path.rename(tmp_path / "x.safetensors")
        refusal(tmp_path / "x.safetensors")


def test_the_tar_of_old_torch_is_refused(tmp_path):
    with tarfile.open(tmp_path / "x.pth", "w") as archive:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            entry = tarfile.TarInfo(name)
            entry.size = 3
            archive.addfile(entry, io.BytesIO(b"abc"))
    assert "torch before 0.1.10, a tar file" in refusal(tmp_path / "x.pth")


def test_name_and_content_agree(tmp_path):
    save_file(network().state_dict(), tmp_path / "x.pth")
    assert "x.pth is safetensors, whatever its name says" in refusal(tmp_path / "x.pth")
    torch.save(network().state_dict(), tmp_path / "x.safetensors")
    assert "x.safetensors is not safetensors" in refusal(tmp_path / "x.safetensors")


def test_one_changed_bit_is_noticed(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"a": torch.arange(1000.0)}, path)
    content = bytearray(path.read_bytes())
    place = content.index(np.float32(500).tobytes() + np.float32(501).tobytes())
    content[place + 2] ^= 1
    path.write_bytes(content)
    assert "checksum" in refusal(path)


def test_half_precision_is_converted_and_told(tmp_path):
    weights = {"a": torch.tensor([0.1, 2]), "n.num_batches_tracked": torch.tensor(3)}
    for kind in (torch.float16, torch.bfloat16, torch.float64):
        path = tmp_path / "x.safetensors"
        save_file(weights | {"a": weights["a"].to(kind)}, path)
        back = load_weights(path, intake := Intake())
        assert torch.equal(back["a"], weights["a"].to(kind).float())
        assert back["a"].dtype == torch.float32
        assert back["n.num_batches_tracked"].dtype == torch.int64
        (sentence,) = intake.recognised
        assert f"numbers are {str(kind).removeprefix('torch.')}, computed with as" in sentence


@pytest.mark.parametrize("name", ["x.pth", "x.safetensors"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_weights_that_are_not_finite_are_refused(tmp_path, name, wrong, dtype):
    weights = {"conv1.weight": torch.ones(2, 2), "bn1.running_var": torch.ones(3, dtype=dtype)}
    weights |= {"bn1.num_batches_tracked": torch.tensor(3), "fc.bias": torch.ones(2, dtype=dtype)}
    save = torch.save if name == "x.pth" else save_file
    save(weights, tmp_path / name)
    assert set(load_weights(tmp_path / name)) == set(weights)
    weights["bn1.running_var"][1] = weights["fc.bias"][0] = wrong
    save(weights, tmp_path / name)
    said = refusal(tmp_path / name)
    assert f"{name}: 1 of 3 numbers of bn1.running_var are not finite" in said


def test_a_negative_variance_is_refused(tmp_path):
    torch.save({"bn1.running_var": torch.tensor([1, -0.5])}, tmp_path / "x.pth")
    assert "bn1.running_var has a negative variance, -0.5" in refusal(tmp_path / "x.pth")
    torch.save({"bn1.running_mean": torch.tensor([1, -0.5])}, tmp_path / "x.pth")
    load_weights(tmp_path / "x.pth")


def test_weights_too_large_for_the_networks_numbers_are_refused(tmp_path):
    save_file({"fc.bias": torch.tensor([1e300], dtype=torch.float64)}, tmp_path / "x.safetensors")
    assert "fc.bias" in refusal(tmp_path / "x.safetensors")


def test_a_checkpoint_whose_contents_are_marked_as_folders_is_refused(tmp_path):
    path = tmp_path / "x.pth"
    torch.save({"fc.bias": torch.ones(4)}, path)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\1\2", 0, content.rindex(b"/data/0"))
    content[entry + 38] = 0x10
    path.write_bytes(content)
    assert "table of contents" in refusal(path)
