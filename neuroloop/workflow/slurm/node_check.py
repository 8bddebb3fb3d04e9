"""What a node has of what jobs need; `doctor` runs this on nodes, as a job.

    python -m neuroloop.workflow.slurm.node_check FOLDER NAME

reads FOLDER/token, tries the lock FOLDER/lock that whoever asks holds, and writes FOLDER/NAME.json.
"""

import fcntl
import json
import platform
import sys
from pathlib import Path
from typing import Any


def check_node(folder: Path) -> dict[str, Any]:
    """Look at this node.

    Parameters
    ----------
    folder : Path
        Shared with whoever asks, who holds its file ``lock``.

    Returns
    -------
    dict
        ``node``, ``python``; ``token``: what stands in that file; ``lock``: ``held`` if the lock is
        seen from here, ``free`` if not, or why there are no locks; ``torch``: its version, or why
        it cannot be imported; ``gpus``: names of the devices that torch sees.
    """
    return {
        "node": platform.node(),
        "python": platform.python_version(),
        "token": read_token(folder),
        "lock": try_lock(folder / "lock"),
        **look_at_torch(),
    }


def read_token(folder: Path) -> str:
    """What whoever asks wrote into the folder."""
    try:
        return (folder / "token").read_text()
    except OSError as error:
        return str(error)


def try_lock(path: Path) -> str:
    """Whether a lock that another machine holds is seen here."""
    try:
        with path.open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "held"
    except OSError as error:
        return str(error)
    return "free"


def look_at_torch() -> dict[str, Any]:
    """Version of torch and its devices."""
    try:
        import torch

        count = torch.cuda.device_count()
        names = [torch.cuda.get_device_name(number) for number in range(count)]
    except Exception as error:  # broken drivers raise whatever they like
        return {"torch": f"{type(error).__name__}: {error}", "gpus": []}
    return {"torch": torch.__version__, "gpus": names}


if __name__ == "__main__":
    shared, name = Path(sys.argv[1]), sys.argv[2]
    found = check_node(shared)
    unfinished = shared / f".{name}.json"
    unfinished.write_text(json.dumps(found))
    unfinished.replace(shared / f"{name}.json")
