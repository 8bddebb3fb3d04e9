"""Kill runs and fill disks at random moments; see that the same command mends everything.

    python -m tests.chaos --kills 100 --full 20

A trial is a project of its own whose runs are hit, each followed by the same command, until one
ends. Its results have to be those of a run that nobody disturbed, byte by byte. Moments and blows
follow from a fixed seed and the number of the trial. The tally is kept in .neuroloop/chaos: the
same command goes on where it was cut off. Exits with 1 if anything was wrong.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.blows import KILLS, Blow
from tests.chaos.config import chaos_config
from tests.chaos.tally import Tally
from tests.chaos.trials import MOST, Stage, Trial, disk, filled, killed, undisturbed
from tests.project import ROOT, Project

#: Cores of a run on one machine.
LOCAL = ("--cores", "2")


def main() -> int:
    """Run as the arguments say; 1 if there was a fault."""
    asked = _arguments()
    tally = Tally(asked.folder / "tally.jsonl")
    if _wanted(asked, tally) != (0, 0):
        _go_on(asked, tally)
    print(tally.table())
    if asked.write:
        tally.write(ROOT / "docs/reliability.md")
    return int(bool(tally.faults()))


def _wanted(asked: argparse.Namespace, tally: Tally) -> tuple[int, int]:
    """Kills and full disks that are still to come."""
    place = "slurm" if asked.slurm else "local"
    kills = max(0, asked.kills - tally.count(place))
    full = 0 if asked.slurm else max(0, asked.full - tally.count(place, full=True))
    return kills, full


def _go_on(asked: argparse.Namespace, tally: Tally) -> None:
    """Make trials until nothing is left to do, or the time is over."""
    place = "slurm" if asked.slurm else "local"
    scratch = Path(tempfile.mkdtemp(prefix="neuroloop-chaos-", dir=asked.scratch))
    with _stage(asked.slurm, scratch) as (stage, blows):
        _say(f"a run that nobody disturbs takes {stage.seconds:.0f} s")
        end = time.monotonic() + 60 * asked.minutes
        while (left := _wanted(asked, tally)) != (0, 0) and time.monotonic() < end:
            kills, full = left
            number = len(tally.trials)
            folder = scratch / f"{number}"
            folder.mkdir()
            # Every third trial fills the disk: a trial of kills has several.
            if full and (number % 3 == 2 or not kills):
                trial = filled(stage, folder, number)
            else:
                trial = killed(stage, folder, MOST * number, kills, blows)
            _keep(tally, place, trial, folder, asked.folder)
    shutil.rmtree(scratch, ignore_errors=True)


def _keep(tally: Tally, place: str, trial: Trial, folder: Path, kept: Path) -> None:
    """Count a trial; what is needed to understand a fault stays."""
    tally.keep(place, trial)
    _say(f"{', '.join(trial.blows) or 'ended before its blow'}: {trial.fault or 'right'}")
    if trial.fault:
        ignored = shutil.ignore_patterns("neuroloop", "docs", "project")
        shutil.copytree(folder, kept / f"fault-{len(tally.trials)}", ignore=ignored)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stage(slurm: bool, scratch: Path) -> Iterator[tuple[Stage, tuple[Blow, ...]]]:
    if slurm:
        from tests.chaos.on_slurm import slurm_stage

        with slurm_stage(scratch) as found:
            yield found
        return
    wanted, seconds = undisturbed(make_local, scratch, LOCAL)
    yield Stage(make_local, LOCAL, wanted, seconds), KILLS


def make_local(folder: Path) -> Project:
    """The project with the config of these trials."""
    return Project.make(folder).write_config("chaos.yaml", chaos_config())


def _say(line: str) -> None:
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, help="signals in all, 100 by default, 20 on SLURM")
    parser.add_argument("--full", type=int, default=20, help="full disks in all")
    parser.add_argument("--slurm", action="store_true", help="on a SLURM that is started here")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--write", action="store_true", help="the table into docs/reliability.md")
    parser.add_argument("--folder", type=Path, default=ROOT / ".neuroloop/chaos")
    parser.add_argument("--scratch", type=Path, help="where projects stand while they are run")
    asked = parser.parse_args()
    if asked.kills is None:
        asked.kills = 20 if asked.slurm else 100
    if not asked.slurm and asked.full:
        try:
            with tempfile.TemporaryDirectory() as folder, disk(Path(folder) / "disk"):
                pass
        except (OSError, subprocess.CalledProcessError):
            _say("no disks are filled: to mount a small one takes root")
            asked.full = 0
    return asked


if __name__ == "__main__":
    sys.exit(main())
