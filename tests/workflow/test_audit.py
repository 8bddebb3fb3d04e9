"""`snakemake audit` on files of a user's own: a clean copy, and one that is spoilt twice."""

from pathlib import Path

import pandas as pd
import pytest

from neuroloop.report.audit import read_checks
from tests import scans
from tests.project import Project, once

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project that audited a clean study and a spoilt one, and what was printed."""

    def make(folder: Path) -> None:
        spoilt = scans.study(11)
        scans.class_motion(spoilt)
        scans.scaled_over_all(spoilt)
        datasets = {
            "clean": scans.write(folder / "clean", scans.study(11)),
            "spoilt": scans.write(folder / "spoilt", spoilt),
        }
        config = {
            "run": list(datasets),
            "decoders": {"ridge": {"method": "ridge", "alphas": [100]}},
            "datasets": datasets,
            "audit": {"surrogates": 2},
        }
        project = Project.make(folder / "project").write_config("own.yaml", config)
        (folder / "printed").write_text(project.run("audit").text)

    folder = once(tmp_path_factory, "audited", make)
    return folder / "project", (folder / "printed").read_text()


def test_nothing_is_found_in_the_clean_copy(audited: tuple[Path, str]) -> None:
    folder = audited[0] / "results/audit/fmri/clean/S1"
    checks, not_done = read_checks(folder / "flags.json")
    assert len(checks) == 15
    assert not [check for check in checks if check.found]
    assert not not_done
    surrogates = pd.read_csv(folder / "V1/ridge/surrogates.tsv", sep="\t")
    assert surrogates["kind"].tolist() == ["labels shifted", "phases randomised"]
    assert not read_checks(folder / "V1/ridge/notes.json")[0]


def test_what_was_planted_is_found_and_told(audited: tuple[Path, str]) -> None:
    project, printed = audited
    flags = pd.read_csv(project / "results/audit/flags.tsv", sep="\t")
    found = flags[flags["found"] == 1].groupby("data")["name"].agg(set)
    assert list(found.index) == ["spoilt"]
    assert found["spoilt"] >= {"labels from motion", "scaled over training and test rows"}
    assert "Audit: Found: " in printed
    page = (project / "results/audit/index.html").read_text()
    assert "Regress motion out before the import" in page
