"""Jobs that need more than they asked for, lose their node, or fail: what comes of them."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.project import Project
from tests.slurm.cluster import Cluster, wait_for
from tests.slurm.cluster_run import Run, make, run, start
from tests.slurm.conftest import PAUSE, SLOW_EPOCHS, SLOW_TARGET

pytestmark = pytest.mark.slurm


def of(cluster: Cluster, project: Project, rule: str) -> list[dict[str, str]]:
    """The jobs of one rule that SLURM has had of a project."""
    return [
        job
        for job in cluster.jobs()
        if job["folder"] == str(project.folder) and job["rule"] == rule
    ]


def test_a_job_short_of_memory_comes_again_with_more(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small)
    needs = "simulate_region:mem_mb=200*attempt"
    run(project, "results/fmri/tiny/S1/V1/responses.h5", "--set-resources", needs)
    first, *others = of(cluster, project, "simulate_region")
    assert first["state"] == "FAILED"
    assert others[-1]["state"] == "COMPLETED"
    memory = [int(job["memory"].rstrip("M")) for job in (first, *others)]
    assert memory == [200 * attempt for attempt in range(1, len(memory) + 1)]


def test_a_job_out_of_time_goes_on_from_its_checkpoint(
    cluster: Cluster, slow: tuple[Run, Project], tmp_path: Path
) -> None:
    going, project = slow
    said = going.end()
    assert said.status == 0, said.text
    first, *others = of(cluster, project, "train_reference_students")
    assert first["state"] == "TIMEOUT"
    assert others[-1]["state"] == "COMPLETED"
    log = project.folder / "logs/distill/tiny/reference/none/tiny_student/train_students.log"
    resumed = re.search(r"goes on after epoch (\d+)", log.read_text())
    assert resumed
    assert 0 < int(resumed[1]) < SLOW_EPOCHS
    alone = project.copy(tmp_path / "alone")
    alone.edit("neuroloop/training/loop.py", PAUSE, "")
    shutil.rmtree(alone.folder / "results")
    alone.run(SLOW_TARGET)
    assert alone.results() == project.results()


def test_a_node_set_down_loses_nothing(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small)
    going = start(project, "results/fmri/tiny/S1/V1/responses.h5")

    def running() -> list[dict[str, str]]:
        jobs = of(cluster, project, "simulate_region")
        return [job for job in jobs if job["state"] == "RUNNING"]

    wait_for(running, "a running job")
    node = running()[0]["nodes"]
    cluster.node(node, "down")
    try:
        said = going.end()
    finally:
        cluster.node(node, "resume")
    assert said.status == 0, said.text
    assert of(cluster, project, "simulate_region")[-1]["nodes"] != node
    again = project.copy(tmp_path / "again")
    shutil.rmtree(again.folder / "results")
    again.run("results/fmri/tiny/S1/V1/responses.h5")
    assert again.results() == project.results()


def test_a_failed_job_is_named_with_the_end_of_its_log(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small)
    project.edit("config/config.yaml", "test_images: 50", "test_images: 5000")
    project.edit("profiles/slurm/config.yaml", "retries: 2", "retries: 0")
    said = start(project, "results/fmri/tiny/stimuli.tsv").end()
    assert said.status != 0
    _, end = said.text.split("Failed: draw_stimuli dataset=tiny\n")
    assert re.match(
        r"  log: logs/fmri/tiny/draw_stimuli\.log\n"
        r"    .+ ERROR .+ 517 images .+ lower one of these numbers\n"
        r"  SLURM's log: logs/slurm/rule_draw_stimuli/tiny/\d+\.log\n"
        r"    srun: error: c\d: task 0: Exited with exit code 1\n",
        end,
    ), end


CASES = {
    "partition": (
        ("gpu_partition: gpu", "gpu_partition: gpus"),
        r"gpu_partition: SLURM refuses jobs of rule \w+ .+gpus.*: set one of cpu, gpu, gpu2, short",
    ),
    "gpu": (
        ("gpu_partition: gpu", "gpu_partition: cpu"),
        r"gpu_partition: SLURM refuses jobs .+: no node there has a GPU",
    ),
    "gpu_type": (
        ("gpu_type: null", "gpu_type: a100"),
        r"gpu_type: SLURM refuses jobs .+: no node there has this kind",
    ),
    "time": (
        ("cpu_partition: cpu", "cpu_partition: short"),
        r"longest_job: .+ 60 allowed: set longest_job to 60",
    ),
    "constraint": (
        ("  constraint: null", "  constraint: avx1024"),
        r"constraint: .+ Invalid feature specification: ",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_setting_of_the_site_is_one_clear_line(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path, case: str
) -> None:
    (old, new), message = CASES[case]
    project = make(tmp_path / "project", small)
    project.edit("profiles/slurm/config.yaml", old, new)
    said = start(project, "all").end(patience=120)
    assert said.status != 0
    assert re.search(rf"profiles/slurm/config\.yaml, {message}", said.text), said.text
    assert "Traceback" not in said.text
    assert not [job for job in cluster.jobs() if job["folder"] == str(project.folder)]


def test_a_request_that_only_the_third_attempt_makes_impossible_is_refused(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small)
    needs = "draw_stimuli:mem_mb=30000*attempt"
    said = start(project, "all", "--set-resources", needs).end(patience=120)
    assert said.status != 0
    message = r"largest_memory: SLURM refuses jobs of rule draw_stimuli \(attempt 3\): .+ 90000 MB"
    assert re.search(message, said.text), said.text
    assert not [job for job in cluster.jobs() if job["folder"] == str(project.folder)]


def test_an_unreachable_controller_is_one_clear_line(
    cluster: Cluster, small: dict[str, Any], tmp_path: Path
) -> None:
    project = make(tmp_path / "project", small)
    cluster.stop_controller()
    try:
        said = start(project, "all").end(patience=180)
    finally:
        cluster.start_controller()
    assert said.status != 0
    assert re.search(r"SLURM's controller cannot be reached \(scontrol: .+\): try again", said.text)
    assert "Traceback" not in said.text
