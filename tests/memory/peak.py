"""How much memory a call takes at its peak, counted in a process of its own."""

import gc
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from memray import FileFormat, FileReader, Tracker


def peak_bytes(call: Callable[[], object], mapped: Path | None = None) -> int:
    """Most bytes that a call holds at a time beside what was there before.

    A file that it maps counts in whole, but for `mapped`: its pages go when others need them.
    Allocations are counted (memray), not pages: how many pages they stand on hangs on what other
    calls freed before, by up to a third. The call runs in a fork, so that libraries are imported
    once for all calls, and nothing that one leaves counts for the next.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            gc.collect()
            os.write(writer, str(_most_held(call)).encode())
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
    return int(text) - (mapped.stat().st_size if mapped else 0)


def _most_held(call: Callable[[], object]) -> int:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "allocations"
        with Tracker(path, file_format=FileFormat.AGGREGATED_ALLOCATIONS):
            call()
        with FileReader(path) as found:
            held = found.get_high_watermark_allocation_records(merge_threads=True)
            return sum(record.size for record in held)
