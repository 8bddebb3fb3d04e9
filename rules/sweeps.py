"""Sweeps: one block of the config that stands for a classifier of every combination of values."""

import itertools
import re
from collections.abc import Mapping
from typing import Any

from rules.configuration import ConfigError


def expand_sweeps(config: dict[str, Any]) -> None:
    """Replace each classifier that has a ``sweep`` by its variants, wherever it is named.

    Parameters
    ----------
    config : dict
        Changed in place. ``sweep: {learning_rate: [0.001, 0.0001]}`` in a block ``deep`` becomes
        the classifiers ``deep--learning_rate-0p001`` and ``deep--learning_rate-0p0001``.

    Raises
    ------
    ConfigError
        If an axis is no list of values, or no key of the block.
    """
    classifiers = config.get("classifiers")
    if not isinstance(classifiers, Mapping):
        return  # the schema says what is wrong
    variants = {
        name: _variants(name, block) if isinstance(block, Mapping) else {name: block}
        for name, block in classifiers.items()
    }
    config["classifiers"] = {
        name: block for made in variants.values() for name, block in made.items()
    }
    for block in config.get("films", {}).values():
        if isinstance(block, dict) and isinstance(block.get("classifiers"), list):
            block["classifiers"] = [
                variant for name in block["classifiers"] for variant in variants.get(name, [name])
            ]


def _variants(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Classifiers that a block stands for."""
    rest = dict(block)
    axes = rest.pop("sweep", None)
    if axes is None:
        return {name: rest}
    where = f"config, classifiers.{name}.sweep"
    if not isinstance(axes, Mapping) or not axes:
        raise ConfigError(f"{where}: name keys and lists of values, as learning_rate: [0.1, 0.01]")
    for key, values in axes.items():
        if key not in rest:
            raise ConfigError(f"{where}: {key} is no key of the classifier ({', '.join(rest)})")
        if not isinstance(values, list) or not values:
            raise ConfigError(f"{where}.{key}: give a list of values, not {values!r}")
    made = {}
    for values in itertools.product(*axes.values()):
        chosen = dict(zip(axes, values, strict=True))
        tags = [f"{key}-{_tag(value)}" for key, value in chosen.items()]
        made["--".join([name, *tags])] = rest | chosen
    return made


def _tag(value: Any) -> str:
    """A value as a part of a name: 0.001 is 0p001, [128, 64] is 128-64, null is none."""
    if isinstance(value, list):
        return "-".join(map(_tag, value)) or "none"
    text = "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
    return re.sub(r"[^A-Za-z0-9-]", "_", text.replace(".", "p"))
