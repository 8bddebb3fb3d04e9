"""What SLURM refuses, and a database that dies: on a real cluster that keeps accounts."""

import re
from pathlib import Path

import pytest

from tests.project import Project, preset
from tests.slurm.cluster import Cluster, wait_for
from tests.slurm.cluster_run import make, start

pytestmark = pytest.mark.slurm

#: Two jobs that need nothing.
TARGETS = ("results/fmri/tiny/stimuli.tsv", "results/fmri/plain/stimuli.tsv")

PROFILE = "profiles/slurm/config.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make(tmp_path / "project", preset("test"))


def submitted(cluster: Cluster, project: Project) -> list[dict[str, str]]:
    return [job for job in cluster.jobs() if job["folder"] == str(project.folder)]


def running(cluster: Cluster, project: Project) -> list[str]:
    return [job["id"] for job in submitted(cluster, project) if job["state"] == "RUNNING"]


def test_a_full_queue_is_waited_for(cluster: Cluster, project: Project) -> None:
    cluster.limit(MaxSubmitJobs=1)
    try:
        said = start(project, *TARGETS).end()
    finally:
        cluster.limit(MaxSubmitJobs=-1)
    assert said.status == 0, said.text
    assert said.text.count("Waiting: SLURM takes no more jobs of you now (AssocMaxSubmitJob") == 1
    assert "Trying to restart" not in said.text
    assert [job["state"] for job in submitted(cluster, project)] == ["COMPLETED"] * 2


def test_a_wait_for_the_queue_ends_with_ctrl_c(cluster: Cluster, project: Project) -> None:
    cluster.limit(MaxSubmitJobs=1)
    try:
        going = start(project, *TARGETS)
        wait_for(lambda: "Waiting: SLURM" in going.text, "a job that waits", patience=300)
        said = going.interrupt()
    finally:
        cluster.limit(MaxSubmitJobs=-1)
    assert said.status != 0
    assert cluster.emptied(project.folder)


def test_the_death_of_the_database_loses_no_job(cluster: Cluster, project: Project) -> None:
    going = start(project, *TARGETS)
    try:
        wait_for(lambda: cluster.queue(project.folder), "a job", patience=300)
        cluster.stop_database()
        said = going.end()
    finally:
        cluster.start_database()
    assert said.status == 0, said.text
    assert "sacct does not answer: the ends of jobs are read from squeue" in said.text
    assert [job["state"] for job in submitted(cluster, project)] == ["COMPLETED"] * 2


def test_a_job_that_slurm_comes_to_refuse_fails_once_with_its_words(
    cluster: Cluster, project: Project
) -> None:
    """Its partition is closed after the run's own check."""
    going = start(project, "results/fmri/tiny/S1/folds.tsv")
    try:
        wait_for(lambda: running(cluster, project), "a running job", patience=300)
        cluster.call("scontrol", "update", "partition=cpu", "state=drain")
        said = going.end()
    finally:
        cluster.call("scontrol", "update", "partition=cpu", "state=up")
    assert said.status != 0
    assert "Trying to restart" not in said.text
    _, end = said.text.split("Failed: assign_folds dataset=tiny subject=S1\n")
    assert re.search(r"refused\.log\n    sbatch: error: .+", end), end


REFUSED = {
    "account": (("account: null", "account: nobody"), r"account: rule \w+: .+ nobody"),
    "qos": (
        ("  qos: null", "  qos: fast"),
        r"qos: .+ Invalid qos specification: set one of normal",
    ),
    "reservation": (("reservation: null", "reservation: mine"), r"reservation: .+ invalid: "),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_slurm_refuses_is_one_line_before_the_first_job(
    cluster: Cluster, project: Project, case: str
) -> None:
    (old, new), message = REFUSED[case]
    project.edit(PROFILE, old, new)
    said = start(project, *TARGETS).end(patience=120)
    assert said.status != 0
    assert re.search(rf"profiles/slurm/config\.yaml, {message}", said.text), said.text
    assert "Traceback" not in said.text
    assert not submitted(cluster, project)


def test_the_doctor_finds_nothing_on_a_sound_cluster(cluster: Cluster, project: Project) -> None:
    said = start(project, "doctor").end()
    assert said.status == 0, said.text
    for about in (
        "controller: SLURM",
        "ends of jobs: from sacct",
        "requests: SLURM would take all",
    ):
        assert re.search(rf"^ok +{about}", said.text, re.MULTILINE), said.text
    assert re.search(r"^ok +limits: account lab", said.text, re.MULTILINE)
    for kind in ("CPU", "GPU"):
        assert re.search(rf"^ok +{kind} node: sees this machine's file locks", said.text, re.M)
    assert "Nothing found would stop a run." in said.text
    assert cluster.emptied(project.folder)


def test_of_a_list_of_partitions_jobs_take_the_one_that_is_free(
    cluster: Cluster, project: Project
) -> None:
    project.edit(PROFILE, "gpu_partition: gpu ", "gpu_partition: gpu,gpu2 ")
    cluster.call("scontrol", "update", "partition=gpu", "state=down")
    try:
        said = start(
            project, "results/distill/tiny/reference/none/tiny_student/predictions.npz"
        ).end()
    finally:
        cluster.call("scontrol", "update", "partition=gpu", "state=up")
    assert said.status == 0, said.text
    nodes = {job["rule"]: job["nodes"] for job in submitted(cluster, project)}
    assert nodes["train_reference_students"] == "g2"
    assert {job["state"] for job in submitted(cluster, project)} == {"COMPLETED"}
