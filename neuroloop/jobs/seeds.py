"""Random streams: one root seed in the config, and an independent stream for each named purpose."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, *names: object) -> int:
    """Derive the seed of a named stream from the root seed.

    Parameters
    ----------
    seed : int
        Root seed, from the config.
    *names : object
        Purpose of the stream, e.g. ``"student", 3, "initialisation"``. The same names give the
        same stream, wherever and in whatever order streams are requested.

    Returns
    -------
    int
        In [0, 2**63).
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def numpy_generator(seed: int, *names: object) -> np.random.Generator:
    """Return NumPy's generator of the stream `names` (see `derive_seed`)."""
    return np.random.default_rng(derive_seed(seed, *names))


def torch_generator(seed: int, *names: object) -> "torch.Generator":
    """Return a CPU generator of torch of the stream `names` (see `derive_seed`)."""
    import torch

    return torch.Generator().manual_seed(derive_seed(seed, *names))
