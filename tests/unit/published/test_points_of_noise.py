"""What each flaw of decoding makes out of brains that know nothing, beside the strict protocol."""

from functools import cache

import numpy as np
import pytest

from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.published.decoding import decoded
from neuroloop.published.protocol import Protocol
from neuroloop.published.world import session

#: Seeds of the first studies of `make published`.
SEEDS = [derive_seed(0, "published", "decoding", "noise", number) for number in range(12)]


@cache
def points(*switched_on):
    """Of the same brains under each protocol."""
    protocol = Protocol(switched_on)
    brains = [session(numpy_generator(seed, "session")) for seed in SEEDS]
    return np.array(
        [decoded(brain, protocol, seed).points for brain, seed in zip(brains, SEEDS, strict=True)]
    )


def standard_error(values):
    return values.std(ddof=1) / np.sqrt(len(values))


def test_the_strict_protocol_makes_no_points():
    assert abs(points().mean()) < 4 * standard_error(points())


@pytest.mark.parametrize(
    ("flaw", "least"),
    [
        ("position", 30),
        ("blocks_split", 3),
        ("repeated", 5),
        ("selection", 10),
        ("in_sample", 50),
    ],
)
def test_a_flaw_makes_points_out_of_noise(flaw, least):
    made = points(flaw) - points()
    assert made.mean() > least
    assert made.mean() > 3 * standard_error(made)


def test_scaling_by_test_rows_makes_none_of_noise_and_some_of_runs_that_differ():
    assert abs(points("test_scaling").mean()) < 4 * standard_error(points("test_scaling"))
    # Runs so far apart that one tells nothing of another's rows, but for their own mean.
    brain = session(np.random.default_rng(5), signal=1.0)
    runs = brain.rows["run"].astype(int).to_numpy()
    offset = np.random.default_rng(6).normal(0, 40, size=(8, brain.x.shape[1]))
    brain.x[:] += offset[runs // 2]  # folds are of two runs
    strict, scaled = (decoded(brain, Protocol(on), 0).points for on in ((), ("test_scaling",)))
    assert strict < 15
    assert scaled > strict + 20
