"""Run the benches one after another, and draw and write what they measured.

    python -m tests.bench
    python -m tests.bench --only dryrun zncc
    python -m tests.bench --write

Each bench runs in a process of its own and leaves its table in results/bench; a bench that fails,
misses a goal, prints nothing or leaves no table makes the command fail, after the others have run.
All tables that are there are drawn in results/bench/bench.png; `--write` puts them into
docs/performance.md.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import figure, page
from tests.bench.measured import FOLDER
from tests.bench.tables import read_tables

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "performance.md"

#: Minutes that each bench takes at most on two idle cores; all of them, less than `--minutes`.
BUDGET = {
    "attribution": 5.0,
    "cam": 2.0,
    "coupling": 1.0,
    "dryrun": 11.0,
    "frames": 5.0,
    "randomisation": 2.0,
    "resnet1d": 2.0,
    "ridge": 8.0,
    "zncc": 2.0,
}


def main() -> int:
    """Run as the arguments say; 1 if a bench fails."""
    asked = _arguments()
    names = benches()
    if unknown := set(asked.only) - set(names):
        print(f"no bench {', '.join(sorted(unknown))}: there are {', '.join(names)}")
        return 1
    folder, ends = ROOT / FOLDER, time.monotonic() + 60 * asked.minutes
    chosen = [name for name in names if not asked.only or name in asked.only]
    failed = {}
    for name in chosen:
        print(f"\n{name}", flush=True)
        command = [sys.executable, "-m", f"tests.bench.bench_{name}"]
        begun = time.monotonic()
        if wrong := run(command, folder, ends - begun):
            failed[name] = wrong
        print(f"{name}: {(time.monotonic() - begun) / 60:.1f} of {BUDGET[name]:g} minutes")
    tables = read_tables(folder)
    if tables:
        figure.draw(tables, folder / "bench.png")
        print(f"\n{FOLDER / 'bench.png'}")
    if asked.write:
        page.write(PAGE, folder)
        print(PAGE.relative_to(ROOT))
    for name, wrong in failed.items():
        print(f"{name}: {wrong}", file=sys.stderr)
    return int(bool(failed))


def benches() -> list[str]:
    """Names of all benches."""
    return sorted(file.stem[len("bench_") :] for file in Path(__file__).parent.glob("bench_*.py"))


def run(
    command: Sequence[str],
    folder: Path,
    seconds: float,
    say: Callable[[str], None] = lambda line: print(line, end="", flush=True),
) -> str:
    """Run a bench.

    Parameters
    ----------
    command : sequence of str
    folder : Path
        Where it leaves its table.
    seconds : float
        After which it is ended.
    say : callable
        Gets every line that it prints.

    Returns
    -------
    str
        What is wrong with it; empty if nothing is.
    """
    if seconds <= 0:
        return "not run: there was no time left"
    before = _changed(folder)
    lines = 0
    with subprocess.Popen(
        ["timeout", f"{seconds:.0f}", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as bench:
        assert bench.stdout is not None
        for line in bench.stdout:
            lines += bool(line.strip())
            say(line)
    if bench.returncode == 124:
        return "ended: there was no time left"
    if not lines:
        return "printed nothing"
    if _changed(folder) == before:
        return "left no table"
    return "" if bench.returncode == 0 else "missed a goal, or failed"


def _changed(folder: Path) -> dict[str, int]:
    """When each table in a folder was written."""
    return {file.name: file.stat().st_mtime_ns for file in folder.glob("*.tsv")}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these benches")
    parser.add_argument("--minutes", type=float, default=40, help="after which all is ended")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
