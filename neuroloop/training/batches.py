"""Batches of an epoch, and which networks can share them as one batched network."""

from collections.abc import Sequence

import numpy as np

from neuroloop.jobs.seeds import numpy_generator


def equal_batches(sizes: Sequence[int], batch_size: int, members_at_once: int) -> list[list[int]]:
    """Put networks together whose epochs have batches of the same size and number.

    So none is trained on more or smaller batches than alone (see `batch_order`).

    Parameters
    ----------
    sizes : sequence of int
        Number of training rows of each network.
    batch_size, members_at_once : int

    Returns
    -------
    list of list of int
        Places of the networks of each batched_network.
    """
    alike: dict[tuple[int, int], list[int]] = {}
    for member, size in enumerate(sizes):
        batch = max(1, min(batch_size, size))
        alike.setdefault((batch, -(-size // batch)), []).append(member)
    return [
        members[start : start + members_at_once]
        for members in alike.values()
        for start in range(0, len(members), members_at_once)
    ]


def batch_order(
    sizes: Sequence[int], batch_size: int, seeds: Sequence[int], epoch: int
) -> np.ndarray:
    """Rows of every batch of an epoch.

    A member goes through a permutation of its rows that depends on its seed and the epoch alone.
    Batches are full: a permutation that ends early begins again, and the batch size is cut to the
    fewest rows of a member. So one of several members sees what it would see alone if all have the
    same number of rows, or numbers that give the same batch size and number of batches.

    Parameters
    ----------
    sizes : sequence of int
        Number of rows of each member.
    batch_size : int
    seeds : sequence of int
        One a member.
    epoch : int

    Returns
    -------
    ndarray of int64, shape (steps, members, batch)
        With batch = min(batch_size, min(sizes)), steps = ceil(max(sizes) / batch).
    """
    batch = min(batch_size, *sizes)
    steps = -(-max(sizes) // batch)
    orders = [
        np.resize(numpy_generator(seed, "batches", epoch).permutation(size), (steps, batch))
        for size, seed in zip(sizes, seeds, strict=True)
    ]
    return np.stack(orders, axis=1)
