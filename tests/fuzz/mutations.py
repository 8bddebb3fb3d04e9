"""Ways to spoil a file, each drawn from a random generator: the same seed spoils alike.

Damage changes bytes wherever they lie; a forgery is a file that is whole and says something else.
After damage a format with a checksum has to be refused or read as it was; a forgery may be read as
what it says.
"""

import os
import random
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.containers import FORGERIES
from tests.fuzz.texts import TEXTS

#: Numbers at the edges of what fields of one, two, four and eight bytes hold.
EDGES = (0, 1, 2, 2**7 - 1, 2**8 - 1, 2**15 - 1, 2**16 - 1, 2**31 - 1, 2**32 - 1, 2**63 - 1, -1, -2)

#: Part of the draws that go to the first bytes of a file, where headers lie.
HEADER = 512

Draw = random.Random


def _place(draw: Draw, content: bytearray) -> int:
    """A place in a file, half of the time in its header."""
    end = min(HEADER, len(content)) if draw.random() < 0.5 else len(content)
    return draw.randrange(max(end, 1))


def _block(draw: Draw, content: bytearray) -> slice:
    start = _place(draw, content)
    return slice(start, start + draw.choice((1, 2, 4, 8, 16, 64, 256, 1024)))


def flip_bits(draw: Draw, content: bytearray) -> bytes:
    for _ in range(draw.choice((1, 1, 1, 2, 4, 16))):
        place = _place(draw, content)
        if place < len(content):
            content[place] ^= 1 << draw.randrange(8)
    return content


def truncate(draw: Draw, content: bytearray) -> bytes:
    return content[: draw.choice((_place(draw, content), len(content) - draw.choice((1, 4, 8))))]


def insert(draw: Draw, content: bytearray) -> bytes:
    place = _place(draw, content)
    content[place:place] = draw.randbytes(draw.choice((1, 2, 3, 4, 8, 100)))
    return content


def delete(draw: Draw, content: bytearray) -> bytes:
    del content[_block(draw, content)]
    return content


def duplicate(draw: Draw, content: bytearray) -> bytes:
    block = _block(draw, content)
    content[block.start : block.start] = content[block]
    return content


def zero(draw: Draw, content: bytearray) -> bytes:
    block = _block(draw, content)
    content[block] = bytes(len(content[block]))
    return content


def fill(draw: Draw, content: bytearray) -> bytes:
    block = _block(draw, content)
    content[block] = b"\xff" * len(content[block])
    return content


def randomise(draw: Draw, content: bytearray) -> bytes:
    block = _block(draw, content)
    content[block] = draw.randbytes(len(content[block]))
    return content


def swap(draw: Draw, content: bytearray) -> bytes:
    size = draw.choice((1, 4, 16, 64, 256))
    first, second = sorted((_place(draw, content), _place(draw, content)))
    if first + size <= second and second + size <= len(content):
        one, other = content[first : first + size], content[second : second + size]
        content[first : first + size], content[second : second + size] = other, one
    return content


def edge_number(draw: Draw, content: bytearray) -> bytes:
    """Write a number at the edge of its type, in either byte order, at an even place or any."""
    width = draw.choice((1, 2, 4, 8))
    place = _place(draw, content)
    place -= place % draw.choice((1, width))
    number = draw.choice(EDGES) % 2 ** (8 * width)
    content[place : place + width] = number.to_bytes(width, draw.choice(("little", "big")))
    return content


def append(draw: Draw, content: bytearray) -> bytes:
    return content + draw.choice((b"\0", b"\n", draw.randbytes(100), bytes(content)))


def nothing(draw: Draw, content: bytearray) -> bytes:
    return draw.choice((b"", b"\0", b"\n", b"\xff" * 100, bytes(2000)))


DAMAGE: tuple[Callable[[Draw, bytearray], bytes], ...] = (
    flip_bits, flip_bits, flip_bits, truncate, insert, delete, duplicate, zero, fill, randomise,
    swap, edge_number, edge_number, append, nothing,
)  # fmt: skip


# What takes the place of a file


def link_to_itself(draw: Draw, path: Path) -> None:
    path.symlink_to(path.name)


def links_in_a_circle(draw: Draw, path: Path) -> None:
    other = path.with_name(f"other{path.suffix}")
    path.symlink_to(other.name)
    other.symlink_to(path.name)


def dangling_link(draw: Draw, path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_the_folder(draw: Draw, path: Path) -> None:
    path.symlink_to(".")


def pipe(draw: Draw, path: Path) -> None:
    os.mkfifo(path)


def folder(draw: Draw, path: Path) -> None:
    path.mkdir()
    (path / "file").write_bytes(b"1")


def device(draw: Draw, path: Path) -> None:
    path.symlink_to(draw.choice(("/dev/zero", "/dev/full", "/dev/null")))


def missing(draw: Draw, path: Path) -> None:
    """Nothing takes its place."""


def holes(draw: Draw, path: Path) -> None:
    """A file of 3 GB that takes no room, as a broken download leaves it."""
    with path.open("wb") as stream:
        stream.truncate(3 * 2**30)


PLACES: tuple[Callable[[Draw, Path], None], ...] = (
    link_to_itself, links_in_a_circle, dangling_link, link_to_the_folder, pipe, folder, device,
    missing, holes,
)  # fmt: skip


def spoil(path: Path, seed: str) -> tuple[str, bool]:
    """Spoil a file.

    Parameters
    ----------
    path : Path
        Of a valid file.
    seed : str

    Returns
    -------
    name : str
        Of the mutation.
    damage : bool
        Whether a checksum has to tell.
    """
    draw = random.Random(seed)
    content = path.read_bytes()
    suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    forgeries = FORGERIES.get(suffix, ()) or TEXTS.get(suffix, ())
    chance = draw.random()
    if chance < 0.04:
        place = draw.choice(PLACES)
        path.unlink()
        place(draw, path)
        return place.__name__, False
    if chance < 0.5 and forgeries:
        forge = draw.choice(forgeries)
        try:
            made = forge(draw, content)
        except (ValueError, TypeError, IndexError):  # what was drawn does not suit the file
            made = bytes(flip_bits(draw, bytearray(content)))
            path.write_bytes(made)
            return flip_bits.__name__, True
        path.write_bytes(made)
        return forge.__name__, made == content
    names = []
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        damage = draw.choice(DAMAGE)
        content = bytes(damage(draw, bytearray(content)))
        names.append(damage.__name__)
    path.write_bytes(content)
    return "+".join(names), True
