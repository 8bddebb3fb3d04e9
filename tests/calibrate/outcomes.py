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
        f"outcome-{outcome.replace('_', '-')}-{row}-{subjects}-subjects-{seeds}-seeds",
        "test",
        partial(
            alike, outcome=outcome, subject=subject, subjects=subjects, seeds=seeds, images=images
        ),
        f"simulated students of teachers that do nothing, {outcome}: row {row} of {subjects} "
        f"subjects, {seeds} seeds, {images} images",
        "subjects x seeds x images" if subject == "group" else "seeds x images",
        studies=500,
        seconds=0.03 * subjects,
    )
    for outcome in ASKED
    for subject, row, subjects, seeds, images in [
        ("S0", "single", 1, 3, 100),
        ("S0", "single", 1, 10, 200),
        ("group", "group", 3, 5, 100),
    ]
]
