"""Weights of networks: safetensors, and checkpoints of torch, read without running their code.

One function, `load_weights`, reads every file of weights, whoever names it: what a network starts
from, what is looked into, and what was trained here.
"""

import json
import logging
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic
from neuroloop.files.door import FREE, outside
from neuroloop.files.intake import Intake
from neuroloop.files.wrapped_weights import tensors_of

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

FORM = "a file of weights (.safetensors, or a checkpoint of torch)"

#: What a checkpoint may hold, as advice.
REMEDY = "save the network's state_dict() alone, in the environment that made the file"

#: Attribute of a folder in an archive.
FOLDER = 0x10

#: How files begin that are taken for weights, and what they are.
OTHERS = {
    b"\x89HDF": "an HDF5 file, as Keras writes them: convert its weights",
    b"version https://git-lfs": "a pointer of Git LFS: fetch the file itself with git lfs pull",
    b"sys_info\x00": f"a checkpoint of torch before 0.1.10, a tar file: {REMEDY}",
    b"<": "a web page, not the file behind it: download it again",
    b"\x1f\x8b": "compressed: unpack it first",
}


def save_weights(path: StrPath, weights: Mapping[str, "torch.Tensor"], **facts: str) -> None:
    """Write the weights of a network as safetensors, with facts in its header.

    The facts are stored as JSON under a single key, ``facts``, since safetensors writes several
    keys in a random order.
    """
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    size = sum(tensor.nbytes for tensor in tensors.values())
    with atomic(path, size) as temporary:
        save_file(tensors, temporary, metadata={"facts": json.dumps(facts, sort_keys=True)})


def load_weights(path: StrPath, intake: Intake | None = None) -> dict[str, "torch.Tensor"]:
    """Read the weights of a network by their names.

    Parameters
    ----------
    path : path
        A .safetensors file, or a checkpoint of torch that holds tensors, texts and numbers. Where
        the weights lie inside a training's checkpoint, or their names begin as a wrapper of
        networks makes them, they are unwrapped (`wrapped_weights`).
    intake : Intake, optional
        What was unwrapped or converted is added to it; it is logged in any case.

    Returns
    -------
    dict of str to Tensor
        Floating point numbers as float32, in which networks compute.

    Raises
    ------
    NeuroLoopError
        If the file is missing, of another form, or would need pickle; if weights are quantised or
        sparse; if a number is not finite or a variance negative, since a network with such a
        weight would still predict a class, the first, for every image.
    """
    path = Path(path)
    with outside(path, FORM, "download or save it again"):
        held = _read(path)
        tensors, sentences = tensors_of(held, path)
        weights = {str(name): _numbers(path, str(name), v) for name, v in tensors.items()}
    kinds = sorted({str(v.dtype).removeprefix("torch.") for v in tensors.values()} & HALVES)
    if kinds:
        sentences.append(f"its numbers are {' and '.join(kinds)}, computed with as float32")
    for sentence in sentences:
        log.info("weights %s: %s", path, sentence)
        if intake is not None:
            intake.recognise(f"Weights {path}: {sentence}.")
    return weights


#: Types of numbers that are converted.
HALVES = {"float16", "bfloat16", "float64"}


def _read(path: Path) -> object:
    """What a file holds, by the form that its first bytes and its suffix agree upon."""
    import torch
    from safetensors.torch import load_file

    with path.open("rb") as stream:
        first = stream.read(32)
    for begin, what in OTHERS.items():
        if first.lstrip().startswith(begin):
            raise NeuroLoopError(f"{path} is {what} (weights are .safetensors or torch's .pth)")
    named = path.suffix.lower() == ".safetensors"
    if named != (first[8:9] == b"{"):
        raise NeuroLoopError(
            f"{path} is {'not ' if named else ''}safetensors, whatever its name says: rename it, "
            "or download it again"
        )
    if named:
        return load_file(path)
    if first.startswith(b"PK"):
        _check_archive(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise _foreign(path, error) from error


def _check_archive(path: Path) -> None:
    """Compare the checksums of a checkpoint, which torch does not; it compresses nothing."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        if total > path.stat().st_size + FREE:
            raise NeuroLoopError(
                f"{path} states {total / 1e9:.3g} GB of weights, more than a file of "
                f"{path.stat().st_size} bytes can hold: it is damaged, download or save it again"
            )
        if any(member.filename.endswith("/constants.pkl") for member in members):
            raise NeuroLoopError(f"{path} is a network compiled by TorchScript: {REMEDY}")
        # What is marked as a folder torch does not read: weights are what memory held.
        if any(one.volume or one.compress_type or one.external_attr & FOLDER for one in members):
            raise ValueError("its table of contents is not as torch writes it")
        if damaged := archive.testzip():
            raise NeuroLoopError(
                f"{path} is damaged (checksum of {damaged}): download or save it again"
            )


def _foreign(path: Path, error: Exception) -> NeuroLoopError:
    """Say of a checkpoint that torch refuses what it holds, without torch's unsafe advice."""
    text = str(error)
    found = re.search(r"(?:GLOBAL|global:?|class|function) ([A-Za-z_][\w.]*\.[\w.]+)", text)
    if "WeightsUnpickler" not in text or found is None:
        return NeuroLoopError(f"{path} is damaged or no checkpoint of torch: {REMEDY}")
    name = found[1].rstrip(".")
    whole = name.startswith(("torch.nn.", "torchvision.models.", "timm.models."))
    what = "a whole network" if whole else "more than weights"
    return NeuroLoopError(
        f"{path} holds {what} (a Python object, {name}), and reading one could run code of the "
        f"file: {REMEDY}"
    )


def _numbers(path: Path, name: str, values: "torch.Tensor") -> "torch.Tensor":
    """A tensor as networks compute with it, if they can."""
    where = f"weights {path}: {name}"
    kind = str(values.dtype).removeprefix("torch.")
    if values.is_quantized or kind.startswith("float8"):
        raise NeuroLoopError(f"{where} is quantised ({kind}): take the network before that")
    if values.layout != _strided() or values.device.type != "cpu":
        raise NeuroLoopError(
            f"{where} holds no plain numbers ({values.layout}, {values.device}): {REMEDY}"
        )
    if values.numel() * values.element_size() > values.untyped_storage().nbytes():
        raise NeuroLoopError(
            f"{where} states {tuple(values.shape)} numbers, more than the file holds: it is "
            "damaged, download or save it again"
        )
    if not values.is_floating_point():
        return values.detach()
    made = values.detach().float()
    wrong = int((~made.isfinite()).sum())
    if wrong:
        raise NeuroLoopError(
            f"weights {path}: {wrong} of {values.numel()} numbers of {name} are not finite: "
            "train the network again, at a lower learning rate, or take another checkpoint"
        )
    if name.rpartition(".")[2] == "running_var" and bool((made < 0).any()):
        raise NeuroLoopError(
            f"{where} has a negative variance, {float(made.min()):.3g}: the file is damaged, take "
            "another checkpoint"
        )
    return made


def _strided() -> "torch.layout":
    import torch

    return torch.strided
