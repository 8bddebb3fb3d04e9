"""The door for files from outside: every library that reads one runs behind it.

Whatever a damaged or foreign file makes a library raise becomes one line: file, reason, remedy.
Before an array is allocated, its stated shape is compared with what the file can hold.
"""

import math
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from neuroloop.errors import NeuroLoopError
from neuroloop.files.atomic import StrPath

#: Most bytes that a compressed byte can stand for: deflate's 1032, rounded up.
EXPANSION = 1100

#: Bytes that any file may state, however short it is.
FREE = 2**20

#: Bytes of the largest text file that is read: a table or JSON.
LARGEST_TEXT = 2**30

#: Longest reason that is quoted from a library, in characters.
LONGEST = 200

#: Advice of libraries that would make a reader run code from the file.
UNSAFE = re.compile(r"weights_only|allow_pickle|pickle", re.IGNORECASE)


@contextmanager
def outside(
    path: StrPath, form: str, remedy: str = "download or make it again", missing: str | None = None
) -> Iterator[Path]:
    """Read a file from outside in this context, with any libraries.

    Parameters
    ----------
    path : path
    form : str
        What it should be, with its article: ``"a NIfTI image"``.
    remedy : str
        What to do if it is not.
    missing : str, optional
        What to do if there is none; otherwise to put it there or change the key.

    Yields
    ------
    Path

    Raises
    ------
    NeuroLoopError
        If there is no such file, it is empty, or anything but a file; and in place of whatever is
        raised in the context, running out of memory included. A `NeuroLoopError` passes.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            raise NeuroLoopError(f"{path} is {kind}, not {form}: name a file")
        if not status.st_size:
            raise NeuroLoopError(f"{path} is empty (0 bytes), not {form}: {remedy}")
        yield path
    except NeuroLoopError:
        raise
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except FileNotFoundError as error:
        if path.exists():
            raise NeuroLoopError(f"{path} cannot be read as {form} ({reason(error)})") from error
        what = missing or "put the file there or change the key"
        raise NeuroLoopError(f"{path} is missing: {what}") from None
    except PermissionError as error:
        raise NeuroLoopError(f"{path} may not be read: change its permissions") from error
    except MemoryError as error:
        raise NeuroLoopError(f"{path} does not fit into memory: {remedy}") from error
    except BaseException as error:  # panics of Rust are no Exception
        raise NeuroLoopError(
            f"{path} is damaged or not {form} ({reason(error)}): {remedy}"
        ) from error


def is_there(path: StrPath) -> bool:
    """Whether a file or folder is there; under a name that none can have, nothing is."""
    try:
        return Path(path).exists()
    except (OSError, ValueError):
        return False


def reason(error: BaseException) -> str:
    """Why a library failed: the first line of its message, shortened, and never unsafe advice."""
    text = " ".join((str(error).strip() or type(error).__name__).splitlines()[0].split())
    if UNSAFE.search(text):
        return "it holds Python objects, which could run code"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def read_text(path: Path) -> str:
    """Read a text file from outside, inside `outside`: UTF-8, a byte order mark or none.

    Raises
    ------
    ValueError
        If it is too large, in another encoding, or holds NUL, as binary files and UTF-16 do.
    """
    size = path.stat().st_size
    if size > LARGEST_TEXT:
        raise ValueError(f"{size / 1e9:.3g} GB are no text")
    content = path.read_bytes()
    if b"\0" in content:
        empty = content[1::2].count(0) > size / 4 > content[::2].count(0)
        encoded = content[:2] in (b"\xff\xfe", b"\xfe\xff") or empty
        raise ValueError("it is UTF-16: save it as UTF-8" if encoded else "it holds NUL bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: save it as UTF-8") from None


def check_stated_size(path: StrPath, shape: Sequence[int], item: int, form: str = "file") -> None:
    """Check that a file can hold the array that its header states.

    Parameters
    ----------
    path : path
    shape : sequence of int
        As the header states it.
    item : int
        Bytes of one item.
    form : str
        What the file is, for the message.

    Raises
    ------
    NeuroLoopError
        If a length is negative, or the array would be larger than any compression allows.
    """
    size = Path(path).stat().st_size
    stated = math.prod(int(length) for length in shape) * item
    if min(shape, default=0) < 0 or stated > EXPANSION * size + FREE:
        lengths = " x ".join(str(length) for length in shape)
        raise NeuroLoopError(
            f"{path} states {lengths} values ({stated / 1e9:.3g} GB), more than a {form} of {size} "
            "bytes can hold: it is damaged, download or make it again"
        )
