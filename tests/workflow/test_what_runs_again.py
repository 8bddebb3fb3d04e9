"""What runs again after a change: docs/reliability.md tells it, and a dry-run says the same."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.project import ROOT, Project, once
from tests.workflow.changes import CHANGES, data
from tests.workflow.standing import jobs_of, stand

pytestmark = pytest.mark.workflow

#: Title of the part of the page that has the table.
TITLE = "## What runs again"


def told() -> dict[str, tuple[str, int]]:
    """What the page says of each change: the jobs of each rule, and how many jobs were seen."""
    text = (ROOT / "docs/reliability.md").read_text().split(TITLE)[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (\d+) \|$", text, re.MULTILINE)
    return {change: (jobs, int(seen)) for change, jobs, seen in rows}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a project with every source and of its data, shared: for copying only."""

    def make(folder: Path) -> None:
        stand(folder / "project", folder / "data")

    return once(tmp_path_factory, "standing", make)


@pytest.fixture
def project(standing: Path, tmp_path: Path) -> Project:
    shutil.copytree(standing, tmp_path / "copy", symlinks=True)
    return Project(tmp_path / "copy/project", "own.yaml", tmp_path / "copy/data")


def test_the_table_has_every_change() -> None:
    assert list(told()) == list(CHANGES)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_runs_again_what_the_table_says(project: Project, name: str) -> None:
    expected, seen = told()[name]
    plan = jobs_of(CHANGES[name](project))
    waiting = [job for job, pending in plan.items() if pending]
    rules = Counter(job.split()[0] for job in waiting)
    if expected == "everything":
        assert len(waiting) == len(plan)
    else:
        shown = [f"{rule} {n}" if n > 1 else rule for rule, n in sorted(rules.items())]
        assert (", ".join(shown) or "nothing") == expected
    assert len(waiting) == seen


def test_every_file_of_the_user_counts(project: Project) -> None:
    """Whatever its time: another version of the data may be older than all results."""
    assert not any(jobs_of(project).values())
    for path in data(project).rglob("*"):
        if path.is_file() and path.suffix not in {".json", ".tsv", ".csv"}:
            path.write_text(f"another {path.name}")
    reading = {job.split()[0] for job, pending in jobs_of(project).items() if pending}
    assert reading >= {
        "import_subject",
        "list_recordings",
        "simulate_session",
        "list_radiographs",
        "prepare_images",
        "look_inside",
        "train_reference_students",
    }
