"""What a config file may say, what it inherits, and what is said of one that is wrong."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config

from neuroloop import registry
from neuroloop.config.study import NAMED
from neuroloop.config.variants import resolve
from neuroloop.workflow.configuration import (
    ConfigError,
    complete,
    expand_path,
    settle,
    validate,
)
from tests.project import PRESETS, preset, stated


def merged(given: dict[str, Any]) -> dict[str, Any]:
    """The default under a preset, as Snakemake merges them."""
    config = stated("config")
    update_config(config, copy.deepcopy(given))
    resolve(config)
    return config


def completed(given: dict[str, Any]) -> dict[str, Any]:
    """The config that the rules see."""
    config = merged(given)
    complete(config, given)
    return config


def assert_holds(made: Any, stated: Any) -> None:
    """What a block states is so in what was made of it."""
    if isinstance(stated, dict):
        for key in stated.keys() - {"like"}:
            assert_holds(made[key], stated[key])
    else:
        assert made == stated


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_and_are_as_they_stand(name: str) -> None:
    given = stated(name)
    config = merged(given)
    settle(config, given)
    assert config["run"] == given["run"]
    for kind in NAMED:
        for block, content in given.get(kind, {}).items():
            assert_holds(config[kind][block], content)


def test_a_block_that_states_its_kind_replaces_its_namesake() -> None:
    """Without `complete` the demo's second subject, its regions and settings would survive."""
    own = preset("config")["datasets"]["simulated"]
    del own["teaching"]
    own |= {
        "subjects": {"S1": {"snr": 2.0}},
        "rois": {"V9": {"encoding": "none", "size": 5, "snr": 0.0, "voxels": 5}},
    }
    given = {
        "datasets": {"simulated": own},
        "decoders": {"ridge": {"method": "svm", "C": 2.0}},
        "students": {"small": preset("test")["students"]["tiny_student"]},
    }
    config = completed(given)
    assert config["datasets"]["simulated"] == own
    assert config["decoders"]["ridge"] == {"method": "svm", "C": 2.0}
    assert config["students"]["small"]["width"] == 2
    validate(config)
    survivors = merged(given)
    assert list(survivors["datasets"]["simulated"]["subjects"]) == ["S1", "S2"]
    assert "teaching" in survivors["datasets"]["simulated"]


def test_a_block_that_does_not_is_an_edit() -> None:
    config = completed({"datasets": {"simulated": {"rois": {"V1": {"voxels": 7}}}}})
    expected = completed({})
    expected["datasets"]["simulated"]["rois"]["V1"]["voxels"] = 7
    assert config == expected


def set_key(config: dict[str, Any], path: str, value: Any) -> None:
    """Set a key like ``datasets.simulated.folds``."""
    *parents, last = path.split(".")
    for key in parents:
        config = config[key]
    config[last] = value


@pytest.mark.parametrize(
    ("path", "value", "where", "hint"),
    [
        ("sed", 1, "top level", "did you mean seed?"),
        ("decoders.ridge.alpha", 1, "decoders.ridge", "did you mean alphas?"),
        ("decoders.svm.width", 1, "decoders.svm", "known keys: C, method"),
        ("students.small.temprature", 1, "students.small", "did you mean temperature?"),
        ("datasets.simulated.fold", 5, "datasets.simulated", "did you mean folds?"),
        ("datasets.simulated.nifti", {}, "datasets.simulated", "unknown key nifti"),
        ("datasets.simulated.rois.V1.voxel", 5, "datasets.simulated.rois.V1", "voxels?"),
        ("datasets.simulated.teaching.seed", 5, "datasets.simulated.teaching", "seeds?"),
        ("datasets.simulated.teaching.images.folder", "x", "teaching.images", "unknown key folder"),
        ("seed", "one", "seed", "'one' is not a whole number: write one"),
        ("threads", 0, "threads", "0 is less than the minimum of 1"),
        ("device", "gpu", "device", "'gpu' is not one of 'auto', 'cpu' or 'cuda'"),
        ("run", [], "run", "[] should be non-empty"),
        ("decoders.ridge.alphas", [0], "decoders.ridge.alphas.0", "0 is less than or equal"),
        ("datasets.simulated.subjects", {"S/1": {"snr": 1}}, "subjects", "S/1"),
        ("datasets.simulated.subjects", {"..": {"snr": 1}}, "subjects", "'..'"),
        ("datasets.simulated.source", "fmri", "datasets.simulated.source", "'fmri' is not one of"),
        ("datasets.simulated.subjects.S1", {}, "subjects.S1", "'snr' is missing: state it"),
        ("run", ["simulate"], "run", "'simulate' (simulated, neurons, chests)"),
        ("areas.neurons.readers", ["big"], "neurons.readers", "'big' (small)"),
        (
            "areas.neurons.comparisons",
            [["before", "last"]],
            "comparisons",
            "'last' (before, after)",
        ),
        ("areas.neurons.sessions", {"compare": {}}, "sessions", "compare"),
        ("areas.neurons.simulation.radios", 3, "areas.neurons.simulation", "did you mean radius?"),
        ("readers.small.head", "pool", "readers.small.head", "'pool' is not one of"),
        (
            "decoders.ridge.variant",
            "null",
            "decoders.ridge.variant",
            "'voxelnull', 'equalvoxels' or 'equalaccuracy'",
        ),
        (
            "decoders.resnet1d18.variant",
            "equalaccuracy",
            "resnet1d18.variant",
            "'voxelnull' or 'equalvoxels'",
        ),
        ("datasets.simulated.decoders", ["lda"], "simulated.decoders", "no decoder is called"),
        ("datasets.simulated.teaching.decoders", ["lda"], "teaching.decoders", "'lda'"),
        ("datasets.simulated.teaching.students", ["big"], "teaching.students", "'big' (small)"),
        ("datasets.simulated.teaching.teachers", ["brain"], "teaching.teachers", "none is missing"),
        ("datasets.simulated.teaching.assignment_seeds", 11, "assignment_seeds", "seeds (10)"),
    ],
)
def test_one_line_names_the_key(path: str, value: Any, where: str, hint: str) -> None:
    config = preset("config")
    set_key(config, path, value)
    with pytest.raises(ConfigError) as caught:
        validate(config)
    message = str(caught.value)
    assert message.startswith("config, ")
    assert "\n" not in message
    assert where in message.split(":")[0]
    assert hint in message


@pytest.mark.parametrize("teacher", ["withinclass", "classmean"])
def test_labels_of_categories_have_no_control_within_classes(teacher: str) -> None:
    config = completed(preset("haxby"))
    config["datasets"]["haxby"]["teaching"]["teachers"].append(teacher)
    with pytest.raises(ConfigError, match=rf"haxby\.teaching\.teachers: {teacher} is the brain"):
        validate(config)


def test_a_region_is_a_label_or_what_lies_above_a_threshold() -> None:
    config = completed(preset("haxby"))
    region = config["datasets"]["haxby"]["rois"]["left"]
    for choice in ({"label": 2}, {"threshold": 0.5}):
        validate(config | {"run": ["haxby"]})
        region |= choice
    with pytest.raises(ConfigError, match=r"haxby\.rois\.left: label and threshold exclude each"):
        validate(config)
    region["label"] = "V1"
    with pytest.raises(ConfigError, match=r"rois\.left\.label: 'V1' is not a whole number"):
        validate(config)


def test_masks_of_a_subject_are_of_regions_that_there_are() -> None:
    """One for no region was passed over, and the dataset's own taken."""
    config = completed(preset("haxby"))
    subject = config["datasets"]["haxby"]["subjects"]["sub001"]
    subject["masks"] = {"left": "own.nii.gz"}
    validate(copy.deepcopy(config))
    subject["masks"]["lefft"] = "own.nii.gz"
    where = r"haxby\.subjects\.sub001\.masks: no region is called 'lefft' \(slice, left, right\)"
    with pytest.raises(ConfigError, match=where):
        validate(config)


def test_blocks_that_do_not_run_must_still_be_whole() -> None:
    config = completed(preset("digits69"))
    del config["datasets"]["simulated"]["decoders"]
    with pytest.raises(ConfigError, match="simulated: 'decoders' is missing: state it"):
        validate(config)


def test_paths_follow_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCANS", str(tmp_path))
    assert expand_path("a.h5", "$SCANS") == tmp_path / "a.h5"
    assert expand_path("a.h5", "${SCANS}/x") == tmp_path / "x" / "a.h5"
    assert expand_path("$SCANS/a.h5", "$UNSET") == tmp_path / "a.h5"
    assert expand_path("/data/a.h5", "$UNSET") == Path("/data/a.h5")


def test_an_unset_variable_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCANS", raising=False)
    with pytest.raises(ConfigError) as caught:
        expand_path("god/a.h5", "$SCANS")
    message = str(caught.value)
    assert "\n" not in message
    for part in ("god/a.h5", "SCANS", "data_folder"):
        assert part in message


@pytest.mark.parametrize(("name", "read"), [(1, "1"), (False, "False"), (2.5, "2.5")])
def test_names_that_yaml_reads_as_something_else_are_one_line(name: Any, read: str) -> None:
    config = preset("config")
    config["datasets"]["simulated"]["subjects"] = {name: {"snr": 1.0}}
    with pytest.raises(ConfigError) as told:
        settle(config, {})
    assert str(told.value).startswith(
        f"config, datasets.simulated.subjects: YAML reads a name there as {read}: put names"
    )
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "weights",
            "imagenet",
            "weights: imagenet comes with efficientnet_lite0 alone: for",
        ),
        ("train_from", "block12", "train_from: no section of resnet18 is called 'block12' (stem, "),
        ("feature_layers", ["top"], "feature_layers: no section of resnet18 is called 'top' (stem"),
    ],
)
def test_a_classifier_asks_of_its_backbone_what_it_has(key: str, value: Any, said: str) -> None:
    config = preset("config")
    own = {"backbone": "resnet18", "weights": None, "train_from": "layer4", "C": None}
    config["classifiers"]["fine"] |= own
    validate(copy.deepcopy(config))
    config["classifiers"]["fine"][key] = value
    with pytest.raises(ConfigError) as told:
        validate(copy.deepcopy(config))
    assert str(told.value).startswith(f"config, classifiers.fine.{said}")
    config["run"] = ["simulated"]
    validate(config)


def test_stated_sections_are_those_that_are_built() -> None:
    for name in registry.names("backbone"):
        entry = registry.entry("backbone", name)
        options = registry.settings("backbone", name)().model_dump()
        assert tuple(entry.build(**options).sections) == entry.SECTIONS


def test_an_alias_that_holds_itself_is_one_line() -> None:
    for text in ("a: &a [*a]", "a: {b: &b {c: *b}}"):
        with pytest.raises(ConfigError, match=r"config, a\S*: it holds itself by an alias") as told:
            settle(preset("config") | yaml.safe_load(text), {})
        assert "\n" not in str(told.value)


def test_aliases_of_aliases_are_bounded() -> None:
    text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for number in range(1, 30):
        text += f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n"
    with pytest.raises(ConfigError, match=r"aliases .* make more than 1000000 values of it"):
        settle(preset("config") | yaml.safe_load(text), {})
