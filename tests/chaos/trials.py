"""One trial: a run that is disturbed, the same command again until it is done, and its results."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from neuroloop.files.atomic import TEMPORARY
from neuroloop.workflow.orphans import orphans
from tests.chaos.blows import Blow, fill
from tests.chaos.runs import Going, begin
from tests.project import Project

#: Root of all random numbers.
SEED = 20261128

#: Blows that one project gets, at most, before it may end in peace.
MOST = 6

#: Bytes of the disk on which a project stands whose disk is filled.
DISK = 60_000_000

#: Seconds after a blow in which a run has to end by itself.
AFTER = 600.0

#: What no run may say.
NEVER = re.compile(r"LockException|Segmentation fault|SIGSEGV|SIGBUS|crashed by")


@dataclass
class Trial:
    """What was done to a project, and what came of it.

    Attributes
    ----------
    blows : list of str
        Names, in their order.
    fault : str
        What was wrong; empty if nothing was.
    """

    blows: list[str] = field(default_factory=list)
    fault: str = ""


@dataclass(frozen=True)
class Stage:
    """Where trials take place.

    Attributes
    ----------
    make : callable
        Makes the project, without results, in a folder that does not exist.
    command : tuple of str
        What stands behind `snakemake all`.
    wanted : mapping of str to bytes
        Results of a run that nobody disturbed.
    seconds : float
        That it took.
    """

    make: Callable[[Path], Project]
    command: tuple[str, ...]
    wanted: Mapping[str, bytes]
    seconds: float


def undisturbed(
    make: Callable[[Path], Project], folder: Path, command: tuple[str, ...]
) -> tuple[dict[str, bytes], float]:
    """Results of a run that is left alone, and the seconds that it takes."""
    project, begun = make(folder / "undisturbed"), time.monotonic()
    going = begin(project, folder / "undisturbed.printed", *command)
    status, seconds = going.wait(), time.monotonic() - begun
    if status != 0:
        going.end()
        raise SystemExit(f"the undisturbed run fails: {going.text[-2000:]}")
    results = project.results()
    shutil.rmtree(project.folder)
    return results, seconds


def killed(stage: Stage, folder: Path, first: int, most: int, blows: tuple[Blow, ...]) -> Trial:
    """Hit a project's runs at random moments until one ends before its blow falls.

    Parameters
    ----------
    stage : Stage
    folder : Path
        Empty; what is wrong is left in it.
    first : int
        Number of the first blow, of which moments and blows follow.
    most : int
        Blows at most.
    blows : tuple of Blow
    """
    project, trial = stage.make(folder / "project"), Trial()
    for number in range(first, first + min(most, MOST)):
        generator = np.random.default_rng([SEED, number])
        blow = blows[generator.integers(len(blows))]
        moment = generator.uniform(0.2, stage.seconds)
        going = begin(project, folder / f"{number}.printed", *stage.command)
        if going.wait(moment) is not None:
            break
        blow.strike(going, generator)
        trial.blows.append(blow.name)
        # The jobs of a run that is killed at once live on: the next one meets them.
        if blow.name != "KILL snakemake" and going.wait(AFTER) is None:
            going.end()
            trial.fault = f"{blow.name}, number {number}: the run does not end by itself"
            return trial
        going.wait()
        trial.fault = trial.fault or _said_wrong(going)
    _finish(stage, project, folder, trial)
    return trial


def filled(stage: Stage, folder: Path, number: int) -> Trial:
    """Fill the disk of a project at a random moment of its run.

    Parameters
    ----------
    stage, folder
        See `killed`.
    number : int
        Of the blow.
    """
    trial, generator = Trial(["full disk"]), np.random.default_rng([SEED, 1, number])
    with disk(folder / "disk") as small:
        project = stage.make(small / "project")
        going = begin(project, folder / f"full-{number}.printed", *stage.command)
        if going.wait(generator.uniform(0.2, stage.seconds)) is not None:
            trial.blows = []
        filler = fill(small)
        status = going.wait()
        if status is None:
            going.end()
            trial.fault = "a run on a full disk does not end"
        elif status and "disk full" not in going.text:
            trial.fault = f"a full disk is not told: {_end_of(going)}"
        trial.fault = trial.fault or _said_wrong(going)
        filler.unlink()
        _finish(stage, project, folder, trial)
    return trial


def _finish(stage: Stage, project: Project, folder: Path, trial: Trial) -> None:
    """Type the same command once more, and look at all that is left."""
    going = begin(project, folder / "last.printed", *stage.command)
    status = going.wait()
    if status is None:
        going.end()
    found = project.results()
    names = {*found, *stage.wanted}
    other = sorted(name for name in names if found.get(name) != stage.wanted.get(name))
    wrong = {
        f"the same command ends with {status}: {_end_of(going)}": status != 0,
        f"{len(other)} results differ, as {', '.join(other[:3])}": bool(other),
        f"files are left: {_left(project.folder)}": bool(_left(project.folder)),
        "jobs are left": bool(orphans(project.folder)),
        _said_wrong(going): bool(_said_wrong(going)),
    }
    trial.fault = trial.fault or next((said for said, true in wrong.items() if true), "")


def _said_wrong(going: Going) -> str:
    said = NEVER.search(going.text)
    return f"a run says {said[0]}" if said else ""


def _left(folder: Path) -> list[str]:
    """Files half written, and training states."""
    places = (folder / "results", folder / ".neuroloop")
    return [
        path.name
        for place in places
        for path in place.rglob("*")
        if TEMPORARY.fullmatch(path.name) or (path.suffix == ".safetensors" and place != places[0])
    ]


def _end_of(going: Going) -> str:
    return " / ".join(going.text.splitlines()[-6:])[-800:]


@contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A small disk of its own, in memory.

    Raises
    ------
    OSError, CalledProcessError
        If none can be mounted: that takes root.
    """
    folder.mkdir()
    options = f"size={DISK}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
