"""Sweeps of classifiers: what they are called and where; what is said of wrong names."""

import copy
import re
from collections import Counter
from typing import Any

import pytest
from snakemake.utils import update_config

from neuroloop.cxr.trainings import trainings
from neuroloop.workflow.configuration import ConfigError, complete, validate
from neuroloop.workflow.sweeps import expand_sweeps
from tests.project import preset


def swept(axes: Any, name: str = "fine") -> dict[str, Any]:
    """The default config with a sweep of a classifier."""
    config = preset("config")
    config["classifiers"][name]["sweep"] = axes
    return config


def expanded(axes: Any, name: str = "fine") -> dict[str, Any]:
    config = swept(axes, name)
    expand_sweeps(config)
    return config


def check(config: dict[str, Any]) -> None:
    """As the rules do."""
    expand_sweeps(config)
    validate(config)


def test_a_config_without_sweeps_stays() -> None:
    config = preset("config")
    expand_sweeps(config)
    assert config == preset("config")


def test_every_combination_becomes_a_classifier() -> None:
    config = expanded({"learning_rate": [0.001, 0.0001], "hidden_units": [[], [128, 64, 64]]})
    before, made = preset("config")["classifiers"], config["classifiers"]
    assert list(made) == [
        "logistic",
        "layers",
        "fine--learning_rate-0p001--hidden_units-none",
        "fine--learning_rate-0p001--hidden_units-128-64-64",
        "fine--learning_rate-0p0001--hidden_units-none",
        "fine--learning_rate-0p0001--hidden_units-128-64-64",
    ]
    assert made["logistic"] == before["logistic"]
    assert made["fine--learning_rate-0p0001--hidden_units-128-64-64"] == before["fine"] | {
        "learning_rate": 0.0001,
        "hidden_units": [128, 64, 64],
    }
    validate(config)


@pytest.mark.parametrize(
    ("key", "value", "tag"),
    [
        ("learning_rate", 0.00001, "1e-05"),
        ("learning_rate", 1.0, "1"),
        ("batch_size", 32, "32"),
        ("C", None, "none"),
        ("train_from", "block12", "block12"),
        ("class_weights", True, "True"),
        ("weights", "models/resnet 18.v2.pth", "models_resnet_18pv2ppth"),
        ("hidden_units", [], "none"),
    ],
)
def test_names_are_parts_of_paths(key: str, value: Any, tag: str) -> None:
    config = expanded({key: [value]})
    name = f"fine--{key}-{tag}"
    assert config["classifiers"][name][key] == value
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name)
    validate(config)


def test_variants_stand_wherever_radiographs_name_their_classifier() -> None:
    config = swept({"train_from": ["head", "top"]})
    config["radiographs"]["others"] = config["radiographs"]["chests"] | {
        "classifiers": ["logistic"]
    }
    config["radiographs"]["others"] |= {
        "leakage": [],
        "ensembles": [],
        "maps": [["case1", "logistic"]],
    }
    before = copy.deepcopy(config["radiographs"]["others"])
    expand_sweeps(config)
    chests, names = (
        config["radiographs"]["chests"],
        ["fine--train_from-head", "fine--train_from-top"],
    )
    assert chests["classifiers"] == ["logistic", *names]
    assert chests["leakage"] == [["case1", name] for name in names]
    assert chests["maps"] == [["case5", name] for name in names]
    assert chests["baseline"] == ["case1", "logistic"]
    assert chests["ensembles"] == [["logistic", *names]]
    assert config["radiographs"]["others"] == before
    validate(config)


def test_a_sweep_has_cases_of_its_own() -> None:
    """Five cases of one classifier, and 16 settings of another in one case: 21, not 85."""
    config = swept({"batch_size": [8, 16, 32, 64], "learning_rate": [1e-5, 1e-4, 1e-3, 1e-2]})
    chests = config["radiographs"]["chests"]
    chests |= {"cases": ["case1", "case2", "case3", "case4", "case5"], "ensembles": []}
    chests |= {"leakage": [["case5", "fine"]], "maps": [], "cases_of": {"fine": ["case5"]}}
    check(config)
    made = trainings(config["radiographs"]["chests"])
    assert Counter(case for case, _ in made) == {"case5": 17} | dict.fromkeys(
        ("case1", "case2", "case3", "case4"), 1
    )
    assert len(set(made)) == len(made) == 21
    chests = swept({"epochs": [1, 2]})["radiographs"]["chests"] | {"cases_of": {}}
    assert trainings(chests) == [
        (case, classifier) for case in chests["cases"] for classifier in chests["classifiers"]
    ]


def test_a_preset_may_add_a_sweep_to_a_classifier_that_it_does_not_state() -> None:
    given = {"classifiers": {"fine": {"sweep": {"epochs": [1, 2]}}}}
    config = preset("config")
    update_config(config, copy.deepcopy(given))
    complete(config, given)
    expand_sweeps(config)
    assert [config["classifiers"][f"fine--epochs-{n}"]["epochs"] for n in (1, 2)] == [1, 2]
    validate(config)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({}, "fine.sweep: name keys and lists of values"),
        ([0.1, 0.2], "fine.sweep: name keys and lists of values"),
        ({"learning_rate": 0.1}, r"fine.sweep.learning_rate: give a list of values, not 0.1"),
        ({"learning_rate": []}, r"fine.sweep.learning_rate: give a list of values, not \[\]"),
        ({"rate": [0.1]}, r"fine.sweep: rate is no key of the classifier \(backbone, weights,"),
        ({"sweep": [1]}, "fine.sweep: sweep is no key of the classifier"),
        ({"epochs": [1, 2, 1]}, "fine.sweep: two of its values make one name, fine--epochs-1:"),
        ({"learning_rate": [0.1, 0.10000001]}, "two of its values make one name"),
        ({"epochs": [-1, 1]}, "epochs: -1 is less than the minimum of 0"),
        (
            {"train_from": [["head"]]},
            r"fine--train_from-head.train_from: \['head'\] is not text: write one",
        ),
    ],
)
def test_a_wrong_sweep_is_one_line(axes: Any, message: str) -> None:
    config = swept(axes)
    with pytest.raises(ConfigError, match=message) as told:
        check(config)
    assert str(told.value).startswith("config, classifiers.fine")
    assert "\n" not in str(told.value)


def test_a_variant_that_has_the_name_of_another_classifier_is_one_line() -> None:
    config = swept({"epochs": [1, 2]})
    config["classifiers"]["fine--epochs-2"] = config["classifiers"]["logistic"]
    with pytest.raises(ConfigError, match="two classifiers are called fine--epochs-2: rename"):
        expand_sweeps(config)


@pytest.mark.parametrize(
    ("kind", "wrong", "where"),
    [
        ("classifiers", None, "classifiers: empty: give its settings or take it out"),
        (
            "classifiers",
            {"fine": 3},
            "classifiers.fine: 3 is not a block of settings: ",
        ),
        ("radiographs", None, "radiographs: empty: give its settings or take it out"),
        (
            "radiographs",
            {"chests": [1]},
            "radiographs.chests: [1] is not a block of",
        ),
    ],
)
def test_what_is_no_block_is_left_to_the_schema(kind: str, wrong: Any, where: str) -> None:
    config = preset("config")
    config[kind] = wrong
    expand_sweeps(config)
    with pytest.raises(ConfigError) as told:
        validate(config)
    assert str(told.value).startswith(f"config, {where}")


RADIOGRAPHS = "radiographs.chests"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("classifiers", ["deep"], r"classifiers: no classifier is called 'deep' \(logistic, la"),
        ("classifiers", [{"fine": 1}], r"classifiers.0: \{'fine': 1\} is not text: write one name"),
        (
            "leakage",
            [["case2", "fine"]],
            r"leakage: \['case2', 'fine'\] is not a case and a classifier",
        ),
        ("leakage", [["fine", "case1"]], r"leakage: \['fine', 'case1'\] is not a case"),
        ("leakage", ["fine"], "leakage.0: 'fine' is not a list: put it in brackets"),
        ("leakage", [["case1"]], "leakage.0: only 1 of its parts are there"),
        ("maps", [["case5", "deep"]], r"maps: \['case5', 'deep'\] is not a case and a classifier"),
        ("baseline", ["case5", "deep"], r"baseline: \['case5', 'deep'\] is not a case"),
        ("ensembles", [["fine", "deep"]], "ensembles: no classifier is called 'deep'"),
        ("ensembles", [["fine"]], r"ensembles.0: \['fine'\] is too short"),
        ("external", ["chests"], "external: 'chests' is this set itself: name another"),
        ("contrast", ["virus", "virus"], "contrast: 'virus' stands there twice"),
        ("folds", "holdout", "leakage: a hold-out tests other images by image than by patient"),
        ("folds", "hold-out", "folds: "),
        ("external", ["kermany"], "external: no set of radiographs is called 'kermany'"),
        ("cases", ["case6"], "cases.0: 'case6' is not one of"),
        ("cases_of", {"deep": ["case1"]}, "cases_of: no classifier is called 'deep'"),
        ("cases_of", {"fine": []}, "cases_of.fine: "),
        ("cases_of", {"fine": ["case1"]}, r"maps: \['case5', 'fine'\] is not a case and a class"),
        ("cases_of", {"fine": ["case3"]}, r"leakage: \['case1', 'fine'\] is not a case and a"),
        ("contrast", ["bacteria"], "contrast: "),
        ("contrast", ["flu", "virus"], r"contrast: no class is called 'flu' \(bacteria, normal"),
    ],
)
def test_wrong_names_of_radiographs_are_one_line(key: str, value: Any, message: str) -> None:
    config = preset("config")
    config["radiographs"]["chests"][key] = value
    expand_sweeps(config)
    with pytest.raises(ConfigError, match=message) as told:
        validate(config)
    assert str(told.value).startswith(f"config, {RADIOGRAPHS}")
    assert "\n" not in str(told.value)


def test_a_baseline_that_is_swept_must_name_one_variant() -> None:
    config = swept({"C": [0.1, 0.01]}, "logistic")
    expand_sweeps(config)
    with pytest.raises(ConfigError, match=r"baseline: \['case1', 'logistic'\] is not a case"):
        validate(config)
    config["radiographs"]["chests"]["baseline"] = ["case1", "logistic--C-0p1"]
    validate(config)


def test_radiographs_that_do_not_run_may_name_what_is_not_there() -> None:
    """As those of the default config, beside a preset with classifiers of its own."""
    config = preset("config")
    config["radiographs"]["chests"]["classifiers"] = ["deep"]
    config["run"] = ["simulated"]
    validate(config)


def test_radiographs_and_areas_have_names_of_their_own() -> None:
    config = preset("config")
    config["radiographs"]["neurons"] = config["radiographs"]["chests"]
    with pytest.raises(
        ConfigError, match=r"areas and radiographs: both have 'neurons': rename one"
    ):
        validate(config)
    config["run"] = ["chest"]
    del config["radiographs"]["neurons"]
    with pytest.raises(
        ConfigError, match=r"no dataset, area or set of radiographs is called 'chest'"
    ):
        validate(config)


def test_a_contrast_is_checked_where_the_classes_are_known() -> None:
    """Of folders' own names nothing is known yet; the summary tells."""
    for classes, contrast, wrong in (
        ({"sick": "flu", "well": "normal"}, ["flu", "normal"], False),
        ({"sick": "flu", "well": "normal"}, ["sick", "normal"], True),
        ({}, ["anything", "else"], False),
    ):
        config = preset("cxr")
        config = preset("config") | {
            "run": ["kermany"],
            "radiographs": copy.deepcopy(config["radiographs"]),
        }
        config["radiographs"]["kermany"] |= {"classes": classes, "contrast": contrast}
        if wrong:
            with pytest.raises(ConfigError, match=r"no class is called 'sick' \(flu, normal\)"):
                check(config)
        else:
            check(config)


def test_a_sweep_of_an_old_or_misspelt_key_names_the_right_one() -> None:
    for axis, said in (
        ("cut", "`cut` is called `train_from` now"),
        ("dropuot", "did you mean dropout?"),
    ):
        with pytest.raises(ConfigError, match=re.escape(said)):
            check(swept({axis: ["head"]}))
