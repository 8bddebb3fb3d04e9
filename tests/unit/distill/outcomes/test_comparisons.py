"""Tables of outcomes: what is compared, what varies, and what a world without effect gives."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import false_discovery_control, t

from neuroloop.distill.ablation import REFERENCE
from neuroloop.distill.outcomes.comparisons import (
    COMPARISON_COLUMNS,
    ONE_ASSIGNMENT,
    STUDENT_COLUMNS,
    compare_outcomes,
    describe_students,
)
from neuroloop.distill.outcomes.error_consistency import kappas
from tests.unit.distill.outcomes.simulated import OUTCOMES, World

COMPARED = ["calibration_error", "brier", "log_loss", "noise", "fgsm", "error_consistency"]


def two_subjects(seeds=4, images=60):
    world = World(np.random.default_rng(0), seeds, images)
    made = [world.students(REFERENCE, "none"), world.students(REFERENCE, "cnn", gain=0.2)]
    for subject in ("S1", "S2", "S3"):
        made.append(world.students(subject, "brain", gain=0.5))
        made += [world.students(subject, name) for name in ("smooth", "withinclass", "rowshuffled")]
    return made


@pytest.fixture(scope="module")
def students():
    return two_subjects()


@pytest.fixture(scope="module")
def compared(students):
    return compare_outcomes(students, OUTCOMES)


def only(table, **names):
    chosen = np.logical_and.reduce([table[key] == value for key, value in names.items()])
    assert chosen.sum() == 1, names
    return table[chosen].iloc[0]


def test_who_is_compared_with_whom_in_what(compared):
    assert list(compared) == COMPARISON_COLUMNS
    assert list(dict.fromkeys(compared["outcome"])) == COMPARED
    of_one = compared[compared["subject"] == "S1"]
    pairs = of_one.groupby("outcome")[["teacher", "control"]].apply(
        lambda rows: set(map(tuple, rows.to_numpy()))
    )
    brain = {("brain", name) for name in ("none", "cnn", "smooth", "withinclass", "rowshuffled")}
    others = {(name, "none") for name in ("smooth", "withinclass", "rowshuffled")}
    assert pairs["brier"] == pairs["noise"] == brain | others
    assert pairs["error_consistency"] == brain
    assert set(compared["subject"]) == {"S1", "S2", "S3", "mean", "group", REFERENCE}


def test_a_difference_is_that_of_what_students_came_to(students, compared):
    table = describe_students(students, OUTCOMES)
    assert list(table) == STUDENT_COLUMNS
    for outcome, strength in (("brier", ""), ("noise", "mean"), ("calibration_error", "")):
        at = {"outcome": outcome, "strength": strength}
        brain = only(table, subject="S1", teacher="brain", **at)["value"]
        none = only(table, subject=REFERENCE, teacher="none", **at)["value"]
        row = only(compared, subject="S1", teacher="brain", control="none", outcome=outcome)
        assert row["difference"] == pytest.approx(brain - none)
        assert (row["value"], row["value_of_control"]) == pytest.approx((brain, none))


def test_accuracies_without_and_at_each_strength_stand_beside_their_mean(students):
    table = describe_students(students, OUTCOMES)
    rows = table[(table["subject"] == "S1") & (table["teacher"] == "brain")]
    noise = rows[rows["outcome"] == "noise"].set_index("strength")["value"]
    assert list(noise.index) == ["0", "0.08", "0.12", "mean"]
    assert noise["mean"] == pytest.approx((noise["0.08"] + noise["0.12"]) / 2)
    assert noise["0"] == pytest.approx(students[2].group.hits.mean())
    assert list(rows[rows["outcome"] == "fgsm"]["strength"]) == ["0", "0.00392", "mean"]


def test_error_consistency_is_between_teachers_beside_within_them(students, compared):
    brain, none = students[2].group.hits, students[0].group.hits
    apart = ~np.eye(4, dtype=bool)
    row = only(compared, subject="S1", control="none", outcome="error_consistency")
    assert row["value"] == pytest.approx(kappas(brain, none)[apart].mean())
    of_brain, of_none = (kappas(hits, hits)[apart].mean() for hits in (brain, none))
    assert row["value_of_control"] == pytest.approx((of_brain + of_none) / 2)
    assert row["difference"] == pytest.approx(row["value"] - row["value_of_control"])
    table = describe_students(students, OUTCOMES)
    own = only(table, subject=REFERENCE, teacher="none", outcome="error_consistency")
    assert own["value"] == pytest.approx(of_none)


def test_an_interval_by_hand():
    """Where only seeds differ it is Student's t of their means."""
    world = World(np.random.default_rng(1), 4, 3)
    one = world.students(REFERENCE, "none", ("calibration",))
    brain = world.students("S1", "brain", ("calibration",))
    each = np.array([0.1, 0.2, 0.4, 0.1])
    cells = {"brier": np.repeat(each[:, None], 3, axis=1), "log_loss": np.zeros((4, 3))}
    brain = replace(brain, cells={(name, ""): values for name, values in cells.items()})
    none = replace(one, cells={(name, ""): np.zeros((4, 3)) for name in cells})
    table = compare_outcomes([none, brain], ["calibration"])
    row = only(table, outcome="brier")
    half = t.ppf(0.975, 3) * each.std(ddof=1) / 2
    assert row["difference"] == pytest.approx(0.2)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.2 - half, 0.2 + half))
    assert row["smallest_effect"] == pytest.approx(half)
    assert row["p"] == pytest.approx(2 * t.sf(0.2 / (each.std(ddof=1) / 2), 3), rel=1e-4)
    without = only(table, outcome="log_loss")
    assert without["reason"] == "no seed or image differs from another"
    assert np.isnan(without[["ci_low", "ci_high", "p", "q"]].astype(float)).all()


def test_all_outcomes_are_one_family_without_what_misleads(compared):
    assert set(compared["family"]) == {"outcomes", "outcomes of people", ""}
    misled = compared[["teacher", "control"]].eq("rowshuffled").any(axis=1)
    assert (compared["family"] == "").equals(misled)
    inside = compared[(compared["family"] == "outcomes") & compared["p"].notna()]
    assert set(inside["outcome"]) == set(COMPARED)
    np.testing.assert_allclose(inside["q"], false_discovery_control(inside["p"]))
    assert compared.loc[misled, "q"].isna().all()


def test_variants_of_a_decoder_have_families_of_their_own(students):
    table = compare_outcomes(students, OUTCOMES, {"ridge": "voxelnull"})
    brains = table[(table["subject"] == "S1") & (table["control"] == "none")]
    assert set(brains["family"]) - {""} == {"outcomes, voxelnull"}


def test_brains_are_compared_with_variants_of_their_decoding(students):
    null = [
        replace(one, group=replace(one.group, keys={**one.group.keys, "decoder": "null"}))
        for one in students
        if one.group.keys["teacher"] in ("smooth", "rowshuffled", "withinclass", "brain")
    ]
    variants = {"null": "voxelnull"}, {"null": "ridge"}
    table = compare_outcomes([*students, *null], OUTCOMES, *variants)
    rows = table[table["control"] == "voxelnull"]
    assert set(rows["outcome"]) == set(COMPARED)
    assert set(rows["subject"]) == {"S1", "S2", "S3", "mean", "group"}
    assert set(rows["family"]) == {"outcomes, over variants", "outcomes of people, over variants"}
    same = rows[rows["outcome"] == "brier"]
    assert set(same["reason"]) == {"no seed or image differs from another"}, "the same students"


def test_the_luck_of_one_deal_has_no_test_but_over_people(compared):
    rows = compared[(compared["teacher"] == "brain") & (compared["control"] == "withinclass")]
    of_brains = rows[rows["subject"] != "group"]
    assert set(of_brains["reason"]) == {ONE_ASSIGNMENT}
    assert of_brains["p"].isna().all()
    assert of_brains["difference"].notna().all()
    assert rows.loc[rows["subject"] == "group", "p"].notna().all()


def test_what_varies_and_of_what_it_speaks(compared):
    one = only(compared, subject="S1", teacher="brain", control="none", outcome="brier")
    assert one["unit"] == "seeds x images"
    assert one["scope"].endswith("these brains and this assignment of soft labels alone")
    mean = only(compared, subject="mean", teacher="brain", control="none", outcome="brier")
    people = only(compared, subject="group", teacher="brain", control="none", outcome="brier")
    assert mean["difference"] == pytest.approx(people["difference"])
    assert people["unit"] == "subjects x seeds x images"
    assert (one["subjects"], mean["subjects"], people["subjects"]) == (1, 3, 3)
    assert people["smallest_effect"] > mean["smallest_effect"]


def test_two_seeds_do_not_tell_how_seeds_differ():
    table = compare_outcomes(two_subjects(seeds=2), OUTCOMES)
    tested = table[table["control"] != "withinclass"]
    assert tested["reason"].str.startswith("2 seeds do not tell").all()
    assert table["p"].isna().all()


def test_students_without_a_kappa_say_so():
    world = World(np.random.default_rng(0), 4, 30)
    alike = [world.students(REFERENCE, "none", gain=99), world.students("S1", "brain", gain=99)]
    row = only(compare_outcomes(alike, OUTCOMES), outcome="error_consistency")
    assert "no kappa" in row["reason"]
    assert np.isnan(row["difference"])


def test_outcomes_that_are_not_asked_for_are_not_made():
    world = World(np.random.default_rng(0), 3, 30)
    made = [world.students(REFERENCE, "none", ()), world.students("S1", "brain", ())]
    table = compare_outcomes(made, ["error_consistency"])
    assert set(table["outcome"]) == {"error_consistency"}
    assert set(describe_students(made, ["error_consistency"])["outcome"]) == {"error_consistency"}


def rates(seeds, images, count=120, **what):
    """How often each outcome of brain less none has p of at most 5 %, in a world each time."""
    found: dict[str, list[bool]] = {}
    for number in range(count):
        world = World(np.random.default_rng([7, number]), seeds, images)
        made = [world.students(REFERENCE, "none"), world.students("S1", "brain", **what)]
        for row in compare_outcomes(made, OUTCOMES).to_dict("records"):
            found.setdefault(row["outcome"], []).append(row["p"] <= 0.05)
            assert (row["p"] <= 0.05) == (row["ci_low"] > 0 or row["ci_high"] < 0)
    return {outcome: np.mean(hits) for outcome, hits in found.items()}


@pytest.mark.parametrize(("seeds", "images"), [(4, 60), (10, 120)])
def test_students_of_the_same_teacher_do_not_differ(seeds, images):
    """About 5 % at most; 11.7 % and more of 120 come in one of 1,000 such tests."""
    found = rates(seeds, images)
    assert set(found) == set(COMPARED)
    assert max(found.values()) <= 0.117, found


def test_differences_that_are_there_are_found():
    more_right = rates(10, 120, count=20, gain=0.8)
    assert min(more_right[name] for name in ("brier", "log_loss", "noise", "fgsm")) > 0.9
    assert rates(10, 120, count=20, sure=3.0)["calibration_error"] > 0.9
    assert rates(10, 120, count=20, own=3.0)["error_consistency"] > 0.9


def test_students_that_only_err_more_at_random_do_not_err_otherwise():
    """They are told apart in at most 1 of 8 studies: their accuracies differ a little."""
    generator, found = np.random.default_rng(3), []
    for _ in range(40):
        world = World(generator, 10, 120)
        none, brain = world.students(REFERENCE, "none", ()), world.students("S1", "brain", ())
        logits = world.logits(gain=0.4)
        noisy = (logits + generator.standard_normal(logits.shape)).argmax(axis=2) == world.truth
        brain = replace(brain, group=replace(brain.group, hits=noisy))
        row = only(compare_outcomes([none, brain], ["error_consistency"]), teacher="brain")
        assert (
            row["value"] < kappas(none.group.hits, none.group.hits)[~np.eye(10, dtype=bool)].mean()
        )
        found.append(row["p"] <= 0.05)
    assert np.mean(found) <= 0.125
