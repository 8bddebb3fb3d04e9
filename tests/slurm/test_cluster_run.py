"""The literal command on a real SLURM: complete, the same bytes, and only what changed again."""

import json
from pathlib import Path

import pytest

from tests.project import ROOT, Finished, Project, preset
from tests.slurm.cluster import Cluster
from tests.slurm.cluster_run import make, run

pytestmark = pytest.mark.slurm

#: Rules whose jobs ask for a GPU.
ON_GPU = {"decode_network", "train_cnn_teacher", "train_students", "train_reference_students"}


@pytest.fixture(scope="module")
def on_cluster(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Results of `snakemake --profile slurm all` with the test config."""
    project = make(tmp_path_factory.mktemp("cluster_run") / "project", preset("test"))
    run(project, "all")
    return project


def submitted(cluster: Cluster, project: Project) -> list[dict[str, str]]:
    """Jobs that SLURM has had of a project, in the order of their submission."""
    return [job for job in cluster.jobs() if job["folder"] == str(project.folder)]


def test_the_literal_command_leaves_the_bytes_of_a_local_run(
    on_cluster: Project, finished: Finished
) -> None:
    assert on_cluster.results() == finished.project.results()


def test_each_gpu_job_sees_one_device_and_the_others_none(
    cluster: Cluster, on_cluster: Project
) -> None:
    rules = {job["id"]: job["rule"] for job in submitted(cluster, on_cluster)}
    seen = {}
    for path in (on_cluster.folder / "results").rglob("*run.json"):
        record = json.loads(path.read_text())
        rule = rules.pop(record["slurm_job"])
        assert len(record["gpus"]) == (rule in ON_GPU), rule
        assert record["slurm_node"][0] == ("g" if rule in ON_GPU else "c"), rule
        assert {"host", "started", "seconds", "peak_memory_mb"} <= set(record)
        seen[rule] = record["gpus"]
    assert not rules
    assert set(seen) >= ON_GPU


def test_a_second_call_does_nothing(cluster: Cluster, on_cluster: Project) -> None:
    before = submitted(cluster, on_cluster)
    assert "Nothing to be done" in run(on_cluster, "all").text
    assert submitted(cluster, on_cluster) == before


def test_a_changed_region_reruns_its_chain_through_slurm(
    cluster: Cluster, on_cluster: Project, tmp_path: Path
) -> None:
    project = on_cluster.copy(tmp_path / "project")
    project.edit("config/config.yaml", "voxels: 20", "voxels: 19")  # V1 of the data set tiny
    run(project, "all")
    assert sorted(job["rule"] for job in submitted(cluster, project)) == [
        "assess_decoding",
        "assess_decoding",
        "check_dataset",  # it shows how many voxels are asked for, and the report its warnings
        "decode_linear",
        "decode_linear",
        "summarise_ablation",
        "summarise_decoding",
        "train_students",
        "train_students",
        "watch_teaching",
        "write_report",
    ]
    changed = {
        path for path, content in project.results().items() if content != on_cluster.results()[path]
    }
    assert any("/V1/" in path for path in changed)
    assert not any("/HVC/" in path or "/plain/" in path for path in changed)


def test_the_link_makes_the_command_literal() -> None:
    assert (ROOT / "slurm").is_symlink()
    assert (ROOT / "slurm").readlink() == Path("profiles/slurm")
