"""Names of categories that mean that nothing was shown."""

import pytest

from neuroloop.files.intake import Intake
from neuroloop.fmri.rest_names import looks_like_rest, warn_of_rest


@pytest.mark.parametrize(
    "name",
    [
        "rest",
        "Rest",
        "REST",
        "resting state",
        "fixation",
        "Fixation_1",
        "fixationcross",
        "FixationCross",
        "fix",
        "baseline",
        "Null",
        "null_event",
        "blank",
        "blank screen",
        "blanks",
        "ITI",
        "isi",
        "inter-trial interval",
        "none",
        "no stimulus",
        "no_stim",
        "nothing",
        "+",
        " + ",
        "rest_block",
        "gray blank",
    ],
)
def test_rest_by_name(name):
    assert looks_like_rest(name)


@pytest.mark.parametrize(
    "name",
    [
        "face",
        "house",
        "cross",
        "0",
        "1",
        "n01443537",
        "forest",
        "restaurant",
        "rest room",
        "fixture",
        "prefix",
        "nullify",
        "blanket",
        "gray",
        "screen",
        "scene interval",
        "fixing a car",
        "none_of_these",
        "trial",
        "x",
        "",
    ],
)
def test_stimuli_by_name(name):
    assert not looks_like_rest(name)


def test_one_warning_names_all():
    intake = Intake()
    warn_of_rest(["face", "fixation", "house", "fixation", "blank"], intake)
    (said,) = intake.warnings
    assert said.startswith("blank, fixation are classes by the labels")
    warn_of_rest(["face", "house"], intake)
    assert len(intake.warnings) == 1
