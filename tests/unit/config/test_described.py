"""Every setting is described once, and what is written of it is in step."""

import typing
from collections.abc import Iterator
from typing import Any

import pytest

from neuroloop.config.__main__ import WRITTEN
from neuroloop.config.settings import Settings
from neuroloop.config.study import study
from tests.project import ROOT


def described(annotation: Any) -> Iterator[type[Settings]]:
    """All blocks inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
        for field in annotation.model_fields.values():
            yield from described(field.annotation)
    else:
        for inside in typing.get_args(annotation):
            yield from described(inside)


@pytest.mark.parametrize("path", WRITTEN)
def test_what_is_written_is_in_step(path: str) -> None:
    assert (ROOT / path).read_text() == WRITTEN[path](), "run python -m neuroloop.config"


def test_every_setting_says_what_it_means() -> None:
    blocks = set(described(study()))
    assert len(blocks) > 40
    for block in blocks:
        for key, field in block.model_fields.items():
            said = field.description or ""
            assert said.endswith("."), f"{block.__name__}.{key}: {said!r}"
