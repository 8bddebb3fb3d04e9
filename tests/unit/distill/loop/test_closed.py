"""Brains found again in students: where they are, and by chance where they are not."""

from collections import Counter

import numpy as np
import pytest

from neuroloop.distill.loop.closed import COLUMNS, Measured, close_loop, widened
from neuroloop.distill.loop.readout import measured
from tests.calibrate.closed_loop import CLAIMS
from tests.unit.distill.loop.worlds import REFERENCE, mixed, readout, recorded

S1, S2 = ("S1", "HVC"), ("S2", "HVC")
BRAIN = ("S1", "HVC", "ridge", "brain", "small")
SHUFFLED = ("S1", "HVC", "ridge", "withinclass", "small")
NONE, CNN = ((*REFERENCE, name, "small") for name in ("none", "cnn"))
SEEDS, IMAGES = 8, 100


def world(stream, *, taught, images=IMAGES):
    """Two subjects of own tuning, both of whom answer to categories too; students know these.

    Those of the brain know of S1's tuning as well, if they are `taught`.
    """
    category, first, second = (stream.standard_normal((images, 4)) for _ in range(3))
    voxels = (stream.standard_normal((8, 30)) for _ in range(2))
    brains = {
        brain: recorded(np.hstack([category, own]) @ weights, 5, stream)
        for brain, own, weights in zip((S1, S2), (first, second), voxels, strict=True)
    }
    more = first if taught else stream.standard_normal((images, 4))
    made = [
        readout(BRAIN, [mixed(np.hstack([category, more]), stream) for _ in range(SEEDS)], brains)
    ]
    for teacher in (NONE, CNN, SHUFFLED):
        else_known = stream.standard_normal((images, 4))
        seen = np.hstack([category, else_known])
        made.append(readout(teacher, [mixed(seen, stream) for _ in range(SEEDS)], brains))
    return made, {brain: measured(answers) for brain, answers in brains.items()}


def rows(table, kind):
    return table[(table["kind"] == kind) & (table["teacher"] == "brain")]


@pytest.fixture(scope="module")
def found():
    made, brains = world(np.random.default_rng(0), taught=True)
    return close_loop(made, brains, n_folds=5, seed=1, n_boot=2000)


def test_a_brain_that_taught_is_found_above_controls_and_above_another(found):
    controls = rows(found, "control")
    assert set(controls["control"]) == {"none", "cnn", "withinclass"}
    assert (controls["ci_low"] > 0).all()
    assert (controls["q"] < 0.01).all()
    for kind in ("other brain", "specific"):
        (row,) = rows(found, kind).to_dict("records")
        assert (row["predicted"], row["other"]) == ("S1", "S2")
        assert row["ci_low"] > 0, kind


def test_rows_and_columns(found):
    assert list(found) == COLUMNS
    kinds = Counter(zip(found["teacher"], found["kind"], strict=True))
    assert kinds == {
        ("brain", "score"): 1,
        ("withinclass", "score"): 1,
        ("none", "score"): 2,
        ("cnn", "score"): 2,
        ("brain", "control"): 3,
        ("brain", "other brain"): 1,
        ("brain", "specific"): 1,
    }
    score = found[found["kind"] == "score"]
    assert set(score["family"]) == {""}
    assert score["q"].isna().all()
    assert set(found["unit"]) == {"seeds x images"}
    assert (found["n"] == IMAGES).all()
    assert (found["voxels"] > 20).all()
    (own,) = rows(found, "score")["value"]
    alone = score[(score["teacher"] == "none") & (score["predicted"] == "S1")]["value"].item()
    less = rows(found, "control").set_index("control")["value"]
    assert less["none"] == pytest.approx(own - alone)


def test_images_vary_more_and_seeds_as_they_did():
    values = np.array([[1.0, 3.0], [4.0, 4.0]])
    np.testing.assert_allclose(widened(values, 5), [[0.5, 3.5], [4, 4]])  # sqrt(1 + 5 / 4) = 1.5


def test_a_row_does_not_hang_on_the_others():
    made, brains = world(np.random.default_rng(0), taught=True)
    fewer = close_loop([made[0], made[1]], brains, n_folds=5, seed=1, n_boot=500)
    more = close_loop(made, brains, n_folds=5, seed=1, n_boot=500)
    key = ["teacher", "kind", "control", "other", "predicted"]
    columns = ["value", "ci_low", "ci_high", "p"]
    both = fewer.merge(more, on=key, suffixes=("", "_of_more"))
    assert len(both) == len(fewer)
    for column in columns:
        assert (both[column] == both[f"{column}_of_more"]).all()


def test_a_region_without_a_ceiling_has_rows_that_say_so():
    made, brains = world(np.random.default_rng(2), taught=True, images=60)
    for one in made:
        one.scores.pop(S2)
    table = close_loop(made, brains | {S2: Measured(0, 0.0)}, n_folds=5, seed=1, n_boot=200)
    (row,) = rows(table, "other brain").to_dict("records")
    assert row["reason"].startswith("no voxel of S2 HVC has a noise ceiling")
    assert np.isnan(row["p"])
    assert rows(table, "control")["p"].notna().all()


def test_two_seeds_have_a_score_and_no_interval():
    made, brains = world(np.random.default_rng(2), taught=True, images=60)
    for one in made:
        one.scores.update({brain: values[:2] for brain, values in one.scores.items()})
    table = close_loop(made, brains, n_folds=5, seed=1, n_boot=200)
    assert table["ci_low"].isna().all()
    assert table["value"].notna().all()
    assert table["reason"].str.startswith("2 seeds do not tell").all()


def test_teachers_that_mislead_belong_to_no_family():
    made, brains = world(np.random.default_rng(2), taught=True, images=60)
    made.append(readout_as(made[1], (*REFERENCE, "random", "small")))
    table = close_loop(made, brains, n_folds=5, seed=1, n_boot=200)
    misled = table[table["control"] == "random"]
    assert misled["family"].tolist() == [""]
    assert misled["p"].notna().all()
    assert misled["q"].isna().all()


def readout_as(one, teacher):
    keys = dict(zip(one.keys, teacher, strict=True))
    return type(one)(keys, one.scores)


@pytest.mark.long
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_rows_are_wrong_as_often_as_they_say(claim):
    """120 studies; `make calibrate` counts more."""
    outcomes = [claim.run(number) for number in range(120)]
    if claim.kind == "power":
        assert np.mean(outcomes) > 0.8
    elif claim.kind == "test":
        assert np.mean([p <= 0.05 for p in outcomes]) < 0.11
    else:
        assert np.mean([low <= truth <= high for low, high, truth in outcomes]) > 0.89
