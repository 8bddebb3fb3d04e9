"""Does the brain teach: sentences of made-up tables, word by word."""

import numpy as np
import pytest

from neuroloop.files.formats import save_table
from neuroloop.report.answers.teaching import MOST
from neuroloop.report.sections import distillation
from neuroloop.report.sections.distillation import simulated
from tests.unit.report.study import COMPARED, DATASET, TEACHING, rows

NAN = np.nan

#: Differences from both controls of a brain that teaches, and what misleads.
NONE = {"control": "none", "difference": 0.06, "ci_low": 0.03, "ci_high": 0.09}
SMOOTH = {"control": "smooth", "difference": 0.02, "ci_low": 0.005, "ci_high": 0.035, "q": 0.01}
RANDOM = {"control": "random", "difference": 0.3, "q": NAN, "family": ""}
#: What ends the answers that are about one brain.
GAIN = " Verdict: S1 V1: a gain, not shown to be more than softness."
MORE = " Verdict: S1 V1: more than softness, not told whether of classes or of images."

UNTESTED = {"ci_low": NAN, "ci_high": NAN, "p": NAN, "q": NAN, "smallest_effect": NAN}


@pytest.fixture
def card(tmp_path):
    """The card of a table of comparisons, its block or what it teaches changed."""

    def made(*changes, teachers=TEACHING["teachers"], **block):
        save_table(tmp_path / "comparisons.tsv", rows(COMPARED, *changes))
        teaching = {**TEACHING, "teachers": teachers}
        files = {"comparisons": tmp_path / "comparisons.tsv"}
        (card,) = distillation.cards("faces", files, {**DATASET, "teaching": teaching, **block})
        return card

    return made


def of(roi, *changes, **others):
    return [{**change, "roi": roi, **others} for change in changes]


def test_brains_that_beat_every_control_teach(card):
    made = card(*of("V1", NONE, SMOOTH, RANDOM))
    assert (made.mark, made.of, made.simulated, made.against) == ("yes", "faces", True, ())
    assert made.answer == (
        "Students of S1 V1 beat every control (the labels alone and smoothed labels); of S1 V1 "
        "by 2.00 "
        "[0.50, 3.50] points over smoothed labels (q 0.01; 5 seeds, 1,000 images)." + MORE
    )
    (bar,) = made.forest.bars
    assert (bar.label, bar.kind, bar.value) == ("S1 V1 − smoothed labels", "claim", 0.02)
    assert (bar.low, bar.high) == (0.005, 0.035)
    assert made.scope.startswith(
        "Over seeds × images: other seeds and other images of these classes; these brains alone."
    )
    assert made.forest.caption.endswith("at q 0.05; 5 seeds, 1,000 images, 95 %.")


def test_the_largest_of_several_is_told_and_those_that_are_not_shown(card):
    rois = {name: {"encoding": "energy"} for name in ("V1", "V4", "HVC")}
    less = {**SMOOTH, "difference": 0.001, "q": 0.9}
    made = card(
        *of("V1", NONE, SMOOTH),
        *of("HVC", NONE, {**SMOOTH, "difference": 0.05}),
        *of("V4", NONE, less),
        rois=rois,
    )
    assert made.answer == (
        "Students of S1 V1 and S1 HVC beat every control (the labels alone and smoothed labels); "
        "of S1 HVC "
        "by 5.00 [0.50, 3.50] points over smoothed labels (q 0.01; 5 seeds, 1,000 images). Not "
        "shown: S1 "
        "V4. Verdict: S1 V1 and S1 HVC: more than softness, not told whether of classes or of "
        "images; S1 V4: a gain, not shown to be more than softness."
    )
    assert [bar.label.split()[1] for bar in made.forest.bars] == ["HVC", "V1", "V4"]
    assert [bar.kind for bar in made.forest.bars] == ["claim", "claim", "open"]


def test_brains_that_beat_the_labels_and_not_softness_do_not(card):
    made = card(*of("V1", NONE, {**SMOOTH, "q": 0.2, "smallest_effect": 0.0164}))
    assert made.mark == "no"
    assert made.answer == (
        "Not shown: no brain's students beat every control (the labels alone and smoothed "
        "labels). Those of "
        "S1 V1 beat the labels alone, but not smoothed labels (2.00 [0.50, 3.50] points, q 0.2). "
        "The least "
        "that these comparisons could have seen is 1.64 to 2.90 points (half of their intervals, "
        "before correction for 2 tests)." + GAIN
    )


def test_brains_that_are_worse_than_a_control_do_not_beat_it(card):
    worse = {**SMOOTH, "difference": -0.02, "ci_low": -0.03, "ci_high": -0.01, "q": 0.001}
    made = card(*of("V1", NONE, worse))
    assert made.mark == "no"
    told = "Worse: students of S1 V1 than a control; of S1 V1 by 2.00 [1.00, 3.00] points than"
    assert made.answer == f"{told} smoothed labels (q 0.001; 5 seeds, 1,000 images).{GAIN}"


def test_harm_by_every_control_is_told_and_not_as_what_could_not_be_seen(card):
    lost = {"difference": -0.05, "ci_low": -0.07, "ci_high": -0.03, "q": 0.001}
    made = card(*of("V1", {**NONE, **lost}, {**SMOOTH, **lost}))
    assert made.mark == "no"
    assert made.answer == (
        "Worse: students of S1 V1 than every control; of S1 V1 by 5.00 [3.00, 7.00] points than "
        "the labels alone (q 0.001; 5 seeds, 1,000 images). Verdict: S1 V1: no gain."
    )
    other = card(*of("V1", {**NONE, **lost}, SMOOTH), *of("V4", {**NONE, "q": 0.4}, SMOOTH))
    assert other.answer.startswith("Not shown: no brain's students beat every control")
    assert "Worse: students of S1 V1 than a control; of S1 V1 by 5.00" in other.answer
    assert "could have seen is 2.90 points" in other.answer
    both = card(*of("V1", {**NONE, **lost}, SMOOTH), *of("V4", NONE, SMOOTH))
    assert both.mark == "yes"
    assert "Worse: students of S1 V1 than a control" in both.answer
    assert [bar.label for bar in both.forest.bars] == [
        "S1 V4 − smoothed labels",
        "S1 V1 − labels alone",
    ]


def test_without_a_control_of_softness_beware(card):
    made = card(*of("V1", NONE), teachers=["none", "brain"])
    assert made.mark == "beware"
    assert made.answer == (
        "Students of S1 V1 beat the labels alone; of S1 V1 by 6.00 [3.00, 9.00] points over the "
        "labels alone (q 0.008; 5 seeds, 1,000 images). No control tells this from softer "
        "labels: add smooth to teachers." + GAIN
    )
    nothing = card(*of("V1", {**NONE, "q": 0.5}), teachers=["none", "brain"])
    assert nothing.mark == "no"
    assert nothing.answer.startswith("Not shown: no brain's students beat the labels alone.")


def test_fewer_than_three_seeds_are_no_test(card):
    few = {**UNTESTED, "reason": "2 seeds do not tell how seeds differ: 3 are needed", "seeds": 2}
    made = card(*of("V1", {**NONE, **few}, {**SMOOTH, **few}))
    assert made.mark == "void"
    assert made.answer == "No test: 2 seeds do not tell how seeds differ: 3 are needed."
    assert made.forest.bars[0].low is None


def test_what_was_not_tested_says_nothing_of_what_could_be_seen(card):
    made = card(
        *of("Noise", {**NONE, **UNTESTED, "reason": "one image"}),
        *of("V1", {**NONE, "q": 0.5, "smallest_effect": 0.03}),
        teachers=["none", "brain"],
    )
    assert made.mark == "no"
    assert "could have seen is 3.00 points (half of an interval)." in made.answer


def test_no_students_of_brains_are_no_test(card):
    made = card({"teacher": "random"})
    assert (made.mark, made.forest) == ("void", None)
    assert made.answer == "No brain taught a student that could be compared."


def test_a_region_that_answers_to_nothing_and_teaches_speaks_against_all(card):
    made = card(*of("V1", NONE, SMOOTH), *of("Noise", NONE, SMOOTH))
    assert made.mark == "beware"
    assert made.answer.endswith(
        "But those of S1 Noise, where nothing answers, beat them too: nothing tells what was "
        "taught from a simpler explanation." + MORE
    )
    assert made.against == (
        "S1 Noise answers to nothing, and its students beat every control (the labels alone and "
        "smoothed labels).",
    )
    assert {bar.label.split()[1]: bar.kind for bar in made.forest.bars} == {
        "V1": "doubtful",
        "Noise": "control",
    }
    alone = card(*of("Noise", NONE, SMOOTH), *of("V1", NONE, {**SMOOTH, "q": 0.5}))
    assert alone.mark == "no"
    assert alone.against == made.against
    assert alone.answer.startswith(
        "Not shown: no region that answers to anything has students that beat every control"
    )


def test_control_regions_do_not_say_what_could_have_been_seen(card):
    little = {"q": 0.5, "smallest_effect": 0.02}
    made = card(
        *of("V1", {**NONE, **little}, {**SMOOTH, **little, "smallest_effect": 0.01}),
        *of("Noise", {**NONE, "q": 0.6, "smallest_effect": 0.2}),
    )
    assert made.answer.endswith(
        "could have seen is 1.00 to 2.00 points (half of their intervals, before correction for 3 "
        "tests). Verdict: S1 V1: no gain."
    )


def test_brains_without_a_q_are_untested(card):
    made = card(*of("V1", NONE, SMOOTH), *of("V4", NONE, {**SMOOTH, **UNTESTED}))
    assert made.mark == "yes"
    assert " Untested: S1 V4. Verdict: S1 V1: more than softness" in made.answer
    nothing = card(*of("V1", {**NONE, **UNTESTED}))
    assert (nothing.mark, nothing.answer) == ("void", "No test: comparisons.tsv gives no q.")


def test_a_region_of_nothing_that_knows_the_image_is_doubted(card):
    made = card(*of("V1", NONE, SMOOTH), *of("Noise", {**IMAGES, "q": 0.02}))
    assert made.mark == "beware"
    assert made.against == ("S1 Noise answers to nothing, and is found to know the image.",)
    assert "Noise knows" not in made.answer
    less = card(*of("V1", NONE, SMOOTH), *of("V1", {**IMAGES, "difference": -0.02, "q": 0.02}))
    assert "not shown (below 1.20" in less.answer


def test_what_misleads_or_knows_is_no_control(card):
    """Students of teachers that mislead are beaten for nothing; a CNN knows the images."""
    teachers = ["none", "random", "rowshuffled", "cnn", "withinclass", "classmean", "brain"]
    made = card(
        *of("V1", NONE, RANDOM, {**RANDOM, "control": "rowshuffled"}),
        *of("V1", {"control": "cnn", "difference": -0.4, "q": 0.001}),
        *of("V1", {**SMOOTH, "control": "classmean"}),
        teachers=teachers,
    )
    assert made.mark == "yes"
    assert "(the labels alone and class means)" in made.answer


IMAGES = {
    "control": "withinclass",
    "family": "images",
    "difference": 0.02,
    "p": 0.01,
    "smallest_effect": 0.012,
}


@pytest.mark.parametrize(
    ("images", "told"),
    [
        ([{**IMAGES, "q": 0.02}], " S1 V1 knows the image, not its class alone (q 0.02)."),
        (
            [{**IMAGES, "q": 0.02}, {**IMAGES, "q": 0.02, "subject": "S2"}],
            " S1 V1 and S2 V1 know the image, not its class alone (q 0.02 at most).",
        ),
        (
            [{**IMAGES, "q": 0.3}],
            " That brains know more than the class is not shown (below 1.20 points unseen).",
        ),
        ([{**IMAGES, "p": NAN, "q": NAN}], f"(q 0.01; 5 seeds, 1,000 images).{MORE}"),
    ],
)
def test_whether_the_image_is_known_is_told_where_it_was_tested(card, images, told):
    made = card(*of("V1", NONE, SMOOTH), *of("V1", *images))
    assert made.mark == "yes"
    assert made.answer.endswith(told)


def test_other_decoders_and_students_and_means_are_no_part_of_it(card):
    other = {"decoder": "svm"}, {"student": "large"}, {"subject": "mean"}, {"subject": "group"}
    worse = {**SMOOTH, "difference": -0.1, "q": 0.5}
    made = card(
        *of("V1", NONE, SMOOTH),
        *(row for change in other for row in of("V1", NONE, worse, **change)),
    )
    assert made.mark == "yes"
    assert [bar.label for bar in made.forest.bars] == ["S1 V1 − smoothed labels"]


def test_of_many_brains_their_means_are_shown(card):
    people = {f"S{number}": {} for number in range(MOST)}
    single = [row for name in people for row in of("V1", NONE, SMOOTH, subject=name)]
    made = card(*single, *of("V1", NONE, SMOOTH, subject="mean"), subjects=people)
    assert [bar.label for bar in made.forest.bars] == ["V1, mean − smoothed labels"]
    without = card(*single, *of("V1", NONE, SMOOTH, subject="S99"), subjects={**people, "S99": {}})
    assert len(without.forest.bars) == MOST
    assert without.forest.caption.endswith(f"The {MOST} largest of {MOST + 1}.")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ["V1"],
            " What V1 adds comes from 90 other labelled digits of each category that it knows",
        ),
        (
            ["V1", "HVC"],
            " What V1 and HVC add comes from 90 other labelled digits of each category "
            "that they know, and that no student sees.",
        ),
        ([], None),
    ],
)
def test_what_simulated_regions_were_given_to_know_is_told(card, names, told):
    rois = {name: {"encoding": "category"} for name in names} | {"V4": {"encoding": "energy"}}
    made = card(*of("V1", NONE, SMOOTH), rois=rois)
    assert (told in made.scope) if told else ("digits" not in made.scope)
    assert "digits" not in card(*of("V1", NONE, SMOOTH), source="nifti", rois={"V1": {}}).scope


def test_the_registry_says_what_a_brain_has_to_beat(card):
    teachers = [*TEACHING["teachers"], "gaussian", "gabor", "cnnmatched"]
    gaussian = {**SMOOTH, "control": "gaussian"}
    beside = {**SMOOTH, "control": "gabor", "difference": -0.05, "q": 0.001}
    made = card(*of("V1", NONE, SMOOTH, gaussian, beside), teachers=teachers)
    assert made.mark == "yes", "filters stand beside a brain, which need not beat them"
    assert (
        "every control (the labels alone, smoothed labels and Gaussian surrogates)" in made.answer
    )
    gaussian |= {"q": 0.4}
    made = card(*of("V1", NONE, SMOOTH, gaussian, beside), teachers=teachers)
    assert made.mark == "no"
    assert ", but not Gaussian surrogates (" in made.answer


def test_the_verdict_says_what_the_controls_tell_and_the_scope_which_there_are_not(card):
    codes = [{**SMOOTH, "control": name} for name in ("codebook", "offdiagonal")]
    classes = {**SMOOTH, "control": "classmean"}
    taught = {**NONE, "teacher": "classmean"}
    less = {**classes, "q": 0.3}
    made = card(*of("V1", NONE, SMOOTH, *codes, less, taught), *of("HVC", {**NONE, "q": 0.9}))
    assert made.answer.endswith(
        " Verdict: S1 V1: class structure, nothing of the image shown; S1 HVC: no gain."
    )
    assert " Not compared: matched noise, Gaussian surrogates and " in made.scope
    of_images = *codes, classes, {**IMAGES, "q": 0.02}
    knows = card(*of("V1", NONE, SMOOTH, *of_images), *of("Noise", NONE, SMOOTH, *of_images))
    assert " Verdict: S1 V1: the image's own signal. S1 V1 knows the image" in knows.answer
    assert "Noise: the image" not in knows.answer


def test_verdicts_of_more_brains_than_are_drawn_are_counted(card):
    people = [row for number in range(MOST + 1) for row in of("V1", NONE, subject=f"S{number}")]
    made = card(*people, teachers=["none", "brain"])
    assert f"Verdict: {MOST + 1} brains: a gain, not shown" in made.answer


def test_people_who_look_at_photographs_know_photographs():
    block = {
        "rois": {"HVC": {"encoding": "category"}},
        "images": {"lifetime_per_category": 12},
        "photographs": {"folder": "seen"},
    }
    assert "comes from 12 other labelled photographs of each category" in simulated(block)
