"""Count what the published protocols make out of noise, each flaw alone and all together.

    python -m tests.published --jobs 2

Simulated brains that know nothing, and some that know, are studied through the product's own
functions under each flaw, all of them, and none. The seed of a study is made of its number alone.
Finished batches are kept in .neuroloop/published: the same command goes on where it was cut off,
and an edit of the code counts anew the studies that run it. Writes results/published/*.tsv, unless
only some studies are asked for.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # processes are forked: no threads before that

import argparse
import logging
import sys
import warnings
from pathlib import Path

from tests.calibrate.counting import outcomes
from tests.published import table
from tests.published.studies import all_studies

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run as the arguments say; 1 if a study raised an error."""
    asked = _arguments()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    studies = [
        study
        for study in all_studies()
        if not asked.only or any(word in study.name for word in asked.only)
    ]
    found, errors = outcomes(studies, asked.folder, asked.studies, asked.jobs, asked.minutes, _say)
    made = table.tables(studies, found)
    if not asked.only:  # parts of tables must not stand for whole ones
        table.save(asked.results, made)
    for part, rows in made.items():
        print(table.markdown(part, rows))
    if asked.write:
        table.write(ROOT / "docs/published.md", made)
        table.fill(ROOT / "docs/checklist.md", made)
    return int(bool(errors))


def _say(line: str) -> None:
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.published", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="studies whose names hold this")
    parser.add_argument("--studies", type=int, help="of each protocol, if fewer than all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--write", action="store_true", help="the tables into the docs")
    parser.add_argument("--folder", type=Path, default=ROOT / ".neuroloop/published")
    parser.add_argument("--results", type=Path, default=ROOT / "results/published")
    asked = parser.parse_args()
    if asked.write and asked.only:
        parser.error("--write is for the tables of all studies: leave --only out")
    return asked


if __name__ == "__main__":
    sys.exit(main())
