"""How much memory a call takes at its peak, measured in a process of its own."""

import ctypes
import gc
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path


def peak_bytes(call: Callable[[], object]) -> int:
    """Most bytes that a call adds to what the process has, mapped files included.

    The call runs in a fork, so that libraries are imported once for all calls, and nothing that one
    leaves counts for the next. What the process had freed goes back to the system first: a call
    that finds its memory there would seem to need none.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)
            Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
            before = _status("VmRSS")
            call()
            os.write(writer, str(_status("VmHWM") - before).encode())
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    assert os.waitpid(child, 0)[1] == 0, "the call failed in its process"
    return int(text)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return 1024 * int(found[1])
