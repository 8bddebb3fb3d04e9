"""What a decoder must do."""

from pathlib import Path
from typing import Any

import numpy as np

from neuroloop import registry
from neuroloop.contracts.entry import call, checked_entry, has_one, refuse
from neuroloop.fmri.linear import linear_decoder
from neuroloop.fmri.scores import checked
from neuroloop.statistics.folds import Split

#: Rows, voxels, classes and runs of the made-up data.
ROWS, VOXELS, CLASSES, RUNS = 48, 12, 3, 4


def check_decoder(decoder: str | Path, **settings: Any) -> None:
    """Check a decoder on made-up data: about 0.1 s for a linear one, seconds for a network.

    Scores have one row a test row and one column a class, are finite and come out the same twice,
    also where the training rows lack a class, which is then never named; the data stay as they
    were; and what names classes for many permutations at once names those of one fit after another.

    Parameters
    ----------
    decoder : str or Path
        Name of a decoder, or a plugin's file.
    **settings
        Of the decoder; its defaults where left out.

    Raises
    ------
    NeuroLoopError
        For the first thing that is wrong.
    """
    name, entry = checked_entry("decoder", decoder, {})
    function = has_one("decoder", name, entry, ("decode", "fit_splits"))
    for lacking in (None, CLASSES - 1):
        first, again = (
            _scores(name, function, lacking, settings, f"decoder {name!r}") for _ in range(2)
        )
        if not np.array_equal(first, again):
            refuse("decoder", name, "gives other scores the second time: draw from a fixed seed")
        if lacking is not None and (first.argmax(axis=1) == lacking).any():
            refuse(
                "decoder",
                name,
                "names a class that no training row has: see `scores.with_missing`",
            )
    if hasattr(entry, "permuted_predictions"):
        _check_permuted(name, settings)


def _data() -> tuple[np.ndarray, np.ndarray, np.ndarray, Split]:
    """Voxels, classes and runs of rows, and the last run tested."""
    generator = np.random.default_rng(0)
    y = np.arange(ROWS) % CLASSES
    x = generator.standard_normal((ROWS, VOXELS)) + generator.standard_normal((CLASSES, VOXELS))[y]
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    runs = np.repeat([f"run{number}" for number in range(RUNS)], ROWS // RUNS)
    tested = runs == runs[-1]
    return x, y, runs, Split(np.flatnonzero(~tested), np.flatnonzero(tested))


def _scores(
    name: str, function: str, lacking: int | None, settings: dict[str, Any], where: str
) -> np.ndarray:
    """Scores of the test rows, trained without the rows of a class."""
    x, y, runs, split = _data()
    if lacking is not None:
        split = Split(split.train[y[split.train] != lacking], split.test)
        where += ", a class without training rows"
    if function == "decode":
        entry, _, params = linear_decoder(name, settings)
        data = [x[split.train], y[split.train], runs[split.train], x[split.test]]
        kept = [array.copy() for array in data]
        given = call("decoder", name, entry.decode, *data, CLASSES, **params)
    else:
        import torch

        entry, params = registry.entry("decoder", name), registry.values("decoder", name, settings)
        fixed = {"seed": 0, "device": torch.device("cpu"), "checkpoint": None}
        data, kept = [x, y], [x.copy(), y.copy()]
        made = (*data, [split], CLASSES, VOXELS)
        (given,) = call("decoder", name, entry.fit_splits, *made, **fixed, **params)
    if not all(np.array_equal(one, other) for one, other in zip(kept, data, strict=True)):
        refuse("decoder", name, "changes the data that it is given: copy them first")
    return checked(given, (len(split.test), CLASSES), where)


def _check_permuted(name: str, settings: dict[str, Any]) -> None:
    """Compare the fast way with one fit after the other, on two permutations."""
    from neuroloop.fmri.linear import one_by_one

    x, y, runs, split = _data()
    generator = np.random.default_rng(1)
    labels = np.stack([generator.permutation(y) for _ in range(2)])
    entry, scale, params = linear_decoder(name, settings)
    data = (x, labels, runs, split, CLASSES, VOXELS // 2)
    fast = [*call("decoder", name, entry.permuted_predictions, *data, scale=scale, **params)]
    slow = [*one_by_one(name, entry, *data, scale, params)]
    if not np.array_equal(fast, slow):
        refuse("decoder", name, "permuted_predictions names other classes than decode")
