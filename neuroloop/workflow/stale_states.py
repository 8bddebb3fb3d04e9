"""Training states that no job will ask for again: they go when a run begins.

A job removes its states when it is done. Those of a killed job stay, for the next run to go on
from; once its code, settings or input have changed, nothing finds them any more.
"""

import re
import time
from pathlib import Path

#: Days after which nobody is taken to go on with a killed job.
KEPT_DAYS = 30

#: Name of a state: the key of its job, and mostly the part of the job.
NAME = re.compile(r"([0-9a-f]{32})(-.+)?\.safetensors")


def sweep_states(folder: Path, now: float | None = None) -> tuple[int, int]:
    """Delete the states of jobs that have saved none for `KEPT_DAYS`.

    A job's states go together, or none does: parts that were finished long ago belong to a job that
    may have gone on since.

    Parameters
    ----------
    folder : Path
        Where states are kept. No job may run in it.
    now : float, optional
        Time to judge by, in seconds as `time.time` counts them.

    Returns
    -------
    files, bytes : int
        What was deleted.
    """
    jobs: dict[str, list[Path]] = {}
    for path in folder.glob("*.safetensors"):
        if found := NAME.fullmatch(path.name):
            jobs.setdefault(found[1], []).append(path)
    limit = (time.time() if now is None else now) - KEPT_DAYS * 24 * 3600
    files = size = 0
    for paths in jobs.values():
        states = [path.stat() for path in paths]
        if max(state.st_mtime for state in states) < limit:
            for path, state in zip(paths, states, strict=True):
                path.unlink(missing_ok=True)
                files, size = files + 1, size + state.st_size
    return files, size
