"""What killed processes were writing is swept, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

from neuroloop.files.atomic import TEMPORARY, atomic
from neuroloop.workflow.leftovers import sweep_leftovers


def dead() -> int:
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_files_of_dead_processes_go_and_no_others(tmp_path: Path) -> None:
    results, states, gone = tmp_path / "results", tmp_path / ".neuroloop", dead()
    left = [
        results / f"fmri/tiny/.bdata.{gone}.h5",
        results / f".weights.{gone}",
        states / f"checkpoints/.0123-S1.{gone}.safetensors",
        results / f"..frames.{gone}.{gone}.json",  # a file written into another's place
    ]
    stays = [
        results / f".bdata.{os.getpid()}.h5",
        results / ".hidden.tsv",
        results / f"bdata.{gone}.h5",
        results / f".film.mp4.{gone}.part~",
        tmp_path / f"data/.bdata.{gone}.h5",
    ]
    for path in (*left, *stays):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    assert sweep_leftovers(results, states, tmp_path / "missing") == (4, 20)
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in stays)


def test_temporary_files_are_named_so(tmp_path: Path) -> None:
    for name in ("bdata.h5", "S1.run.json", "index", "a b.tar.gz"):
        with atomic(tmp_path / name) as temporary:
            temporary.touch()
            found = TEMPORARY.fullmatch(temporary.name)
            assert found
            assert int(found["process"]) == os.getpid()
