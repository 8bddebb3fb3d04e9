"""Digest of the user's files, and of those behind a folder or a manifest: results follow content.

Snakemake looks at a folder's own time alone: an image added to or replaced in a folder below it is
not noticed, and a mere touch is. Of a file it asks for the content only if its time is newer than
that of a result, and never above max-checksum-file-size: another version of the data whose times
are older, as copies have that keep them, is not noticed. Rules that read what a user gave carry
this digest among their params. Names in it are relative, so that the data may move.

What was read of a file is remembered by its size and times (of its content, and of its entry, which
no program can set), so that a file is read again only when one of these changed.
"""

import csv
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from neuroloop.files.kept_text import keep_text
from neuroloop.workflow.hash_record import FILES, record

#: Seconds within which a file may change twice and keep its times; so new it is not remembered.
TICK = 2.0

#: Files, and bytes, to read from which on it is told.
MANY, MUCH = 2000, 10e9

#: Most files of which it is told later which one changed.
TOLD = 2000

#: Hexadecimal digits that are kept of a file's digest.
DIGITS = 32

#: What tells that a file changed: size, time of change of its content and of its entry.
State = tuple[int, int, int]
#: The same, and the digest of its content.
Known = tuple[int, int, int, str]


def images_listed(manifest: Path) -> list[str]:
    """Names in the column ``file`` of a table; none if it cannot be read, which its job tells."""
    delimiter = "," if manifest.suffix.lower() == ".csv" else "\t"
    if not manifest.is_file():
        return []
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as stream:
            header, *rows = csv.reader(stream, delimiter=delimiter)
        column = [name.strip().lower() for name in header].index("file")
        return sorted({row[column].strip() for row in rows if len(row) > column})
    except (OSError, ValueError, csv.Error):
        return []


def digest_files(
    folder: Path,
    names: Iterable[str],
    memory: Path | None,
    tell: Callable[[str], None] = lambda _: None,
) -> str:
    """Digest of the names and contents of files.

    Parameters
    ----------
    folder : Path
        What names are relative to.
    names : iterable of str
        In an order of their own.
    memory : Path or None
        Folder where it is remembered what was read; None reads all and remembers nothing.
    tell : callable
        Gets a line if much has to be read.

    Returns
    -------
    str
        Number of the files and sixteen hexadecimal digits. A file that is missing or cannot be
        read counts as such.
    """
    names = list(names)
    place = memory and memory / f"{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()}.json"
    known = _recall(place) if place else {}
    now = time.time_ns()
    found: dict[str, Known] = {}
    unread: dict[str, State] = {}
    for name in names:
        state = _state(folder / name)
        if state and name in known and known[name][:3] == state:
            found[name] = known[name]
        elif state:
            unread[name] = state
    size = sum(state[0] for state in unread.values())
    if len(unread) >= MANY or size >= MUCH:
        tell(f"Reading {len(unread)} files ({size / 1e9:.1f} GB) that are new or changed.")
    with ThreadPoolExecutor() as pool:
        contents = pool.map(_content, (folder / name for name in unread))
        for (name, state), content in zip(unread.items(), contents, strict=True):
            found[name] = (*state, content)
    if place and unread:
        settled = {name: found[name] for name in unread if now - found[name][2] > TICK * 1e9}
        keep_text(place, json.dumps(known | settled))
    held = {name: found[name][3] if name in found else "missing" for name in names}
    digest = whole_digest(held)
    if len(held) <= TOLD:
        record(digest, {FILES: {name: content[:8] for name, content in held.items()}})
    return digest


def whole_digest(contents: Mapping[str, str]) -> str:
    """Digest of files whose contents' digests (sha256, or their first `DIGITS`) are known."""
    whole = hashlib.sha256()
    for name, content in contents.items():
        whole.update(os.fsencode(name) + b"\0" + content[:DIGITS].encode() + b"\0")
    return f"{len(contents)} files, {whole.hexdigest()[:16]}"


def _state(path: Path) -> State | None:
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_size, told.st_mtime_ns, told.st_ctime_ns


def _content(path: Path) -> str:
    if not path.is_file():  # a pipe would be waited for
        return "no file"
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:DIGITS]
    except OSError as error:
        return f"unreadable ({error.strerror})"


def _recall(place: Path) -> dict[str, Known]:
    """What is remembered; a job more asks for it without reading it again."""
    state = _state(place)
    return _parsed(place, state) if state else {}


@lru_cache(maxsize=8)
def _parsed(place: Path, _: State) -> dict[str, Known]:
    try:
        return {name: tuple(known) for name, known in json.loads(place.read_text()).items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
