"""What would stop a run on this cluster, found before a run: `snakemake --profile slurm doctor`."""

import fcntl
import json
import re
import shlex
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from neuroloop.workflow.slurm.commands import (
    PROFILE,
    ClusterError,
    in_one_line,
    say,
    settings_of_cluster,
    user,
)
from neuroloop.workflow.slurm.heartbeat import partition_troubles
from neuroloop.workflow.slurm.queue import SHORTEST_MEMORY, choose_status_command
from neuroloop.workflow.slurm.requests import (
    PARTITION,
    TIME,
    Refusal,
    Request,
    overrun,
    refused,
    requests,
    value,
)
from neuroloop.workflow.slurm.submission import make_patient

#: Seconds that jobs on nodes may take, their wait in the queue included.
NODE_PATIENCE = 180

#: Minutes and megabytes that such a job asks for at most.
NODE_MINUTES, NODE_MEMORY = 5, 2000

#: Lines of a profile that put a refusal right whatever the site.
CURES = {
    "gpu_request": "gpu_request: gres",
    "gpu_type": "gpu_type: null",
    "qos": "qos: null",
    "constraint": "constraint: null",
    "reservation": "reservation: null",
}


class Finding(NamedTuple):
    """One thing that was looked at.

    Attributes
    ----------
    state : str
        ``ok``; ``FAIL`` if it stops a run; ``note`` if it does not, or if nothing can be said.
    about, text : str
    line : str
        What to write into the profile, if anything.
    """

    state: str
    about: str
    text: str
    line: str = ""


def examine(workflow: Any, jobs: list[Any], folder: Path, tell: Callable[[str], object]) -> bool:
    """Look at the cluster, and tell what is found.

    Parameters
    ----------
    workflow : Workflow
        Of Snakemake, with its executor.
    jobs : list of Job
        All jobs of the config.
    folder : Path
        Where runs work.
    tell : callable
        Hears each line.

    Returns
    -------
    bool
        Whether nothing would stop a run.
    """
    found = []
    try:
        for finding in findings(workflow, jobs, folder):
            found.append(finding)
            tell(f"{finding.state:<5} {finding.about}: {finding.text}")
    except ClusterError as error:
        found.append(Finding("FAIL", "SLURM", str(error)))
        tell(f"FAIL  SLURM: {error}")
    lines = dict.fromkeys(finding.line for finding in found if finding.line)
    if lines:
        tell(f"Set in {PROFILE}:")
        for line in lines:
            tell(f"  {line}")
    failed = sum(finding.state == "FAIL" for finding in found)
    tell(f"{failed} findings would stop a run." if failed else "Nothing found would stop a run.")
    return not failed


def findings(workflow: Any, jobs: list[Any], folder: Path) -> Iterator[Finding]:
    """All that is looked at, one after the other."""
    settings, executor = workflow.executor_settings, workflow.scheduler._executor
    yield controller(settings_of_cluster())
    yield from accounts(settings)
    make_patient(executor, 0, 1)
    asked = list(requests(executor, [job for job in jobs if not job.is_local]))
    names = {name for request in asked for name in value(request.command, PARTITION).split(",")}
    for trouble in partition_troubles(names - {""}):
        stops = " is " in trouble
        yield Finding("FAIL" if stops else "note", "partitions", trouble)
    refusals = [refusal for request in asked if (refusal := refused(request))]
    for refusal in one_a_reason(refusals):
        yield Finding("FAIL", "requests", refusal.line(), cure(refusal))
    if not refusals:
        yield Finding("ok", "requests", f"SLURM would take all {len(asked)} (sbatch --test-only)")
    yield from limits(workflow.resource_settings.nodes or 1)
    bad = {refusal.request for refusal in refusals}
    yield from on_nodes([request for request in asked if request not in bad], folder)


def controller(config: dict[str, str]) -> Finding:
    """Which SLURM this is."""
    version, select = config.get("SLURM_VERSION", "?"), config.get("SelectType", "?")
    return Finding("ok", "controller", f"SLURM {version}, {select}")


def accounts(settings: Any) -> Iterator[Finding]:
    """How the ends of jobs will be learned of."""
    told: list[str] = []
    try:
        age = choose_status_command(settings, told.append)
    except ClusterError as error:
        yield Finding("FAIL", "ends of jobs", str(error))
        return
    yield from (Finding("note", "ends of jobs", line) for line in told)
    if settings.status_command == "squeue":
        text = f"from squeue, which remembers them for {age} s (MinJobAge)"
        yield Finding("ok", "ends of jobs", text)
    else:
        after = "squeue would follow" if age >= SHORTEST_MEMORY else "nothing could follow"
        yield Finding("ok", "ends of jobs", f"from sacct; if it fails {after} (MinJobAge {age} s)")


def one_a_reason(refusals: list[Refusal]) -> list[Refusal]:
    """The first refusal of each key and reason."""
    return list({(one.key, re.sub(r"\d+", "", one.words)): one for one in refusals}.values())


def cure(refusal: Refusal) -> str:
    """The line of the profile that puts a refusal right; empty if that depends on the user."""
    if refusal.key == "longest_job" and (allowed := overrun(refusal.request.command)):
        return f"longest_job: {allowed}"
    if refusal.key == "largest_memory":
        partition = value(refusal.request.command, PARTITION)
        sizes = re.findall(r"\d+", say("sinfo", "-h", "-p", partition, "-o", "%m").out)
        return f"largest_memory: {max(map(int, sizes))}" if sizes else ""
    return CURES.get(refusal.key, "")


def limits(jobs: int) -> Iterator[Finding]:
    """How many jobs SLURM takes of this user."""
    try:
        fields = ("Account", "Partition", "MaxJobs", "MaxSubmit", "GrpJobs", "GrpSubmit", "QOS")
        said = say(
            "sacctmgr", "-nP", "show", "assoc", f"user={user()}", f"format={','.join(fields)}"
        )
    except ClusterError:
        return
    for line in said.out.splitlines() if not said.status else ():
        row = dict(zip(fields, line.split("|"), strict=False))
        known = [f"{name} {row[name]}" for name in fields[1:] if row.get(name)]
        yield Finding("ok", "limits", f"account {row['Account']}: {', '.join(known) or 'none'}")
        most = [int(row[name]) for name in ("MaxSubmit", "GrpSubmit") if row.get(name)]
        if most and min(most) < jobs:
            text = f"account {row['Account']} takes {min(most)} jobs at a time: the others wait"
            yield Finding("note", "limits", text, f"jobs: {min(most)}")


def on_nodes(asked: list[Request], folder: Path) -> Iterator[Finding]:
    """What a node without and one with a GPU have, as small jobs see it."""
    kinds = {
        "node": next((one for one in asked if not for_gpu(one)), None),
        "gpu_node": next((one for one in asked if for_gpu(one)), None),
    }
    with shared(folder) as place:
        ids = {name: submit(small(one.command), place, name) for name, one in kinds.items() if one}
        end = time.monotonic() + NODE_PATIENCE
        while any(running(ids[name], place, name) for name in ids) and time.monotonic() < end:
            time.sleep(1)
        for name, number in ids.items():
            yield from seen(name, number, place)
            say("scancel", number)


def for_gpu(request: Request) -> bool:
    """Whether it asks for a GPU."""
    return bool(re.search(r" --(gpus|gres)=", request.command))


def small(command: str) -> str:
    """The same request, for a job that is over soon."""
    command = re.sub(TIME, f" -t {NODE_MINUTES}", command)
    return re.sub(
        r" --mem (\d+)", lambda found: f" --mem {min(int(found[1]), NODE_MEMORY)}", command
    )


@contextmanager
def shared(folder: Path) -> Iterator[Path]:
    """A folder for notes between here and nodes, with a token and a lock that is held here."""
    place = folder / f".neuroloop/doctor-{uuid.uuid4().hex[:8]}"
    place.mkdir(parents=True)
    try:
        (place / "token").write_text(place.name)
        with (place / "lock").open("a") as stream:
            with suppress(OSError):  # the node says the same
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def submit(command: str, place: Path, name: str) -> str:
    """Submit the check of a node, and return its number."""
    work = shlex.join(
        [sys.executable, "-m", "neuroloop.workflow.slurm.node_check", str(place), name]
    )
    words = [*shlex.split(command)[1:], "--output", str(place / f"{name}.out"), "--wrap", work]
    said = say("sbatch", *words)
    if said.status:
        raise ClusterError(f"a small job is refused: {in_one_line(said.err)}")
    return said.out.strip().split(";")[0]


def running(number: str, place: Path, name: str) -> bool:
    """Whether a check may still report."""
    if f"{name}.json" in {path.name for path in place.iterdir()}:
        return False
    state = say("squeue", "-h", "-j", number, "-o", "%T").out.strip()
    return state in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING")


def seen(name: str, number: str, place: Path) -> Iterator[Finding]:
    """What the check of a node says."""
    about = "GPU node" if name == "gpu_node" else "CPU node"
    report = place / f"{name}.json"
    if not report.is_file():
        why = say("squeue", "-h", "-j", number, "-o", "%T %r").out.strip()
        if why.startswith("PENDING"):
            text = f"no node within {NODE_PATIENCE} s ({why}): type this again later"
            yield Finding("note", about, text)
            return
        output = place / f"{name}.out"
        said = output.read_text(errors="replace").strip().splitlines() if output.is_file() else []
        last = said[-1] if said else "nothing that it writes is seen here"
        text = f"job {number} on a node left no report in {place.parent} ({last})"
        yield Finding(
            "FAIL", about, f"{text}: this folder and .venv have to lie where nodes see them"
        )
        return
    found = json.loads(report.read_text())
    state = "ok" if found["token"] == place.name else "FAIL"
    yield Finding(state, about, f"{found['node']}, Python {found['python']}, sees this folder")
    if found["lock"] == "held":
        yield Finding("ok", about, "sees this machine's file locks")
    else:
        yield Finding(
            "note",
            about,
            f"does not see this machine's file locks ({found['lock']}): "
            "start runs of this folder on one login node alone",
        )
    if not found["torch"][:1].isdigit():
        yield Finding("FAIL", about, f"cannot import torch ({found['torch']})")
    elif name == "gpu_node" and not found["gpus"]:
        text = f"torch {found['torch']} sees no GPU: jobs would train on the CPU"
        yield Finding("note", about, f"{text} (`device: cuda` in the config refuses that)")
    else:
        yield Finding("ok", about, ", ".join([f"torch {found['torch']}", *found["gpus"]]))
