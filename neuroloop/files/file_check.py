"""Whether a file of ours can be read and is what its sidecar says."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.arrays import AGAIN, MAKE, load_arrays, sidecar_path
from neuroloop.files.door import outside, read_text
from neuroloop.files.json_files import read_json
from neuroloop.files.tables import read_rows
from neuroloop.files.weights import load_weights

#: Arrays that hold no NaN and nothing infinite, by file and by name in it.
FINITE = {"soft_labels.npy", "logits.npy", "voxels.npz x", "features.npy"}

#: Bytes of an array that are looked at together.
TOGETHER = 2**24


def fault_of(path: Path) -> str:
    """What is wrong with a file of ours, by its content alone; empty if nothing is.

    Parameters
    ----------
    path : Path
        Of one of the workflow's formats; of others nothing is known.
    """
    check = CHECKS.get(path.suffix)
    try:
        return check(path) if check else ""
    except NeuroLoopError as error:
        return str(error).removeprefix(f"{path} ")


def _array(path: Path) -> str:
    with outside(path, "a NumPy array", AGAIN, MAKE) as file:
        array = np.load(file, mmap_mode="r", allow_pickle=False)
    return _described(array, _facts(path), path.name)


def _arrays(path: Path) -> str:
    arrays, facts = load_arrays(path), _facts(path)
    stated = facts.get("arrays")
    if not isinstance(stated, dict):
        return ""
    if arrays.keys() != stated.keys():
        return f"holds {', '.join(sorted(arrays))}, its sidecar says {', '.join(sorted(stated))}"
    faults = (
        _described(array, {"ids": facts.get("ids"), **stated[name]}, f"{path.name} {name}")
        for name, array in arrays.items()
    )
    return next(filter(None, faults), "")


def _store(path: Path) -> str:
    import h5py

    facts = _facts(path)
    with outside(path, "an HDF5 file", AGAIN, MAKE), h5py.File(path, "r") as file:
        stated = facts.get("arrays") or ({"dataset": facts} if "shape" in facts else {})
        for name, of_it in stated.items():
            if name not in file:
                return f"lacks {name}, which its sidecar names"
            if fault := _shape_fault(file[name].shape, file[name].dtype, of_it):
                return f"{name} {fault}"
    return ""


def _facts(path: Path) -> dict[str, Any]:
    sidecar = sidecar_path(path)
    return read_json(sidecar) if sidecar.is_file() else {}


def _described(array: np.ndarray, facts: Mapping[str, Any], name: str) -> str:
    fault = _shape_fault(array.shape, array.dtype, facts) if "shape" in facts else ""
    return fault or _ids_fault(array.shape, facts) or _finite_fault(array, name)


def _shape_fault(shape: Sequence[int], dtype: np.dtype, facts: Mapping[str, Any]) -> str:
    if [*shape] == facts["shape"] and str(dtype) == facts["dtype"]:
        return ""
    return f"holds {dtype} {[*shape]}, its sidecar says {facts['dtype']} {facts['shape']}"


def _ids_fault(shape: Sequence[int], facts: Mapping[str, Any]) -> str:
    ids = facts.get("ids") or {}
    for axis, length in zip(facts.get("axes") or (), shape, strict=False):
        known = ids.get(axis)
        if isinstance(known, list) and len(known) != length:
            return f"has {length} of axis {axis}, its sidecar names {len(known)}"
    return ""


def _finite_fault(array: np.ndarray, name: str) -> str:
    if name not in FINITE or not array.size:
        return ""
    rows = max(1, TOGETHER // max(1, array.itemsize * math.prod(array.shape[1:])))
    parts = (array[start : start + rows] for start in range(0, len(array), rows))
    wrong = sum(int(part.size - np.isfinite(part).sum()) for part in parts)
    return f"holds {wrong} values that are NaN or infinite" if wrong else ""


def _table(path: Path) -> str:
    read_rows(path, "\t")
    return ""


def _facts_only(path: Path) -> str:
    read_json(path)
    return ""


def _weights(path: Path) -> str:
    load_weights(path)
    return ""


def _image(path: Path) -> str:
    from PIL import Image

    with outside(path, "an image", AGAIN, MAKE), Image.open(path) as image:
        image.verify()
    return ""


def _text(path: Path) -> str:
    with outside(path, "a text", AGAIN, MAKE):
        read_text(path)
    return ""


CHECKS: dict[str, Callable[[Path], str]] = {
    ".npy": _array,
    ".npz": _arrays,
    ".h5": _store,
    ".tsv": _table,
    ".json": _facts_only,
    ".safetensors": _weights,
    ".png": _image,
    ".svg": _text,
    ".html": _text,
}
