"""Profiles: what a cluster is asked for, said once, and nothing that two of them set."""

import re
from pathlib import Path
from typing import Any

import pytest
from snakemake.profiles import ProfileConfigFileParser

from tests.project import ROOT, Project

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


def test_rules_that_ask_for_a_gpu_go_where_gpus_are() -> None:
    """And no other rule does."""
    asking = set()
    for path in (ROOT / "rules").glob("*.smk"):
        for block in re.split(r"^(?=rule |use rule )", path.read_text(), flags=re.MULTILINE):
            named = re.match(r"rule (\w+):|use rule (\w+) as (\w+) with:", block)
            if named and (re.search(r"^ +gpu=1,$", block, re.MULTILINE) or named[2] in asking):
                asking.add(named[1] or named[3])
    settings = profile("slurm")["set-resources"]
    assert set(settings) == {f"{rule}:slurm_partition='gpu'" for rule in asking}
    assert len(asking) >= 4
    assert profile("slurm")["default-resources"] == ["slurm_partition='cpu'"]


def test_a_site_states_account_partitions_and_gpu_once(tmp_path: Path) -> None:
    text = (ROOT / "profiles/slurm/config.yaml").read_text()
    for key, value in {
        "cpu_partition": "batch",
        "gpu_partition": "1080ti",
        "gpu_type": "a100",
        "account": "'0815'",
        "longest_job": "60",
    }.items():
        text, count = re.subn(
            rf"^  {key}: \S+(?= +#)", f"  {key}: {value}", text, flags=re.MULTILINE
        )
        assert count == 1, key
    options = profile("slurm", text, tmp_path)
    assert options["default-resources"] == ["slurm_partition='batch'", "slurm_account='0815'"]
    assert "train_students:slurm_partition='1080ti'" in options["set-resources"]
    assert "train_students:gpu_model='a100'" in options["set-resources"]
    assert options["config"] == ["longest_job=60"]


def test_no_job_asks_for_more_time_than_the_longest(fresh: Project) -> None:
    """Nor for less than its rule says where there is room."""
    said = fresh.call("soft_labels", "-n", "--cores", "1", "--config", "longest_job=60")
    assert said.status == 0, said.text
    times = {int(time) for time in re.findall(r"runtime=(\d+)", said.text)}
    assert max(times) == 60
    assert min(times) < 60
