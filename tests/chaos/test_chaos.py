"""A share of `make chaos`, and the tally that it keeps."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.tally import BEGIN, END, Tally
from tests.chaos.trials import Trial
from tests.project import ROOT


def test_a_tally_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "chaos/tally.jsonl"
    tally = Tally(file)
    tally.keep("local", Trial(["KILL job", "INT terminal"]))
    tally.keep("local", Trial(["full disk"]))
    with file.open("a") as stream:
        stream.write('{"place": "local", "blo')  # killed while it was written
    again = Tally(file)
    assert (again.count("local"), again.count("local", full=True)) == (2, 1)
    again.keep("slurm", Trial(["KILL slurmd"], "2 results differ"))
    once_more = Tally(file)
    assert once_more.count("slurm") == 1
    assert once_more.count("local") == 2
    assert once_more.faults() == ["2 results differ"]


def test_the_table_stands_between_its_marks(tmp_path: Path) -> None:
    tally = Tally(tmp_path / "tally.jsonl")
    tally.keep("local", Trial(["KILL job", "KILL job"]))
    tally.keep("slurm", Trial(["KILL slurmd"], "jobs are left"))
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    tally.write(page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| one machine | KILL job | 2 | 0 |" in text
    assert "| SLURM | KILL slurmd | 1 | 1 |" in text
    assert "2 trials, 3 blows; 1 with a fault." in text
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="lacks the marks"):
        tally.write(page)


def test_the_page_has_the_marks() -> None:
    text = (ROOT / "docs/reliability.md").read_text()
    assert text.count(BEGIN) == text.count(END) == 1


@pytest.mark.long
@pytest.mark.workflow
def test_two_minutes_of_chaos_leave_nothing_wrong(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.chaos", "--minutes", "2"),
            *("--kills", "8", "--full", "2", "--folder", str(tmp_path), "--scratch", str(tmp_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert Tally(tmp_path / "tally.jsonl").trials
