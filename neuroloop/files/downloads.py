"""Verified downloads of the files that the registry lists.

A file arrives under a temporary name beside its destination, is resumed where an earlier attempt
stopped, and takes its name only when its size and MD5 are those that the registry or the archive
states.
"""

import errno
import hashlib
import http.client
import json
import logging
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from neuroloop.errors import NeuroLoopError
from neuroloop.files.download_registry import Source
from neuroloop.jobs.progress import progress

CHUNK = 2**20
#: Refusals that another attempt would not change.
FINAL = {400, 401, 403, 404, 405, 410, 451}
FULL_DISK = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Patience:
    """How long to try.

    Attributes
    ----------
    attempts : int
        Consecutive attempts without progress before giving up.
    wait : float
        Seconds before the second attempt, doubled before each further one.
    timeout : float
        Seconds without an answer after which an attempt ends.
    """

    attempts: int = 5
    wait: float = 1.0
    timeout: float = 60.0


class _Interrupted(Exception):
    """The network failed in a way that may pass."""


def fetch(
    source: Source, destination: str | os.PathLike[str], patience: Patience | None = None
) -> dict[str, str | int | None]:
    """Download a published file to its destination, or verify the file already there.

    Parameters
    ----------
    source : Source
        Row of the registry.
    destination : path
        Final name. Nothing appears there before it is complete and verified; an existing file is
        verified and never overwritten.
    patience : Patience, optional
        How long to try.

    Returns
    -------
    dict
        ``url``, ``size`` (bytes), ``md5``, and ``state``: ``downloaded`` or ``present``.

    Raises
    ------
    NeuroLoopError
        If there is no network, the server refuses, the content is wrong, the disk is full, or the
        folder cannot be written to.
    """
    patience = patience or Patience()
    destination = Path(destination)
    by_hand = f"get the file by hand from {source.page} and put it at {destination}"
    if not source.url:
        raise NeuroLoopError(f"{source.path} has no address: {by_hand}")
    if source.size is None or source.md5 is None:
        source = look_up(source, patience)
    facts = {"url": source.url, "size": source.size, "md5": source.md5}
    if destination.exists():
        if problem := difference(destination, source):
            raise NeuroLoopError(
                f"{destination} is not the published file ({problem}): move it away and run again"
            )
        return {**facts, "state": "present"}
    part = destination.with_name(f".{destination.name}.part")
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        resumed = part.exists()
        problem = _complete(part, source, by_hand, patience)
        if problem and resumed:  # what an earlier run left may belong to another upload
            problem = _complete(part, source, by_hand, patience)
        if problem:
            raise NeuroLoopError(
                f"{source.url} sent another file ({problem}): run again, or {by_hand}"
            )
        os.replace(part, destination)
    except OSError as error:
        if error.errno in FULL_DISK:
            reason = f"the disk is full: make room for {_megabytes(source)} MB"
        else:
            reason = f"cannot write there ({error.strerror}): change its rights"
        raise NeuroLoopError(
            f"{destination.parent}: {reason}, or name another data_folder, and run again"
        ) from error
    return {**facts, "state": "downloaded"}


def look_up(source: Source, patience: Patience | None = None) -> Source:
    """Complete a row with the size, MD5 and address stated in the archive's record.

    The record is a list of files, or an object with such a list under ``files``, as figshare's
    API gives it (``id``, ``name``, ``size``, ``computed_md5``, ``download_url``). The file is
    found by the id at the end of its address or, if the archive has replaced it since, by its
    name.

    Raises
    ------
    NeuroLoopError
        If the record cannot be read or does not list the file.
    """
    patience = patience or Patience()
    see = f"see {source.page}"
    failure = ""
    for attempt in range(patience.attempts):
        if attempt:
            time.sleep(patience.wait * 2 ** (attempt - 1))
        try:
            with _open(source.record, see, 0, patience.timeout) as response:
                text = b"".join(_chunks(response))
            break
        except _Interrupted as error:
            failure = str(error)
    else:
        raise NeuroLoopError(
            f"{source.record} cannot be read ({failure}), so size and MD5 of {source.path} are "
            f"unknown: check the network, or {see}"
        )
    identifier, name = source.url.rpartition("/")[2], PurePosixPath(source.path).name
    try:
        record = json.loads(text)
        listed = record["files"] if isinstance(record, dict) else record
        same = [file for file in listed if str(file["id"]) == identifier]
        if not same:
            logging.getLogger(__name__).warning(
                "%s lists no file %s: taking its present %s", source.record, identifier, name
            )
            same = [file for file in listed if file["name"] == name]
        return replace(
            source,
            url=str(same[0]["download_url"]),
            size=int(same[0]["size"]),
            md5=str(same[0].get("computed_md5") or same[0]["supplied_md5"]).lower(),
        )
    except (ValueError, KeyError, TypeError, IndexError):
        raise NeuroLoopError(
            f"{source.record} does not list {name} with its size and MD5: {see}"
        ) from None


def difference(path: str | os.PathLike[str], source: Source) -> str | None:
    """Say how a file differs from the published one in size or MD5; None if it does not."""
    size = Path(path).stat().st_size
    if size != source.size:
        return f"{size} bytes instead of {source.size}"
    with Path(path).open("rb") as stream:
        md5 = hashlib.file_digest(stream, "md5").hexdigest()
    return None if md5 == source.md5 else f"MD5 {md5} instead of {source.md5}"


def _complete(part: Path, source: Source, by_hand: str, patience: Patience) -> str | None:
    """Download until the temporary file has its size; say how it differs, and drop it if so."""
    size = source.size or 0
    failures, most, reason = 0, -1, ""
    while (have := part.stat().st_size if part.exists() else 0) < size:
        if have > most:
            failures, most = 0, have
        if failures == patience.attempts:
            raise NeuroLoopError(
                f"{source.url} cannot be downloaded ({reason}): check the network and run again, "
                f"it resumes, or {by_hand}"
            )
        if failures:
            time.sleep(patience.wait * 2 ** (failures - 1))
        if shutil.disk_usage(part.parent).free < size - have:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        failures += 1
        try:
            _append(part, source, have, by_hand, patience.timeout)
            reason = "the connection closed early"
        except _Interrupted as error:
            reason = str(error)
    problem = difference(part, source)
    if problem:
        part.unlink()
    return problem


def _append(part: Path, source: Source, have: int, by_hand: str, timeout: float) -> None:
    """Download what is missing, or all of it if the server does not resume."""
    with _open(source.url, by_hand, have, timeout) as response:
        resumes = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        label = f"{PurePosixPath(source.path).name}, MB"
        with part.open("ab" if resumes else "wb") as stream:
            for chunk in progress(_chunks(response), label, total=_megabytes(source, have)):
                stream.write(chunk)


def _megabytes(source: Source, have: int = 0) -> int:
    """Megabytes still to be downloaded, rounded up."""
    return -(-((source.size or 0) - have) // CHUNK)


def _open(url: str, advice: str, offset: int, timeout: float) -> http.client.HTTPResponse:
    """Open an address, from a byte on if `offset` is above zero."""
    headers = {"User-Agent": "NeuroLoop", **({"Range": f"bytes={offset}-"} if offset else {})}
    request = urllib.request.Request(url, headers=headers)
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            answer = f"{error.code} {error.reason}"
        if error.code in FINAL:
            raise NeuroLoopError(f"{url} answers {answer}: {advice}") from None
        raise _Interrupted(f"answer {answer}") from None
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(_words(getattr(error, "reason", error))) from error
    if response.status not in (200, 206):
        response.close()
        raise _Interrupted(f"answer {response.status} without a file")
    return response


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """Body of an answer, a megabyte at a time; network errors are `_Interrupted`."""
    while True:
        try:
            chunk = response.read(CHUNK)
        except (OSError, http.client.HTTPException) as error:
            raise _Interrupted(_words(error)) from error
        if not chunk:
            return
        yield chunk


def _words(error: object) -> str:
    """Message of an error in one line."""
    return " ".join(str(error).split()) or type(error).__name__
