"""Folds of a classifier, what is kept of each fold's network, and what stops it."""

import copy
import dataclasses

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.classifier_folds import make_folds, trained_part
from neuroloop.cxr.radiograph_set import load_radiograph_set
from neuroloop.cxr.radiograph_splits import deal_folds, site_folds
from neuroloop.errors import NeuroLoopError
from neuroloop.networks.transfer_network import transfer_network
from scripts.cxr.simulate_radiographs import simulate_radiographs
from scripts.cxr.split_radiographs import split_radiographs
from tests.project import preset

SEED = 1
BLOCK = preset("config")["classifiers"]["fine"] | {
    "backbone": "resnet18",
    "weights": None,
    "train_from": "layer4",
    "width": 4,
    "stem": "small",
    "hidden_units": [8],
}


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("radiographs")
    names = {"radiographs": "npy", "regions": "npz", "table": "tsv", "dropped": "tsv"}
    names |= {"properties": "tsv", "intake": "json"}
    outputs = {name: folder / f"{name}.{suffix}" for name, suffix in names.items()}
    settings = {"radiographs_per_class": 40, "max_radiographs_per_patient": 3, "shared": 0.3}
    simulate_radiographs(outputs=outputs, simulation=settings, size=32, seed=SEED)
    return outputs | {"folder": folder}


def split(paths, folds):
    out = paths["folder"] / f"folds-{folds}.tsv"
    split_radiographs(
        table=paths["table"],
        folds=out,
        balance=paths["folder"] / "balance.tsv",
        n_folds=folds,
        seed=SEED,
    )
    return load_radiograph_set(paths["radiographs"], paths["regions"], out)


@pytest.fixture(scope="module")
def shown(paths):
    return split(paths, 3)


def patients(shown, rows):
    return set(shown.table["patient"].iloc[rows])


@pytest.mark.parametrize("case", ["case1", "case4", "case5", "undersampled"])
def test_nobody_is_on_two_sides_of_a_fold(shown, case):
    folds = make_folds(shown, case, "patient", 3, 1, 0.1, SEED)
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(120))
    for number, fold in enumerate(folds):
        assert (shown.table["patient_fold"].iloc[fold.test].astype(int) == number).all()
        learn = np.unique(fold.learn["row"])
        sides = [patients(shown, rows) for rows in (learn, fold.validation, fold.test)]
        for one, other in ((0, 1), (0, 2), (1, 2)):
            assert not sides[one] & sides[other]
        assert {shown.labels[row] for row in fold.validation} == {0, 1, 2}
        if case != "undersampled":
            assert len(learn) + len(fold.validation) + len(fold.test) == 120
        assert len(fold.validation) == pytest.approx(8, abs=4)  # a tenth of 80


def test_folds_that_break_patients_apart_are_refused(shown):
    """As folds by image would be under the name of folds by patient."""
    broken = copy.copy(shown.table)
    broken["patient_fold"] = broken["image_fold"]
    spoiled = type(shown)(broken, shown.pixels, shown.lungs, shown.lesions)
    with pytest.raises(NeuroLoopError, match="patients have radiographs on two sides of the split"):
        make_folds(spoiled, "case1", "patient", 3, 1, 0.1, SEED)


def test_a_split_by_image_puts_patients_on_both_sides_but_no_radiograph(shown):
    for number, fold in enumerate(make_folds(shown, "case1", "image", 3, 1, 0.1, SEED)):
        learn = fold.learn["row"].to_numpy()
        assert (shown.table["image_fold"].iloc[fold.test].astype(int) == number).all()
        assert patients(shown, learn) & patients(shown, fold.test)
        assert not set(learn) & set(fold.test)
        assert not set(fold.validation) & (set(learn) | set(fold.test))


def at_sites(shown, sites):
    table = shown.table.assign(site=sites)
    return dataclasses.replace(shown, table=table.assign(site_fold=site_folds(table)))


def test_each_site_is_left_out_with_all_radiographs_of_its_patients(shown):
    """Also those that were taken at another site."""
    sites = np.array(["north", "south", "west"])[np.arange(120) % 3]
    away = at_sites(shown, sites)
    made = make_folds(away, "case1", "site", 3, 1, 0.1, SEED)
    assert len(made) == 3
    both = 0
    for site, fold in zip(["north", "south", "west"], made, strict=True):
        assert (away.table["site"].iloc[fold.test] == site).all()
        learn = np.unique(np.concatenate([fold.learn["row"], fold.validation]))
        assert not patients(away, learn) & patients(away, fold.test)
        both += 120 - len(fold.test) - len(learn)
    assert both > 0  # patients of two sites: learned from at neither


@pytest.mark.parametrize(
    ("sites", "said"),
    [
        (None, "the radiographs have no sites"),
        (["", *["north", "south"] * 60][:120], "1 of 120 radiographs have no site"),
        (["north"] * 120, "0 of 120 radiographs have no site, the others 1"),
    ],
)
def test_sites_that_are_not_known_cannot_be_left_out(shown, sites, said):
    away = shown if sites is None else at_sites(shown, sites)
    with pytest.raises(NeuroLoopError, match=f"{said}.*column site, or leave radiographs.new_sit"):
        make_folds(away, "case1", "site", 3, 1, 0.1, SEED)


def test_a_class_of_one_site_cannot_be_left_out(shown):
    sites = np.where(shown.labels == 0, "north", np.array(["north", "south"])[np.arange(120) % 2])
    with pytest.raises(NeuroLoopError, match="radiographs of bacteria come from one site"):
        make_folds(at_sites(shown, sites), "case1", "site", 3, 1, 0.1, SEED)


def test_other_partitions_are_other_deals_of_whole_patients(shown):
    first, second, again = (
        deal_folds(shown.table, "patient", 3, SEED, *names) for names in ((), (1,), (1,))
    )
    assert (first == shown.table["patient_fold"].astype(int)).all()
    np.testing.assert_array_equal(second, again)
    assert (first != second).any()
    made = make_folds(shown, "case1", "patient", 3, 1, 0.1, SEED, second)
    for number, fold in enumerate(made):
        assert (second[fold.test] == number).all()
        assert not patients(shown, fold.learn["row"]) & patients(shown, fold.test)


def test_a_holdout_is_one_fold_of_its_sides(paths):
    shown = split(paths, "holdout")
    (fold,) = make_folds(shown, "case1", "patient", "holdout", 1, 0.1, SEED)
    rows = {"train": fold.learn["row"], "validation": fold.validation, "test": fold.test}
    for side, of in rows.items():
        assert (shown.table["side"].iloc[of] == side).all()
    assert [len(of) for of in rows.values()] == pytest.approx([96, 12, 12], abs=5)
    assert sum(map(len, rows.values())) == 120


@pytest.mark.parametrize("folds", [3, "holdout"])
def test_without_validation_all_but_the_test_radiographs_are_learned_from(paths, folds):
    shown = split(paths, folds)
    for split_by in ("patient", "image"):
        watched = make_folds(shown, "case1", split_by, folds, 1, 0.1, SEED)
        made = make_folds(shown, "case1", split_by, folds, 1, 0, SEED)
        assert len(made) == len(watched)
        for fold, other in zip(made, watched, strict=True):
            assert not len(fold.validation)
            np.testing.assert_array_equal(fold.test, other.test)
            rest = np.setdiff1d(np.arange(120), fold.test)
            assert sorted(fold.learn["row"]) == rest.tolist()
            if split_by == "patient":
                assert not patients(shown, fold.learn["row"]) & patients(shown, fold.test)


def test_each_fold_has_its_own_data_case(shown):
    """Who is repeated follows from the seed and the fold, and from no test radiograph."""
    first, again = (make_folds(shown, "case4", "patient", 3, 1, 0.1, SEED) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one.learn, other.learn)
        of_class = np.bincount(shown.labels[one.learn["row"]])
        assert len(set(of_class)) == 1


@pytest.mark.parametrize("frozen_norm", [False, True])
@pytest.mark.parametrize(("cut", "trained"), [("layer4", {"layer4"}), ("head", set())])
def test_what_was_trained_is_kept_and_makes_the_network_again(cut, trained, frozen_norm):
    """On the whole network of the first fold goes what lies above the cut of another fold."""
    options = Classifier.from_block(BLOCK | {"train_from": cut}, None).options
    first, second = (
        transfer_network(classes=3, **options | {"frozen_norm": frozen_norm}) for _ in range(2)
    )
    second.load_state_dict(first.state_dict())
    generator = torch.Generator().manual_seed(0)
    for module in [second.head, *(getattr(second.backbone, name) for name in trained)]:
        for values in module.state_dict().values():
            if values.is_floating_point():
                values.copy_(torch.rand(values.shape, generator=generator))
    kept = trained_part(second, 1)
    assert all(name.startswith("fold1/") for name in kept)
    own = {name.removeprefix("fold1/"): values for name, values in kept.items()}
    assert {name.split(".")[1] for name in own if name.startswith("backbone.")} == trained
    assert not first.load_state_dict(own, strict=False).unexpected_keys
    for name, values in second.state_dict().items():
        torch.testing.assert_close(first.state_dict()[name], values, rtol=0, atol=0)
