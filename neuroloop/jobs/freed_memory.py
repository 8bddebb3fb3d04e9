"""Freed memory that a job keeps for its next arrays, in place of handing it back at once."""

import ctypes
import sys

#: Parameters of `mallopt` (malloc.h) and their values in bytes: an array above 4 MiB has pages of
#: its own, which go back when it is freed; of smaller ones up to 256 MiB stay with the process.
#: With 32 MiB readers took a quarter more memory for the holes between their maps.
KEPT = {"M_MMAP_THRESHOLD": (-3, 2**22), "M_TRIM_THRESHOLD": (-1, 2**28), "M_TOP_PAD": (-2, 2**25)}


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed; no number changes, and no peak of memory.

    Training frees each step's activations and asks for the same sizes in the next. Where they went
    back in between, the kernel fills their pages with zeros again: a sixth of the CPU time of
    students of 16 x 16 pixels.

    Returns
    -------
    bool
        False where the C library is not glibc; nothing is done then.
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    return all(library.mallopt(name, size) == 1 for name, size in KEPT.values())
