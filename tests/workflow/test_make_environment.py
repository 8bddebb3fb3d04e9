"""The script that makes .venv, with a pretended Python: nothing is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "chmod", "cmp", "cp", "dirname", "grep", "mkdir", "mktemp", "rm")

#: Python 3.11 as the script sees it: it copies itself into .venv and writes down what pip is asked.
PYTHON = """#!/bin/sh
case "$*" in
*"-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
*"install"*) echo "$*" >>asked; exit "$(cat fails 2>/dev/null || echo 0)" ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the script, a short lock and a search path of its own."""
    (tmp_path / "envs").mkdir()
    shutil.copy(ROOT / "envs" / "make_environment.sh", tmp_path / "envs")
    (tmp_path / "envs" / "requirements.lock").write_text("numpy==1.0\ntorch==2.0\n")
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    write_program(tmp_path / "bin" / "python3.11", PYTHON)
    return tmp_path


def write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def make(project: Path, torch: str = "") -> tuple[int, list[str], str]:
    """Run the script; return its exit status, what it asked of pip, and what it complained of."""
    done = subprocess.run(
        ["sh", project / "envs" / "make_environment.sh"],
        env={"PATH": str(project / "bin"), "TMPDIR": str(project), "TORCH": torch},
        capture_output=True,
        text=True,
        check=False,
    )
    asked = project / "asked"
    lines = asked.read_text().splitlines() if asked.exists() else []
    asked.unlink(missing_ok=True)
    return done.returncode, [line.partition("check ")[2] for line in lines], done.stderr


def test_the_second_time_nothing_is_done(project: Path) -> None:
    status, asked, _ = make(project)
    assert status == 0
    assert asked == ["install --no-deps -r .venv/.others", "install torch==2.0"]
    assert (project / ".venv" / ".others").read_text() == "numpy==1.0\n"
    assert make(project)[:2] == (0, [])
    os.utime(project / "envs" / "requirements.lock")
    assert make(project)[:2] == (0, [])


def test_a_changed_lock_updates(project: Path) -> None:
    make(project)
    (project / "envs" / "requirements.lock").write_text("numpy==1.1\ntorch==2.0\n")
    assert len(make(project)[1]) == 2
    assert make(project)[:2] == (0, [])


def test_a_failure_leaves_no_stamp(project: Path) -> None:
    make(project)
    (project / "envs" / "requirements.lock").write_text("numpy==1.1\ntorch==2.0\n")
    (project / "fails").write_text("1")
    status, _, complaint = make(project)
    assert status == 1
    assert complaint.count("\n") == 1
    assert "could not be installed" in complaint
    (project / "envs" / "requirements.lock").write_text("numpy==1.0\ntorch==2.0\n")
    (project / "fails").unlink()
    assert len(make(project)[1]) == 2  # half of the other lock may be there


def test_the_build_of_torch_is_remembered(project: Path) -> None:
    make(project)
    index = "--index-url https://example.org/cpu"
    _, asked, _ = make(project, torch=index)
    assert asked[1:] == ["uninstall -y torch", f"install torch==2.0 {index}"]
    assert make(project)[:2] == (0, [])
    (project / "envs" / "requirements.lock").write_text("numpy==1.0\ntorch==2.1\n")
    assert make(project)[1][1:] == [f"install torch==2.1 {index}"]


def test_a_broken_environment_is_made_anew(project: Path) -> None:
    make(project)
    write_program(project / ".venv" / "bin" / "python", "#!/bin/sh\nexit 1\n")
    assert len(make(project)[1]) == 2
    assert (project / ".venv" / "bin" / "python").read_text() == PYTHON


def test_without_python_311_one_line_says_what_to_install(project: Path) -> None:
    write_program(project / "bin" / "python3.11", "#!/bin/sh\nexit 1\n")
    status, asked, complaint = make(project)
    assert (status, asked) == (1, [])
    assert complaint.count("\n") == 1
    assert "apt install python3.11 python3.11-venv" in complaint
    assert not (project / ".venv").exists()


def test_uv_steps_in(project: Path) -> None:
    write_program(project / "bin" / "kept", PYTHON)
    write_program(project / "bin" / "python3.11", "#!/bin/sh\nexit 1\n")
    write_program(
        project / "bin" / "uv",
        '#!/bin/sh\n[ "$*" = "venv -q --python 3.11 --seed .venv" ] || exit 1\n'
        "mkdir -p .venv/bin; cp bin/kept .venv/bin/python\n",
    )
    status, asked, _ = make(project)
    assert status == 0
    assert len(asked) == 2
