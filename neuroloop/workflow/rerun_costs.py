"""How long jobs took when they last ran, from what each recorded of itself."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from neuroloop.jobs.progress import duration


def last_seconds(jobs: Sequence[Any]) -> dict[Any, float]:
    """Seconds that each job took when it last ran; of a job that never did, its rule's median.

    Parameters
    ----------
    jobs : sequence of snakemake.jobs.Job
        All jobs of the graph, those too that need not run.

    Returns
    -------
    dict of Job to float
        Without those whose rule never ran.
    """
    own: dict[Any, float] = {}
    of_rule: dict[str, list[float]] = defaultdict(list)
    for job in jobs:
        seconds = _recorded(job.output)
        if seconds is not None:
            own[job] = seconds
            of_rule[job.rule.name].append(seconds)
    usual = {rule: median(seconds) for rule, seconds in of_rule.items()}
    return {job: usual[job.rule.name] for job in jobs if job.rule.name in usual} | own


def _recorded(output: Iterable[Any]) -> float | None:
    """Seconds in the record of a run among a job's results."""
    for path in map(str, output):
        if path.endswith("run.json"):
            try:
                return float(json.loads(Path(path).read_text(encoding="utf-8"))["seconds"])
            except (OSError, ValueError, KeyError, TypeError):
                return None
    return None


def cost(seconds: Iterable[float | None]) -> str:
    """Say how long jobs take one after the other, of which some are not known."""
    given = list(seconds)
    known = [one for one in given if one is not None]
    unknown = len(given) - len(known)
    if not known:
        return "no time is known, as none of their rules ran here"
    told = f"about {duration(sum(known))} of work by the times of their last runs"
    return told + (f", without {unknown} whose rules never ran here" if unknown else "")
