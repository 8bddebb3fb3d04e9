"""Claims of outcomes beside accuracy: rows of outcome_comparisons.tsv.

Students of teachers that are alike are simulated with the images, seeds and luck that those of all
teachers share, and each outcome is compared as the product does it.
"""

from functools import partial

import numpy as np

from neuroloop.distill.ablation import REFERENCE
from neuroloop.distill.outcomes.comparisons import compare_outcomes
from tests.calibrate.claim import Claim
from tests.unit.distill.outcomes.simulated import World

#: An outcome, and what has to be asked for.
ASKED = {
    "calibration_error": "calibration",
    "brier": "calibration",
    "log_loss": "calibration",
    "noise": "corruptions",
    "error_consistency": "error_consistency",
}


def alike(
    generator: np.random.Generator,
    outcome: str,
    subject: str,
    subjects: int,
    seeds: int,
    images: int,
) -> float | None:
    """Brains whose soft labels do nothing, less no teacher."""
    world, asked = World(generator, seeds, images), (ASKED[outcome],)
    made = [world.students(REFERENCE, "none", asked)]
    made += [world.students(f"S{number}", "brain", asked) for number in range(subjects)]
    table = compare_outcomes(made, asked)
    at = (table["subject"] == subject) & (table["outcome"] == outcome)
    p = table[at & (table["teacher"] == "brain")]["p"].item()
    return None if np.isnan(p) else float(p)


CLAIMS = [
    Claim(
        f"outcome-{outcome.replace('_', '-')}-{seeds}-seeds",
        "test",
        partial(alike, outcome=outcome, subject="S0", subjects=1, seeds=seeds, images=images),
        f"simulated students of teachers that do nothing, {outcome}: {seeds} seeds, "
        f"{images} images",
        "seeds x images",
        studies=500,
        seconds=seconds,
    )
    for outcome, seeds, images, seconds in [
        ("calibration_error", 10, 200, 0.014),
        ("brier", 10, 200, 0.011),
        ("error_consistency", 10, 200, 0.008),
    ]
]
