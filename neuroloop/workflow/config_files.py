"""Checking config files as they stand: what YAML lets pass and nobody means is told by its line."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from neuroloop.config.check import ConfigError
from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath
from neuroloop.files.door import outside, read_text

#: Tag of ``<<``, which takes the keys of another block.
MERGE = "tag:yaml.org,2002:merge"

#: Tag of whole numbers, and how those are written that YAML counts by eights or sixties.
INTEGER = "tag:yaml.org,2002:int"
OTHER_BASE = re.compile(r"[-+]?(0[0-7_]+|[0-9_]+(:[0-5]?[0-9])+)")

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_config_file(path: StrPath) -> None:
    """See that a config file is UTF-8, can be read, and says nothing that YAML reads otherwise.

    Of a key that stands twice in a block YAML takes the last, and 064 it reads as 52.

    Parameters
    ----------
    path : path
        A YAML or JSON file.

    Raises
    ------
    ConfigError
        One line: the file, the key, both lines.
    """
    try:
        with outside(path, "a config", "save it as UTF-8 text"):
            text = read_text(Path(path))
    except NeuroLoopError as error:
        raise ConfigError(str(error)) from None
    try:
        json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, path))
    except (ValueError, RecursionError):
        _check_yaml(text, path)


def _once(pairs: list[tuple[str, Any]], path: StrPath) -> dict[str, Any]:
    """Block of JSON, whose keys stand once."""
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise ConfigError(f"{path}: {key!r} stands twice in one block: keep one of them")
        made[key] = value
    return made


def _check_yaml(text: str, path: StrPath) -> None:
    try:
        root = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        what = error.problem or error.context
        raise ConfigError(f"{path}{line}: this is no YAML ({what}): fix that line") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path} is no YAML ({str(error).splitlines()[0]}): fix it") from None
    for number, written, read in _other_bases(root):
        raise ConfigError(
            f"{path}, line {number}: YAML reads {written} as {read}: write that, or put it between "
            "quotes if it is text"
        )
    for key, first, second in _twice(root):
        raise ConfigError(
            f"{path}: {key!r} stands twice in one block, in lines {first} and {second}: keep one "
            "of them"
        )


def _other_bases(root: Any) -> Iterator[tuple[int, str, int]]:
    """Whole numbers that YAML counts by eights or sixties (064, 1:30), with their lines."""
    for node in _nodes(root):
        number = isinstance(node, yaml.ScalarNode) and node.tag == INTEGER
        if number and OTHER_BASE.fullmatch(node.value):
            yield node.start_mark.line + 1, node.value, yaml.safe_load(node.value)


def _twice(root: Any) -> Iterator[tuple[str, int, int]]:
    """Keys that stand twice in a block, with their lines."""
    for node in _nodes(root):
        if isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                    line, name = key.start_mark.line + 1, (key.tag, key.value)
                    if name in lines:
                        yield key.value, lines[name], line
                    lines.setdefault(name, line)


def _nodes(root: Any) -> Iterator[Any]:
    """Every node of a document once, however often an alias names it."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            waiting += reversed([value for _, value in node.value])
