"""Sweeps: one block of the config that stands for a classifier of every combination of values."""

import difflib
import itertools
import re
from collections.abc import Mapping
from typing import Any

from neuroloop.config.check import ConfigError
from neuroloop.config.renamed import new_name
from neuroloop.config.study import blocks


def expand_sweeps(config: dict[str, Any]) -> None:
    """Replace each classifier that has a ``sweep`` by its variants, wherever radiographs name it.

    Parameters
    ----------
    config : dict
        Changed in place. ``sweep: {learning_rate: [0.001, 0.0001]}`` in a block ``deep`` becomes
        the classifiers ``deep--learning_rate-0p001`` and ``deep--learning_rate-0p0001``; so do
        ``deep`` among the ``classifiers`` of radiographs, in ``ensembles``, ``cases_of`` and
        ``repeats_of``, and ``[case1, deep]`` under ``leakage``, ``new_sites`` and ``maps``. A
        ``baseline`` is one classifier and names one of them.

    Raises
    ------
    ConfigError
        If an axis is no list of values, or no key of the block, or if two classifiers would have
        one name.
    """
    classifiers, radiographs = config.get("classifiers"), config.get("radiographs")
    if not isinstance(classifiers, Mapping):
        return  # the schema says what is wrong
    variants = {
        name: _variants(name, block) if isinstance(block, Mapping) else {name: block}
        for name, block in classifiers.items()
    }
    config["classifiers"] = {}
    for name, made in variants.items():
        for variant, block in made.items():
            if variant in config["classifiers"]:
                raise ConfigError(
                    f"config, classifiers.{name}: two classifiers are called {variant}: rename "
                    "one, or leave one of the sweep's values out"
                )
            config["classifiers"][variant] = block
    for block in radiographs.values() if isinstance(radiographs, Mapping) else ():
        if isinstance(block, dict):
            _expand_names(block, variants)


def _expand_names(block: dict[str, Any], variants: Mapping[str, Mapping[str, Any]]) -> None:
    """Name variants where a set of radiographs names their classifier; what is no name stays."""

    def of(name: Any) -> list[Any]:
        return list(variants[name]) if isinstance(name, str) and name in variants else [name]

    def pairs(pair: Any) -> list[Any]:
        if not isinstance(pair, list) or len(pair) != 2:
            return [pair]
        return [[pair[0], variant] for variant in of(pair[1])]

    def members(ensemble: Any) -> list[Any]:
        if not isinstance(ensemble, list):
            return [ensemble]
        return [[variant for name in ensemble for variant in of(name)]]

    expansions = {"classifiers": of, "ensembles": members}
    expansions |= dict.fromkeys(("leakage", "new_sites", "maps"), pairs)
    for key, expanded in expansions.items():
        if isinstance(block.get(key), list):
            block[key] = [made for item in block[key] for made in expanded(item)]
    for key in ("cases_of", "repeats_of"):
        if isinstance(block.get(key), Mapping):
            block[key] = {made: own for name, own in block[key].items() for made in of(name)}


def _variants(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Classifiers that a block stands for."""
    rest = dict(block)
    axes = rest.pop("sweep", None)
    if axes is None:
        return {name: rest}
    where = f"config, classifiers.{name}.sweep"
    known = known_keys(block)
    if not isinstance(axes, Mapping) or not axes:
        raise ConfigError(f"{where}: name keys and lists of values, as learning_rate: [0.1, 0.01]")
    for key, values in axes.items():
        if key not in known:
            renamed = new_name(("classifiers", name, str(key)))
            close = difflib.get_close_matches(str(key), known, n=1)
            hint = f"did you mean {close[0]}?" if close else ", ".join(known)
            raise ConfigError(
                f"{where}: {renamed or f'{key} is no key of the classifier ({hint})'}"
            )
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{where}.{key}: give a list of values, not {values!r}")
    made: dict[str, dict[str, Any]] = {}
    for values in itertools.product(*axes.values()):
        chosen = dict(zip(axes, values, strict=True))
        variant = "--".join([name, *(f"{key}-{_tag(value)}" for key, value in chosen.items())])
        if variant in made:
            raise ConfigError(f"{where}: two of its values make one name, {variant}: drop one")
        made[variant] = rest | chosen
    return made


def known_keys(block: Mapping[str, Any]) -> list[str]:
    """Keys that a classifier may have."""
    models = blocks()["classifiers"]
    model = models.get(str(block.get("backbone")), next(iter(models.values())))
    return list(model.model_fields)


def _tag(value: Any) -> str:
    """A value as a part of a name: 0.001 is 0p001, [128, 64] is 128-64, null is none."""
    if isinstance(value, list):
        return "-".join(map(_tag, value)) or "none"
    text = "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"[^A-Za-z0-9-]", "_", text.replace(".", "p"))
