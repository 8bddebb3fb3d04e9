"""Whether results are what their jobs wrote: `snakemake verify`.

Each job records a hash of every file that it wrote in its run.json. Files are compared with that,
and read by what their sidecars say of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuroloop.errors import NeuroLoopError
from neuroloop.files.file_check import fault_of
from neuroloop.files.formats import read_json, save_json
from neuroloop.files.hashes import file_hash

#: What was found; a report made after it says so.
VERIFIED = "results/check/verified.json"

#: Results that say what was verified: they are looked at, and left out of what they say.
SAYING = "results/report/"

#: Faults and jobs that are named on the terminal.
NAMED = 20


@dataclass
class Verified:
    """What was found.

    Attributes
    ----------
    files : dict of str to str
        SHA-256 of each file that is as its job wrote it.
    wrong : dict of str to str
        What is wrong with each other file.
    unrecorded : list of str
        Files whose jobs recorded no hash, as earlier versions did: they were read, no more.
    not_made : list of str
        Jobs that have not run yet.
    """

    files: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    unrecorded: list[str] = field(default_factory=list)
    not_made: list[str] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write what was found, unless the same stands there: reports would follow its time."""
        facts = {
            "files": {
                name: known for name, known in self.files.items() if not name.startswith(SAYING)
            },
            "wrong": self.wrong,
            "seen": {name: _hash(name) for name in self.wrong},
            "unrecorded": self.unrecorded,
            "not_made": self.not_made,
        }
        try:
            if read_json(path) == facts:
                return
        except NeuroLoopError:  # none, or none that can be read
            pass
        save_json(path, facts)

    def lines(self) -> list[str]:
        """What is told on the terminal."""
        told = [f"{name}: {fault}" for name, fault in self.wrong.items()]
        if len(told) > NAMED:
            told = [*told[:NAMED], f"and {len(told) - NAMED} more, see {VERIFIED}"]
        told.append(f"{len(self.files)} files are what their jobs wrote, {len(self.wrong)} are not")
        if self.unrecorded:
            told.append(
                f"{len(self.unrecorded)} files can be read, but no hash was recorded "
                f"(as {self.unrecorded[0]}): made by an earlier version"
            )
        if self.not_made:
            told.append(f"{len(self.not_made)} jobs have not run yet, as {self.not_made[0]}")
        if self.wrong:
            told.append("To make a file again: delete it, and type the command of the run.")
        return told


def verify(jobs: Iterable[Any], known: Iterable[str]) -> Verified:
    """Look at the results of all jobs.

    Parameters
    ----------
    jobs : iterable of Job
        Of Snakemake, with scripts.
    known : iterable of str
        Results that Snakemake remembers to have been made.
    """
    found, remembered = Verified(), set(known)
    for job in sorted(jobs, key=lambda job: (job.rule.name, list(job.wildcards))):
        outputs = [str(path) for path in job.output]
        run = next((path for path in outputs if path.endswith("run.json")), "")
        there = [path for path in outputs if Path(path).exists()]
        if not there and not remembered & set(outputs):
            found.not_made.append(" ".join([job.rule.name, *job.wildcards]))
            continue
        for path in outputs:
            if path not in there:
                found.wrong[path] = "is missing"
        recorded = _recorded(run, found) if run in there else {}
        _compare(recorded, [path for path in there if path != run], found)
    return found


def _recorded(run: str, found: Verified) -> dict[str, str]:
    """Hashes that a job recorded."""
    try:
        return {str(Path(path)): known for path, known in read_json(run).get("sha256", {}).items()}
    except (NeuroLoopError, AttributeError) as error:
        found.wrong[run] = f"cannot be read: {error}"
        return {}


def _compare(recorded: dict[str, str], outputs: Sequence[str], found: Verified) -> None:
    """Compare a job's files with what it recorded; read those of which nothing is recorded."""
    whole = [file for path in outputs for file in _files(Path(path))]
    for name in dict.fromkeys([*recorded, *whole]):
        path, known = Path(name), recorded.get(name)
        if not path.is_file():
            found.wrong[name] = "is missing"
        elif known and file_hash(path) != known:
            found.wrong[name] = "is not what its job wrote: it was changed since"
        elif fault := fault_of(path):
            found.wrong[name] = fault
        elif known:
            found.files[name] = known
        else:
            found.unrecorded.append(name)


def _files(path: Path) -> list[str]:
    """A file, or all files of a folder that Snakemake has not put there."""
    if not path.is_dir():
        return [str(path)]
    files = (one for one in sorted(path.rglob("*")) if one.is_file())
    return [str(one) for one in files if not one.name.startswith(".snakemake")]


def was_verified(files: Sequence[str]) -> dict[str, Any]:
    """What the last verification found of some files, and what it found wrong; empty without one.

    Parameters
    ----------
    files : sequence of str

    Returns
    -------
    dict
        ``files``: SHA-256 of those that were right; ``wrong``: paths of those that are still as
        they were found; what is gone will be made again.
    """
    try:
        kept = read_json(VERIFIED)
        asked = [str(path) for path in files]
        right = {path: kept["files"][path] for path in asked if path in kept["files"]}
        seen = kept["seen"]
        wrong = sorted(name for name in kept["wrong"] if seen[name] and seen[name] == _hash(name))
        return {"files": right, "wrong": wrong}
    except (NeuroLoopError, KeyError, TypeError):
        return {}


def _hash(name: str) -> str:
    """SHA-256 of a file; empty if it is not there."""
    return file_hash(Path(name)) if Path(name).is_file() else ""
