"""The same config gives the same bytes, whatever the number of jobs; memory is as asked for."""

import json
import re
from pathlib import Path

import pytest

from tests.project import Finished, Project

pytestmark = pytest.mark.workflow


def test_the_number_of_cores_changes_no_byte(finished: Finished, tmp_path: Path) -> None:
    """Jobs side by side in one folder, one after the other in a folder of another name."""
    other = Project.make(tmp_path / "another place", finished.project.configfile)
    other.run("all", cores=1)
    first, second = finished.project.results(), other.results()
    assert list(first) == list(second)
    assert len(first) > 100
    different = [name for name in first if first[name] != second[name]]
    assert not different


def memory_by_result(text: str) -> dict[str, int]:
    """For each result the memory that its job asked for (MB), from what Snakemake printed."""
    found = {}
    for block in re.split(r"\n(?:local)?rule \w+:\n", text):
        outputs = re.search(r"^    output: (.+)$", block, re.MULTILINE)
        memory = re.search(r"^    resources: .*\bmem_mb=(\d+)", block, re.MULTILINE)
        if outputs and memory:
            found |= {path: int(memory[1]) for path in outputs[1].split(", ")}
    return found


def test_no_job_takes_more_memory_than_it_asked_for(finished: Finished) -> None:
    asked = memory_by_result(finished.text)
    records = sorted((finished.project.folder / "results").rglob("*run.json"))
    assert len(records) == 46
    for record in records:
        facts = json.loads(record.read_text())
        name = record.relative_to(finished.project.folder).as_posix()
        assert 20 < facts["peak_memory_mb"] < asked[name], name
        assert facts["threads"] == 1
