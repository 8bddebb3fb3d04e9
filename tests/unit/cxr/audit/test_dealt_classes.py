"""Classes dealt anew: they move with whole patients, and say nothing of who had them."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.audit.dealt_classes import deal_classes
from neuroloop.errors import NeuroLoopError


def patterns(labels, patients):
    return Counter(tuple(sorted(of)) for _, of in pd.Series(list(labels)).groupby(list(patients)))


def test_classes_of_a_patient_go_to_another_as_a_whole():
    patients = np.repeat(np.arange(60).astype(str), 2)
    labels = np.repeat(["a", "b", "c"], 40)
    labels[:20:2] = "b"  # ten patients of two classes
    dealt = deal_classes(labels, patients, 3, np.random.default_rng(0))
    assert patterns(dealt, patients) == patterns(labels, patients)
    assert Counter(dealt.tolist()) == Counter(labels.tolist())
    assert (dealt != labels).mean() > 0.3


def test_patients_with_more_radiographs_than_their_donor_get_its_classes_again():
    """One with four radiographs of two classes, three with one: class a goes to all four, or b."""
    patients = ["p"] * 4 + ["q", "r", "s"]
    labels = ["a", "a", "b", "b", "a", "a", "b"]
    seen = set()
    for seed in range(40):
        dealt = deal_classes(labels, patients, 1, np.random.default_rng(seed))
        seen.add("".join(sorted(dealt[:4])))
    assert seen == {"aabb", "aaaa", "bbbb"}


def test_a_class_whose_patients_have_more_radiographs_is_dealt_to_all():
    """A hundred deals: radiographs of patients with three are of the class as often as others."""
    patients = [f"p{k}" for k in range(30)] + [f"q{k}" for k in range(30) for _ in range(3)]
    labels = ["normal"] * 30 + ["sick"] * 90
    generator = np.random.default_rng(1)
    share = np.mean([deal_classes(labels, patients, 2, generator) == "sick" for _ in range(100)], 0)
    assert share[:30].mean() == pytest.approx(0.5, abs=0.03)
    assert share[30:].mean() == pytest.approx(0.5, abs=0.03)


def test_too_few_patients_of_a_class_are_told():
    with pytest.raises(NeuroLoopError, match="class 'b' has too few patients"):
        deal_classes(["a", "a", "b"], ["p", "q", "r"], 2, np.random.default_rng(0))
