"""Runs that are killed or interrupted: the same command again, and nothing else, mends them."""

from collections import defaultdict
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.project import Project, once
from tests.slurm.cluster import Cluster, wait_for
from tests.slurm.cluster_run import make, run, start

pytestmark = pytest.mark.slurm

#: How often the main process is killed.
KILLS = 5

#: One job takes so long that, however slow the host is, it runs when a call is killed, and still
#: when the next one looks; once, so that the kills after that meet other jobs.
LONG_ONCE = (
    "import os, time; os.path.exists('paused') or (open('paused', 'w').close(), time.sleep(120))"
)


@pytest.fixture(scope="module")
def local(small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Results of the small config, made without a cluster."""

    def produce(folder: Path) -> None:
        make(folder / "project", small).run("all")

    folder = once(tmp_path_factory, "small_local", produce)
    return Project(folder / "project").results()


def test_five_kills_at_random_moments_lose_nothing(
    cluster: Cluster, small: dict[str, Any], local: dict[str, bytes], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small, status_seconds=4)  # so that no run ends too early
    line = "        simulate_subject("
    project.edit("scripts/fmri/simulate_subject.py", line, f"        {LONG_ONCE}\n{line}")
    orphans, moments = 0, np.random.default_rng(2001).uniform(2, 14, KILLS)
    for number, moment in enumerate(moments):
        before = len(cluster.jobs())
        going = start(project, "all")
        wait_for(partial(began, cluster, before, ("RUNNING",) if number % 2 else ()), "a job")
        if number % 2 == 0:
            with pytest.raises(TimeoutError):
                wait_for(lambda: False, "the moment", patience=moment)
        assert going.process.poll() is None, f"call {number} ended before it was killed"
        going.kill()
        orphans += bool(cluster.queue(project.folder))
    said = run(project, "all")
    assert orphans, "no kill found a job in the queue: nothing was tested"
    assert "LockException" not in said.text
    assert project.results() == local
    assert cluster.emptied(project.folder)
    assert_no_two_at_once(cluster, project.folder)
    assert not list((project.folder / ".neuroloop").rglob("*.safetensors"))


def began(cluster: Cluster, before: int, states: tuple[str, ...]) -> bool:
    """Whether a job was submitted after so many others, and is in one of these states if any.

    A job that has just begun to run is still there when the next call looks, on any host.
    """
    return any(not states or job["state"] in states for job in cluster.jobs()[before:])


def assert_no_two_at_once(cluster: Cluster, folder: Path) -> None:
    """Whatever SLURM ran twice for the same rule and wildcards ran one after the other."""
    times = defaultdict(list)
    for job in cluster.jobs():
        if job["folder"] == str(folder) and job["start"] != "N/A":
            times[job["job"]].append((np.datetime64(job["start"]), np.datetime64(job["end"])))
    assert any(len(runs) > 1 for runs in times.values()), "nothing ran twice"
    for name, runs in times.items():
        for (_, end), (begin, _) in pairwise(sorted(runs)):
            assert end <= begin, name


def test_an_interrupted_run_leaves_an_empty_queue(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small)
    going = start(project, "all")
    wait_for(lambda: cluster.queue(project.folder), "a job")
    said = going.interrupt()
    assert said.status != 0
    assert cluster.emptied(project.folder)


def test_a_second_run_in_the_folder_is_refused_and_disturbs_nothing(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small)
    first = start(project, "results/fmri/tiny/stimuli.tsv")
    wait_for(lambda: cluster.queue(project.folder), "a job")
    second = start(Project(project.folder), "all").end()
    assert second.status != 0
    assert f"another run works in this folder (process {first.process.pid} on " in second.text
    assert first.end().status == 0
    assert [job["state"] for job in cluster.jobs() if job["folder"] == str(project.folder)] == [
        "COMPLETED"
    ]
