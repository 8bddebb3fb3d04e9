"""Freed memory that stays with the process."""

import resource
import subprocess
import sys

import pytest

from neuroloop.jobs.freed_memory import keep_freed_memory

#: 40 MB in arrays of 2 MB, written and freed together, twenty times.
WORK = """
import resource, sys
import numpy as np
from neuroloop.jobs.freed_memory import keep_freed_memory
if sys.argv[1] == "kept":
    assert keep_freed_memory()
def work():
    [np.ones(2**18) for _ in range(20)]
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator alone")
def test_pages_are_not_filled_anew() -> None:
    def faults(way: str) -> int:
        done = subprocess.run([sys.executable, "-c", WORK, way], capture_output=True, check=True)
        return int(done.stdout)

    pages = 20 * 20 * 2**21 // resource.getpagesize()
    assert faults("kept") < 0.05 * pages < 0.5 * pages < faults("plain")


def test_another_c_library_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not keep_freed_memory()
