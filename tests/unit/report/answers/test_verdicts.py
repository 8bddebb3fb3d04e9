"""Verdicts on brains: each by hand, from what is beaten and what teaches."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from neuroloop import registry
from neuroloop.report.answers.taught import controls_to_beat
from neuroloop.report.answers.verdicts import (
    BRAIN,
    CLASSES,
    CODE,
    COLUMNS,
    DEALT_ANEW,
    GAIN,
    KEPT,
    NO_GAIN,
    NO_SOFTNESS,
    NONE,
    OF_CLASSES,
    OF_IMAGES,
    SAID,
    SOFTNESS,
    UNTESTED,
    VERDICTS,
    judge,
    verdicts,
)

EVERY = [NONE, *(name for names in KEPT.values() for name in names)]


def verdict(*, beaten, over=(), lacking=(), untested=()):
    """Judge a brain that beats some of its controls, where others that teach beat the labels."""
    controls = {name: name in beaten for name in EVERY if name not in lacking}
    controls |= dict.fromkeys(untested)
    return judge(controls, {name: name in over for name in controls if name != NONE}).verdict


def test_every_control_that_a_brain_has_to_beat_keeps_one_thing():
    kept = [name for names in KEPT.values() for name in names]
    assert len(kept) == len(set(kept))
    names = [name for name in registry.names("teacher") if name != NONE]
    assert set(kept) == {*controls_to_beat(names), DEALT_ANEW}


UP_TO = {kept: [NONE, *EVERY[1 : EVERY.index(KEPT[kept][-1]) + 1]] for kept in KEPT}


@pytest.mark.parametrize(
    ("beaten", "expected"),
    [
        ([], NO_GAIN),
        ([NONE], GAIN),
        ([NONE, "smooth"], GAIN),
        (UP_TO[SOFTNESS], NO_SOFTNESS),
        ([*UP_TO[SOFTNESS], "codebook"], NO_SOFTNESS),
        (UP_TO[CODE], OF_CLASSES),
        ([*UP_TO[CODE], "classmean", "gaussian"], OF_CLASSES),
        (UP_TO[CLASSES], OF_IMAGES),
        # what keeps more and is beaten tells nothing where what keeps less is not
        ([name for name in EVERY if name != NONE], NO_GAIN),
        ([name for name in EVERY if name != "matchednoise"], GAIN),
        ([name for name in EVERY if name != "offdiagonal"], NO_SOFTNESS),
    ],
)
def test_a_verdict_claims_what_all_that_keeps_less_does_not_teach(beaten, expected):
    assert verdict(beaten=beaten, over=KEPT[CLASSES]) == expected


def test_without_a_gain_of_what_keeps_classes_a_gain_is_not_called_theirs():
    """The luck of one deal of soft labels, or images, may be what teaches."""
    assert verdict(beaten=UP_TO[CODE]) == NO_SOFTNESS
    assert verdict(beaten=UP_TO[CODE], over=["smooth", "codebook"]) == NO_SOFTNESS
    assert verdict(beaten=UP_TO[CODE], over=["gaussian"]) == OF_CLASSES
    assert verdict(beaten=UP_TO[CLASSES]) == OF_IMAGES, "which is no claim of classes"


def test_what_is_missing_or_untested_shows_nothing():
    every = {"beaten": EVERY, "over": KEPT[CLASSES]}
    assert verdict(**every, lacking=KEPT[SOFTNESS]) == GAIN
    assert verdict(**every, lacking=["smooth"]) == OF_IMAGES
    assert verdict(**every, lacking=KEPT[CODE]) == OF_IMAGES
    assert verdict(beaten=UP_TO[CODE], over=KEPT[CLASSES], lacking=KEPT[CODE]) == NO_SOFTNESS
    assert verdict(**every, lacking=["gaussian", "classmean"]) == OF_IMAGES
    assert verdict(**every, lacking=[DEALT_ANEW]) == OF_CLASSES
    assert verdict(**every, untested=[DEALT_ANEW]) == OF_CLASSES
    assert verdict(**every, untested=["codebook"]) == NO_SOFTNESS
    assert verdict(**every, untested=["smooth"]) == GAIN
    assert verdict(**every, untested=[NONE]) == UNTESTED
    assert judge({}, {}).verdict == UNTESTED


def test_what_stands_beside_a_brain_or_misleads_plays_no_part():
    controls = dict.fromkeys(EVERY, True)
    beside = dict.fromkeys(("cnn", "cnnmatched", "gabor", "random", "voxelnull"), False)
    assert judge(controls | beside, {}) == judge(controls, {})


def test_another_control_has_to_be_beaten_for_more_than_softness(monkeypatch):
    """A plugin's, whose place among the others is not known."""
    names = registry.names
    monkeypatch.setattr(registry, "names", lambda kind: [*names(kind), "hardbrain"])
    entry = registry.entry
    given = {"hardbrain": type("hardbrain", (), {"MISLEADS": False})}
    monkeypatch.setattr(registry, "entry", lambda kind, name: given.get(name) or entry(kind, name))
    controls = dict.fromkeys(EVERY, True)
    assert judge(controls | {"hardbrain": True}, {}).verdict == OF_IMAGES
    found = judge(controls | {"hardbrain": False}, {})
    assert (found.verdict, found.not_beaten) == (GAIN, ("hardbrain",))


def table(**of_controls):
    """Comparisons of one brain: q of each control."""
    keys = dict(zip(BRAIN, ["S1", "V1", "ridge", "small"], strict=True))
    return pd.DataFrame(
        [
            {**keys, "teacher": "brain", "control": name, "difference": np.sign(q), "q": abs(q)}
            for name, q in of_controls.items()
        ]
        + [{**keys, "teacher": "classmean", "control": NONE, "difference": 0.1, "q": 0.05}]
    )


def test_a_table_of_comparisons_by_hand():
    rows = table(none=0.05, smooth=0.001, codebook=0.01, classmean=-0.001, withinclass=np.nan)
    found = verdicts(rows)
    assert list(found) == COLUMNS
    (row,) = found.to_dict("records")
    assert row == {
        **{"subject": "S1", "roi": "V1", "decoder": "ridge", "student": "small"},
        "verdict": OF_CLASSES,
        "beats": "none, smooth, codebook",
        "not_beaten": "classmean",
        "untested": "withinclass",
        "missing": "matchednoise, offdiagonal, gaussian",
    }
    less = verdicts(table(none=0.051, smooth=0.001))
    assert less["verdict"].tolist() == [NO_GAIN]
    assert less["beats"].tolist() == ["smooth"]


def test_brains_are_judged_one_by_one():
    one = table(none=0.01, smooth=0.01, codebook=0.01)
    other = one.assign(roi="V4", q=one["q"].where(one["teacher"] == "brain", 0.5))
    found = verdicts(pd.concat([one, other, one.assign(subject="mean")], ignore_index=True))
    assert found[["subject", "roi"]].to_numpy().tolist() == [
        ["S1", "V1"],
        ["S1", "V4"],
        ["mean", "V1"],
    ]
    assert found["verdict"].tolist() == [OF_CLASSES, NO_SOFTNESS, OF_CLASSES]
    assert verdicts(one.iloc[:0]).empty


def test_a_control_more_that_is_not_beaten_never_raises_a_verdict():
    stream = np.random.default_rng(0)
    for _ in range(300):
        beaten = {name: bool(stream.random() < 0.8) for name in EVERY}
        over = {name: bool(stream.random() < 0.5) for name in KEPT[CLASSES]}
        ranks = []
        for _ in range(3):
            ranks.append(VERDICTS.index(judge(beaten, over).verdict))
            beaten[str(stream.choice(EVERY))] = False
        assert all(first >= then for first, then in pairwise(ranks))


def test_every_verdict_but_untested_is_said():
    assert set(SAID) == {*VERDICTS} - {UNTESTED}
