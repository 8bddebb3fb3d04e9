"""Verdicts on brains of known truth, by students that are trained."""

import numpy as np
import pytest

from neuroloop.report.answers.verdicts import SOFTNESS
from tests.calibrate.verdicts import CLAIMS, RIGHT, trained_verdict


@pytest.mark.long
@pytest.mark.parametrize("truth", [truth for truth in RIGHT if truth != SOFTNESS])
def test_trained_students_tell_what_a_brain_knows(truth):
    """150 small students of a brain and all of its controls, in some seconds."""
    assert trained_verdict(np.random.default_rng(0), truth) == RIGHT[truth]


def test_claims_are_of_every_truth():
    assert len(CLAIMS) == 2 * len(RIGHT)
    assert {claim.kind for claim in CLAIMS if "-right-" in claim.name} == {"power"}
