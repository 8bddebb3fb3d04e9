"""Claims of loop.tsv: brains that are looked for in students who learned nothing of them.

Features are simulated: students of all teachers know what tells categories apart, and those of each
teacher something of their own besides, which all seeds mix at random.
"""

from functools import partial

import numpy as np

from neuroloop.distill.loop.closed import CONTROL, OTHER, SCORE, SPECIFIC, close_loop
from neuroloop.distill.loop.noise_ceiling import repeated_answers
from neuroloop.distill.loop.readout import measured
from tests.calibrate.claim import Claim
from tests.unit.distill.loop.worlds import REFERENCE, mixed, readout, recorded

#: Students of a kind, images, repeats, voxels, and what of each kind a brain answers to.
SEEDS, IMAGES, REPEATS, VOXELS, KNOWN = 5, 60, 4, 12, 3

#: Resamples of bootstraps.
N_BOOT = 1000

S1, S2 = ("S1", "HVC"), ("S2", "HVC")


def found(generator: np.random.Generator, kind: str, snr: float = 1.0) -> dict[str, float]:
    """The row of one kind, of students of S1's brain, who know no more of it than of another."""
    category = generator.standard_normal((IMAGES, KNOWN))
    brains = {}
    for brain in (S1, S2):
        own = generator.standard_normal((IMAGES, KNOWN))
        signal = _in_equal_parts(category, generator) + _in_equal_parts(own, generator)
        brains[brain] = recorded(signal, REPEATS, generator, snr)
    if not snr:  # as if all voxels had seemed reliable: few do, and none in some studies
        for answers in brains.values():
            answers.reliable[:], answers.ceiling[:] = True, 0.25
    readouts = []
    for teacher in (("S1", "HVC", "ridge", "brain", "small"), (*REFERENCE, "none", "small")):
        knows = np.hstack([category, generator.standard_normal((IMAGES, KNOWN))])
        students = [mixed(knows, generator, width=12) for _ in range(SEEDS)]
        readouts.append(readout(teacher, students, brains))
    of_brains = {brain: measured(answers) for brain, answers in brains.items()}
    table = close_loop(readouts, of_brains, 5, int(generator.integers(2**31)), N_BOOT)
    (row,) = table[(table["teacher"] == "brain") & (table["kind"] == kind)].to_dict("records")
    return {str(name): value for name, value in row.items()}


def _in_equal_parts(known: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Mixtures in voxels, all of one variance: no brain is easier to predict than another."""
    weights = generator.standard_normal((known.shape[1], VOXELS))
    return known @ (weights / np.linalg.norm(weights, axis=0))


def interval(
    generator: np.random.Generator, kind: str, snr: float = 1.0
) -> tuple[float, float, float]:
    """Interval of a row whose truth is 0."""
    row = found(generator, kind, snr)
    return row["ci_low"], row["ci_high"], 0.0


def significance(generator: np.random.Generator, kind: str) -> float:
    """The p of such a row."""
    return found(generator, kind)["p"]


def judged(generator: np.random.Generator, snr: float = 0.0, share: float = 1.0) -> float:
    """1 if a region has a reliable voxel, of which a share answers to images; else 0."""
    signal = generator.standard_normal((IMAGES, 30))
    noise = generator.standard_normal((REPEATS * IMAGES, 30))
    noise += generator.standard_normal((REPEATS * IMAGES, 1))  # that all voxels share
    samples = np.tile(snr * signal, (REPEATS, 1))
    samples[:, round(30 * share) :] = 0
    shown = np.tile([f"image{number:03d}" for number in range(IMAGES)], REPEATS)
    return float(repeated_answers(samples + noise, shown).reliable.any())


def judged_without_signal(generator: np.random.Generator) -> float:
    """0, as a p, where a region of noise is judged."""
    return 1 - judged(generator)


_ALIKE = "two subjects and students of two teachers, who know no more of one brain than of another"
_UNIT = "brains x seeds x images"

CLAIMS = [
    Claim(
        "loop-region-of-noise",
        "test",
        judged_without_signal,
        f"a region of 30 voxels of noise, {IMAGES} images {REPEATS} times: it is judged",
        "samples",
        studies=2000,
        seconds=0.001,
    ),
    Claim(
        "loop-region-of-signal",
        "power",
        partial(judged, snr=0.6, share=0.2),
        "the same where six voxels answer to images, at 0.4 of their noise: it is judged",
        "images x samples",
        seconds=0.001,
    ),
    Claim(
        "loop-score-of-noise",
        "interval",
        partial(interval, kind=SCORE, snr=0.0),
        "a region of noise, predicted from students who know categories",
        _UNIT,
        seconds=0.5,
    ),
    Claim(
        "loop-less-control",
        "interval",
        partial(interval, kind=CONTROL),
        f"{_ALIKE}: score less the control's",
        _UNIT,
        seconds=0.5,
    ),
    Claim(
        "loop-less-other-brain",
        "interval",
        partial(interval, kind=OTHER),
        f"{_ALIKE}: score less that of the other brain",
        _UNIT,
        seconds=0.5,
    ),
    Claim(
        "loop-specific",
        "interval",
        partial(interval, kind=SPECIFIC),
        f"{_ALIKE}: the last, less the same of students of the labels alone",
        _UNIT,
        seconds=0.5,
    ),
    Claim(
        "loop-less-control-p",
        "test",
        partial(significance, kind=CONTROL),
        f"{_ALIKE}: score less the control's",
        _UNIT,
        seconds=0.5,
    ),
]
