"""What of a config is finished, stale, missing, running and failed, and why: `status` and `why`.

Both read the graph of jobs that Snakemake built, what Snakemake recorded of the last runs, and the
logs of jobs. They change nothing, and ask for no lock.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from neuroloop.workflow.rerun_costs import cost, last_seconds
from neuroloop.workflow.rerun_reasons import follows, some, why_stale

#: What a job can be, in the order of the table.
STATES = ("finished", "running", "stale", "missing", "failed")

#: How many values of a wildcard, and logs, are named.
NAMED, LOGS = 6, 3

#: The last line of the log of a job that ended well, see `neuroloop.jobs.job`.
DONE = " INFO root: done in "


class JobState(NamedTuple):
    """A job and what is known of it.

    Attributes
    ----------
    rule : str
    wildcards : tuple of (str, str)
        Names and values.
    state : str
        One of `STATES`.
    why : str
        Why it has to run; empty of a finished one.
    log : str
        Of a failed one, and when it was written: its error is of the config of that time.
    seconds : float or None
        How long it took when it last ran, or its rule's jobs did; None if that is not known.
    """

    rule: str
    wildcards: tuple[tuple[str, str], ...]
    state: str
    why: str = ""
    log: str = ""
    seconds: float | None = None


def job_states(workflow: Any, held: bool) -> list[JobState]:
    """All jobs of a workflow's graph, rule by rule as the workflow names them.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
        With its graph.
    held : bool
        Whether another run works in this folder.
    """
    order = {rule.name: number for number, rule in enumerate(workflow.rules)}
    jobs = sorted(
        (job for job in workflow.dag.jobs if job.rule.script),
        key=lambda job: (order[job.rule.name], list(job.wildcards)),
    )
    seconds = last_seconds(jobs)
    return [_state(workflow, job, held)._replace(seconds=seconds.get(job)) for job in jobs]


def _state(workflow: Any, job: Any, held: bool) -> JobState:
    named = (job.rule.name, tuple(job.wildcards_dict.items()))
    if not workflow.dag.needrun(job):
        return JobState(*named, "finished")
    if _marked(workflow.persistence, job):
        if held:
            return JobState(*named, "running")
        return JobState(*named, "missing", "cut off when its run ended")
    log = next((Path(path) for path in job.log if Path(path).is_file()), None)
    said = log.read_text(encoding="utf-8", errors="replace").splitlines() if log else []
    absent = [str(path) for path in job.output if not Path(path).exists()]
    if absent and log and not (said and DONE in said[-1]):
        return JobState(*named, "failed", _error(said), _dated(log))
    reason = workflow.dag.reason(job)
    if len(absent) == len(job.output):
        told = follows(workflow.dag, job, reason) if reason.updated_input_run else "not made yet"
        return JobState(*named, "missing", told)
    if absent:
        return JobState(*named, "missing", f"{absent[0]} is gone")
    return JobState(*named, "stale", why_stale(workflow, job, reason))


def _marked(persistence: Any, job: Any) -> bool:
    """Whether Snakemake marked the job's results as begun and not ended."""
    keys = [persistence._get_key(path) for path in job.output]
    return bool(persistence._filter_incomplete_keys(keys))


def _error(said: Sequence[str]) -> str:
    """The last error that a log tells."""
    errors = [line.partition(" ERROR ")[2] for line in said if " ERROR " in line]
    if not errors:
        return "ended without a word: killed, or out of memory or time"
    told = errors[-1].partition(": ")[2]
    if told == "unexpected error":  # its traceback follows
        told = said[-1]
    return told


def status_lines(states: Sequence[JobState], holder: str, missing: Iterable[str]) -> list[str]:
    """What is told of all jobs: a line a rule, and below it what is not finished.

    Parameters
    ----------
    states : sequence of JobState
    holder : str
        The run that works in this folder; empty without one.
    missing : iterable of str
        What is said of input files that are not there.
    """
    counts = Counter(one.state for one in states)
    total = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    width = max((len(one.rule) for one in states), default=4)
    lines = [f"{len(states)} jobs: {total}"]
    waiting = [one for one in states if one.state not in ("finished", "running")]
    lines += [f"To do: {cost(one.seconds for one in waiting)}"] if waiting else []
    lines += [f"A run works in this folder ({holder})."] if holder else []
    lines += [f"Missing input: {line}" for line in missing]
    lines += ["", f"{'rule':{width}}  " + "  ".join(f"{state:>8}" for state in STATES)]
    for rule in dict.fromkeys(one.rule for one in states):
        own = [one for one in states if one.rule == rule]
        count = Counter(one.state for one in own)
        cells = "  ".join(f"{count[state] or '·':>8}" for state in STATES)
        lines.append(f"{rule:{width}}  {cells}")
        lines += _groups(own)
    return lines


def why_lines(states: Sequence[JobState], missing: Iterable[str]) -> list[str]:
    """What is told of the jobs that a run would do: rule by rule, why, and how long they take.

    Parameters
    ----------
    states : sequence of JobState
        Of all jobs that targets consist of.
    missing : iterable of str
        What is said of input files that are not there.
    """
    waiting = [one for one in states if one.state != "finished"]
    if not waiting:
        return [f"Nothing has to run: all {len(states)} jobs are finished."]
    lines = [
        f"{len(waiting)} of {len(states)} jobs have to run: {cost(one.seconds for one in waiting)}"
    ]
    lines += [f"Missing input: {line}" for line in missing]
    for rule in dict.fromkeys(one.rule for one in waiting):
        own = [one for one in waiting if one.rule == rule]
        lines += ["", f"{rule} ({cost(one.seconds for one in own)})", *_groups(own)]
    return lines


def _groups(jobs: Sequence[JobState]) -> list[str]:
    """Jobs of a rule that are not finished, together where their reason is the same."""
    groups: dict[tuple[str, str], list[JobState]] = {}
    for one in jobs:
        if one.state != "finished":
            groups.setdefault((one.state, one.why), []).append(one)
    return [line for (state, why), group in groups.items() for line in _group(state, why, group)]


def _group(state: str, why: str, group: Sequence[JobState]) -> list[str]:
    lines = [f"  {': '.join(part for part in (state, _whose(group), why) if part)}"]
    lines += [f"      {one.log}" for one in group[:LOGS] if one.log]
    if len(group) > LOGS and group[0].log:
        lines.append(f"      and {len(group) - LOGS} more logs")
    return lines


def _whose(group: Sequence[JobState]) -> str:
    """Which jobs of a rule: all combinations of some values, or each by its values."""
    values: dict[str, dict[str, None]] = {}
    for one in group:
        for name, value in one.wildcards:
            values.setdefault(name, {})[value] = None
    if prod(map(len, values.values())) == len(group):
        return "; ".join(f"{name} {some(list(found), NAMED)}" for name, found in values.items())
    each = ["/".join(value for _, value in one.wildcards) for one in group]
    return f"{'/'.join(values)} {some(each, NAMED)}"


def _dated(log: Path) -> str:
    return f"{log} (of {datetime.fromtimestamp(log.stat().st_mtime):%Y-%m-%d %H:%M})"
