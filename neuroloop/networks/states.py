"""What a file of weights lacks of a network, in words, before any of it is loaded."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import nn

from neuroloop.errors import NeuroLoopError

#: How many misfits a message names.
NAMED = 3


class Misfit(NamedTuple):
    """A weight that does not fit: its name, and what is wrong with it."""

    name: str
    what: str


def load_state(
    network: nn.Module, state: Mapping[str, torch.Tensor], source: object, advice: str
) -> None:
    """Load a whole state into a network.

    Parameters
    ----------
    network : Module
    state : mapping of str to Tensor
        Scalars (the number of batches that batch normalisation saw, which nothing depends on) may
        lack.
    source : object
        Where the state comes from, for messages.
    advice : str
        What to do if it does not fit.

    Raises
    ------
    NeuroLoopError
        If a name is missing or unknown, a shape is another, or whole numbers stand where the
        network has others; nothing is loaded then.
    """
    own = network.state_dict()
    check_state(own, state, source, advice)
    network.load_state_dict({**own, **state})


def check_state(
    own: Mapping[str, torch.Tensor],
    state: Mapping[str, torch.Tensor],
    source: object,
    advice: str,
) -> None:
    """See to it that a state has the names and the shapes of a network's own.

    Parameters
    ----------
    own : mapping of str to Tensor
        The network's.
    state, source, advice
        As in `load_state`.

    Raises
    ------
    NeuroLoopError
        As `load_state` does; the message says what is the likely cause.
    """
    problems = [
        *(Misfit(name, "is missing") for name, v in own.items() if v.ndim and name not in state),
        *(Misfit(name, "is unknown") for name in state if name not in own),
        *(
            Misfit(name, f"has shape {tuple(state[name].shape)} in place of {tuple(values.shape)}")
            for name, values in own.items()
            if name in state and state[name].shape != values.shape
        ),
        *(
            Misfit(name, f"holds {str(state[name].dtype).removeprefix('torch.')} numbers")
            for name, values in own.items()
            if values.is_floating_point()
            and name in state
            and not state[name].is_floating_point()
            and state[name].shape == values.shape
        ),
    ]
    if problems:
        more = f" and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        first = "; ".join(f"{name} {what}" for name, what in problems[:NAMED])
        cause = likely_cause(own, state, problems)
        raise NeuroLoopError(
            f"weights {source} do not fit the network: {first}{more}{cause and f' ({cause})'}: "
            f"{advice}"
        )


def likely_cause(
    own: Mapping[str, torch.Tensor],
    state: Mapping[str, torch.Tensor],
    problems: Sequence[Misfit],
) -> str:
    """Why a state probably does not fit a network; empty where nothing suggests itself.

    Parameters
    ----------
    own, state : mapping of str to Tensor
        Of the network, and of the file.
    problems : sequence of Misfit
        All of them.
    """
    wanted = [name for name, values in own.items() if values.ndim]
    for name in state:  # names behind a prefix that no wrapper is known to make
        if name.endswith(f".{wanted[0]}"):
            prefix = name.removesuffix(wanted[0])
            if all(prefix + each in state for each in wanted):
                return f"all of its names are there, after {prefix!r}: save that part alone"
    if not any(name in own for name in state):
        return "no name is the network's: weights of another architecture or library"
    if any(what.startswith("holds") for _, what in problems):
        return "whole numbers in place of weights: a quantised network"
    if all(what.startswith("has shape") for _, what in problems):
        return _other_shapes(own, state, [name for name, _ in problems])
    return "its depth, blocks or head are probably others"


def _other_shapes(
    own: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor], names: Sequence[str]
) -> str:
    """Why all names are there, and shapes are others."""
    first = names[0]
    ours, theirs = own[first].shape, state[first].shape
    if all(name.rpartition(".")[0] == first.rpartition(".")[0] for name in names):
        if len(names) == 1 and len(ours) == len(theirs) == 4 and ours[0] == theirs[0]:
            same = ours[2:] == theirs[2:]
            return "another number of channels of images" if same else "another stem"
        return "another number of outputs, as of other classes"
    if all(_ratio(own[name].shape, state[name].shape) for name in names):
        return "another number of members: several networks are held in one"
    return "another width, stem or number of channels"


def _ratio(ours: torch.Size, theirs: torch.Size) -> bool:
    """Whether only the first lengths differ, by a whole factor, as those of batched networks do."""
    if len(ours) != len(theirs) or ours[1:] != theirs[1:] or not len(ours):
        return False
    low, high = sorted((ours[0], theirs[0]))
    return low > 0 and high % low == 0
