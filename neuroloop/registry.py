"""What a config can name, one file each: decoders, variants, teachers, methods, backbones, ...

An entry is a module in its kind's folder, named as the config names it; or a file that the config
lists under ``plugins``, which says its ``KIND``. It carries its parameters (a class ``Settings``),
what it needs, its legend and colour, and the functions that its kind's contract asks for
(neuroloop/contracts). Its imports at the top are light, since rules read all entries at every
start; torch and scikit-learn are imported where they are used. Nothing imports an entry by name, so
that an entry is no part of the code of jobs that run another (see `workflow.code_version`).
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from neuroloop.config.settings import Settings
from neuroloop.errors import NeuroLoopError

#: Package of each kind's entries.
KINDS = {
    "decoder": "neuroloop.fmri.decoders",
    "variant": "neuroloop.fmri.variants",
    "teacher": "neuroloop.distill.teachers",
    "method": "neuroloop.explain.methods",
    "backbone": "neuroloop.networks.backbones",
    "fmri_source": "neuroloop.fmri.sources",
    "image_source": "neuroloop.distill.image_sources",
    "calcium_source": "neuroloop.calcium.sources",
    "cxr_source": "neuroloop.cxr.sources",
    "section": "neuroloop.report.sections",
}

#: Kinds of which a plugin would be described and not run: rules of their own read these sources, or
#: hash these variants.
BUILT_IN = ("calcium_source", "cxr_source", "variant")

_PLUGINS: dict[tuple[str, str], Path] = {}


def names(kind: str) -> tuple[str, ...]:
    """Names of a kind's entries: the built-in ones by their ``ORDER``, then plugins as listed."""
    built_in = sorted(_files(kind), key=lambda name: (entry(kind, name).ORDER, name))
    return (*built_in, *(name for of, name in _PLUGINS if of == kind))


def path(kind: str, name: str) -> Path:
    """File of an entry.

    Raises
    ------
    NeuroLoopError
        If there is none of that name.
    """
    files = _files(kind) | {
        name: file.resolve() for (of, name), file in _PLUGINS.items() if of == kind
    }
    if name not in files:
        known = ", ".join(sorted(files))
        raise NeuroLoopError(f"there is no {kind.replace('_', ' ')} {name!r}: there are {known}")
    return files[name]


def plugin(kind: str, name: str) -> Path | None:
    """File of a plugin as it was given, or None for a built-in entry."""
    return _PLUGINS.get((kind, name))


def entry(kind: str, name: str) -> ModuleType:
    """Module of an entry, imported when it is asked for.

    Raises
    ------
    NeuroLoopError
        If there is none of that name.
    """
    file = path(kind, name)
    if (kind, name) not in _PLUGINS:
        return importlib.import_module(f"{KINDS[kind]}.{name}")
    return _load(file)


def having(kind: str, function: str) -> tuple[str, ...]:
    """Names of the kind's entries that have a function, e.g. the linear decoders' ``decode``."""
    return tuple(name for name in names(kind) if hasattr(entry(kind, name), function))


def settings(kind: str, name: str) -> type[Settings]:
    """What an entry's settings are: its class ``Settings``, or without one none."""
    found: type[Settings] = getattr(entry(kind, name), "Settings", Settings)
    return found


def values(kind: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of all settings of an entry: those that are given, checked, and defaults.

    Raises
    ------
    NeuroLoopError
        If a setting is unknown, missing, or has a value that it cannot have.
    """
    try:
        return settings(kind, name)(**given).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        known = ", ".join(settings(kind, name).model_fields) or "none"
        if first["type"] == "extra_forbidden":
            said = f"there is no such setting: there are {known}"
        else:
            said = f"{first['msg'].lower()} (given: {first['input']!r})"
        raise NeuroLoopError(f"{kind.replace('_', ' ')} {name!r}, {key}: {said}") from None


def add_plugin(file: Path) -> tuple[str, str]:
    """Register a file as an entry of the kind that it states.

    Parameters
    ----------
    file : Path
        A Python file that states ``KIND``, one of `KINDS`; its name is the entry's.

    Returns
    -------
    kind, name : str

    Raises
    ------
    NeuroLoopError
        If the file is missing, cannot be imported, states no kind, or has another entry's name.
    """
    module = _load(file.resolve())
    kind = getattr(module, "KIND", None)
    if kind not in KINDS or kind in BUILT_IN:
        kinds = ", ".join(kind for kind in KINDS if kind not in BUILT_IN)
        raise NeuroLoopError(f"{file} must state KIND, one of {kinds}")
    if file.stem in _files(kind):
        raise NeuroLoopError(f"{file}: there is a {kind} {file.stem!r} already; rename the file")
    known = _PLUGINS.setdefault((kind, file.stem), file)
    if known.resolve() != file.resolve():
        raise NeuroLoopError(f"{file} and {known} are two {kind}s of one name; rename one of them")
    return kind, file.stem


def add_plugins(files: Iterable[str | Path]) -> None:
    """Register the plugins that a job runs (see `add_plugin`)."""
    for file in files:
        add_plugin(Path(file))


@cache
def _files(kind: str) -> dict[str, Path]:
    package = importlib.import_module(KINDS[kind])
    found = sorted(Path(package.__path__[0]).glob("[!_]*.py"))
    return {file.stem: file for file in found}


@cache
def _load(file: Path) -> ModuleType:
    name = f"neuroloop_plugin_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if not file.is_file() or spec is None or spec.loader is None:
        raise NeuroLoopError(f"plugin {file} is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise NeuroLoopError(f"plugin {file} cannot be imported: {error!r}") from error
    return module
