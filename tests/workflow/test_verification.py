"""`snakemake verify`: what was changed by hand, is gone or unreadable, and what a report says."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from neuroloop.files.file_check import fault_of
from neuroloop.files.formats import save_array, save_arrays, save_json
from neuroloop.files.hashes import file_hash
from neuroloop.report.verified import verified_line
from neuroloop.workflow.verification import VERIFIED, Verified, verify, was_verified
from tests.project import Project

LOGITS = "results/logits.npy"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A job with an array, its sidecar and its record, in the working folder."""
    monkeypatch.chdir(tmp_path)
    save_array(LOGITS, np.ones((4, 2)), axes=("stimulus", "class"), units="1", ids={"class": "ab"})
    files = [LOGITS, "results/logits.json"]
    save_json("results/run.json", {"sha256": {path: file_hash(Path(path)) for path in files}})
    output = [LOGITS, "results/run.json"]
    return SimpleNamespace(rule=SimpleNamespace(name="decode"), wildcards=["tiny"], output=output)


def test_what_jobs_wrote_is_right(made: SimpleNamespace) -> None:
    found = verify([made], [])
    assert sorted(found.files) == ["results/logits.json", LOGITS]
    assert not found.wrong
    assert found.lines() == ["2 files are what their jobs wrote, 0 are not"]


def test_a_changed_byte_is_named(made: SimpleNamespace) -> None:
    content = bytearray(Path(LOGITS).read_bytes())
    content[-3] ^= 1
    Path(LOGITS).write_bytes(content)
    assert verify([made], []).wrong == {LOGITS: "is not what its job wrote: it was changed since"}


@pytest.mark.parametrize("gone", [LOGITS, "results/logits.json"])
def test_what_is_gone_is_named(made: SimpleNamespace, gone: str) -> None:
    Path(gone).unlink()
    assert verify([made], []).wrong == {gone: "is missing"}


def test_what_was_deleted_altogether_is_not_taken_for_unmade(made: SimpleNamespace) -> None:
    for path in Path("results").iterdir():
        path.unlink()
    assert verify([made], []).not_made == ["decode tiny"]
    assert set(verify([made], made.output).wrong) == set(made.output)


def test_without_a_recorded_hash_files_are_read(made: SimpleNamespace) -> None:
    save_json("results/run.json", {"host": "old"})
    assert verify([made], []).unrecorded == [LOGITS]
    Path(LOGITS).write_bytes(Path(LOGITS).read_bytes()[:-8])
    assert "damaged" in verify([made], []).wrong[LOGITS]
    Path("results/run.json").write_text("{")
    assert "cannot be read" in verify([made], []).wrong["results/run.json"]


def test_the_same_finding_is_not_written_anew(made: SimpleNamespace) -> None:
    verify([made], []).save(Path(VERIFIED))
    before = Path(VERIFIED).stat().st_mtime_ns
    verify([made], []).save(Path(VERIFIED))
    assert Path(VERIFIED).stat().st_mtime_ns == before
    Verified(wrong={LOGITS: "is missing"}).save(Path(VERIFIED))
    assert json.loads(Path(VERIFIED).read_text())["wrong"] == {LOGITS: "is missing"}


def test_a_report_says_what_was_verified_of_its_files(made: SimpleNamespace) -> None:
    files = [LOGITS, "results/run.json"]
    assert verified_line(files, was_verified(files)) == ""
    verify([made], []).save(Path(VERIFIED))
    assert "1 of the 2 files that this page shows are" in verified_line(files, was_verified(files))
    kept = was_verified(files)
    Path(LOGITS).write_bytes(b"made again since")
    assert verified_line(files, kept) == ""
    verify([made], []).save(Path(VERIFIED))
    assert f"not what their jobs wrote: {LOGITS}." in verified_line(files, was_verified(files))


def test_files_are_held_to_their_sidecars(tmp_path: Path) -> None:
    array = np.ones((3, 2))
    save_array(tmp_path / "logits.npy", array, axes=("a", "b"), units="1", ids={"a": "xyz"})
    assert fault_of(tmp_path / "logits.npy") == ""
    facts = json.loads((tmp_path / "logits.json").read_text())
    for change, said in (
        ({"shape": [2, 2]}, "its sidecar says float64 [2, 2]"),
        ({"dtype": "float32"}, "its sidecar says float32"),
        ({"ids": {"a": ["x"]}}, "has 3 of axis a, its sidecar names 1"),
    ):
        (tmp_path / "logits.json").write_text(json.dumps(facts | change))
        assert said in fault_of(tmp_path / "logits.npy")
    array[1, 1] = np.nan
    save_array(tmp_path / "logits.npy", array, axes=("a", "b"), units="1")
    assert fault_of(tmp_path / "logits.npy") == "holds 1 values that are NaN or infinite"
    save_array(tmp_path / "zncc.npy", array, axes=("a", "b"), units="1")
    assert fault_of(tmp_path / "zncc.npy") == ""
    save_arrays(tmp_path / "voxels.npz", {"x": array}, axes={"x": ("a", "b")})
    assert "NaN" in fault_of(tmp_path / "voxels.npz")
    (tmp_path / "a.png").write_bytes(b"no image")
    assert "damaged or not an image" in fault_of(tmp_path / "a.png")


@pytest.mark.workflow
def test_the_target_verifies_a_finished_run_and_its_report_says_so(copied: Project) -> None:
    call = ("verify", "--cores", "1", "--quiet", "all")
    said = copied.call(*call)
    assert said.status == 0, said.text
    assert " files are what their jobs wrote, 0 are not" in said.out
    page = copied.folder / "results/report/index.html"
    assert "byte by byte what their jobs wrote" not in page.read_text()
    assert copied.waiting("all") == {"write_report report"}
    copied.run("all")
    assert "byte by byte what their jobs wrote" in page.read_text()
    assert copied.call(*call).status == 0
    assert copied.waiting("all") == set()
    table = copied.folder / "results/distill/tiny/ablation.tsv"
    table.write_text(table.read_text() + "\n")
    found = copied.call(*call)
    assert found.status == 1
    assert "results/distill/tiny/ablation.tsv: is not what its job wrote" in found.out


def test_what_was_found_wrong_counts_while_it_is_as_it_was_found(made: SimpleNamespace) -> None:
    content = Path(LOGITS).read_bytes()
    Path(LOGITS).write_bytes(content[:-1] + b"!")
    verify([made], []).save(Path(VERIFIED))
    assert was_verified([])["wrong"] == [LOGITS]
    Path(LOGITS).unlink()
    assert was_verified([])["wrong"] == []
    Path(LOGITS).write_bytes(content)
    assert was_verified([])["wrong"] == []
