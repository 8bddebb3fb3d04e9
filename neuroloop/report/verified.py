"""The line of a report about whether its files are what their jobs wrote."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroloop.files.formats import StrPath
from neuroloop.files.hashes import file_hash

#: Files that are named.
NAMED = 3


def verified_line(files: Sequence[StrPath], verified: Mapping[str, Any]) -> str:
    """Say what the last verification found; nothing without one, or of files made since.

    Parameters
    ----------
    files : sequence of path
        What the page shows.
    verified : mapping
        ``files``: SHA-256 of those that were right; ``wrong``: paths of those that were not.
    """
    if wrong := verified.get("wrong"):
        more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        return (
            f"make verify found files that are not what their jobs wrote: "
            f"{', '.join(wrong[:NAMED])}{more}."
        )
    known = verified.get("files", {})
    paths = [Path(path) for path in files if str(path) in known]
    right = sum(known[str(path)] == file_hash(path) for path in paths)
    if not right:
        return ""
    return (
        f"Verified: {right} of the {len(files)} files that this page shows are byte by byte what "
        "their jobs wrote (make verify)."
    )
