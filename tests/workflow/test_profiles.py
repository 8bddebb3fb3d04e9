"""Profiles: what a cluster is asked for, said once, and nothing that two of them set."""

import re
from pathlib import Path
from typing import Any

import pytest
from snakemake.profiles import ProfileConfigFileParser

from tests.project import ROOT, Project, Said

pytestmark = pytest.mark.workflow


def profile(name: str, text: str | None = None, folder: Path | None = None) -> dict[str, Any]:
    """Options that a profile sets, as Snakemake reads them."""
    path = ROOT / f"profiles/{name}/config.yaml"
    if text is not None and folder is not None:
        path = folder / "config.yaml"
        path.write_text(text)
    with path.open() as stream:
        return dict(ProfileConfigFileParser().parse(stream))


def test_no_option_is_set_in_two_profiles() -> None:
    """The default one would win over the cluster's."""
    assert not profile("default").keys() & profile("slurm").keys()


def asked_by(said: Said) -> dict[str, set[str]]:
    """What a dry-run says that each rule's jobs ask for."""
    found: dict[str, set[str]] = {}
    pattern = r"^rule (\w+):\n(?:    .*\n)*?    resources: (.*)$"
    for rule, resources in re.findall(pattern, said.text, re.MULTILINE):
        found.setdefault(rule, set()).update(resources.split(", "))
    return found


def plan(project: Project, *arguments: str) -> dict[str, set[str]]:
    """What the jobs of all students and their decoders ask for through the cluster's profile."""
    said = project.call("students", "-n", "--profile", "slurm", *arguments)
    assert said.status == 0, said.text
    return asked_by(said)


def site(project: Project, **values: str) -> None:
    """Edit lines of the site in a project's profile."""
    path = project.folder / "profiles/slurm/config.yaml"
    text = path.read_text()
    for key, value in values.items():
        text, count = re.subn(
            rf"^  {key}: \S+(?= +#)", f"  {key}: {value}", text, flags=re.MULTILINE
        )
        assert count == 1, key
    path.write_text(text)


def test_jobs_that_ask_for_a_gpu_go_where_gpus_are(fresh: Project) -> None:
    """And no other job does."""
    asked = plan(fresh)
    with_gpu = {rule for rule, resources in asked.items() if "gpu=1" in resources}
    assert {"train_students", "train_cnn_teacher"} <= with_gpu
    assert {"decode_linear", "extract_region"} <= asked.keys() - with_gpu
    for rule in asked.keys() - {"students"}:
        partition = "gpu" if rule in with_gpu else "cpu"
        assert f"slurm_partition={partition}" in asked[rule], rule
        assert not [text for text in asked[rule] if text.startswith(("gpu_", "largest_"))], rule


def test_a_site_states_everything_once(fresh: Project) -> None:
    site(
        fresh,
        cpu_partition="batch,1long",
        gpu_partition="1080ti",
        gpu_type="a100",
        account="'0815'",
        qos="normal",
        gpu_qos="'deep,fast'",
        constraint="'avx512&ib'",
        gpu_constraint="big",
        reservation="course",
        sbatch_extra="'--exclude=n7 --nice=100'",
        longest_job="60",
        largest_memory="990",
    )
    asked = plan(fresh)
    everywhere = {"slurm_account=0815", "slurm_extra=--exclude=n7 --nice=100"}
    cpu = {"slurm_partition=batch,1long", "qos=normal", "constraint=avx512&ib"}
    assert asked["decode_linear"] >= everywhere | cpu
    assert asked["draw_stimuli"] >= everywhere | cpu | {"mem_mb=990"}
    gpu = {"slurm_partition=1080ti", "gpu=1", "gpu_model=a100", "qos=deep,fast", "constraint=big"}
    assert asked["train_students"] >= everywhere | gpu | {"runtime=60"}
    (memory,) = (part for part in asked["train_students"] if part.startswith("mem_mb="))
    assert int(memory.removeprefix("mem_mb=")) < 990, "these small networks need less than all"
    assert not asked["decode_linear"] & {"gpu_model=a100", "runtime=240"}
    text = (fresh.folder / "profiles/slurm/config.yaml").read_text()
    options = profile("slurm", text, fresh.folder)
    assert options["slurm-reservation"] == "course"
    assert options["config"] == ["longest_job=60"]


def test_gpus_may_be_asked_for_by_gres(fresh: Project) -> None:
    site(fresh, gpu_request="gres")
    asked = plan(fresh)
    assert "gres=gpu:1" in asked["train_students"]
    assert "gpu=1" not in asked["train_students"]
    assert not [text for text in asked["decode_linear"] if text.startswith("gres")]
    site(fresh, gpu_type="a100")
    assert "gres=gpu:a100:1" in plan(fresh)["train_students"]


def test_set_resources_changes_one_rule_and_nothing_else(fresh: Project) -> None:
    site(fresh, largest_memory="5000")
    before = plan(fresh)
    after = plan(
        fresh,
        "--set-resources",
        "train_students:mem_mb=8000",
        "train_cnn_teacher:slurm_partition=big",
    )
    memory = {"mem_mb=8000", "mem=8 GB", "mem_mib=7630"}
    assert after["train_students"] - before["train_students"] == memory
    cnn = after["train_cnn_teacher"] - before["train_cnn_teacher"]
    assert cnn == {"slurm_partition=big"}
    for rule in before.keys() - {"train_students", "train_cnn_teacher"}:
        assert after[rule] == before[rule], rule


def test_an_lsf_cluster_has_a_profile_of_its_own(fresh: Project) -> None:
    pytest.importorskip("snakemake_executor_plugin_lsf", reason="pip install it: not in the lock")
    said = fresh.call("students", "-n", "--profile", "profiles/lsf")
    assert said.status == 0, said.text
    asked = asked_by(said)
    assert {"lsf_queue=gpu", "lsf_extra=-gpu num=1", "gpu=1"} <= asked["train_students"]
    assert "lsf_queue=normal" in asked["decode_linear"]
    assert not [text for text in asked["decode_linear"] if text.startswith("lsf_extra")]


def test_every_key_of_a_site_is_described() -> None:
    text = (ROOT / "profiles/slurm/config.yaml").read_text()
    block = text.split("__variables__:\n")[1].split("\n\n")[0]
    keys = re.findall(r"^  (\w+):", block, re.MULTILINE)
    assert len(keys) > 10
    described = (ROOT / "profiles/README.md").read_text()
    assert [key for key in keys if f"`{key}`" not in described] == []


def test_no_job_asks_for_more_time_than_the_longest(fresh: Project) -> None:
    """Nor for less than its rule says where there is room."""
    said = fresh.call("soft_labels", "-n", "--cores", "1", "--config", "longest_job=60")
    assert said.status == 0, said.text
    times = {int(time) for time in re.findall(r"runtime=(\d+)", said.text)}
    assert max(times) == 60
    assert min(times) < 60
