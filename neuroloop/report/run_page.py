"""The page of a run: where each job ran, how long, and in how much memory.

What it tells differs from run to run, so that it stands apart from the report, which does not.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, atomic, read_json
from neuroloop.report.columns import COUNT, NUMBER, Column, shown
from neuroloop.report.look import look
from neuroloop.report.templates import render

ASSETS = ("run.html.j2", "report.css", "report.js", "parts.html.j2")

#: Where the page stands.
PAGE = "results/report/run.html"

#: Of each job.
JOBS = {
    "job": Column("Job"),
    "rule": Column("Rule"),
    "seconds": NUMBER.named("Seconds", "From start to end."),
    "cpu_seconds": NUMBER.named("CPU seconds", "Of all threads together."),
    "start_cpu_seconds": NUMBER.named("Of these at the start", "Before the work: imports."),
    "peak_memory_mb": NUMBER.named("Peak memory, MB"),
    "threads": COUNT.named("Threads"),
    "device": Column("Device"),
    "host": Column("Host"),
    "started": Column("Started"),
}

#: Of each rule.
RULES = {
    "rule": Column("Rule"),
    "jobs": COUNT.named("Jobs"),
    "seconds": NUMBER.named("Seconds", "Sum over jobs."),
    "cpu_seconds": NUMBER.named("CPU seconds", "Sum over jobs."),
    "start_cpu_seconds": NUMBER.named("Of these at the start", "Before the work: imports."),
    "peak_memory_mb": NUMBER.named("Peak memory, MB", "Largest of all jobs."),
    "hosts": COUNT.named("Hosts"),
}


def records(files: Mapping[str, StrPath]) -> pd.DataFrame:
    """What jobs recorded of themselves.

    Parameters
    ----------
    files : mapping of str to path
        Rule of each record; records that are missing are passed over.
    """
    rows: list[dict[str, Any]] = []
    for file, rule in files.items():
        if Path(file).is_file():
            rows.append({"job": str(Path(file).parent), "rule": rule, **read_json(file)})
    return pd.DataFrame(rows, columns=list(JOBS))


def by_rule(jobs: pd.DataFrame) -> pd.DataFrame:
    """Sums of each rule, the longest first."""
    made = jobs.groupby("rule").agg(
        jobs=("job", "size"),
        seconds=("seconds", "sum"),
        cpu_seconds=("cpu_seconds", "sum"),
        start_cpu_seconds=("start_cpu_seconds", "sum"),
        peak_memory_mb=("peak_memory_mb", "max"),
        hosts=("host", "nunique"),
    )
    return made.sort_values("seconds", ascending=False).reset_index()


def share_at_start(jobs: pd.DataFrame) -> float:
    """Part of the CPU seconds of jobs that went before their work; NaN if no job recorded it."""
    told = jobs.dropna(subset=["start_cpu_seconds"])
    spent = told["cpu_seconds"].sum()
    return float(told["start_cpu_seconds"].sum() / spent) if spent else float("nan")


def write_run_page(files: Mapping[str, str], page: StrPath = PAGE) -> None:
    """Write the page.

    Parameters
    ----------
    files : mapping of str to str
        Record of each job, and its rule.
    page : path
    """
    jobs = records(files)
    tables = [
        shown("By rule", by_rule(jobs), RULES),
        shown("Every job", jobs, JOBS),
    ]
    context = {
        "jobs": len(jobs),
        "hosts": sorted(set(jobs["host"])),
        "hours": jobs["seconds"].sum() / 3600,
        "cpu_hours": jobs["cpu_seconds"].sum() / 3600,
        "at_start": share_at_start(jobs),
        "memory": jobs["peak_memory_mb"].max() / 1000,
        "tables": tables,
    }
    with atomic(page) as temporary:
        temporary.write_text(
            render("neuroloop.report/run.html.j2", context | {"look": look()}), encoding="utf-8"
        )
