"""Binary files that are whole and say something else: right checksums, other content."""

import gzip
import io
import json
import pickle
import random
import struct
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Draw = random.Random

#: Lengths that a header may claim.
LENGTHS = (
    0,
    1,
    2,
    3,
    255,
    2**15 - 1,
    2**15,
    2**16 - 1,
    2**20,
    2**31 - 1,
    2**32 - 1,
    2**40,
    2**62,
    -1,
)

TYPES = (
    "<f8",
    "<f4",
    "<i8",
    "<u2",
    ">f4",
    "|b1",
    "|u1",
    "<c16",
    "<U3",
    "|S4",
    "<M8[ns]",
    "|O",
    "|V8",
    "<f2",
    "<U0",
)


def _few_bytes(draw: Draw, content: bytes) -> bytes:
    """Some bytes of a content changed, or its end lost."""
    made = bytearray(content)
    for _ in range(draw.choice((1, 1, 4, 16))):
        if made:
            made[draw.randrange(len(made))] = draw.choice(
                (0, 1, 255, 127, 128, draw.randrange(256))
            )
    return bytes(made[: len(made) - draw.choice((0, 0, 0, 1, 50))])


# gzip


def gzip_other(draw: Draw, content: bytes) -> bytes:
    return gzip.compress(_few_bytes(draw, gzip.decompress(content)), 1, mtime=0)


def gzip_header(draw: Draw, content: bytes) -> bytes:
    return gzip.compress(nifti_header(draw, gzip.decompress(content)), 1, mtime=0)


def gzip_members(draw: Draw, content: bytes) -> bytes:
    """Several members, one of them empty, or cut between two."""
    inside = gzip.decompress(content)
    half = draw.randrange(len(inside) + 1)
    parts = [gzip.compress(part, 1, mtime=0) for part in (inside[:half], b"", inside[half:])]
    return b"".join(draw.choice((parts, parts[:2], parts[1:], [*parts, *parts])))


def gzip_bomb(draw: Draw, content: bytes) -> bytes:
    """Gigabytes of zeros after the content, in as many megabytes."""
    inside, count = gzip.decompress(content), draw.choice((8, 64, 256))
    zeros = bytes(2**24)
    made, checksum = zlib.compressobj(9, zlib.DEFLATED, -15), zlib.crc32(inside)
    block = made.compress(inside) + made.flush(zlib.Z_FULL_FLUSH)
    again = made.compress(zeros) + made.flush(zlib.Z_FULL_FLUSH)
    for _ in range(count):
        checksum = zlib.crc32(zeros, checksum)
    length = (len(inside) + count * len(zeros)) % 2**32
    header = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
    return header + block + again * count + made.flush() + struct.pack("<II", checksum, length)


def nifti_header(draw: Draw, content: bytes) -> bytes:
    """A field of the header set to a number at its edge."""
    made = bytearray(content)
    short = (-1, 0, 1, 2, 7, 8, 255, 2**15 - 1, -(2**15))
    floats = (0.0, -0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e38, 1e-45, 352.0, 3e9)
    shorts = [*range(40, 56, 2), 70, 72, 252, 254, 68]
    single = [76, 80, 84, 88, 92, 96, 108, 112, 116, *range(256, 328, 4)]
    for _ in range(draw.choice((1, 1, 2, 3))):
        if draw.random() < 0.5:
            struct.pack_into("<h", made, draw.choice(shorts), draw.choice(short))
        elif draw.random() < 0.8:
            struct.pack_into("<f", made, draw.choice(single), draw.choice(floats))
        else:
            at = draw.choice((0, 123, 344, 345, 346, 348, 352))
            made[at] = draw.choice((0, 1, 8, 16, 24, 255))
    return bytes(made)


# NumPy


def npy_header(draw: Draw, content: bytes) -> bytes:
    """Another shape, type or order in the header of an array."""
    end = 10 + struct.unpack_from("<H", content, 8)[0]
    header = content[10:end].decode("latin-1")
    how = draw.randrange(4)
    if how == 0:
        lengths = [draw.choice(LENGTHS) for _ in range(draw.choice((0, 1, 2, 3, 40)))]
        header = header[: header.index("'shape'")] + f"'shape': {tuple(lengths)}, }}"
    elif how == 1:
        before, after = header.index("'descr': ") + 9, header.index(", 'fortran")
        header = header[:before] + repr(draw.choice(TYPES)) + header[after:]
    elif how == 2:
        header = header.replace("False", draw.choice(("True", "None", "1", "x")))
    else:
        header = draw.choice(
            ("{", "[" * 900, "{}", "(1,)", "__import__('os')", "{'descr': [('a', '<f8')]}")
        )
    text = header.rstrip().encode("latin-1")
    text += b" " * ((-len(text) - 11) % 64) + b"\n"
    return content[:8] + struct.pack("<H", len(text) % 2**16) + text + content[end:]


def npy_values(draw: Draw, content: bytes) -> bytes:
    """Values that are not finite, or far from all others."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False).copy()
    except Exception:
        return content
    if array.size and array.dtype.kind in "fc":
        array.flat[draw.randrange(array.size)] = draw.choice(
            (np.nan, np.inf, -np.inf, 1e300, -1.0, 0.5)
        )
    elif array.size and array.dtype.kind in "iu":
        array.flat[draw.randrange(array.size)] = draw.choice((0, 1, np.iinfo(array.dtype).max))
    if draw.random() < 0.4:
        array = draw.choice(
            (array[:0], array[:1], array[None], array.T, array.astype(str), array.astype(complex), array.ravel(),
             np.asarray(array != array.flat[0] if array.size else array), np.concatenate([np.atleast_1d(array)] * 2))
        )  # fmt: skip
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _pickled(draw: Draw) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    return stream.getvalue()


def npz_member(draw: Draw, content: bytes) -> bytes:
    """Members changed, renamed, dropped, repeated, of objects; the checksums are right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at = draw.randrange(len(members))
    name, inside = members[at]
    how = draw.randrange(9)
    if how <= 1:
        inside = npy_values(draw, inside)
    elif how <= 3:
        inside = npy_header(draw, inside)
    elif how == 4:
        inside = _few_bytes(draw, inside)
    elif how == 5:
        inside = _pickled(draw)
    elif how == 6:
        name = draw.choice(("../x.npy", "x", "", "a/b.npy", "é.npy", "x.npy.npy", name.upper()))
    members[at] = (name, inside)
    if how == 7:
        del members[at]
    if how == 8:
        members.append(draw.choice(members))
    return _zipped(
        members, draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    )


def npz_bomb(draw: Draw, content: bytes) -> bytes:
    """Gigabytes of zeros in a member, whose header may say so."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at = draw.randrange(len(members))
    length = draw.choice((2**27, 2**29))
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "|u1", "fortran_order": False, "shape": (draw.choice((length, 1)),)}
    )
    stream_out = io.BytesIO()
    with zipfile.ZipFile(stream_out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, inside) in enumerate(members):
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                if number != at:
                    member.write(inside)
                    continue
                member.write(stream.getvalue())
                for _ in range(length // 2**24):
                    member.write(bytes(2**24))
    return stream_out.getvalue()


def _zipped(members: list[tuple[str, bytes]], kind: int) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(stream, "w", kind) as archive:
            for name, inside in members:
                archive.writestr(zipfile.ZipInfo(name or "empty"), inside, kind)
    return stream.getvalue()


# PNG and JPEG


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        found.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    made = b"\x89PNG\r\n\x1a\n"
    for name, inside in chunks:
        checksum = zlib.crc32(name + inside)
        made += struct.pack(">I", len(inside)) + name + inside + struct.pack(">I", checksum)
    return made


def png_chunks(draw: Draw, content: bytes) -> bytes:
    """Chunks changed, exchanged, dropped, repeated or added, with right checksums."""
    chunks = _chunks(content)
    at, to = draw.randrange(len(chunks)), draw.randrange(len(chunks))
    how = draw.randrange(6)
    if how == 0:
        chunks[at], chunks[to] = chunks[to], chunks[at]
    elif how == 1:
        del chunks[at]
    elif how == 2:
        chunks.insert(to, chunks[at])
    elif how == 3:
        chunks[at] = (chunks[at][0], _few_bytes(draw, chunks[at][1]))
    else:
        bomb = zlib.compress(bytes(2**26), 9)
        chunks.insert(
            draw.choice((1, to)),
            draw.choice((
                (b"zTXt", b"a\0\0" + bomb), (b"iCCP", b"a\0\0" + bomb), (b"iTXt", b"a\0\1\0\0\0" + bomb),
                (b"acTL", struct.pack(">II", 2, 0)), (b"tRNS", b"\0\1"), (b"sBIT", b"\5"), (b"eXIf", b"II*\0" + bytes(8)),
                (b"eXIf", draw.randbytes(60)), (b"gAMA", bytes(4)), (b"PLTE", bytes(3)), (b"bKGD", b"\0"), (b"cHRM", bytes(3)),
                (b"pHYs", b""), (b"fcTL", draw.randbytes(26)), (b"ABCD", b"critical"), (b"IDAT", zlib.compress(bytes(2**24))),
            )),
        )  # fmt: skip
    return _png(chunks)


def png_header(draw: Draw, content: bytes) -> bytes:
    """Another size, depth or colour type than the pixels have."""
    chunks = _chunks(content)
    width, height, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    how = draw.randrange(3)
    if how == 0:
        width, height = (draw.choice((0, 1, 40, 20_000, 2**16, 2**31 - 1)) for _ in "ab")
    elif how == 1:
        width = draw.choice((width + 1, width - 1, 2 * width, 0, 2**20))
    else:
        rest[draw.randrange(5)] = draw.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    chunks[0] = (b"IHDR", struct.pack(">IIBBBBB", width % 2**32, height % 2**32, *rest))
    return _png(chunks)


def png_bomb(draw: Draw, content: bytes) -> bytes:
    """An image of hundreds of millions of pixels in some kilobytes, whole and right."""
    side = draw.choice((12_000, 20_000, 40_000))
    made = zlib.compressobj(9)
    row = bytes(side // 8 + 1)
    inside = b"".join(made.compress(row) for _ in range(side)) + made.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return _png([(b"IHDR", header), (b"IDAT", inside), (b"IEND", b"")])


def jpeg_segment(draw: Draw, content: bytes) -> bytes:
    """A marker or the length of a segment changed."""
    made = bytearray(content)
    places = [at for at in range(len(made) - 4) if made[at] == 255 and made[at + 1] not in (0, 255)]
    at = draw.choice(places[:30])
    how = draw.randrange(4)
    if how == 0:
        struct.pack_into(">H", made, at + 2, draw.choice((0, 1, 2, 2**16 - 1, len(made) % 2**16)))
    elif how == 1:
        made[at + 1] = draw.choice((0xC0, 0xC1, 0xC2, 0xC9, 0xD9, 0xDA, 0xE1, 0xFE))
    elif how == 2:
        made[at:at] = b"\xff\xe1" + struct.pack(">H", 70) + b"Exif\0\0" + draw.randbytes(62)
    else:
        size = made.find(b"\xff\xc0") + 5
        struct.pack_into(">HH", made, size, *(draw.choice((0, 1, 8, 2**16 - 1)) for _ in "ab"))
    return bytes(made)


# TIFF


def tiff_tag(draw: Draw, content: bytes) -> bytes:
    """A tag of a page changed: its number, type, count or value; or the chain of pages in a circle."""
    made = bytearray(content)
    order = "<" if made[:2] == b"II" else ">"
    big = made[2:4] in (b"+\0", b"\0+")
    pages, at = [], struct.unpack_from(order + ("Q" if big else "I"), made, 8 if big else 4)[0]
    width, code, head = (20, "Q", 8) if big else (12, "I", 2)
    while at and at + head <= len(made) and at not in pages and len(pages) < 50:
        pages.append(at)
        (count,) = struct.unpack_from(order + ("Q" if big else "H"), made, at)
        end = at + head + width * min(count, 1000)
        if end + 8 > len(made):
            break
        (at,) = struct.unpack_from(order + code, made, end)
    if not pages:
        return content
    page = draw.choice(pages)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), made, page)
    edges = (
        0,
        1,
        2,
        3,
        7,
        8,
        16,
        32,
        255,
        2**16 - 1,
        2**31 - 1,
        2**32 - 1,
        len(made),
        len(made) - 1,
        8,
    )
    tag = page + head + width * draw.randrange(max(count, 1))
    how = draw.randrange(6)
    try:
        if how == 0:
            struct.pack_into(
                order + "H",
                made,
                tag,
                draw.choice(
                    (256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 317, 320, 338, 339, 65535)
                ),
            )
        elif how == 1:
            struct.pack_into(
                order + "H", made, tag + 2, draw.choice((0, 1, 2, 3, 4, 5, 11, 12, 16, 99))
            )
        elif how == 2:
            struct.pack_into(order + code, made, tag + 4, draw.choice(edges))
        elif how <= 4:
            struct.pack_into(order + code, made, tag + (12 if big else 8), draw.choice(edges))
        else:
            struct.pack_into(
                order + code,
                made,
                page + head + width * count,
                draw.choice((*pages, 1, len(made), 2**31)),
            )
    except struct.error:
        return content
    return bytes(made)


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


Forge = Callable[[Draw, bytes], bytes]

FORGERIES: dict[str, tuple[Forge, ...]] = {
    ".nii.gz": (gzip_other, gzip_header, gzip_header, gzip_header, gzip_members, gzip_bomb),
    ".gz": (gzip_other, gzip_header, gzip_members),
    ".nii": (nifti_header,),
    ".npy": (npy_header, npy_values),
    ".npz": (*[npz_member] * 12, npz_bomb),
    ".png": (*[png_chunks, png_header] * 5, png_bomb),
    ".jpg": (jpeg_segment,),
    ".tif": (tiff_tag,),
    ".h5": (hdf5_object,),
    ".mat": (mat_variable,),
    ".safetensors": (safetensors_header,),
    ".pth": (torch_checkpoint, torch_checkpoint, torch_checkpoint),
}
