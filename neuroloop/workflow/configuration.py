"""Completing and checking the config before any rule sees it."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from neuroloop import registry
from neuroloop.config.check import ConfigError, filled
from neuroloop.config.study import forget
from neuroloop.config.variants import LIKE, resolve
from neuroloop.cxr.simulated_settings import CLASSES
from neuroloop.cxr.trainings import trainings
from neuroloop.workflow.sweeps import expand_sweeps

__all__ = ["ConfigError", "complete", "expand_path", "settle", "validate"]

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

#: Most values that a config may stand for, however short its aliases make it.
LARGEST = 1_000_000


def complete(config: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Undo what Snakemake's deep merge does to the blocks that a preset states whole.

    Snakemake merges a preset into the default config key by key, so that a preset's dataset would
    inherit the subjects of a default dataset of the same name. A block that states its kind
    (a key that `BLOCKS` names), or what it is like, is complete and replaces its namesake; one that
    does neither is an edit of it.

    Parameters
    ----------
    config : dict
        Merged config, changed in place.
    given : mapping
        What --configfile and --config gave.
    """
    for kind, key in BLOCKS.items():
        for name, block in _items(given.get(kind)):
            if isinstance(block, Mapping) and (key in block or LIKE in block):
                config[kind][name] = block


def _items(block: Any) -> Iterable[tuple[str, Any]]:
    """Keys and values of a block, or none of what is no block: that is told later."""
    return block.items() if isinstance(block, Mapping) else ()


def settle(config: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Make of what was given the config that the rules see: complete, and checked.

    Parameters
    ----------
    config : dict
        Default config with what was given merged into it; changed in place.
    given : mapping
        What --configfile and --config gave.

    Raises
    ------
    ConfigError
        One line for the first mistake.
    NeuroLoopError
        If a plugin cannot be used.
    """
    _size(config, "config", ())
    _refuse_other_keys(config, "config")
    complete(config, given)
    plugins = config.get("plugins", [])
    if isinstance(plugins, list) and all(isinstance(file, str) for file in plugins):
        registry.add_plugins(plugins)
        forget()
    resolve(config)
    expand_sweeps(config)
    validate(config)


def _size(value: Any, where: str, way: tuple[int, ...], known: dict[int, int] | None = None) -> int:
    """Count the values below a value, and see that aliases (*) make them neither endless nor huge.

    `way` are the ids of what lies above; `known` has the counts of what was seen before, so that
    this takes as long as the config is written, however large it stands for.
    """
    known = {} if known is None else known
    if isinstance(value, Mapping):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    else:
        return 1
    if id(value) in way:
        raise ConfigError(f"{where}: it holds itself by an alias (*): write out what is meant")
    if id(value) not in known:
        above = (*way, id(value))
        count = 1
        for key, item in inside:
            named = f"{where}, {key}" if where == "config" else f"{where}.{key}"
            count += _size(item, named, above, known)
        if count > LARGEST:
            raise ConfigError(
                f"{where}: aliases (*) make more than {LARGEST} values of it: write out what is "
                "meant"
            )
        known[id(value)] = count
    return known[id(value)]


def _refuse_other_keys(block: Any, where: str) -> None:
    """See that every key is text: YAML reads 01 as 1, and no as false."""
    for key, value in _items(block):
        if not isinstance(key, str):
            raise ConfigError(
                f"{where}: YAML reads a name there as {key!r}: put names that look like a number, "
                'a date or yes and no between quotes, as in "01"'
            )
        _refuse_other_keys(value, f"{where}, {key}" if where == "config" else f"{where}.{key}")


def validate(config: dict[str, Any]) -> None:
    """Check a config, fill in what it leaves out, and check that its names point at each other.

    Parameters
    ----------
    config : dict
        Changed in place.

    Raises
    ------
    ConfigError
        One line for the first mistake: the key, what is wrong, what is allowed.
    """
    made = filled(config)
    for message in _dangling(made):
        raise ConfigError(message)
    config.update(made)


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
        if block.get("label") is not None and block.get("threshold") is not None:
            yield f"{where}.rois.{roi}: label and threshold exclude each other: keep one of them"
    for subject, files in dataset["subjects"].items():
        own = f"{where}.subjects.{subject}.masks"
        yield from _unknown(own, "region", files.get("masks") or (), dataset["rois"])
    teaching = dataset.get("teaching")
    if not teaching:
        return
    for decoder in teaching["decoders"]:
        if decoder not in dataset["decoders"]:
            yield f"{where}.teaching.decoders: {decoder!r} is not among the dataset's decoders"
    taught = f"{where}.teaching.students"
    yield from _unknown(taught, "student", teaching["students"], config["students"])
    if teaching["assignment_seeds"] > teaching["seeds"]:
        yield (
            f"{where}.teaching.assignment_seeds: {teaching['assignment_seeds']} is more than "
            f"seeds ({teaching['seeds']}), the brain's own students: lower it"
        )
    if "none" not in teaching["teachers"]:
        yield f"{where}.teaching.teachers: none is missing: every comparison needs it"
    if teaching["images"]["source"] == "class_folders":
        for teacher in teaching["teachers"]:
            if not getattr(registry.entry("teacher", teacher), "OF_IMAGES", False):
                continue
            yield (
                f"{where}.teaching.teachers: {teacher} is the brain teacher itself where soft "
                "labels belong to categories (images.source: class_folders): leave it out"
            )
    if teaching["loop"]:
        yield from _open_loop(f"{where}.teaching.loop", dataset)


def _open_loop(where: str, dataset: Mapping[str, Any]) -> Iterator[str]:
    """Why brains cannot be looked for in students."""
    source = dataset["teaching"]["images"]["source"]
    if source not in registry.having("image_source", "look_up"):
        yield (
            f"{where}: brains are looked for on images that subjects saw, and images.source "
            f"{source} has others: set loop to null"
        )
    shown = dataset.get("photographs") or {}
    if shown.get("perception_categories") and not shown["perception_folder"]:
        yield (
            f"{where}: brains are looked for on images of the perception test, and this one has "
            "features alone: name photographs.perception_folder, or set loop to null"
        )
    if dataset["source"] in registry.having("fmri_source", "read_region"):
        yield (
            f"{where}: regions of source {dataset['source']} are read for the training session "
            "alone: set loop to null"
        )


def _dangling_radiographs(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    block = config["radiographs"][name]
    where = f"config, radiographs.{name}"
    known = config["classifiers"]
    yield from _unknown(f"{where}.classifiers", "classifier", block["classifiers"], known)
    for key in ("cases_of", "repeats_of"):
        yield from _unknown(f"{where}.{key}", "classifier", block[key], block["classifiers"])
    trained = trainings(block)
    for key in ("leakage", "new_sites", "maps"):
        for pair in block[key]:
            if tuple(pair) not in trained:
                yield f"{where}.{key}: {pair} is not a case and a classifier of these radiographs"
    if block["leakage"] and block["folds"] == "holdout":
        yield f"{where}.leakage: a hold-out tests other images by image than by patient: name folds"
    baseline = block["baseline"]
    if baseline and tuple(baseline) not in trained:
        yield f"{where}.baseline: {baseline} is not a case and a classifier of these radiographs"
    for classifier in block["classifiers"]:
        if classifier in known:
            yield from _wrong_backbone(classifier, known[classifier])
    for members in block["ensembles"]:
        yield from _unknown(f"{where}.ensembles", "classifier", members, block["classifiers"])
        if not any(all((case, one) in trained for one in members) for case, _ in trained):
            yield f"{where}.ensembles: no case trains all of {', '.join(members)}: see cases_of"
    yield from _unknown(
        f"{where}.external", "set of radiographs", block["external"], config["radiographs"]
    )
    if name in block["external"]:
        yield f"{where}.external: {name!r} is this set itself: name another, or leave it out"
    stated = sorted(set(block.get("classes", {}).values()))
    if stated or block["source"] == "simulated":
        classes = stated or CLASSES
        yield from _unknown(f"{where}.contrast", "class", block["contrast"] or (), classes)


def _wrong_backbone(name: str, block: Mapping[str, Any]) -> Iterator[str]:
    """Messages about what a classifier asks of its backbone that it does not have."""
    where, backbone = f"config, classifiers.{name}", block["backbone"]
    brings = registry.having("backbone", "load_imagenet")
    if block["weights"] == "imagenet" and backbone not in brings:
        yield (
            f"{where}.weights: imagenet comes with {', '.join(brings)} alone: for {backbone}, name "
            "a checkpoint, or null for random weights"
        )
    sections = getattr(registry.entry("backbone", backbone), "SECTIONS", None)
    if sections is None:
        return  # a plugin that does not say: its job does
    yield from _unknown(
        f"{where}.train_from", f"section of {backbone}", [block["train_from"]], (*sections, "head")
    )
    yield from _unknown(
        f"{where}.feature_layers", f"section of {backbone}", block["feature_layers"], sections
    )


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
