"""Forged PNG, JPEG and TIFF files: right checksums, other content."""

import random
import struct
import zlib

from tests.fuzz.forged_arrays import few_bytes

Draw = random.Random

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
        chunks[at] = (chunks[at][0], few_bytes(draw, chunks[at][1]))
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
