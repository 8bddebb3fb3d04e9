"""Named blocks that build on another: `like: logistic`, then what differs."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from neuroloop.config.check import ConfigError
from neuroloop.config.study import NAMED

#: Key that names the block that another builds on.
LIKE = "like"


def resolve(config: dict[str, Any]) -> None:
    """Replace every block that has ``like`` by what it stands for.

    Parameters
    ----------
    config : dict
        Changed in place.

    Raises
    ------
    ConfigError
        If there is no block of that name, or blocks build on each other in a circle.
    """
    for kind in NAMED:
        named = config.get(kind)
        if isinstance(named, Mapping):
            config[kind] = {name: _resolved(kind, named, (name,)) for name in named}


def _resolved(kind: str, named: Mapping[str, Any], way: tuple[str, ...]) -> Any:
    """A block with all that it builds on; `way` are names from the first block on."""
    block = named[way[-1]]
    if not isinstance(block, Mapping) or LIKE not in block:
        return block
    base = block[LIKE]
    where = f"config, {kind}.{way[-1]}.{LIKE}"
    if base in way:
        circle = " -> ".join(map(str, (*way, base)))
        raise ConfigError(f"{where}: blocks build on each other in a circle: {circle}")
    if base not in named:
        known = ", ".join(name for name in named if name != way[-1])
        raise ConfigError(f"{where}: there is no {base!r} under {kind} ({known})")
    own = {key: value for key, value in block.items() if key != LIKE}
    return merged(_resolved(kind, named, (*way, base)), own)


def merged(base: Any, own: Any) -> Any:
    """A block with another's values over its own, key by key; lists are replaced whole."""
    if not (isinstance(base, Mapping) and isinstance(own, Mapping)):
        return deepcopy(own)
    made = dict(base)
    for key, value in own.items():
        made[key] = merged(base[key], value) if key in base else deepcopy(value)
    return made
