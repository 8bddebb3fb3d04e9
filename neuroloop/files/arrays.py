"""Arrays as .npy and .npz without pickle, each with a JSON sidecar of axes, units and ids."""

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import IO, Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic
from neuroloop.files.json_files import as_json, read_json

#: Packages whose versions a sidecar records: those that results depend on.
NUMERIC_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "himalaya", "nilearn")


def versions() -> dict[str, str]:
    """Versions of the numeric packages of this environment."""
    return {name: metadata.version(name) for name in NUMERIC_PACKAGES}


def sidecar_path(path: StrPath) -> Path:
    """Path of the JSON sidecar of an array file."""
    return Path(path).with_suffix(".json")


def describe(array: np.ndarray, axes: Sequence[str], units: str) -> dict[str, Any]:
    """Shape, dtype, axis names and units of one array, as a sidecar states them."""
    if len(axes) != array.ndim:
        raise ValueError(f"{array.ndim} axes, but {len(axes)} names: {list(axes)}")
    return {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "axes": list(axes),
        "units": units,
    }


def save_array(
    path: StrPath,
    array: np.ndarray,
    *,
    axes: Sequence[str],
    units: str,
    ids: Mapping[str, Sequence[str]] | None = None,
    **facts: Any,
) -> None:
    """Write one array as .npy with its sidecar.

    Parameters
    ----------
    path : path
        Ends in ``.npy``.
    array : ndarray
        Any shape.
    axes : sequence of str
        One name per axis.
    units : str
        Unit of the values, ``"1"`` where they have none.
    ids : mapping, optional
        For the name of an axis, the ids along it, in order.
    **facts
        Anything else a reader must know (seed, class order, null, ...).
    """
    named = {axis: list(map(str, names)) for axis, names in (ids or {}).items()}
    for axis, names in named.items():
        if len(names) != array.shape[list(axes).index(axis)]:
            raise ValueError(f"{len(names)} ids for axis {axis} of shape {array.shape}")
    _save_described(
        path,
        lambda stream: np.save(stream, np.asarray(array, order="C"), allow_pickle=False),
        {**describe(array, axes, units), "ids": named, **facts},
    )


def load_array(path: StrPath) -> tuple[np.ndarray, dict[str, Any]]:
    """Read an array and its sidecar.

    Raises
    ------
    NeuroLoopError
        If a file is missing or truncated, or array and sidecar disagree.
    """
    facts = read_json(sidecar_path(path))
    try:
        with open(path, "rb") as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the rule that makes it") from None
    except (ValueError, EOFError, OSError) as error:
        raise _unreadable(path, error) from error
    if (list(array.shape), str(array.dtype)) != (facts.get("shape"), facts.get("dtype")):
        raise NeuroLoopError(
            f"{path} holds {array.dtype} {list(array.shape)}, but its sidecar says "
            f"{facts.get('dtype')} {facts.get('shape')}: delete both and run again"
        )
    return array, facts


def save_arrays(
    path: StrPath,
    arrays: Mapping[str, np.ndarray],
    *,
    axes: Mapping[str, Sequence[str]],
    units: Mapping[str, str] | None = None,
    **facts: Any,
) -> None:
    """Write named arrays as one .npz with a sidecar; strings are stored as fixed-width unicode.

    Parameters
    ----------
    path : path
        Ends in ``.npz``.
    arrays : mapping of str to ndarray
        No object arrays, except arrays of strings as pandas makes them.
    axes : mapping of str to sequence of str
        Axis names of each array.
    units : mapping of str to str, optional
        Unit of each array, ``"1"`` if not given.
    **facts
        Anything else a reader must know.
    """
    units = units or {}
    plain = {name: _without_objects(array) for name, array in arrays.items()}
    described = {
        name: describe(array, axes[name], units.get(name, "1")) for name, array in plain.items()
    }
    _save_described(
        path,
        lambda stream: np.savez(stream, allow_pickle=False, **plain),
        {"arrays": described, **facts},
    )


def load_arrays(path: StrPath) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file.

    Raises
    ------
    NeuroLoopError
        If it is missing, truncated, or would need pickle.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the rule that makes it") from None
    except Exception as error:
        raise _unreadable(path, error) from error


def _save_described(
    path: StrPath, write: Callable[[IO[bytes]], None], facts: Mapping[str, Any]
) -> None:
    """Write a file and its sidecar, both or neither."""
    text = as_json({**facts, "versions": versions()})
    with atomic(sidecar_path(path)) as sidecar, atomic(path) as temporary:
        sidecar.write_text(text, encoding="utf-8")
        with temporary.open("wb") as stream:
            write(stream)


def _without_objects(array: np.ndarray) -> np.ndarray:
    """Turn an object array of strings, as pandas makes them, into fixed-width unicode."""
    plain = np.asarray(array)
    if plain.dtype == object and all(isinstance(item, str) for item in plain.flat):
        return plain.astype(str)
    return plain


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _unreadable(path: StrPath, error: Exception) -> NeuroLoopError:
    return NeuroLoopError(f"{path} cannot be read ({_first_line(error)}): delete it and run again")
