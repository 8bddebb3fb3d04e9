"""docs/configuration.md: a table of every block, made of what is described."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from neuroloop import registry
from neuroloop.config.explain import Explain
from neuroloop.config.readers import Reader
from neuroloop.config.settings import Settings
from neuroloop.config.students import Student
from neuroloop.config.study import NAMED, Study, blocks, options, study, teaching

HEAD = """\
# Every setting

Written by `python -m neuroloop.config` from the settings that `neuroloop/config` and the entries
of the registries describe. How a preset is written, and what `like`, `sweep` and `plugins` do, is
said in [config/README.md](../config/README.md). A key without a default has to be stated. Paths
are relative to `data_folder`, unless they are absolute.
"""

#: Of each block whose keys follow from an entry: kind of the registry, and the key that names it.
ENTRIES = {
    "decoders": ("decoder", "method"),
    "classifiers": ("backbone", "backbone"),
    "datasets": ("fmri_source", "source"),
    "images": ("image_source", "source"),
    "areas": ("calcium_source", "source"),
    "radiographs": ("cxr_source", "source"),
}

#: Longest default that is written out, in characters.
LONG = 70


def reference() -> str:
    """Text of docs/configuration.md."""
    parts = [HEAD, "\n## Top level\n", table(Study)]
    models = blocks()
    for kind, title in NAMED.items():
        parts.append(f"\n## `{kind}`\n\n{title}: a name, and a block with these keys.\n")
        if kind == "students":
            parts += [table(Student)]
        elif kind == "readers":
            parts += [table(Reader)]
        else:
            parts += list(_of_entries(kind, models[kind]))
        if kind == "datasets":
            parts += ["\n### `teaching`\n", table(teaching(), skip=("images",))]
            parts += ["\n### `teaching.images`\n", *_of_entries("images", models["images"], "####")]
    parts += ["\n## `explain`\n", *_of_explain()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _of_entries(
    kind: str, models: Mapping[str, type[Settings]], level: str = "###"
) -> Iterator[str]:
    """Keys of all entries in one table, then those of each entry alone."""
    of, key = ENTRIES[kind]
    common = set.intersection(*(set(model.model_fields) for model in models.values()))
    first = next(iter(models.values()))
    differing = {"subjects", "rois", "sessions", "teaching"} & common
    names = ", ".join(f"`{name}`" for name in models)
    meaning = first.model_fields[key].description
    default = first.model_fields[key]
    told = "" if default.is_required() else f"`{default.default}`"
    rows = [f"| `{key}` | {names} | {told} | | {meaning} |"]
    rows += _rows(first, skip=(key, *differing), only=common)
    yield _table(rows)
    for name, model in models.items():
        own = list(_rows(model, skip=tuple(common)))
        for nested in sorted(differing - {"teaching"}):
            inside = get_args(model.model_fields[nested].annotation)[1]
            own += _rows(inside, f"{nested}.NAME.")
        legend = registry.entry(of, name).LEGEND
        yield f"\n{level} `{key}: {name}`\n\n{legend}.\n" + ("\n" + _table(own) if own else "")


def _of_explain() -> Iterator[str]:
    fields = study().model_fields["explain"].annotation
    assert isinstance(fields, type)
    yield table(fields, skip=("options",)) if issubclass(fields, Settings) else table(Explain)
    for name, field in options().model_fields.items():
        inside = field.annotation
        assert isinstance(inside, type)
        assert issubclass(inside, Settings)
        yield f"\n### `options.{name}`\n\n{field.description}\n\n{table(inside)}"


def table(model: type[Settings], skip: tuple[str, ...] = ()) -> str:
    """Table of a model's settings, those of blocks inside it included."""
    return _table(list(_rows(model, skip=skip)))


def _table(rows: list[str]) -> str:
    head = ["| key | type | default | unit | meaning |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows]) + "\n"


def _rows(
    model: type[Settings],
    before: str = "",
    *,
    skip: tuple[str, ...] = (),
    only: set[str] | None = None,
) -> Iterator[str]:
    for key, field in model.model_fields.items():
        if key in skip or (only is not None and key not in only):
            continue
        inside = field.annotation
        if isinstance(inside, type) and issubclass(inside, Settings):
            yield from _rows(inside, f"{before}{key}.")
            continue
        extra = field.json_schema_extra
        unit = extra.get("unit", "") if isinstance(extra, dict) else ""
        kind = _type(inside, field).replace("|", "\\|")
        yield (f"| `{before}{key}` | {kind} | {_default(field)} | {unit} | {field.description} |")
        for block in get_args(inside):  # one that may be null
            if isinstance(block, type) and issubclass(block, Settings):
                yield from _rows(block, f"{before}{key}.")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.default
    if isinstance(value, BaseModel):
        value = value.model_dump()
    text = json.dumps(value)
    return "all" if len(text) > LONG and _all_of(field.annotation, value) else f"`{text}`"


def _all_of(annotation: Any, value: Any) -> bool:
    """Whether a list holds everything that it may hold."""
    options = [get_args(part) for part in get_args(annotation) if get_origin(part) is Literal]
    return not options or set(value) == set(options[0])


def _type(annotation: Any, field: FieldInfo | None = None) -> str:
    """A type in words."""
    if annotation is None or annotation is type(None):
        return "null"
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(inside[0])
    if origin is Literal:
        return ", ".join(f"`{json.dumps(value).strip(chr(34))}`" for value in inside)
    if origin is dict:
        return f"names, each with {_type(inside[1])}"
    if origin is tuple:
        if inside[-1] is Ellipsis:
            return f"list of {_type(inside[0])}"
        return f"list of {len(inside)} {_type(inside[0])}"
    if inside:
        return " or ".join(dict.fromkeys(_type(part) for part in inside))
    words = {int: "whole number", float: "number", bool: "true or false", str: "text"}
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return "block"
    return words.get(annotation, "any")
