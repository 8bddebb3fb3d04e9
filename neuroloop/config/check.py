"""Checking a config against what is described, and filling in what it leaves out."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any, get_args, get_origin

from pydantic import Tag, ValidationError

from neuroloop.config.renamed import new_name
from neuroloop.config.settings import Settings
from neuroloop.config.study import TAG, study
from neuroloop.errors import printable

#: A number that YAML reads as text.
EXPONENT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")

#: By pydantic's word for a type: what it is called, and how to write it.
TYPES = {
    "int": ("a whole number", "write one"),
    "float": ("a number", "write one"),
    "bool": ("true or false", "write one of them"),
    "string": ("text", "put it between quotes"),
    "list": ("a list", "put it in brackets, [...]"),
    "tuple": ("a list", "put it in brackets, [...]"),
    "dict": ("a block of settings", "write keys and values"),
    "model": ("a block of settings", "write keys and values"),
}

Path = tuple[str | int, ...]


class ConfigError(Exception):
    """The config is wrong; the message is one line that names the key."""

    def __str__(self) -> str:
        return printable(super().__str__())


def filled(config: Mapping[str, Any]) -> dict[str, Any]:
    """Check a config, and fill in every default.

    Parameters
    ----------
    config : mapping
        Of YAML: as it was read, without ``like`` and ``sweep``.

    Returns
    -------
    dict
        The same values, and what was left out: keys in the order in which they are described.

    Raises
    ------
    ConfigError
        One line for the first mistake: the key, what is wrong, what is allowed.
    """
    given = deepcopy(dict(config))
    while True:
        try:
            text = json.dumps(given, default=str)
            made = study().model_validate_json(text, strict=True)
            return _as_given(given, _plain(made.model_dump()))
        except ValidationError as error:
            errors = error.errors(include_url=False)
            changed = [_set_number(given, one) for one in errors]
            if not any(changed):
                raise ConfigError(_told(errors, given)) from None


def _plain(value: Any) -> Any:
    """As YAML has it: lists, and numbers as they are written, which JSON would make of one kind."""
    if isinstance(value, Mapping):
        return {key: _plain(inside) for key, inside in value.items()}
    return [_plain(inside) for inside in value] if isinstance(value, tuple | list) else value


def _as_given(given: Any, made: Any) -> Any:
    """What was made of what was given, with its own kinds of numbers."""
    if isinstance(given, Mapping) and isinstance(made, Mapping):
        return {
            key: _as_given(given[key], value) if key in given else value
            for key, value in made.items()
        }
    if isinstance(given, list) and isinstance(made, list):
        return [_as_given(*pair) for pair in zip(given, made, strict=True)]
    return given if given == made else made


def _set_number(config: Any, error: Mapping[str, Any]) -> bool:
    """Make a number of text such as 1e-3 where a number is wanted, and say whether it was one."""
    text = error["input"]
    if error["type"] not in ("float_type", "int_type") or not isinstance(text, str):
        return False
    if not EXPONENT.fullmatch(text):
        return False
    *above, last = _path(error["loc"], config)
    for key in above:
        config = config[key]
    number = float(text)
    config[last] = int(number) if error["type"] == "int_type" and number.is_integer() else number
    return True


def _path(loc: Sequence[str | int], config: Any) -> Path:
    """Keys and numbers that lead to an error, without pydantic's words for the ways it tried."""
    path: list[str | int] = []
    value = config
    for part in loc:
        own = isinstance(value, Mapping) and part in value  # a user's key may look like a tag
        if isinstance(part, str) and part.startswith(TAG) and not own:
            continue
        if part == "[key]":
            break
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part] if part < len(value) else None
        else:
            continue
        path.append(part)
    return tuple(path)


def _told(errors: Sequence[Mapping[str, Any]], config: Any) -> str:
    """One line for the first mistake: old names, then unknown keys, then what lies deepest."""

    def rank(error: Mapping[str, Any]) -> tuple[bool, bool, int]:
        path = _path(error["loc"], config)
        unknown = error["type"] == "extra_forbidden"
        return not (unknown and new_name(path)), not unknown, -len(path)

    first = min(errors, key=rank)
    path = _path(first["loc"], config)
    where = path[:-1] if first["type"] in ("extra_forbidden", "missing") else path
    message = _message(first, path, config)
    for other in errors:  # of a value that may be one thing or another
        if other is not first and _path(other["loc"], config) == path and " is not " in message:
            more = _message(other, path, config).partition(" is not ")[2]
            message += f", and not {more}" if more and more not in message else ""
    message += _remedy(first)
    if first["type"] == "no_entry" and isinstance(first["input"], Mapping):
        key = first["ctx"]["key"]
        where = (*path, key) if key in first["input"] else path
    return f"config, {'.'.join(map(str, where)) or 'top level'}: {message}"


def _message(error: Mapping[str, Any], path: Path, config: Any) -> str:
    """What is wrong."""
    kind, context = error["type"], error.get("ctx", {})
    value = _shown(error["input"])
    if kind == "extra_forbidden":
        return new_name(path) or f"unknown key {path[-1]} ({_hint(str(path[-1]), error['loc'])})"
    if kind == "missing":
        if isinstance(path[-1], int):
            return f"only {path[-1]} of its parts are there"
        return f"{path[-1]!r} is missing: state it"
    if kind == "no_entry":
        if not isinstance(error["input"], Mapping):
            return _no_type(error["input"], "dict")
        key = context["key"]
        if key not in error["input"]:
            return f"{key!r} is missing: state it"
        return f"{error['input'][key]!r} is not one of {context['known']}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "finite_number":
        return f"{value} is not a finite number"
    if kind == "literal_error":
        return f"{value} is not one of {context['expected']}"
    if kind == "string_pattern_mismatch":
        return (
            f"{value} is no name: letters (a to z, A to Z), digits, _ and -, beginning with one of "
            "the first two"
        )
    limits = {
        "greater_than": "is less than or equal to the minimum of",
        "greater_than_equal": "is less than the minimum of",
        "less_than": "is greater than or equal to the maximum of",
        "less_than_equal": "is greater than the maximum of",
    }
    if kind in limits:
        limit = next(context[name] for name in ("gt", "ge", "lt", "le") if name in context)
        return f"{value} {limits[kind]} {limit:g}"
    if kind == "too_short":
        return f"{value} should be non-empty" if not error["input"] else f"{value} is too short"
    if kind == "too_long":
        return f"{value} is too long"
    word = kind.partition("_")[0]
    return _no_type(error["input"], word) if word in TYPES else f"{value}: {error['msg']}"


def _shown(value: Any) -> str:
    """A value as it may stand in YAML, shortened."""
    shown = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return shown if len(shown) <= 80 else f"{shown[:76]} ..."


def _no_type(value: Any, word: str) -> str:
    """That a value is of another type; of nothing at all, with what to do."""
    called, _ = TYPES[word]
    if value is not None:
        return f"{_shown(value)} is not {called}"
    wanted = "its settings" if word in ("dict", "model") else called
    return f"empty: give {wanted} or take it out"


def _remedy(error: Mapping[str, Any]) -> str:
    """What to do about a value of another type."""
    value, word = error["input"], error["type"].partition("_")[0]
    if error["type"] == "no_entry" and not isinstance(value, Mapping):
        word = "dict"
    if word not in TYPES or value is None or error["type"] == "string_pattern_mismatch":
        return ""
    number = word in ("int", "float") and isinstance(value, str)
    if number and re.fullmatch(r"[-+]?\d+(\.\d*)?", value):
        return ": take its quotes off"
    if word == "string" and isinstance(value, Mapping | list):
        return ": write one name or word"
    return f": {TYPES[word][1]}"


def _hint(key: str, loc: Sequence[str | int]) -> str:
    """The known key that is meant, or all that are known."""
    known = sorted(_keys(study(), loc[:-1]))
    close = difflib.get_close_matches(key, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"known keys: {', '.join(known)}" if known else "no keys are known here"


def _keys(annotation: Any, loc: Sequence[str | int]) -> Iterator[str]:
    """Keys that a block has, by the way to it."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        if not loc:
            yield from annotation.model_fields
        elif loc[0] in annotation.model_fields:
            yield from _keys(annotation.model_fields[str(loc[0])].annotation, loc[1:])
        return
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is dict:
        yield from _keys(inside[1], loc[1:])
    elif origin is Annotated:
        tags = [item.tag for item in inside[1:] if isinstance(item, Tag)]
        if tags and loc and loc[0] == tags[0]:
            yield from _keys(inside[0], loc[1:])
        elif not tags:
            yield from _keys(inside[0], loc)
    else:
        for part in inside:
            yield from _keys(part, loc)
