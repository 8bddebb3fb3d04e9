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
