"""Training states of jobs that nobody goes on with."""

import os
import time
from pathlib import Path

from neuroloop.training.checkpoints import JobStates, checkpoint_key
from neuroloop.workflow.stale_states import KEPT_DAYS, sweep_states
from tests.project import Project


def save(folder: Path, key: str, part: str, days: float) -> Path:
    """A state of a job that is some days old."""
    path = JobStates(folder, key).part(part).path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"state")
    saved = time.time() - days * 24 * 3600
    os.utime(path, (saved, saved))
    return path


def test_a_jobs_states_go_together_when_the_last_is_old(tmp_path: Path) -> None:
    dead, alive = (checkpoint_key("code", settings) for settings in ("dead", "alive"))
    gone = [save(tmp_path, dead, f"fold{n}", KEPT_DAYS + n) for n in (1, 9)]
    kept = [save(tmp_path, alive, "fold1", 99), save(tmp_path, alive, "fold2", KEPT_DAYS - 1)]
    other = tmp_path / "weights.safetensors"
    other.write_bytes(b"not a state")
    os.utime(other, (0, 0))
    assert sweep_states(tmp_path) == (2, 10)
    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in [*kept, other])
    assert sweep_states(tmp_path / "missing") == (0, 0)


def test_a_run_begins_with_it(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", "config/test.yaml")
    states = project.folder / ".neuroloop/checkpoints"
    path = save(states, checkpoint_key("code"), "fold1", KEPT_DAYS + 1)
    project.call("results/fmri/tiny/stimuli.tsv", "-n")
    assert path.exists()
    said = project.run("results/fmri/tiny/stimuli.tsv")
    assert "Deleted 1 training states" in said.text
    assert not path.exists()
