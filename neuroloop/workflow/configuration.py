"""Completing and checking the config before any rule sees it."""

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

#: Named blocks of the config, and the key whose presence makes a block complete.
BLOCKS = {
    "datasets": "source",
    "decoders": "method",
    "students": "depth",
    "readers": "head",
    "areas": "source",
    "classifiers": "backbone",
    "radiographs": "source",
}

#: Classes of simulated radiographs.
SIMULATED_RADIOGRAPHS = ("bacteria", "normal", "virus")


class ConfigError(Exception):
    """The config is wrong; the message is one line that names the key."""


def complete(config: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Undo what Snakemake's deep merge does to the blocks that a preset states whole.

    Snakemake merges a preset into the default config key by key, so that a preset's dataset would
    inherit the subjects of a default dataset of the same name. A block that states its kind
    (a key that `BLOCKS` names) is complete and replaces its namesake; one that does not is an edit
    of it.

    Parameters
    ----------
    config : dict
        Merged config, changed in place.
    given : mapping
        What --configfile and --config gave.
    """
    for kind, key in BLOCKS.items():
        for name, block in (given.get(kind) or {}).items():
            if isinstance(block, Mapping) and key in block:
                config[kind][name] = block


def validate(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check the config against the closed schema, then that its names point at each other.

    Raises
    ------
    ConfigError
        One line for the first mistake: the key, what is wrong, what is allowed.
    """
    errors = list(_leaves(Draft202012Validator(schema).iter_errors(config)))
    if errors:
        raise ConfigError(_explain(min(errors, key=_rank)))
    for message in _dangling(config):
        raise ConfigError(message)


def _leaves(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Errors that are not merely the sum of others."""
    for error in errors:
        if error.context:
            yield from _leaves(error.context)
        else:
            yield error


def _rank(error: ValidationError) -> tuple[bool, int, str]:
    """Order in which errors are told: a block with an error inside looks unevaluated as a whole."""
    inside = len(error.absolute_path)
    return error.validator == "unevaluatedProperties", -inside, str(list(error.absolute_path))


def _explain(error: ValidationError) -> str:
    where = ".".join(str(part) for part in error.absolute_path) or "top level"
    message = error.message
    if error.validator in ("additionalProperties", "unevaluatedProperties"):
        unknown = re.findall(r"'([^']+)'", message.split("(")[-1])
        known = sorted(_properties(error.schema, error.instance))
        close = difflib.get_close_matches(unknown[0], known, n=1) if unknown else []
        hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
        message = f"unknown key {', '.join(unknown)} ({hint})"
    return f"config, {where}: {message}"


def _properties(schema: Mapping[str, Any], instance: Any) -> Iterator[str]:
    """Names that an object schema knows, those of its conditional parts included."""
    yield from schema.get("properties", {})
    for part in schema.get("allOf", []):
        if "if" not in part or Draft202012Validator(part["if"]).is_valid(instance):
            yield from _properties(part.get("then", part), instance)


def _dangling(config: Mapping[str, Any]) -> Iterator[str]:
    """Messages about names that point at nothing and lists that contradict each other."""
    kinds = {
        "datasets": _dangling_dataset,
        "areas": _dangling_area,
        "radiographs": _dangling_radiographs,
    }
    names = [name for kind in kinds for name in config[kind]]
    for name in names:
        if names.count(name) > 1:
            where = " and ".join(kind for kind in kinds if name in config[kind])
            yield f"config, {where}: both have {name!r}: rename one of them"
    for name in config["run"]:
        if name not in names:
            known = ", ".join(names)
            yield (
                f"config, run: no dataset, area or set of radiographs is called {name!r} ({known})"
            )
        for kind, dangling in kinds.items():
            if name in config[kind]:
                yield from dangling(name, config)


def _dangling_area(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    area = config["areas"][name]
    where = f"config, areas.{name}"
    yield from _unknown(f"{where}.readers", "reader", area["readers"], config["readers"])
    for pair in area["comparisons"]:
        yield from _unknown(f"{where}.comparisons", "session", pair, area["sessions"])
        if pair[0] == pair[1]:
            yield f"{where}.comparisons: {pair[0]!r} is compared with itself"


def _dangling_dataset(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    dataset = config["datasets"][name]
    where = f"config, datasets.{name}"
    yield from _unknown(f"{where}.decoders", "decoder", dataset["decoders"], config["decoders"])
    for roi, block in dataset["rois"].items():
        if "label" in block and "threshold" in block:
            yield f"{where}.rois.{roi}: label and threshold exclude each other: keep one of them"
    for subject, files in dataset["subjects"].items():
        own = f"{where}.subjects.{subject}.masks"
        yield from _unknown(own, "region", files.get("masks", {}), dataset["rois"])
    teaching = dataset.get("teaching")
    if not teaching:
        return
    for decoder in teaching["decoders"]:
        if decoder not in dataset["decoders"]:
            yield f"{where}.teaching.decoders: {decoder!r} is not among the dataset's decoders"
    taught = f"{where}.teaching.students"
    yield from _unknown(taught, "student", teaching["students"], config["students"])
    if "none" not in teaching["teachers"]:
        yield f"{where}.teaching.teachers: none is missing: every comparison needs it"
    if teaching["images"]["source"] == "class_folders":
        for teacher in {"withinclass", "classmean"} & set(teaching["teachers"]):
            yield (
                f"{where}.teaching.teachers: {teacher} is the brain teacher itself where soft "
                "labels belong to categories (images.source: class_folders): leave it out"
            )


def _dangling_radiographs(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    block = config["radiographs"][name]
    where = f"config, radiographs.{name}"
    known = config["classifiers"]
    yield from _unknown(f"{where}.classifiers", "classifier", block["classifiers"], known)
    for key in ("leak", "maps"):
        for pair in block[key]:
            if pair[0] not in block["cases"] or pair[1] not in block["classifiers"]:
                yield f"{where}.{key}: {pair} is not a case and a classifier of these radiographs"
    if block["leak"] and block["folds"] == "holdout":
        yield f"{where}.leak: a hold-out tests other images by image than by patient: name folds"
    baseline = block["baseline"]
    if baseline and (baseline[0] not in block["cases"] or baseline[1] not in block["classifiers"]):
        yield f"{where}.baseline: {baseline} is not a case and a classifier of these radiographs"
    for members in block["ensembles"]:
        yield from _unknown(f"{where}.ensembles", "classifier", members, block["classifiers"])
    yield from _unknown(
        f"{where}.external", "set of radiographs", block["external"], config["radiographs"]
    )
    stated = sorted(set(block.get("classes", {}).values()))
    if stated or block["source"] == "simulated":
        classes = stated or SIMULATED_RADIOGRAPHS
        yield from _unknown(f"{where}.contrast", "class", block["contrast"] or (), classes)


def _unknown(where: str, kind: str, named: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Messages about names that are not among those that are known."""
    known = list(known)
    for name in named:
        if name not in known:
            yield f"{where}: no {kind} is called {name!r} ({', '.join(known)})"


def expand_path(path: str, folder: str) -> Path:
    """Path of an input: environment variables filled in, relative to the data folder.

    Raises
    ------
    ConfigError
        If the path needs an environment variable that is not set.
    """
    full = Path(os.path.expandvars(path)).expanduser()
    if not full.is_absolute():
        full = Path(os.path.expandvars(folder)).expanduser() / full
    unset = re.findall(r"\$\{?(\w+)", str(full))
    if unset:
        raise ConfigError(
            f"{path} lies below data_folder ({folder}): set the environment variable {unset[0]} "
            "to the folder that holds the data, or state data_folder in the config"
        )
    return full
