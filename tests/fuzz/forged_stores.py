"""Forged HDF5 and MATLAB files, safetensors and checkpoints of torch."""

import io
import json
import pickle
import random
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.forged_arrays import LENGTHS

Draw = random.Random

# HDF5, MATLAB


def _opened(content: bytes, suffix: str, change: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(content)
        try:
            change(path)
        except (ValueError, TypeError, KeyError, OSError, RuntimeError, OverflowError):
            return content
        return path.read_bytes()


def hdf5_object(draw: Draw, content: bytes) -> bytes:
    """A data set dropped, of another type or shape, without its chunks, a link, or a bomb."""
    import h5py

    def change(path: Path) -> None:
        with h5py.File(path, "a") as file:
            names: list[str] = []
            file.visit(names.append)
            name = draw.choice(names)
            old = file[name][()] if isinstance(file[name], h5py.Dataset) else None
            how = draw.randrange(14)
            if (
                how in (10, 11, 12, 13)
                and isinstance(old, np.ndarray)
                and old.dtype.kind == "f"
                and old.size
            ):
                old.flat[draw.randrange(old.size)] = draw.choice(
                    (np.nan, np.inf, 1e300, 0.5, -1.0, 1e18)
                )
                file[name][...] = old
                return
            del file[name]
            if how == 0:
                return
            if how == 1:
                file.create_dataset(name, (2**31, 2**20), "f8", chunks=(1, 2**10), fillvalue=1.0)
            elif how == 2:
                shape = np.shape(old) if np.ndim(old) else (4, 4)
                file.create_dataset(name, (10**7, *shape[1:]), "f8", chunks=True, fillvalue=0.0)
            elif how == 3:
                file[name] = draw.choice(
                    (h5py.SoftLink("/nowhere"), h5py.SoftLink(f"/{name}"), h5py.SoftLink("/"))
                )
            elif how == 4:
                file[name] = h5py.ExternalLink(
                    draw.choice(("a.h5", "/dev/zero", "/etc/passwd")), "/a"
                )
            elif how == 5:
                file.create_group(f"{name}/inside")
            elif how == 6:
                file[name] = draw.choice(
                    ("text", b"text", np.array([b"a", b"b"]), 1, 1.5, np.nan, True)
                )
            elif how == 7:
                file.create_dataset(name, data=h5py.Empty("f8"))
            elif how == 8:
                file[name] = np.zeros(draw.choice(((0, 0), (0, 5), (3, 0), (), (1,), (2, 2, 2))))
            elif how == 9:
                file.create_dataset(name, data=np.zeros((3, 3), [("a", "f8"), ("b", "S3")]))
            elif old is not None:
                array = np.asarray(old)
                if array.dtype.kind in "fiu":
                    made = (
                        array[:0],
                        array[:1],
                        array.T,
                        array.astype(complex),
                        array.astype("S5"),
                        array.ravel(),
                        np.concatenate([array] * 2) if array.ndim else array,
                    )
                    file[name] = draw.choice(made)
                else:
                    file[name] = draw.choice(
                        (
                            np.array(["é", "\0"], dtype=h5py.string_dtype()),
                            np.array([b"\xff\xfe"]),
                            np.ravel(array)[::-1].tolist(),
                        )
                    )

    return _opened(content, ".h5", change)


def mat_variable(draw: Draw, content: bytes) -> bytes:
    """A variable dropped, renamed, of another type or shape, in a structure or a cell."""
    from scipy.io import loadmat, savemat

    def change(path: Path) -> None:
        found = {name: value for name, value in loadmat(path).items() if not name.startswith("__")}
        name = draw.choice(sorted(found))
        old = found.pop(name)
        number = old.copy()
        if number.dtype.kind == "f" and number.size:
            number.flat[draw.randrange(number.size)] = draw.choice(
                (np.nan, np.inf, 0.5, 1e300, -1.0)
            )
        cell = np.empty((1, 2), dtype=object)
        cell[0, 0], cell[0, 1] = old, "text"
        sparse: Any = None
        if old.ndim == 2 and old.dtype.kind == "f":
            from scipy.sparse import csc_matrix

            sparse = csc_matrix(old)
        made = draw.choice(
            (
                None,
                number,
                number,
                old[:0],
                old[:1],
                old.T,
                old.astype(complex) if old.dtype.kind in "fiu" else old,
                old.ravel(),
                {"a": old},
                cell,
                "text",
                sparse,
                np.array([[1]], dtype=bool),
                np.concatenate([old, old]),
            )
        )
        if made is not None:
            found[name if draw.random() < 0.8 else "other"] = made
        savemat(path, found, do_compression=draw.random() < 0.5)

    return _opened(content, ".mat", change)


# Weights


def safetensors_header(draw: Draw, content: bytes) -> bytes:
    """Other types, shapes and places of tensors, or another length of the header."""
    (length,) = struct.unpack_from("<Q", content)
    header, inside = json.loads(content[8 : 8 + length]), content[8 + length :]
    names = [name for name in header if name != "__metadata__"]
    one = header[draw.choice(names)]
    how = draw.randrange(6)
    if how == 0:
        one["dtype"] = draw.choice(("F64", "F16", "BF16", "I64", "BOOL", "U8", "F8_E4M3", "X", ""))
    elif how == 1:
        one["shape"] = [draw.choice(LENGTHS) for _ in range(draw.choice((0, 1, 2, 60)))]
    elif how == 2:
        one["data_offsets"] = [
            draw.choice((0, 1, 2**40, -1)),
            draw.choice((0, 8, 2**63, len(inside))),
        ]
    elif how == 3:
        header["__metadata__"] = draw.choice(({"a": 1}, [], "a", {"facts": "x"}, {"facts": "{"}))
    elif how == 4:
        header[draw.choice(("", "a" * 1000, "fc.weight "))] = header.pop(draw.choice(names))
    values = np.frombuffer(inside[: len(inside) // 4 * 4], dtype="<f4").copy()
    if how == 5 and len(values):
        values[draw.randrange(len(values))] = draw.choice((np.nan, np.inf, 1e38, -1e38))
        inside = values.tobytes() + inside[4 * len(values) :]
    text = json.dumps(header).encode()
    stated = draw.choice((len(text), len(text), len(text), 0, 1, 2**40, 2**64 - 1))
    return struct.pack("<Q", stated) + text + inside


class _Runs:
    """What unpickling would run."""

    def __reduce__(self) -> Any:
        return (open, ("/tmp/never", "w"))


def torch_checkpoint(draw: Draw, content: bytes) -> bytes:
    """What else people save: a network, an optimiser, values of other types; or code to run."""
    import torch

    state = torch.load(io.BytesIO(content), weights_only=True)
    name = draw.choice(sorted(name for name, tensor in state.items() if tensor.ndim))
    tensor = state[name]
    spoilt = tensor.clone().float()
    spoilt.view(-1)[draw.randrange(spoilt.numel())] = draw.choice(
        (float("nan"), float("inf"), 1e38)
    )
    made = draw.choice(
        (
            {**state, name: spoilt}, {**state, name: tensor.to(torch.complex64)}, {**state, name: tensor.reshape(-1)},
            {**state, name: 1.5}, {**state, name: None}, {**state, 1: tensor}, {"state_dict": state, "epoch": 3},
            {"model": {"state_dict": state}}, {f"module.{key}": value for key, value in state.items()}, [state], tensor, {}, 1,
            {**state, name: tensor.to_sparse()}, {**state, name: tensor[None]}, {**state, name: tensor[:0]}, {name: tensor},
            {**state, name: tensor.to(torch.bool)}, {**state, name: tensor.to(torch.int64)}, {**state, "a": _Runs()}, _Runs(),
            {**state, name: torch.empty(tensor.shape, device="meta")}, {**state, name: tensor.expand(2**20, *tensor.shape)},
            {**state, name: tensor.to(torch.float16)}, {**state, name: torch.nn.Parameter(spoilt)},
        )
    )  # fmt: skip
    stream = io.BytesIO()
    try:
        torch.save(made, stream, _use_new_zipfile_serialization=draw.random() < 0.7)
    except Exception:
        return pickle.dumps(_Runs())
    return stream.getvalue()
