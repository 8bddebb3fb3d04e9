"""Which networks can be trained together as one ensemble."""

from collections.abc import Sequence


def equal_batches(sizes: Sequence[int], batch_size: int, members_at_once: int) -> list[list[int]]:
    """Put networks together whose epochs have batches of the same size and number.

    So none is trained on more or smaller batches than alone (see `training.batch_order`).

    Parameters
    ----------
    sizes : sequence of int
        Number of training rows of each network.
    batch_size, members_at_once : int

    Returns
    -------
    list of list of int
        Places of the networks of each ensemble.
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
