"""``python -m neuroloop.contracts my_lda.py``: whether plugins keep their kinds' contracts."""

import sys
from pathlib import Path

from neuroloop.contracts.check import check_file
from neuroloop.errors import NeuroLoopError


def main(files: list[str]) -> int:
    """Check files; print a line each, and return how many break their contract."""
    broken = 0
    for file in files:
        try:
            kind, name = check_file(Path(file))
            print(f"{kind} {name}: keeps its contract")
        except NeuroLoopError as error:
            broken += 1
            print(f"Error: {error}", file=sys.stderr)
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
