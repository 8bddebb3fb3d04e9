"""Where weights lie inside what a training saved, and what wrappers put before their names."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath

if TYPE_CHECKING:
    import torch

#: Under what names a checkpoint of a training holds the weights of its network.
ENTRIES = ("state_dict", "model_state_dict", "model_state", "model", "network", "net", "weights")

#: What wrappers put before every name: DataParallel, torch.compile, modules of Lightning.
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.", "_forward_module.")

#: How many names a message shows.
SHOWN = 3


def tensors_of(held: object, path: StrPath) -> tuple[dict[str, "torch.Tensor"], list[str]]:
    """Find the weights of a network in what a file holds.

    Parameters
    ----------
    held : object
        What was read.
    path : path
        Of the file, for messages.

    Returns
    -------
    tensors : dict of str to Tensor
        With the network's own names.
    sentences : list of str
        What was unwrapped, a clause each.

    Raises
    ------
    NeuroLoopError
        If there are none, or several that may be meant.
    """
    sentences: list[str] = []
    while not _is_state(held):
        name, held, others = _entry(held, path)
        beside = f"; {', '.join(others)} beside them are not used" if others else ""
        sentences.append(f"the weights lie under {name}{beside}")
    assert isinstance(held, Mapping)  # of tensors
    tensors = {str(name): values for name, values in held.items()}
    stripped = ""
    while prefix := _common(tensors):
        tensors = {name.removeprefix(prefix): values for name, values in tensors.items()}
        stripped += prefix
    if stripped:
        sentences.append(f"{stripped} before every name was taken away")
    return tensors, sentences


def _is_state(held: object) -> bool:
    """Whether these are tensors by name."""
    import torch

    if not isinstance(held, Mapping) or not held:
        return False
    return all(isinstance(n, str) and isinstance(v, torch.Tensor) for n, v in held.items())


def _entry(held: object, path: StrPath) -> tuple[str, Any, list[str]]:
    """The entry of a checkpoint that has the weights: name, content, and others that have any."""
    advice = "save the network's state_dict() alone"
    if not isinstance(held, Mapping):
        what = f"a {type(held).__name__}"
        raise NeuroLoopError(f"weights {path} hold {what}, not tensors by name: {advice}")
    if not held:
        raise NeuroLoopError(f"weights {path} hold nothing: {advice}")
    found = {str(name): inside for name, inside in held.items() if _holds(inside)}
    if not found:
        names = [str(name) for name in held]
        more = ", ..." if len(names) > SHOWN else ""
        raise NeuroLoopError(
            f"weights {path} hold more than tensors by name ({', '.join(names[:SHOWN])}{more}): "
            f"{advice}"
        )
    meant = [name for name in ENTRIES if name in found] or [*found]
    if len(meant) > 1:
        raise NeuroLoopError(
            f"weights {path} hold several networks ({', '.join(meant)}): {advice}, of the one "
            "that is meant"
        )
    return meant[0], found[meant[0]], [name for name in found if name != meant[0]]


def _holds(inside: object) -> bool:
    """Whether an entry has weights, perhaps in one of its own entries; optimisers have not."""
    if _is_state(inside):
        return True
    return isinstance(inside, Mapping) and any(
        name in ENTRIES and _is_state(deeper) for name, deeper in inside.items()
    )


def _common(tensors: Mapping[str, Any]) -> str:
    """A prefix of wrappers that every name has."""
    return next((p for p in PREFIXES if all(name.startswith(p) for name in tensors)), "")
