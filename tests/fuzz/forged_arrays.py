"""Forged gzip, NIfTI and NumPy files: right checksums, other content."""

import gzip
import io
import random
import struct
import warnings
import zipfile
import zlib

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


def few_bytes(draw: Draw, content: bytes) -> bytes:
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
    return gzip.compress(few_bytes(draw, gzip.decompress(content)), 1, mtime=0)


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
        inside = few_bytes(draw, inside)
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
