"""Arrays as .npy and .npz without pickle, each with a JSON sidecar of axes, units and ids."""

import math
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath, atomic
from neuroloop.files.door import check_stated_size, outside
from neuroloop.files.json_files import as_json, read_json

#: What to do about a file of ours that is damaged, and about one that is missing.
AGAIN, MAKE = "delete it and run again", "run the rule that makes it"

#: Bytes that are read at a time.
CHUNK = 2**20

#: Readers of the header of each version of NumPy's format that the workflow writes.
HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

#: Unicode ends here; and the upper bits of halves of surrogate pairs.
LAST_CHARACTER, SURROGATES = 0x10FFFF, 0xD800 >> 11

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
    _save_described(
        path,
        lambda stream: np.save(stream, np.asarray(array, order="C"), allow_pickle=False),
        {**describe(array, axes, units), "ids": _named_ids(array, axes, ids), **facts},
        array.nbytes,
    )


def save_rows(
    path: StrPath,
    rows: Iterable[np.ndarray],
    count: int,
    *,
    axes: Sequence[str],
    units: str,
    ids: Mapping[str, Sequence[str]] | None = None,
    **facts: Any,
) -> None:
    """Write an array row by row, as `save_array` would write all of them at once.

    Parameters
    ----------
    path, axes, units, ids, **facts
        As of `save_array`.
    rows : iterable of ndarray
        `count` of them, of one shape and type.
    count : int
        At least 1.
    """
    waiting = iter(rows)
    first = next(waiting)
    whole = np.broadcast_to(first, (count, *first.shape))  # of that shape, without its memory

    def write(stream: IO[bytes]) -> None:
        header = np.lib.format.header_data_from_array_1_0(whole)
        np.lib.format.write_array_header_1_0(stream, {**header, "fortran_order": False})
        written = 0
        for row in chain([first], waiting):
            stream.write(np.ascontiguousarray(row, dtype=first.dtype).data)
            written += row.size
        if written != whole.size:
            raise ValueError(f"{written} values of {whole.shape}")

    _save_described(
        path,
        write,
        {**describe(whole, axes, units), "ids": _named_ids(whole, axes, ids), **facts},
        whole.nbytes,
    )


def load_array(path: StrPath) -> tuple[np.ndarray, dict[str, Any]]:
    """Read an array and its sidecar.

    Raises
    ------
    NeuroLoopError
        If a file is missing or truncated, or array and sidecar disagree.
    """
    with outside(path, "a NumPy array", AGAIN, MAKE) as file, file.open("rb") as stream:
        array = _read_array(stream, file.stat().st_size)
    return array, sidecar_facts(path, array.shape, array.dtype)


def sidecar_facts(path: StrPath, shape: tuple[int, ...], dtype: np.dtype) -> dict[str, Any]:
    """Read the sidecar of an array of this shape and type.

    Raises
    ------
    NeuroLoopError
        If it is missing or damaged, or speaks of another array.
    """
    facts = read_json(sidecar_path(path))
    if (list(shape), str(dtype)) != (facts.get("shape"), facts.get("dtype")):
        raise NeuroLoopError(
            f"{path} holds {dtype} {list(shape)}, but its sidecar says "
            f"{facts.get('dtype')} {facts.get('shape')}: delete both and run again"
        )
    return facts


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
        sum(array.nbytes for array in plain.values()),
    )


def load_arrays(path: StrPath) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file.

    Raises
    ------
    NeuroLoopError
        If it is missing, truncated, or would need pickle.
    """
    with outside(path, "an .npz file", AGAIN, MAKE) as file:
        return read_npz(file)


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of an .npz file inside `outside`, each to its checksum.

    Raises
    ------
    Exception
        Whatever is wrong: arrays that the file cannot hold, a checksum, Python objects.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_stated_size(path, [sum(member.file_size for member in members)], 1, ".npz file")
        found = {}
        for member in members:
            name = member.filename.removesuffix(".npy")
            if name in found or name == member.filename:
                raise ValueError(f"{name} in it stands twice or is no array")
            with archive.open(member) as stream:
                found[name] = _read_array(stream, member.file_size)
        return found


def read_header(stream: IO[bytes], size: int) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the header of an array that fills a stream of known size: shape, order and type.

    Raises
    ------
    ValueError
        If it is of another version, states Python objects, or more or fewer bytes than follow.
    """
    version = np.lib.format.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"version {version[0]}.{version[1]} of NumPy's format is not known")
    shape, columns_first, dtype = HEADERS[version](stream)
    if dtype.kind in "OV":
        raise ValueError("it holds Python objects or records in place of numbers or texts")
    stated, left = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if min(shape, default=0) < 0 or stated != left:
        lengths = " x ".join(map(str, shape))
        raise ValueError(f"{lengths} values of {dtype} are {stated} bytes, but {left} follow")
    return shape, columns_first, dtype


def _read_array(stream: IO[bytes], size: int) -> np.ndarray:
    """Read an array that fills a stream of known size, up to the checksum at its end."""
    shape, columns_first, dtype = read_header(stream, size)
    stated = math.prod(shape) * dtype.itemsize
    content = np.empty(stated, dtype=np.uint8)
    for start in range(0, stated, CHUNK):
        piece = stream.read(min(CHUNK, stated - start))
        content[start : start + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
    if stream.read(1):  # at the end of an .npz member its checksum is compared
        raise ValueError("it is longer than its header states")
    _check_bytes(content, dtype)
    return np.ndarray(shape, dtype, content, order="F" if columns_first else "C")


def _named_ids(
    array: np.ndarray, axes: Sequence[str], ids: Mapping[str, Sequence[str]] | None
) -> dict[str, list[str]]:
    """Ids along axes as a sidecar has them, as many as the axes are long."""
    named = {axis: list(map(str, names)) for axis, names in (ids or {}).items()}
    for axis, names in named.items():
        if len(names) != array.shape[list(axes).index(axis)]:
            raise ValueError(f"{len(names)} ids for axis {axis} of shape {array.shape}")
    return named


def _check_bytes(content: np.ndarray, dtype: np.dtype) -> None:
    """Refuse bytes that are no truth values, or no characters, which would fail anywhere later."""
    if dtype.kind == "b" and content.size and content.max() > 1:
        raise ValueError("it holds truth values other than 0 and 1")
    if dtype.kind == "U":
        points = content.view(f"{dtype.str[0]}u4")
        if (points > LAST_CHARACTER).any() or ((points >> 11) == SURROGATES).any():
            raise ValueError("it holds texts with numbers that are no characters")


def _save_described(
    path: StrPath, write: Callable[[IO[bytes]], None], facts: Mapping[str, Any], needed: int
) -> None:
    """Write a file of so many bytes, or more, and its sidecar, both or neither."""
    text = as_json({**facts, "versions": versions()})
    with atomic(sidecar_path(path)) as sidecar, atomic(path, needed) as temporary:
        sidecar.write_text(text, encoding="utf-8")
        with temporary.open("wb") as stream:
            write(stream)


def _without_objects(array: np.ndarray) -> np.ndarray:
    """Turn an object array of strings, as pandas makes them, into fixed-width unicode."""
    plain = np.asarray(array)
    if plain.dtype == object and all(isinstance(item, str) for item in plain.flat):
        return plain.astype(str)
    return plain
