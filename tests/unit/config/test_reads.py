"""What rules read of the config is described."""

import ast
import re
import typing
from typing import Any

import pytest

from neuroloop.config.settings import Settings
from neuroloop.config.study import study
from tests.project import ROOT

#: Keys of each look-up in the rules.
READ = sorted(
    {
        ast.literal_eval(f"({keys},)")
        for file in (ROOT / "rules").glob("*.smk")
        for keys in re.findall(r"\bsetting\(((?:\s*\"\w+\",?)+)\s*\)", file.read_text())
    }
)


def inside(annotation: Any, key: str) -> list[Any]:
    """Types of what a key holds, in every block that it may stand in; any name is a name."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        field = annotation.model_fields.get(key)
        return [field.annotation] if field else []
    if typing.get_origin(annotation) is dict:
        return [typing.get_args(annotation)[1]]
    return [one for part in typing.get_args(annotation) for one in inside(part, key)]


def is_described(keys: tuple[str, ...]) -> bool:
    found: list[Any] = [study()]
    for key in keys:
        found = [one for annotation in found for one in inside(annotation, key)]
    return bool(found)


@pytest.mark.parametrize("keys", READ, ids=".".join)
def test_what_rules_look_up_is_described(keys: tuple[str, ...]) -> None:
    assert is_described(keys)


def test_look_ups_are_found_and_a_wrong_one_is_noticed() -> None:
    assert len(READ) > 30
    assert is_described(("datasets", "dataset", "teaching", "seeds"))
    assert not is_described(("datasets", "dataset", "teaching", "seed"))
    assert not is_described(("explain", "settings", "megapixels"))


#: Names under which scripts, rules and the library hold a block, and where it stands in the config.
HELD = {
    "reader": ("readers", "small"),
    "student": ("students", "small"),
    "classifier": ("classifiers", "fine"),
    "teaching": ("datasets", "simulated", "teaching"),
    "settings": ("explain", "settings"),
    "decoder": ("decoders", "ridge"),
    "dataset": ("datasets", "simulated"),
    "area": ("areas", "neurons"),
}

#: A block of any kind.
ANY = ("block",)


def reads() -> list[tuple[str, str]]:
    """Keys that are read of such blocks: name of the block, key."""
    names = "|".join([*HELD, *ANY])
    pattern = re.compile(rf"\b({names})(?:\[|\.get\()\"(\w+)\"")
    files = [
        *(ROOT / "rules").glob("*.smk"),
        *(ROOT / "scripts").rglob("*.py"),
        *(path for path in (ROOT / "neuroloop").rglob("*.py") if path.parent.name != "config"),
    ]
    return sorted({found for file in files for found in pattern.findall(file.read_text())})


def every_key(annotation: Any) -> set[str]:
    """Keys of a block and of all blocks below it."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        below = [every_key(field.annotation) for field in annotation.model_fields.values()]
        return set(annotation.model_fields).union(*below)
    return set().union(*(every_key(part) for part in typing.get_args(annotation)))


@pytest.mark.parametrize(("name", "key"), reads())
def test_what_is_read_of_a_block_is_described(name: str, key: str) -> None:
    if name in HELD:
        assert is_described((*HELD[name], key))
    else:
        assert key in every_key(study())


def test_reads_of_blocks_are_found_and_a_wrong_one_is_noticed() -> None:
    assert len(reads()) > 50
    assert not is_described((*HELD["reader"], "untrained"))
    assert "untrained" not in every_key(study())
