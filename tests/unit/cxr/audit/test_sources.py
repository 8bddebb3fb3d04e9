"""Sources that were saved or scaled apart are found; those of one detector are not."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.audit.class_checks import class_checks
from neuroloop.cxr.audit.film_cues import ends, histogram
from neuroloop.cxr.audit.scaling import scaling_check
from neuroloop.cxr.audit.sources import pooled_check, told_apart
from tests.unit.cxr.audit.films import drawn


@pytest.fixture(scope="module")
def shown():
    return drawn(1004, 30, 32, contrast=0.7)


@pytest.fixture(scope="module")
def sites(shown):
    """Two sites of one detector, to which patients belong by chance."""
    patients = shown.table["patient"].unique()
    drawn_sites = np.random.default_rng(0).permutation(np.arange(len(patients)) % 2)
    of_patient = dict(zip(patients, [f"s{site}" for site in drawn_sites], strict=True))
    return shown.table["patient"].map(of_patient).tolist()


def saved(pixels, own, change):
    """Radiographs of which some were saved otherwise."""
    made = pixels.astype(float)
    made[own] = change(made[own])
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def another_range(x):
    return 0.8 * x + 20


def fewer_bits(x):
    return x // 8 * 8


def another_contrast(x):
    return 255 * (x / 255) ** 0.6


def stretched(x):
    low, high = (np.quantile(x, q, axis=(1, 2), keepdims=True) for q in (0.01, 0.99))
    return (x - low) / (high - low) * 255


def source_flag(shown, pixels, sites):
    told = told_apart(
        histogram(pixels), {"site": sites}, shown.table["patient"], np.random.default_rng(1)
    )
    (check,) = class_checks("mine", {}, [], {"histogram": told})
    return check


@pytest.mark.parametrize("change", [another_range, fewer_bits, another_contrast, stretched])
def test_a_site_that_was_saved_otherwise_is_found(shown, sites, change):
    own = np.array(sites) == "s0"
    check = source_flag(shown, saved(shown.pixels, own, change), sites)
    assert check.found
    assert "(site s0 against others)" in check.told
    assert "detectors differ too, so that it is a flag from 0.95 on" in check.told


def test_sites_of_one_detector_are_not(shown, sites):
    assert not source_flag(shown, shown.pixels, sites).found
    alone = source_flag(shown, shown.pixels, ["s0"] * len(sites))
    assert not alone.found
    assert alone.told == "No two sites or folders of six patients or more are known."


@pytest.mark.parametrize(
    ("change", "found"), [(another_range, True), (fewer_bits, True), (lambda x: x, False)]
)
def test_a_class_that_was_saved_otherwise_is_found(shown, change, found):
    own = (shown.table["label"] == "virus").to_numpy()
    told = told_apart(
        ends(saved(shown.pixels, own, change)),
        {"class": shown.table["label"].tolist()},
        shown.table["patient"],
        np.random.default_rng(1),
    )
    (check,) = class_checks("mine", {}, [], {"ends": told})
    assert check.found is found
    assert "(class virus against others)" in check.told or not found


def statistics(pixels):
    flat = pixels.reshape(len(pixels), -1).astype(float)
    return pd.DataFrame({"mean": flat.mean(axis=1), "deviation": flat.std(axis=1)})


def test_sites_that_were_scaled_one_by_one_are_found(shown, sites):
    """To one mean and deviation over all radiographs of each: radiographs still differ."""
    made, patients = shown.pixels.astype(float), shown.table["patient"]
    assert not pooled_check("mine", statistics(made), {"site": sites}, patients).found
    for site in ("s0", "s1"):
        own = np.array(sites) == site
        made[own] = 120 + 40 * (made[own] - made[own].mean()) / made[own].std()
    check = pooled_check("mine", statistics(np.rint(made)), {"site": sites}, patients)
    assert check.found
    assert "means of site are 120.00 and 119.99" in check.told
    assert "each site was scaled to one mean and deviation" in check.remedy
    few = pooled_check("mine", statistics(made)[:9], {"site": sites[:9]}, patients[:9])
    assert not few.found


def test_radiographs_of_a_site_that_were_each_scaled_are_found_by_the_other_check(shown, sites):
    own = np.array(sites) == "s0"
    made = saved(
        shown.pixels,
        own,
        lambda x: 120 + 30 * (x - x.mean((1, 2), keepdims=True)) / x.std((1, 2), keepdims=True),
    )
    check = scaling_check("mine", statistics(made), {"site": sites})
    assert check.found
    assert "radiographs of site s0 have one mean" in check.told
