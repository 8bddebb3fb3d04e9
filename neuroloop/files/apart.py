"""A first reading in a process of its own, where damaged files make a library crash or loop.

SciPy's reader of MATLAB files ends the whole process at a wrong type of numbers, and HDF5 goes on
for ever in a damaged heap of texts. Neither can be told from the file without reading it.
"""

import subprocess
import sys
from pathlib import Path
from signal import SIGXCPU

#: Seconds of CPU that a first reading may take: these, and one for each megabyte.
SECONDS, MEGABYTE = 10, 10**6

LIMITS = """
import resource, sys
path, seconds = sys.argv[1], int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
"""


def read_apart(path: Path, program: str) -> None:
    """Read a file in a process of its own, inside `outside`, and forget what was read.

    Parameters
    ----------
    path : Path
    program : str
        Python, which reads the file named `path`. What it raises does not count here: whoever reads
        the file next meets it too.

    Raises
    ------
    ValueError
        If the process was ended by a signal: it crashed, or went on for ever.
    """
    seconds = SECONDS + path.stat().st_size // MEGABYTE
    command = [sys.executable, "-c", LIMITS + program, str(path), str(seconds)]
    status = subprocess.run(command, capture_output=True, check=False).returncode
    if status < 0:
        how = "never ends" if status == -SIGXCPU else f"crashes (signal {-status})"
        raise ValueError(f"the library that reads it {how}")
