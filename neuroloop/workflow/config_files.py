"""Checking config files as they stand: what YAML lets pass and nobody means is told by its line."""

import json
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

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_config_file(path: StrPath) -> None:
    """See that a config file is UTF-8, can be read, and states no key of a block twice.

    YAML takes the last of two and says nothing.

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
    for key, first, second in _twice(root):
        raise ConfigError(
            f"{path}: {key!r} stands twice in one block, in lines {first} and {second}: keep one "
            "of them"
        )


def _twice(root: Any) -> Iterator[tuple[str, int, int]]:
    """Keys that stand twice in a block, with their lines; each block is seen once."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                    line, name = key.start_mark.line + 1, (key.tag, key.value)
                    if name in lines:
                        yield key.value, lines[name], line
                    lines.setdefault(name, line)
            waiting += reversed([value for _, value in node.value])
