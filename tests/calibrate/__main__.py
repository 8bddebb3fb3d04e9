"""Count how often each test is significant where nothing is, and each interval holds the truth.

    python -m tests.calibrate --jobs 2

Every claim is a study of a simulated world through the product's own functions, many times over;
a study's seed is made of the claim's name and the study's number alone. Finished batches are kept
in .neuroloop/calibration: the same command goes on where it was cut off, and an edit of the code
counts anew the claims that run it. Exits with 1 if a claim fails.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # processes are forked: no threads before that

import argparse
import logging
import sys
import warnings
from pathlib import Path

from tests.calibrate import table
from tests.calibrate.counting import count
from tests.calibrate.registry import all_claims

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run as the arguments say; 1 if a claim fails."""
    asked = _arguments()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    parts = {
        part: [
            claim
            for claim in claims
            if not asked.claims or any(word in claim.name for word in asked.claims)
        ]
        for part, claims in all_claims().items()
        if not asked.part or part in asked.part
    }
    claims = [claim for some in parts.values() for claim in some]
    tallies, errors = count(claims, asked.folder, asked.studies, asked.jobs, asked.minutes, _say)
    print(table.printed(tallies))
    if asked.write:
        by_name = {tally.claim.name: tally for tally in tallies}
        made = {part: [by_name[claim.name] for claim in some] for part, some in parts.items()}
        table.write(ROOT / "docs/claims.md", {part: some for part, some in made.items() if some})
    return int(bool(errors) or any(tally.verdict == "fails" for tally in tallies))


def _say(line: str) -> None:
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.calibrate", description=__doc__)
    parser.add_argument("--claims", nargs="+", metavar="NAME", help="claims whose names hold this")
    parser.add_argument("--part", action="append", help="as decoding, students, calcium")
    parser.add_argument("--studies", type=int, help="of each claim, if fewer than its full number")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--write", action="store_true", help="the table into docs/claims.md too")
    parser.add_argument("--folder", type=Path, default=ROOT / ".neuroloop/calibration")
    asked = parser.parse_args()
    if asked.write and (asked.claims or asked.part):
        parser.error("--write is for the table of all claims: leave --claims and --part out")
    return asked


if __name__ == "__main__":
    sys.exit(main())
