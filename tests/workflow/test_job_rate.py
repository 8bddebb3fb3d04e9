"""How often Snakemake looks for jobs to start."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.cli import get_argument_parser
from snakemake.scheduling.job_scheduler import JobRateLimiter

from neuroloop.workflow.job_rate import drop_usual_rate
from tests.project import Project

#: Prints, when a run has ended, how many timers for another look it set.
COUNTED = """
from snakemake.scheduling.job_scheduler import JobScheduler

LOOKS = []
JobScheduler._schedule_reevalutation = lambda self, delay: LOOKS.append(delay)


onsuccess:
    end_run()
    print(f"{len(LOOKS)} looks ahead")
"""


@pytest.mark.parametrize(
    ("asked", "stays"),
    [
        ([], False),
        (["--max-jobs-per-timespan", "5/1s"], True),
        (["--max-jobs-per-timespan", "100/1m"], True),
    ],
)
def test_a_limit_stays_that_the_user_sets(asked: list[str], stays: bool) -> None:
    limit = get_argument_parser().parse_args(asked).max_jobs_per_timespan
    scheduler = SimpleNamespace(job_rate_limiter=JobRateLimiter(limit))
    drop_usual_rate(scheduler)
    assert (scheduler.job_rate_limiter is not None) == stays


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("asked", "none"), [([], True), (["--max-jobs-per-timespan", "99/1s"], False)]
)
def test_no_look_is_set_ahead_of_the_end_of_a_job(
    tmp_path: Path, asked: list[str], none: bool
) -> None:
    project = Project.make(tmp_path / "project", "config/test.yaml")
    with (project.folder / "Snakefile").open("a") as snakefile:
        snakefile.write(COUNTED)
    said = project.call("results/fmri/tiny/stimuli.tsv", "--cores", "1", *asked)
    assert said.status == 0, said.text
    assert ("0 looks ahead" in said.out.splitlines()) == none, said.text
