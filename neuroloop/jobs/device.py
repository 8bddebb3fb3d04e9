"""Where networks run."""

from typing import TYPE_CHECKING

from neuroloop.errors import NeuroLoopError

if TYPE_CHECKING:
    import torch


def pick_device(choice: str) -> "torch.device":
    """Return the device that the config requests.

    Parameters
    ----------
    choice : {"auto", "cpu", "cuda"}
        ``auto`` uses a GPU if this process sees one, else the CPU.

    Raises
    ------
    NeuroLoopError
        If ``cuda`` is requested and this process sees no GPU.
    """
    import torch

    if choice == "auto":
        choice = "cuda" if torch.cuda.is_available() else "cpu"
    if choice == "cuda" and not torch.cuda.is_available():
        raise NeuroLoopError(
            "config key device: cuda, but this process sees no CUDA GPU: "
            "set device: auto, or install a CUDA build of torch on a GPU node"
        )
    return torch.device(choice)
