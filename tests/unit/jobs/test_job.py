"""What a job leaves: its log, its record, one line where it fails, and its threads."""

import json
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_json
from neuroloop.files.hashes import file_hash
from neuroloop.jobs.execution import Execution, current_execution
from neuroloop.jobs.job import THREAD_VARIABLES, job, numeric_threads

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    """Logging, environment and torch as they were: a job changes them for its whole process."""
    for variable in THREAD_VARIABLES:
        monkeypatch.setenv(variable, os.environ.get(variable, "1"))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []  # a job closes those that it finds
    torch = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    if torch:
        torch.set_num_threads(threads)


@pytest.fixture
def paths(tmp_path):
    return tmp_path / "logs" / "deep" / "job.log", tmp_path / "run.json"


def fail(paths, error):
    """Let a job end in an error; return the exit code."""
    with pytest.raises(SystemExit) as end, job(*paths, 1):
        raise error
    return end.value.code


# --------------------------------------------------------------------------------- success


def test_a_job_with_networks_computes_as_it_says_and_records_it(paths):
    with job(*paths, 1, Execution("tf32", cuda_graphs=True)):
        assert current_execution() == Execution("tf32", cuda_graphs=True)
    assert current_execution() == Execution()
    record = json.loads(paths[1].read_text())
    assert (record["precision"], record["deterministic"], record["cuda_graphs"]) == (
        "tf32",
        False,
        True,
    )
    with job(*paths, 1):
        pass
    assert "precision" not in json.loads(paths[1].read_text()), "it has no networks"


def test_a_job_records_hashes_of_what_it_wrote_and_kept(paths, tmp_path):

    with job(*paths, 1):
        save_json(tmp_path / "kept.json", {"a": 1})
        save_json(tmp_path / "state.json", {"a": 2})
        (tmp_path / "state.json").unlink()
        save_json(tmp_path / ".neuroloop/nulls/kept.json", {"a": 3})
    kept = tmp_path / "kept.json"
    assert json.loads(paths[1].read_text())["sha256"] == {str(kept): file_hash(kept)}
    with job(*paths, 1):
        pass
    assert json.loads(paths[1].read_text())["sha256"] == {}


def test_a_job_without_room_ends_in_one_line(paths, capsys):
    assert fail(paths, OSError(28, "No space left on device")) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: disk full: ")
    assert said.endswith("free space and type the same command again\n")
    assert "Traceback" not in paths[0].read_text()


def test_a_job_that_ends_well_leaves_a_log_and_a_record(paths, capsys):
    log, run = paths
    with job(log, run, 1) as facts:
        logging.getLogger("somewhere").info("half way")
        facts |= {"device": "cpu", "epochs": np.int64(3)}
        assert not run.exists()
    record = json.loads(run.read_text())
    assert record["device"] == "cpu"
    assert record["epochs"] == 3
    assert record["threads"] == 1
    assert record["seconds"] >= 0
    assert 0 < record["start_cpu_seconds"] <= record["cpu_seconds"]
    assert 10 < record["peak_memory_mb"] < 1e6
    assert record["host"]
    assert record["started"][:2] == "20"
    text = log.read_text()
    assert "INFO somewhere: half way" in text
    assert "done in" in text
    assert capsys.readouterr() == ("", "")


def test_warnings_go_to_the_log(paths, capsys):
    with job(*paths, 1), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("odd numbers", RuntimeWarning, stacklevel=1)
    assert "RuntimeWarning: odd numbers" in paths[0].read_text()
    assert capsys.readouterr().err == ""


def test_a_log_is_begun_anew(paths):
    paths[0].parent.mkdir(parents=True)
    paths[0].write_text("of the run before\n")
    with job(*paths, 1):
        pass
    assert "of the run before" not in paths[0].read_text()


# --------------------------------------------------------------------------------- failure


def test_a_mistake_of_the_user_is_one_line_without_a_traceback(paths, capsys):
    assert fail(paths, NeuroLoopError("file.tsv is empty: fill it")) == 1
    said = capsys.readouterr()
    assert said.err == "Error: file.tsv is empty: fill it\n"
    assert said.out == ""
    text = paths[0].read_text()
    assert "ERROR" in text
    assert "file.tsv is empty: fill it" in text
    assert "Traceback" not in text
    assert not paths[1].exists()


@pytest.mark.parametrize("error", [ValueError("two\nlines  of it"), KeyError("x"), MemoryError()])
def test_any_other_error_is_one_line_and_a_traceback_in_the_log(error, paths, capsys):
    assert fail(paths, error) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"Error: {type(error).__name__}: ")
    assert f"(details: {paths[0]})" in said
    text = paths[0].read_text()
    assert "Traceback (most recent call last)" in text
    assert f"{type(error).__name__}" in text.splitlines()[-1] or "lines  of it" in text
    assert not paths[1].exists()


def test_a_message_of_several_lines_is_still_one(paths, capsys):
    fail(paths, NeuroLoopError("a.png cannot be read (\nbroken\n): replace it"))
    assert capsys.readouterr().err == "Error: a.png cannot be read ( broken ): replace it\n"


def test_a_record_of_an_earlier_run_is_not_touched_by_a_failure(paths):
    paths[1].write_text("{}")
    fail(paths, ValueError("no"))
    assert paths[1].read_text() == "{}"


def test_the_process_ends_with_status_1_and_says_one_line(tmp_path):
    program = (
        "from neuroloop.errors import NeuroLoopError\n"
        "from neuroloop.jobs.job import job\n"
        "with job('job.log', 'run.json', 1):\n"
        "    raise NeuroLoopError('key folds: 1 is too few: set 2')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == "Error: key folds: 1 is too few: set 2\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job.log"]


# --------------------------------------------------------------------------------- threads


def pools():
    return {pool["num_threads"] for pool in threadpool_info()}


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_of_libraries_that_are_loaded(threads):
    import scipy.linalg  # noqa: F401 - it brings a BLAS of its own
    import torch

    torch.set_num_threads(3)
    with numeric_threads(threads):
        assert torch.get_num_threads() == threads
        assert pools() == {threads}
        assert {os.environ[variable] for variable in THREAD_VARIABLES} == {str(threads)}


def test_threads_of_libraries_that_are_loaded_later(tmp_path):
    """The default is the number of cores, or what the machine's own variables say: three."""
    program = (
        "import sys, numpy\n"
        "from threadpoolctl import threadpool_info\n"
        "from neuroloop.jobs.job import job\n"
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules\n"
        "with job('job.log', 'run.json', 1):\n"
        "    import scipy.linalg, torch\n"
        "    assert torch.get_num_threads() == 1\n"
        "    pools = threadpool_info()\n"
        "    assert len(pools) >= 3 and {pool['num_threads'] for pool in pools} == {1}, pools\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "3"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr + (tmp_path / "job.log").read_text()
