"""Reading and writing the open formats of the workflow, always complete or not at all.

Arrays are .npy or .npz without pickle, tables TSV with a header, facts JSON, weights safetensors.
Every array has a JSON sidecar of the same stem that describes its axes, units and rows. A writer
fills a temporary file in the same folder and renames it, so that a killed job leaves nothing that
looks finished.
"""

import csv
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError

if TYPE_CHECKING:
    import torch

StrPath = str | os.PathLike[str]

#: Packages whose versions a sidecar records: those that results depend on.
NUMERIC_PACKAGES = ("numpy", "scipy", "pandas", "scikit-learn", "torch", "himalaya", "nilearn")


@contextmanager
def atomic(path: StrPath) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to it if the block ends without an error.

    The temporary name keeps the suffix, which some writers depend on. The file gets the mode of
    any new file in its folder (umask, or the folder's default access list): safetensors would make
    it readable by its owner only, so that the group could not read the weights.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        temporary.touch()
        mode = temporary.stat().st_mode
        temporary.unlink()
        yield temporary
        if temporary.stat().st_mode != mode:
            temporary.chmod(stat.S_IMODE(mode))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


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


def save_json(path: StrPath, facts: Mapping[str, Any]) -> None:
    """Write facts as indented JSON; NaN becomes null, NumPy scalars become numbers."""
    text = _as_json(facts)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: StrPath) -> dict[str, Any]:
    """Read a JSON object from a file.

    Raises
    ------
    NeuroLoopError
        If it is missing or is not a JSON object.
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the rule that makes it") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise NeuroLoopError(
            f"{path} is not valid JSON ({error}): delete it and run again"
        ) from error
    if not isinstance(facts, dict):
        raise NeuroLoopError(f"{path} holds no JSON object: delete it and run again")
    return facts


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


def save_table(path: StrPath, table: pd.DataFrame) -> None:
    """Write a table as TSV with a header, without the index; missing values are ``n/a``."""
    with atomic(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False, na_rep="n/a", lineterminator="\n")


def read_table(path: StrPath, columns: Mapping[str, type]) -> pd.DataFrame:
    """Read a TSV table and check that it has the columns needed.

    Parameters
    ----------
    path : path
        A TSV file with a header.
    columns : mapping of str to type
        Needed columns and their types (``str``, ``int`` or ``float``). Other columns are read as
        strings; only ``n/a`` counts as missing.

    Returns
    -------
    DataFrame
        All columns of the file.

    Raises
    ------
    NeuroLoopError
        If the file or a column is missing, a row is longer or shorter than the header, or a value
        has the wrong type.
    """
    # Not with pandas, which silently fills short rows and turns a surplus column into the index.
    try:
        with open(path, newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream, delimiter="\t", strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError:
        raise NeuroLoopError(f"{path} is missing: run the rule that makes it") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise NeuroLoopError(
            f"{path} is not a TSV table ({error}): repair or replace it"
        ) from error
    if not rows:
        raise NeuroLoopError(f"{path} is empty, without even a header: repair or replace it")
    (_, header), *rest = rows
    if len(set(header)) < len(header):
        raise NeuroLoopError(f"{path} names a column twice: {', '.join(header)}: rename one")
    for line, row in rest:
        if len(row) != len(header):
            raise NeuroLoopError(
                f"{path}, line {line} has {len(row)} fields, but the header {len(header)}: "
                "repair or replace it"
            )
    table = pd.DataFrame([row for _, row in rest], columns=header, dtype=str)
    missing = [name for name in columns if name not in table]
    if missing:
        raise NeuroLoopError(
            f"{path} lacks the column {', '.join(missing)}: it has {', '.join(table.columns)}"
        )
    for name, kind in columns.items():
        if kind is str:
            continue
        try:
            values = table[name].replace("n/a", "nan") if kind is float else table[name]
            table[name] = values.astype(kind)
        except ValueError:
            lines = [line for line, _ in rest]
            table[name] = [
                _number(text, kind, f"{path}, column {name}, line {line}")
                for text, line in zip(table[name], lines, strict=True)
            ]
    return table


def _number(text: str, kind: type, origin: str) -> float:
    """Read a number; a whole one may be written as 10.0, as spreadsheets do."""
    try:
        value = float("nan" if text == "n/a" and kind is float else text)
    except ValueError:
        value = None
    if value is None or (kind is int and not value.is_integer()):
        what = "whole number" if kind is int else "number"
        raise NeuroLoopError(f"{origin}: {text!r} is not a {what}: fix the table")
    return kind(value)


def save_weights(path: StrPath, weights: Mapping[str, "torch.Tensor"], **facts: str) -> None:
    """Write the weights of a network as safetensors, with facts in its header.

    The facts are stored as JSON under a single key, ``facts``, since safetensors writes several
    keys in a random order.
    """
    from safetensors.torch import save_file

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    with atomic(path) as temporary:
        save_file(tensors, temporary, metadata={"facts": json.dumps(facts, sort_keys=True)})


def load_weights(path: StrPath) -> dict[str, "torch.Tensor"]:
    """Read the weights of a network from .safetensors, or from a .pth checkpoint of torch.

    Raises
    ------
    NeuroLoopError
        If the file is missing or not a checkpoint, would need pickle, or holds a number that is
        not finite: a network with such a weight would still predict a class, the first, for every
        image.
    """
    import torch
    from safetensors.torch import load_file

    path = Path(path)
    if not path.is_file():
        raise NeuroLoopError(f"weights {path} are missing: put the file there or change the key")
    try:
        if path.suffix == ".safetensors":
            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise NeuroLoopError(f"weights {path} cannot be read: {_first_line(error)}") from error
    _check_finite(path, weights)
    return weights


def _check_finite(path: Path, weights: object) -> None:
    """Refuse weights that are not finite in float32, in which networks compute."""
    import torch

    for name, values in weights.items() if isinstance(weights, Mapping) else ():
        if not isinstance(values, torch.Tensor) or not values.is_floating_point():
            continue
        wrong = int((~values.float().isfinite()).sum())
        if wrong:
            raise NeuroLoopError(
                f"weights {path}: {wrong} of {values.numel()} numbers of {name} are not finite: "
                "train the network again, at a lower learning rate, or take another checkpoint"
            )


def _save_described(
    path: StrPath, write: Callable[[IO[bytes]], None], facts: Mapping[str, Any]
) -> None:
    """Write a file and its sidecar, both or neither."""
    text = _as_json({**facts, "versions": versions()})
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


def _as_json(facts: Mapping[str, Any]) -> str:
    return json.dumps(_plain(facts), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """Turn NumPy scalars and arrays, paths and NaN into values that JSON supports."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    if isinstance(value, Path):
        return str(value)
    return value
