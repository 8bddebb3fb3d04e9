"""What a file of weights lacks of a network, in words, before any of it is loaded."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_weights

#: How many misfits a message names.
NAMED = 3


def read_state(path: Path) -> dict[str, torch.Tensor]:
    """Read the tensors of a network by name.

    Parameters
    ----------
    path : Path
        A .safetensors file, or a .pth checkpoint that holds names and tensors alone.

    Raises
    ------
    NeuroLoopError
        If the file is missing, is no checkpoint, would need pickle, or holds something else.
    """
    state: object = load_weights(path)
    if not isinstance(state, Mapping) or not all(
        isinstance(values, torch.Tensor) for values in state.values()
    ):
        raise NeuroLoopError(
            f"weights {path} hold more than tensors by name: save the network's state_dict() alone"
        )
    return dict(state)


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
        If a name is missing or unknown, or a shape is another; nothing is loaded then.
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
        As `load_state` does.
    """
    problems = [
        *(f"{name} is missing" for name, v in own.items() if v.ndim and name not in state),
        *(f"{name} is unknown" for name in state if name not in own),
        *(
            f"{name} has shape {tuple(state[name].shape)} in place of {tuple(values.shape)}"
            for name, values in own.items()
            if name in state and state[name].shape != values.shape
        ),
    ]
    if problems:
        more = f" and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
        raise NeuroLoopError(
            f"weights {source} do not fit the network: {'; '.join(problems[:NAMED])}{more}: "
            f"{advice}"
        )
