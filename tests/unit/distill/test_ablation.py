"""Tables of the ablation, on hits made by hand."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from neuroloop.distill.ablation import (
    COLUMNS,
    KEYS,
    NOT_MADE,
    REFERENCE,
    Group,
    accuracies,
    check_paired,
    compare_teachers,
)
from neuroloop.distill.image_test import AssignedStudents
from neuroloop.errors import NeuroLoopError
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.intervals import crossed_group_interval, paired_difference

SEEDS, IMAGES = 3, 40


def group(*names, right, student="small", seed=0) -> Group:
    """Students of a teacher that name about `right` of 40 images right."""
    keys = dict(zip(KEYS, (*names, student), strict=True))
    hits = np.random.default_rng(seed).random((SEEDS, IMAGES)) < right
    ids = [f"i{number}" for number in range(IMAGES)]
    return Group(keys, hits, ids, list(range(SEEDS)), chance=0.25)


def reference(teacher, right, **options):
    return group(REFERENCE, REFERENCE, REFERENCE, teacher, right=right, **options)


@pytest.fixture
def groups():
    """Two subjects, one region, three teachers made of brains and two that are not."""
    made = [reference("none", 0.5, seed=1), reference("cnn", 0.6, seed=2)]
    for number, subject in enumerate(("S1", "S2"), start=3):
        for place, (teacher, right) in enumerate(
            [("brain", 0.9), ("smooth", 0.55), ("withinclass", 0.7)]
        ):
            made.append(
                group(subject, "V1", "ridge", teacher, right=right, seed=10 * number + place)
            )
    return made


def row(table, **names):
    """The only row with these values."""
    chosen = np.logical_and.reduce([table[key] == value for key, value in names.items()])
    assert chosen.sum() == 1
    return table[chosen].iloc[0]


def test_accuracies_by_hand():
    hits = np.array([[True, False, False, False], [True, True, True, False]])
    keys = dict(zip(KEYS, ["S1", "V1", "ridge", "brain", "small"], strict=True))
    table = accuracies([Group(keys, hits, list("abcd"), [0, 7], 0.5)])
    assert table.to_dict("records") == [
        {**keys, "seed": 0, "accuracy": 0.25, "n": 4, "chance": 0.5, "flag": ""},
        {**keys, "seed": 7, "accuracy": 0.75, "n": 4, "chance": 0.5, "flag": ""},
    ]


def test_a_row_of_every_student(groups):
    table = accuracies(groups)
    assert len(table) == len(groups) * SEEDS
    assert not table.duplicated([*KEYS, "seed"]).any()


def test_a_difference_by_hand():
    """Where all students differ on the same images, resampling moves nothing: no interval."""
    base, better = reference("none", 0.0), group("S1", "V1", "ridge", "brain", right=1.1)
    table = compare_teachers([base, better], seed=0, n_boot=99)
    assert len(table) == 1
    found = table.iloc[0]
    assert found["difference"] == 1
    assert np.isnan([found["ci_low"], found["ci_high"]]).all()
    assert found["reason"] == "no seed or image differs from another"
    assert found[["p", "q", "smallest_effect"]].isna().all(), "all of one kind of inference"
    assert (found["n"], found["seeds"], found["subjects"]) == (40, 3, 1)
    assert (found["teacher"], found["control"]) == ("brain", "none")
    assert list(table) == COLUMNS


def test_students_who_are_alike_get_no_interval_without_width(groups):
    """In one row, in that of the mean and in that of the group."""
    hits = groups[0].hits
    same = [replace(one, hits=hits) for one in third(groups)]
    table = compare_teachers(same, seed=0, n_boot=50)
    assert {"S1", "mean", "group"} <= set(table["subject"])
    assert (table["difference"].abs() < 1e-15).all()
    assert table[["ci_low", "ci_high"]].isna().all(axis=None)
    about_images = table["control"].eq("withinclass") & table["subject"].ne("group")
    assert table.loc[~about_images, "reason"].str.contains("differs from another").all()
    assert table.loc[about_images, "reason"].str.contains("no image test").all()
    assert table["p"].isna().all()


def test_who_is_compared_with_whom(groups):
    table = compare_teachers(groups, seed=0, n_boot=50)
    single = table[table["subject"] != "group"]
    of_subject = single[single["subject"] == "S1"]
    pairs = set(zip(of_subject["teacher"], of_subject["control"], strict=True))
    brain = {("brain", control) for control in ("none", "cnn", "smooth", "withinclass")}
    assert pairs == brain | {("smooth", "none"), ("withinclass", "none")}
    references = single[single["subject"] == REFERENCE]
    assert set(zip(references["teacher"], references["control"], strict=True)) == {("cnn", "none")}
    assert len(single) == 3 * 6 + 1  # two subjects and their mean


def test_brains_are_compared_with_variants_of_their_decoding(groups):
    """And nothing else changes for it: neither other rows nor their q."""
    dealt = [
        group(subject, "V1", "null", teacher, right=0.5, seed=70 + place)
        for place, (subject, teacher) in enumerate(
            product(["S1", "S2"], ["brain", "smooth", "withinclass"])
        )
    ]
    variants = {"null": "voxelnull"}
    apart = compare_teachers([*groups, *dealt], seed=0, n_boot=50, variants=variants)
    table = compare_teachers(
        [*groups, *dealt], seed=0, n_boot=50, variants=variants, varied={"null": "ridge"}
    )
    new = table["control"] == "voxelnull"
    kept = table[~new].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, apart)
    assert list(table.loc[new, "subject"]) == ["S1", "S2", "mean", "group"]
    families = {"gains, over variants", "people, over variants"}
    assert set(table.loc[new, "family"]) == families
    assert set(table.loc[new, "decoder"]) == {"ridge"}
    found = row(table, subject="S1", control="voxelnull")
    ours = next(one for one in groups if one.keys["teacher"] == "brain")
    assert found["difference"] == pytest.approx(ours.hits.mean() - dealt[0].hits.mean())
    assert np.isfinite(found[["ci_low", "ci_high", "p", "q"]].astype(float)).all()
    assert len(table.loc[new, "q"].dropna()) == 3, "two people do not tell of others"


def test_rows_of_the_mean_speak_of_the_subjects_at_hand(groups):
    table = compare_teachers(groups, seed=0, n_boot=50).query("control == 'none'")
    keys = ["roi", "decoder", "teacher", "student"]
    mean = table[table["subject"] == "mean"].set_index(keys)
    single = table[table["subject"].isin(["S1", "S2"])].groupby(keys)["difference"].mean()
    assert len(mean)
    pd.testing.assert_series_equal(mean["difference"], single, check_like=True)
    assert set(mean["subjects"]) == {2}
    group = table[table["subject"] == "group"].set_index(keys)
    pd.testing.assert_series_equal(mean["difference"], group["difference"], check_like=True)


def test_a_control_is_that_of_the_same_subject_region_and_student(groups):
    others = [
        group("S1", roi, decoder, teacher, right=right, seed=90 + number)
        for number, (roi, decoder, teacher, right) in enumerate(
            [
                ("V2", "ridge", "brain", 0.6),
                ("V2", "ridge", "smooth", 0.2),
                ("V2", "ridge", "withinclass", 0.4),
                ("V1", "svm", "brain", 0.3),
                ("V1", "svm", "smooth", 0.8),
                ("V1", "svm", "withinclass", 0.1),
            ]
        )
    ]
    others += [
        reference("none", 0.1, student="large", seed=98),
        group("S1", "V1", "ridge", "brain", right=0.4, student="large", seed=99),
    ]
    everything = groups + others
    table = compare_teachers(everything, seed=4, n_boot=50)
    by_keys = {tuple(one.keys.values()): one.hits for one in everything}

    def expected(brain, control):
        generator = numpy_generator(4, "comparison", *brain, control[3])
        return paired_difference(by_keys[brain], by_keys[control], generator, 50)

    for roi, decoder, student, teacher in [
        ("V1", "ridge", "small", "smooth"),
        ("V2", "ridge", "small", "smooth"),
        ("V1", "svm", "small", "none"),
        ("V1", "ridge", "large", "none"),
    ]:
        brain = ("S1", roi, decoder, "brain", student)
        where = (REFERENCE,) * 3 if teacher == "none" else ("S1", roi, decoder)
        difference = expected(brain, (*where, teacher, student))
        found = row(table, **dict(zip(KEYS, brain, strict=True)), control=teacher)
        assert tuple(found[["difference", "ci_low", "ci_high", "p"]]) == difference


def test_the_order_of_the_groups_changes_no_number(groups):
    one = compare_teachers(groups, seed=0, n_boot=50)
    other = compare_teachers(groups[::-1], seed=0, n_boot=50)
    names = [*KEYS, "control"]
    pd.testing.assert_frame_equal(
        one.sort_values(names, ignore_index=True), other.sort_values(names, ignore_index=True)
    )
    assert not one.equals(compare_teachers(groups, seed=1, n_boot=50))


def with_misleading(groups):
    """The groups, with students of teachers that cost accuracy on purpose."""
    return [
        *groups,
        reference("random", 0.05, seed=50),
        *(group(s, "V1", "ridge", "rowshuffled", right=0.1, seed=51) for s in ("S1", "S2")),
    ]


def test_q_values_are_over_the_family_without_teachers_that_mislead(groups):
    table = compare_teachers(with_misleading(groups), seed=0, n_boot=200)
    single = table[table["subject"] != "group"]
    misled = single[["teacher", "control"]].isin(["random", "rowshuffled"]).any(axis=1)
    assert misled.sum() == 1 + 3 * 3  # random less none; brain less both, and rowshuffled less none
    assert single.loc[misled, "p"].notna().all()
    assert single.loc[misled, "q"].isna().all()
    assert set(single.loc[misled, "family"]) == {""}
    gains = single[single["family"] == "gains"]
    assert len(gains) == (~misled).sum() - 3, "brain less withinclass is about images"
    np.testing.assert_allclose(gains["q"], false_discovery_control(gains["p"]))
    # By hand: of m sorted p values, q_i is the least of m p_j / j over j >= i.
    p = np.sort(gains["p"].to_numpy())
    scaled = len(p) * p / np.arange(1, len(p) + 1)
    np.testing.assert_allclose(np.sort(gains["q"]), np.minimum.accumulate(scaled[::-1])[::-1])


def test_teachers_that_mislead_change_no_q_of_the_others(groups):
    names = [*KEYS, "control", "p", "q"]
    without = compare_teachers(groups, seed=0, n_boot=200)[names]
    table = compare_teachers(with_misleading(groups), seed=0, n_boot=200)
    misled = table[["teacher", "control"]].isin(["random", "rowshuffled"]).any(axis=1)
    pd.testing.assert_frame_equal(
        without.sort_values(names, ignore_index=True),
        table.loc[~misled, names].sort_values(names, ignore_index=True),
    )


def test_students_of_a_variant_change_no_q_of_the_others(groups):
    null = [
        replace(one, keys={**one.keys, "decoder": "null"})
        for one in groups
        if one.keys["subject"] != REFERENCE
    ]
    before = compare_teachers(groups, seed=0, n_boot=99)
    table = compare_teachers([*groups, *null], seed=0, n_boot=99, variants={"null": "voxelnull"})
    of_null = table[table["decoder"] == "null"]
    others = table[table["decoder"] != "null"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, before)
    assert set(of_null["family"]) == {f"{one}, voxelnull" for one in ("gains", "images", "people")}
    mixed = compare_teachers([*groups, *null], seed=0, n_boot=99)
    assert mixed.loc[mixed["decoder"] != "null", "q"].tolist() != before["q"].tolist()


def test_a_table_of_misleading_teachers_alone_has_no_q():
    table = compare_teachers(
        [reference("none", 0.5), reference("random", 0.1, seed=3)], 0, n_boot=50
    )
    assert table["p"].notna().all()
    assert table["q"].isna().all()


def third(groups):
    """The groups, with those of a third subject."""
    return groups + [
        group("S3", "V1", "ridge", teacher, right=right, seed=60 + number)
        for number, (teacher, right) in enumerate(
            [("brain", 0.8), ("smooth", 0.6), ("withinclass", 0.75)]
        )
    ]


def test_the_group_is_the_mean_over_subjects_seeds_and_images(groups):
    everyone = third(groups)
    hits = {tuple(one.keys.values())[:4]: one.hits.astype(float) for one in everyone}
    table = compare_teachers(everyone, seed=0, n_boot=50)
    of_group = table[table["subject"] == "group"]
    assert len(of_group) == 6, "no row for teachers that need no brain"
    for _, found in of_group.iterrows():
        teacher, control = found["teacher"], found["control"]
        differences = [
            hits[name, "V1", "ridge", teacher]
            - hits.get((name, "V1", "ridge", control), hits.get((*[REFERENCE] * 3, control)))
            for name in ("S1", "S2", "S3")
        ]
        expected = crossed_group_interval(np.stack(differences))
        assert tuple(found[["difference", "ci_low", "ci_high"]]) == pytest.approx(expected[:3])
        assert found["reason"] == ""
        assert found["p"] == expected.p
        assert (found["ci_low"] > 0 or found["ci_high"] < 0) == (found["p"] < 0.05)
        assert (found["family"], found["unit"]) == ("people", "subjects x seeds x images")
        assert found["smallest_effect"] == pytest.approx((found["ci_high"] - found["ci_low"]) / 2)
        assert (found["subjects"], found["n"], found["seeds"]) == (3, IMAGES, SEEDS)


def test_a_group_of_two_subjects_keeps_its_difference_and_says_why_it_has_no_interval(groups):
    table = compare_teachers(groups, seed=0, n_boot=50)
    of_group = table[table["subject"] == "group"]
    assert len(of_group) == 6
    for _, found in of_group.iterrows():
        names = {key: found[key] for key in ("roi", "decoder", "teacher", "student", "control")}
        values = [row(table, subject=name, **names)["difference"] for name in ("S1", "S2")]
        assert found["difference"] == pytest.approx(np.mean(values))
        assert (found["subjects"], found["n"], found["seeds"]) == (2, IMAGES, SEEDS)
        assert found[["ci_low", "ci_high", "p", "q"]].isna().all()
        assert "2 subjects" in found["reason"]
    others = table["subject"].ne("group") & table["control"].ne("withinclass")
    assert set(table.loc[others, "reason"]) == {""}


def test_one_subject_makes_no_group(groups):
    alone = [one for one in groups if one.keys["subject"] != "S2"]
    table = compare_teachers(alone, seed=0, n_boot=50)
    assert "group" not in set(table["subject"])
    assert table["difference"].dtype == np.float64
    assert table["n"].dtype == np.int64


def test_two_seeds_give_no_interval_and_no_p(groups):
    few = [replace(one, hits=one.hits[:2], seeds=one.seeds[:2]) for one in third(groups)]
    table = compare_teachers(few, seed=0, n_boot=50)
    assert table[["ci_low", "ci_high", "p", "q", "smallest_effect"]].isna().all(axis=None)
    about_images = table["control"].eq("withinclass") & table["subject"].ne("group")
    told = table.loc[~about_images, "reason"]
    assert set(told) == {"2 seeds do not tell how seeds differ: 3 are needed"}
    assert table["difference"].notna().all()


def dealt(accuracies, seeds=(0, 2)):
    """Students of soft labels that were dealt anew, all seeds of an assignment alike."""
    return AssignedStudents(np.repeat(np.reshape(accuracies, (-1, 1)), 2, axis=1), list(seeds))


def test_the_row_about_images_is_that_of_the_image_test(groups):
    """Brain less withinclass, of a subject and of the mean, of the seeds that were dealt anew."""
    drawn = {name: np.random.default_rng(n).random(39) for n, name in enumerate(("S1", "S2"))}
    keys = ("V1", "ridge", "small")
    assigned = {(name, *keys): dealt(drawn[name]) for name in drawn}
    table = compare_teachers(groups, seed=0, n_boot=50, assigned=assigned)
    brains = {
        name: next(
            one.hits[[0, 2]].mean()
            for one in groups
            if (one.keys["subject"], one.keys["teacher"]) == (name, "brain")
        )
        for name in drawn
    }
    drawn["mean"] = (drawn["S1"] + drawn["S2"]) / 2
    brains["mean"] = (brains["S1"] + brains["S2"]) / 2
    for name, null in drawn.items():
        found = row(table, subject=name, teacher="brain", control="withinclass")
        assert found["difference"] == pytest.approx(brains[name] - null.mean())
        assert found["p"] == (1 + (null >= brains[name]).sum()) / 40
        assert (found["unit"], found["family"], found["seeds"]) == ("assignments", "images", 2)
        assert found["scope"].endswith("these brains, these seeds and these images alone")
    images = table[table["family"] == "images"]
    assert len(images) == 3
    np.testing.assert_allclose(images["q"], false_discovery_control(images["p"]))
    other = compare_teachers(groups, seed=0, n_boot=50)
    same = table["family"] != "images"
    pd.testing.assert_frame_equal(table[same], other[same])


def test_without_students_of_dealt_labels_the_row_about_images_says_so(groups):
    table = compare_teachers(groups, seed=0, n_boot=50)
    reason = "images of a class share one soft label: there is nothing to deal anew"
    none = AssignedStudents(np.empty((0, 2)), [0, 2], reason)
    other = compare_teachers(
        groups, seed=0, n_boot=50, assigned={("S1", "V1", "ridge", "small"): none}
    )
    names = {"subject": "S1", "teacher": "brain", "control": "withinclass"}
    for found, told in [(row(table, **names), NOT_MADE), (row(other, **names), reason)]:
        assert found["reason"] == told
        assert found[["ci_low", "ci_high", "p", "q", "smallest_effect"]].isna().all()
        hits = [one.hits for one in groups if one.keys["subject"] == "S1"]
        assert found["difference"] == pytest.approx(hits[0].mean() - hits[2].mean())


def test_every_row_says_what_it_varies_and_what_it_speaks_of(groups):
    table = compare_teachers(third(groups), seed=0, n_boot=50)
    inferred = table[table["ci_low"].notna()]
    whose = inferred["subject"].where(
        inferred["teacher"] != "brain", inferred["subject"] + "'s own"
    )
    scopes = inferred.groupby(whose)["scope"].unique().map(list)
    seeds_images = "other seeds and other images of these classes"
    assert scopes["reference"] == [seeds_images]
    own = f"{seeds_images}; these brains and this assignment of soft labels alone"
    assert scopes["S1's own"] == scopes["mean's own"] == [own]
    assert scopes["S1"] == scopes["mean"] == [f"{seeds_images}; these brains alone"]
    people = "other people, other seeds and other images of these classes"
    assert scopes["group's own"] == scopes["group"] == [people]
    half = (inferred["ci_high"] - inferred["ci_low"]) / 2
    np.testing.assert_allclose(inferred["smallest_effect"], half)


def test_labels_alone_leave_nothing_to_compare():
    table = compare_teachers([reference("none", 0.5)], seed=0)
    assert list(table) == COLUMNS
    assert len(table) == 0


def test_students_of_other_images_or_seeds_are_refused(groups):
    check_paired(groups)
    one = groups[3]
    for ids, seeds in [
        (one.image_ids[::-1], one.seeds),
        (one.image_ids[:-1], one.seeds),
        (one.image_ids, [0, 1, 3]),
    ]:
        other = Group(one.keys, one.hits, ids, seeds, one.chance)
        with pytest.raises(NeuroLoopError, match="S1/V1/ridge/smooth/small were tested on other"):
            check_paired([*groups, other])
