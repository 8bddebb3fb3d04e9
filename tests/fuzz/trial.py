"""One damaged file, read in a process of its own that is watched from outside.

The process is forked from one that has imported the readers. It may take 20 s of CPU, which the
kernel sees to (RLIMIT_CPU), and 2 GB of memory: a watcher reads its resident pages from
/proc/PID/statm fifty times a second and ends it above that; the peak, which the kernel keeps
(ru_maxrss), is compared when it ends. A limit on address space or data would count what torch and
HDF5 reserve and never touch, and would turn a reader that asks for too much into a `MemoryError`,
which it may well report in one line.
"""

import hashlib
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.config.check import ConfigError
from neuroloop.errors import NeuroLoopError

#: Seconds of CPU; and seconds by the clock, after which a process that waits for something hangs.
CPU, CLOCK = 20, 90

#: Resident bytes beyond those that the process begins with.
MEMORY = 2 * 2**30

#: How an attempt to read a file can end.
OUTCOMES = ("read", "refused", "foreign", "crashed", "hung", "memory", "silent")

#: Those that are faults.
FAULTS = OUTCOMES[2:]

#: Errors that speak to the user.
OURS = (NeuroLoopError, ConfigError)

#: What no message may advise, and the longest that one may be.
UNSAFE, LONGEST = ("weights_only", "allow_pickle", "unpickle"), 2100


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    Attributes
    ----------
    kind : str
        One of `OUTCOMES`.
    said : str
        The message, the end of a traceback, or what was exceeded.
    digest : str
        Of the values that were read.
    """

    kind: str
    said: str = ""
    digest: str = ""


def attempt(read: Callable[[Path], Any], folder: Path, clock: float = CLOCK) -> Outcome:
    """Read the files of a folder in a process of its own.

    Parameters
    ----------
    read : callable
        Gets the folder, and returns the values that it read.
    folder : Path
    clock : float
        Seconds after which it hangs.

    Returns
    -------
    Outcome
        Never ``silent``: values are compared by whoever knows what is right.
    """
    receiver, sender = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        os.close(receiver)
        _read_and_tell(read, folder, sender)
    os.close(sender)
    begun = _resident(child)
    told, exceeded = _watch(child, receiver, begun, clock)
    os.close(receiver)
    _, status, usage = os.wait4(child, 0)
    used = usage.ru_maxrss * 1024 - begun
    if exceeded == "memory" or used > MEMORY:
        return Outcome("memory", f"{used / 2**30:.2f} GB beyond the imports")
    if exceeded == "clock" or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return Outcome("hung", f"{usage.ru_utime + usage.ru_stime:.0f} s of CPU")
    if not told:
        how = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else str(status)
        return Outcome("crashed", how)
    return Outcome(**json.loads(told))


def _read_and_tell(read: Callable[[Path], Any], folder: Path, sender: int) -> None:
    """Read, tell the parent how it went, and end without any of Python's ceremonies."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        outcome = Outcome("read", digest=digest(read(folder)))
    except OURS as error:
        outcome = _judged(str(error))
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)
        where = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in last[-5:]]
        said = f"{type(error).__name__}: {ascii(str(error))[:200]} ({' > '.join(where)})"
        outcome = Outcome("foreign", said)
    with open(sender, "wb") as stream:
        stream.write(json.dumps(asdict(outcome)).encode())
    os._exit(0)


def _judged(said: str) -> Outcome:
    """See that a message of ours is one line that can be printed and gives no unsafe advice."""
    try:
        said.encode()
    except UnicodeEncodeError:
        return Outcome("foreign", f"a message that cannot be printed: {ascii(said)[:200]}")
    if len(said.splitlines()) != 1 or len(said) > LONGEST:
        return Outcome("foreign", f"a message of several lines or endless: {said[:300]!r}")
    if any(word in said for word in UNSAFE):
        return Outcome("foreign", f"unsafe advice: {said[:300]}")
    return Outcome("refused", said)


def _watch(child: int, receiver: int, begun: int, clock: float) -> tuple[bytes, str]:
    """Collect what a process tells until it ends, and end it when it takes too much."""
    end, told = time.monotonic() + clock, b""
    while True:
        ready, _, _ = select.select([receiver], [], [], 0.02)
        if ready:
            piece = os.read(receiver, 2**16)
            if not piece:
                return told, ""
            told += piece
            continue
        exceeded = "clock" * (time.monotonic() > end)
        if _resident(child) - begun > MEMORY:
            exceeded = "memory"
        if exceeded:
            os.kill(child, signal.SIGKILL)
            return told, exceeded


def _resident(process: int) -> int:
    """Bytes of a process that are in memory."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * resource.getpagesize()


def digest(values: Any) -> str:
    """Hash of values of any kind that readers return; NaN are equal."""
    made = hashlib.sha256()
    _add(made.update, values)
    return made.hexdigest()


def _add(update: Callable[[bytes], None], values: Any) -> None:
    if isinstance(values, pd.DataFrame):
        _add(update, {str(name): values[name].tolist() for name in values})
    elif hasattr(values, "detach"):
        _add(update, values.detach().cpu().numpy())
    elif isinstance(values, np.ndarray):
        update(f"{values.dtype}{values.shape}".encode())
        update(repr(values.tolist()).encode() if values.dtype == object else values.tobytes())
    elif isinstance(values, Mapping):
        for key, value in values.items():
            update(f"key {key}".encode("utf-8", "backslashreplace"))
            _add(update, value)
    elif is_dataclass(values) and not isinstance(values, type):
        _add(update, {field.name: getattr(values, field.name) for field in fields(values)})
    elif isinstance(values, str | bytes) or not isinstance(values, Sequence):
        update(f"{type(values).__name__}{values!r}".encode("utf-8", "backslashreplace"))
    else:
        for value in values:
            _add(update, value)
