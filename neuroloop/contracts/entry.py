"""What every entry must say of itself, whatever its kind."""

from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from neuroloop import registry
from neuroloop.config.settings import Settings
from neuroloop.errors import NeuroLoopError


def checked_entry(kind: str, given: str | Path, facts: dict[str, type]) -> tuple[str, ModuleType]:
    """Find an entry, and check what it says of itself.

    Parameters
    ----------
    kind : str
    given : str or Path
        Name of an entry, or a plugin's file, which is registered if it is not yet.
    facts : dict of str to type
        What it must state beside ``LEGEND``, and of which type.

    Returns
    -------
    name : str
    entry : ModuleType
    """
    name = given if isinstance(given, str) else given.stem
    if isinstance(given, Path) and not registry.plugin(kind, name):
        registered = registry.add_plugin(given)
        if registered[0] != kind:
            refuse(registered[0], name, f"is no {kind}")
    entry = registry.entry(kind, name)
    for fact, wanted in {"LEGEND": str, **facts}.items():
        value = getattr(entry, fact, None)
        if not isinstance(value, wanted) or value == "":
            refuse(kind, name, f"{fact} is {value!r}: state it")
    settings = registry.settings(kind, name)
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        refuse(kind, name, "its class Settings builds on none of the library's: derive it from one")
    for key, field in settings.model_fields.items():
        if not field.description:
            refuse(kind, name, f"nothing says what its setting {key} means: make it by `setting`")
    return name, entry


def has_one(kind: str, name: str, entry: ModuleType, functions: tuple[str, ...]) -> str:
    """Name of the one of these functions that an entry has."""
    found = [one for one in functions if callable(getattr(entry, one, None))]
    if len(found) != 1:
        refuse(kind, name, f"has {len(found)} of the functions {', '.join(functions)}: write one")
    return found[0]


def call(kind: str, name: str, function: Any, *arguments: Any, **settings: Any) -> Any:
    """What a function of an entry gives; what it raises is told as the entry's fault."""
    try:
        return function(*arguments, **settings)
    except NeuroLoopError:
        raise
    except Exception as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise NeuroLoopError(f"{kind} {name!r}: {function.__name__} fails with {said}") from error


def refuse(kind: str, name: str, what: str) -> NoReturn:
    """Raise the error that says what is wrong with an entry."""
    raise NeuroLoopError(f"{kind} {name!r}: {what}")
