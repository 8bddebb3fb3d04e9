"""Where numbers come from: commit, versions, config and files read."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

import neuroloop
from neuroloop.files.intake import Intake
from neuroloop.report import provenance
from neuroloop.report.passport import Passport
from tests.project import ROOT, preset

#: Of a user who has no settings of his own.
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the library's first file, which stands for the library."""
    folder = tmp_path / "checkout/neuroloop"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    monkeypatch.setattr(provenance, "__file__", str(folder / "report/provenance.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return folder


def git(folder: Path, *words: str) -> str:
    done = subprocess.run([*GIT, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_checkout_has_a_commit(library):
    git(library, "init", "-q")
    git(library, "add", ".")
    git(library, "commit", "-q", "-m", "first")
    git(library, "tag", "v1.0.0")
    head = git(library, "rev-parse", "HEAD")
    assert provenance.commit() == head[:10]
    assert f"(commit {head[:10]})" in provenance.software()
    (library / "__init__.py").write_text("changed = True")
    assert provenance.commit() == f"{head[:10]}-dirty"


def test_what_is_no_checkout_has_none(library):
    assert provenance.commit() == ""
    assert "commit" not in provenance.software()


def test_a_library_that_is_installed_inside_another_checkout_has_none(library):
    """An environment below a project's folder is no part of the project's history."""
    git(library, "init", "-q")
    (library / "own.txt").write_text("")
    git(library, "add", "own.txt")
    git(library, "commit", "-q", "-m", "first")
    assert provenance.commit() == ""


def test_without_git_there_is_no_commit(library, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert provenance.commit() == ""


def test_software_is_the_version_and_the_packages():
    told = provenance.software()
    assert told.startswith(f"NeuroLoop {neuroloop.__version__}")
    assert f"numpy {np.__version__}" in told


def test_the_config_is_yaml_in_its_order():
    config = {"run": ["faces"], "areas": {"Zellen ä": {"b": 1, "a": None}}}
    text = provenance.completed(config)
    assert text == "run:\n- faces\nareas:\n  Zellen ä:\n    b: 1\n    a: null\n"
    assert yaml.safe_load(text) == config


def test_what_says_how_jobs_run_is_not_shown():
    """The page would change with the number of threads, though no number does."""
    code = (ROOT / "rules/report_inputs.smk").read_text()
    config = {"seed": 1, "device": "cuda", "threads": 8, "longest_job": 60, "run": []}
    found = {"config": config}
    exec(code, found)
    assert found["as_completed"]() == {"seed": 1, "run": []}
    known = yaml.safe_load((ROOT / "config/schema.yaml").read_text())["properties"]
    assert set(found["RUNNING"]) <= set(known)


def test_files_that_were_read_are_listed_with_their_hash(tmp_path):
    (tmp_path / "bold.nii").write_bytes(b"data")
    intake = Intake()
    intake.read(tmp_path / "bold.nii")
    known = [Passport("faces", "datasets", "", intake), Passport("none", "areas", "")]
    (table,) = provenance.inputs(known, ["results/check/faces.json", "results/check/none.json"])
    assert table.title == "Files of faces"
    assert table.link == "../check/faces.json"
    ((file, size, digest),) = table.rows
    assert file.text == str(tmp_path / "bold.nii")
    assert size.text == "4"
    assert digest.text == "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"


def test_who_is_cited_is_whose_data_ran() -> None:
    """Simulated data have nobody to cite; data without a citation are named."""
    haxby = preset("haxby")["datasets"]["haxby"]
    config = {
        "run": ["made", "haxby", "haxby_blocks", "mine"],
        "datasets": {
            "made": {"source": "simulated", "citation": None},
            "haxby": haxby,
            "haxby_blocks": haxby,
        },
        "areas": {"mine": {"source": "tiff", "citation": None}},
    }
    own, data, unnamed = provenance.citations(config)
    assert "NeuroLoop 0.1.0" in own
    assert data.startswith("Haxby JV")
    assert "10.1126/science.1063736" in data
    assert unnamed.startswith("mine: the study that published these data")


@pytest.mark.parametrize("name", ["haxby", "god", "digits69", "cxr", "hybrid"])
def test_presets_of_public_data_say_whom_to_cite(name: str) -> None:
    config = preset(name)
    for block in (config.get(kind, {}) for kind in ("datasets", "areas", "radiographs")):
        assert all(one["citation"] for one in block.values())
