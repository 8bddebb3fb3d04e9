"""What a job's folder held when it was made: a result that is a folder stands for its files."""

import hashlib
from pathlib import Path

from neuroloop.files.atomic import StrPath
from neuroloop.files.door import outside
from neuroloop.files.json_files import read_json, save_json

#: What Snakemake puts into a folder that a job made.
STAMP = ".snakemake_timestamp"


def files_in(folder: StrPath) -> list[str]:
    """Names of all files anywhere below a folder, sorted, relative to it."""
    below = Path(folder).rglob("*")
    return sorted(
        path.relative_to(folder).as_posix()
        for path in below
        if path.name != STAMP and not path.is_dir()
    )


def save_contents(folder: StrPath, contents: StrPath) -> None:
    """Write which files a folder has, and the SHA-256 of each, as JSON.

    Parameters
    ----------
    folder, contents : path
        The folder that a job made, and the file beside it.
    """
    found = {}
    for name in files_in(folder):
        with Path(folder, name).open("rb") as stream:
            found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    save_json(contents, {"sha256": found})


def read_contents(contents: StrPath) -> dict[str, str]:
    """SHA-256 of each file by its name, as `save_contents` wrote it.

    Raises
    ------
    NeuroLoopError
        If it is missing or was changed to something else.
    """
    with outside(contents, "what a folder of results holds", "delete it and run again"):
        return {str(name): str(digest) for name, digest in read_json(contents)["sha256"].items()}
