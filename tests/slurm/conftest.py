"""A cluster on this host, and what tests need to run the workflow on it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.project import Project, preset
from tests.slurm.cluster import Cluster, missing
from tests.slurm.cluster_run import Run, make, start

#: A training whose epochs take a second, which changes no number, and lasts longer than SLURM's
#: shortest time limit: a minute, looked at every half minute.
SLOW_TARGET = "results/distill/tiny/reference/none/tiny_student/predictions.npz"
SLOW_EPOCHS = 110
PAUSE = "__import__('time').sleep(1)"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster with no job in it."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    running = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def small() -> dict[str, Any]:
    """config/test.yaml with one subject, one region and two teachers."""
    config = preset("test")
    tiny = config["datasets"]["tiny"]
    tiny["subjects"] = {"S1": tiny["subjects"]["S1"]}
    tiny["rois"] = {"V1": tiny["rois"]["V1"]}
    tiny["teaching"]["teachers"] = ["none", "brain"]
    return config | {"run": ["tiny"]}


@pytest.fixture(scope="session", autouse=True)
def slow(
    cluster: Cluster, small: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Run, Project]]:
    """A run with a job that exceeds its time, which goes on beside the first tests."""
    student = small["students"]["tiny_student"] | {"epochs": SLOW_EPOCHS}
    folder = tmp_path_factory.mktemp("slow") / "project"
    project = make(folder, small | {"students": {"tiny_student": student}})
    project.edit("rules/distill.smk", "runtime=minutes(480)", "runtime=minutes(1)")
    line = "        means = _epoch("
    project.edit("neuroloop/training/loop.py", line, f"        {PAUSE}\n{line}")
    # However late the training begins within its minute, it leaves a state.
    project.edit(
        "neuroloop/training/checkpoints.py", "interval: float = 30.0", "interval: float = 1.0"
    )
    going = start(project, SLOW_TARGET)
    yield going, project
    if going.process.poll() is None:
        going.kill()
