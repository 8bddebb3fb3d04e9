"""Splits by patient: the radiographs of a patient are never on two sides."""

import numpy as np
import pytest

from neuroloop.cxr import radiograph_splits
from neuroloop.cxr.radiograph_splits import (
    check_patients_apart,
    fold_balance,
    holdout,
    image_folds,
    nested_validation,
    patient_folds,
)
from neuroloop.errors import NeuroLoopError
from neuroloop.statistics.folds import stratified_folds


def generator(seed=0):
    return np.random.default_rng(seed)


def cohort(seed, n_patients=150):
    """Labels and patients of images in random order: 1 to 9 each, some of two classes."""
    stream = generator(seed)
    labels, patients = [], []
    for number in range(n_patients):
        of_patient = stream.choice(["bacteria", "normal", "virus"], 2, p=[0.5, 0.3, 0.2])
        mixed = stream.random() < 0.2
        for _ in range(min(9, stream.geometric(0.5))):
            labels.append(str(of_patient[int(stream.integers(2)) if mixed else 0]))
            patients.append(f"person{number}")
    order = stream.permutation(len(labels))
    return np.array(labels)[order], np.array(patients)[order]


def apart(sides, patients):
    return all(len(set(sides[patients == patient])) == 1 for patient in set(patients))


def deviation(folds, labels, n_folds):
    """Largest difference of a fold's radiographs of a class from an even share."""
    balance = fold_balance(folds, labels, labels)
    totals = balance.groupby("label")["radiographs"].transform("sum")
    return (balance["radiographs"] - totals / n_folds).abs().max()


@pytest.mark.parametrize("seed", range(25))
def test_no_patient_is_on_two_sides(seed):
    labels, patients = cohort(seed)
    folds = patient_folds(labels, patients, 5, generator(seed))
    assert sorted(set(folds)) == [0, 1, 2, 3, 4]
    assert apart(folds, patients)
    assert deviation(folds, labels, 5) < 2
    sides = holdout(labels, patients, generator(seed))
    assert apart(sides, patients)
    for fold in range(5):
        train = np.flatnonzero(folds != fold)
        learn, validation = nested_validation(train, labels, patients, generator(seed), 0.2)
        assert not set(patients[learn]) & set(patients[validation])
        assert not set(patients[validation]) & set(patients[folds == fold])
        np.testing.assert_array_equal(np.sort(np.concatenate([learn, validation])), train)
        assert set(labels[validation]) == set(labels[learn]) == set(labels)


def test_small_cohorts_have_every_class_on_every_side():
    for seed in range(40):
        labels, patients = cohort(seed, n_patients=60)
        sides = holdout(labels, patients, generator(seed))
        assert (fold_balance(sides, labels, patients)["radiographs"] > 0).all()
        assert len(fold_balance(sides, labels, patients)) == 9


def test_as_balanced_as_scikit_learn():
    from sklearn.model_selection import StratifiedGroupKFold

    for seed in range(5):
        labels, patients = cohort(seed)
        theirs = np.empty(len(labels), dtype=int)
        split = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(
            labels, labels, patients
        )
        for fold, (_, test) in enumerate(split):
            theirs[test] = fold
        mine = patient_folds(labels, patients, 5, generator(seed))
        assert deviation(mine, labels, 5) <= deviation(theirs, labels, 5) + 1


def test_by_hand():
    """The largest first, each to the fold that has least of its class."""
    labels = list("aaaaaa" + "bb")
    patients = ["p"] * 3 + ["q"] * 2 + ["r"] + ["q", "s"]
    folds = patient_folds(labels, patients, 2, generator())
    # q: 2/6 + 1/2; then p: 3/6; s: 1/2; r: 1/6. q has b, so s joins p; r joins q.
    assert {folds[3], folds[5]} == {folds[6]} != {folds[0]}
    assert folds[7] == folds[0]


def test_a_rare_class_weighs_as_much_as_a_common_one():
    """P has 6 of 8 common radiographs, x and y one each of these and of the 2 rare ones.

    P and x are apart; y adds 6/8 * 1/8 = 0.09 beside P, and 1/8 * 1/8 + 1/2 * 1/2 = 0.27 beside x.
    """
    folds = patient_folds(["c"] * 6 + ["c", "r"] * 2, list("PPPPPPxxyy"), 2, generator())
    # x and y are drawn in either order, but never together.
    assert folds[6] != folds[8]
    assert folds[0] in (folds[6], folds[8])


def test_the_same_seed_gives_the_same_split_and_another_another():
    labels, patients = cohort(0)
    made = [patient_folds(labels, patients, 5, generator(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()
    made = [holdout(labels, patients, generator(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()


def test_a_small_side_has_its_part_of_patients_with_many_radiographs():
    labels, patients = cohort(3)
    sizes = {patient: (patients == patient).sum() for patient in set(patients)}
    largest = max(sizes, key=lambda patient: (sizes[patient], patient))
    tested = [
        holdout(labels, patients, generator(seed))[patients == largest][0] == "test"
        for seed in range(200)
    ]
    assert 0.04 < np.mean(tested) < 0.17  # a part of 0.1; standard error 0.021


def test_shares_of_a_holdout():
    labels, patients = cohort(1, n_patients=400)
    sides = holdout(labels, patients, generator(), (0.7, 0.1, 0.2))
    balance = fold_balance(sides, labels, patients)
    expected = balance["fold"].map({"train": 0.7, "validation": 0.1, "test": 0.2})
    assert (balance["share"] - expected).abs().max() < 0.03
    assert len(balance) == 9
    for shares in ((0.8, 0.1, 0.2), (1.0, 0.0, 0.0), (1.2, -0.1, -0.1), (0.98, 0.01, 0.01)):
        with pytest.raises(NeuroLoopError, match=r"the shares .* split no set of radiographs"):
            holdout(labels, patients, generator(), shares)
    with pytest.raises(NeuroLoopError, match="the shares 0, 1 split no set of radiographs"):
        nested_validation(np.arange(len(labels)), labels, patients, generator(), 1)
    with pytest.raises(ValueError, match="2 shares, not 3"):
        holdout(labels, patients, generator(), (0.8, 0.2))
    with pytest.raises(ValueError, match="labels, but"):
        holdout(labels[1:], patients, generator())


def test_too_few_patients_of_a_class():
    labels, patients = cohort(0)
    labels = np.where(np.isin(patients, ["person1", "person2", "person3"]), "rare", labels)
    with pytest.raises(NeuroLoopError, match="class 'rare' has radiographs of 3 patients, too few"):
        patient_folds(labels, patients, 5, generator())
    with pytest.raises(NeuroLoopError, match="ask for at least 2"):
        patient_folds(labels, patients, 1, generator())
    assert len(set(patient_folds(labels, patients, 3, generator())[labels == "rare"])) == 3
    labels = np.where(np.isin(patients, ["person1", "person2"]), "two", labels)
    with pytest.raises(NeuroLoopError, match="class 'rare' has radiographs of 1 patients, too few"):
        holdout(labels, patients, generator())
    with pytest.raises(NeuroLoopError, match="class 'rare' has radiographs of 1 patients, too few"):
        nested_validation(np.arange(len(labels)), labels, patients, generator(), 0.1)


def test_a_patient_on_two_sides_is_found():
    check_patients_apart([0, 1, 0], ["p", "q", "p"])
    with pytest.raises(
        NeuroLoopError, match=r"1 patients have radiographs .* p in 0 and 2: split whole"
    ):
        check_patients_apart([0, 1, 2], ["p", "q", "p"])
    labels, patients = cohort(0)
    with pytest.raises(NeuroLoopError, match="split whole patients"):
        check_patients_apart(image_folds(labels, 5, generator()), patients)


def all_rows(labels, patients, stream):
    return nested_validation(np.arange(len(labels)), labels, patients, stream, 0.2)


def five_folds(labels, patients, stream):
    return patient_folds(labels, patients, 5, stream)


@pytest.mark.parametrize("make", [five_folds, holdout, all_rows])
def test_a_deal_that_tears_patients_apart_is_refused(make, monkeypatch):
    labels, patients = cohort(0)
    monkeypatch.setattr(
        radiograph_splits, "_deal", lambda labels, _, n, stream: stratified_folds(labels, n, stream)
    )
    with pytest.raises(NeuroLoopError, match="split whole patients"):
        make(labels, patients, generator())


def test_balance_by_hand():
    balance = fold_balance([0, 0, 1, 1], ["a", "a", "a", "b"], ["p", "p", "q", "r"])
    assert balance.to_numpy().tolist() == [
        [0, "a", 2, 1, pytest.approx(2 / 3)],
        [1, "a", 1, 1, pytest.approx(1 / 3)],
        [1, "b", 1, 1, 1.0],
    ]
