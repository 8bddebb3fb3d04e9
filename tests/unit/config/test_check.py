"""What is said of a config that is wrong, and what is filled in where it says nothing."""

import copy
import math
from typing import Any

import pytest

from neuroloop.config.check import ConfigError, filled
from neuroloop.config.renamed import RENAMED
from neuroloop.config.study import NAMED
from neuroloop.config.variants import resolve
from tests.project import preset


def config(**blocks: Any) -> dict[str, Any]:
    """The default config with blocks of its own."""
    return preset("config") | blocks


def set_at(block: Any, path: str, value: Any) -> None:
    *above, last = path.split(".")
    for key in above:
        block = block[key]
    block[last] = value


def test_what_is_left_out_is_filled_in() -> None:
    made = filled(
        config(
            decoders={"shrunk": {"method": "ridge"}, "ridge": {"method": "svm"}},
            datasets={},
            run=["neurons"],
        )
    )
    assert made["decoders"]["shrunk"]["alphas"] == [1, 10, 100, 1000, 10000]
    whole = {"method": "svm", "scale": True, "C": 1.0, "variant": None}
    assert made["decoders"]["ridge"] == whole
    assert made["data_seed"] == made["seed"] == 2001
    assert made["areas"]["neurons"]["simulation"]["protocol"]["frame_rate"] == 2.0


def test_what_is_stated_stays_as_it_is_written() -> None:
    given = config()
    given["decoders"]["ridge"]["alphas"] = [5, 0.5]
    made = filled(given)
    assert repr(made["decoders"]["ridge"]["alphas"]) == "[5, 0.5]"
    assert list(made["datasets"]["simulated"]["rois"]) == ["V1", "HVC", "Noise"]


@pytest.mark.parametrize(
    ("path", "text", "number"),
    [
        ("students.small.learning_rate", "1e-3", 0.001),
        ("datasets.simulated.permutations", "1e2", 100),
        ("decoders.ridge.alphas", ["1e3", 2.0], [1000.0, 2.0]),
        ("classifiers.fine.validation_share", "1e-1", 0.1),
    ],
)
def test_text_that_is_a_number_is_one(path: str, text: Any, number: Any) -> None:
    given = config()
    set_at(given, path, text)
    made: Any = filled(given)
    for key in path.split("."):
        made = made[key]
    assert made == number
    assert type(made) is type(number)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("students.small.learning_rate", "fast", "'fast' is not a number: write one"),
        ("students.small.learning_rate", "0.1", "'0.1' is not a number: take its quotes off"),
        ("students.small.learning_rate", math.nan, "nan is not a finite number"),
        ("students.small.temperature", math.inf, "inf is not a finite number"),
        ("students.small.epochs", True, "true is not a whole number: write one"),
        ("students.small.epochs", "1e-1", "0.1 is not a whole number: write one"),
        ("students.small.flip", "yes", "'yes' is not true or false: write one of them"),
        ("radiographs.chests.folds", "hold-out", "'hold-out' is not a whole number"),
        ("readers.small.seeds", None, "empty: give a whole number or take it out"),
        ("datasets.simulated", None, "datasets.simulated: empty: give its settings or take it out"),
        ("students.small", 3, "3 is not a block of settings: write keys and values"),
        ("decoders.ridge.alphas", 3, "3 is not a list: put it in brackets, [...]"),
        ("data_folder", 3, "3 is not text: put it between quotes"),
        (
            "explain.options",
            {"umap": {"perplexity": 3}},
            "unknown key perplexity (known keys: neigh",
        ),
        ("datasets.simulated.teaching.images", {"size": 8}, "'source' is missing: state it"),
        ("datasets.simulated.rois.V1.voxels", 151, "voxels: 151 of a region of size 150: lower"),
        ("areas.neurons.frames.skip", 3, "of 3 stimulated frames 3 are skipped"),
        ("classifiers.logistic.hidden_units", [8], "(C) is a linear head"),
        ("decoders.x/y", {"method": "svm"}, "'x/y' is no name"),
        ("=", 1, "unknown key ="),
        ("students.small.=x", 1, "students.small: unknown key =x"),
    ],
)
def test_what_is_wrong_is_one_line(path: str, value: Any, said: str) -> None:
    given = config()
    set_at(given, path, value)
    with pytest.raises(ConfigError) as told:
        filled(given)
    message = str(told.value)
    assert said in message
    assert message.startswith("config, ")
    assert "\n" not in message
    assert path.partition("/")[0].rpartition(".")[0] in message


def test_an_old_name_is_told_the_new_one() -> None:
    names = {
        "areas": "neurons",
        "radiographs": "chests",
        "decoders": "resnet1d18",
        "students": "small",
        "readers": "small",
        "classifiers": "fine",
        "datasets": "simulated",
    }
    for old, new in RENAMED.items():
        given = config()
        kind = old.split(".")[0]
        path = old.replace("*", names.get(kind, ""), 1).replace("*", "V1")
        set_at(given, path, 1)
        with pytest.raises(ConfigError, match=f"`{old.split('.')[-1]}` is called `{new}`"):
            filled(given)


def test_a_block_builds_on_another() -> None:
    given = config()
    given["students"]["wide"] = {"like": "small", "width": 16}
    given["students"]["wider"] = {"like": "wide", "width": 32, "flip": True}
    given["datasets"]["again"] = {"like": "simulated", "rois": {"V1": {"voxels": 5}}}
    before = copy.deepcopy(given)
    resolve(given)
    assert given["students"]["wider"] == before["students"]["small"] | {"width": 32, "flip": True}
    assert given["datasets"]["again"]["rois"]["V1"]["voxels"] == 5
    assert given["datasets"]["simulated"] == before["datasets"]["simulated"]
    filled(given)


@pytest.mark.parametrize("kind", NAMED)
def test_blocks_that_build_on_nothing_or_on_themselves_are_refused(kind: str) -> None:
    with pytest.raises(ConfigError, match=rf"config, {kind}.a.like: there is no 'b' under {kind}"):
        resolve({kind: {"a": {"like": "b"}}})
    with pytest.raises(ConfigError, match=r"in a circle: (a -> b -> a|b -> a -> b)"):
        resolve({kind: {"a": {"like": "b"}, "b": {"like": "a"}}})
