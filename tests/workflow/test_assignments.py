"""Soft labels are dealt anew where the image test is made, and nobody else learns again."""

from pathlib import Path

import pytest

from neuroloop.files.formats import read_table
from tests.project import Finished, preset

pytestmark = [pytest.mark.workflow, pytest.mark.long]

SUMMING_UP = {"summarise_ablation distill/tiny", "write_report report"}


def of_subjects(job: str) -> set[str]:
    return {job.format(subject) for subject in ("S1", "S2")}


def test_the_image_test_is_made_where_it_is_asked_for(finished: Finished, tmp_path: Path) -> None:
    config = preset("test")
    teaching = config["datasets"]["tiny"]["teaching"]
    teaching["teachers"] = ["none", "cnn", "brain", "withinclass"]
    teaching |= {"assignments": 3, "assignment_rois": ["HVC"]}
    project = finished.project.copy(tmp_path / "project").write_config("dealt", config)
    place = "distill/tiny/{}/HVC/ridge/withinclass/tiny_student"
    dealt = of_subjects(f"train_assignments {place}")
    taught = {
        f"train_students {path}"
        for path in of_subjects(place) | of_subjects(place.replace("HVC", "V1"))
    }
    assert project.waiting() == dealt | taught | SUMMING_UP
    project.run("all")
    rows = read_table(
        project.folder / "results/distill/tiny/comparisons.tsv", {"p": float, "difference": float}
    )
    rows = rows[(rows["teacher"] == "brain") & (rows["control"] == "withinclass")]
    at = rows.set_index(["subject", "roi"])
    for subject in ("S1", "S2", "mean"):
        assert at.loc[(subject, "HVC"), "p"] in (0.25, 0.5, 0.75, 1.0)
        assert at.loc[(subject, "HVC"), "unit"] == "assignments"
        assert at.loc[(subject, "V1"), "reason"].startswith("no image test")
    # Another number of assignments trains their students alone.
    teaching["assignments"] = 4
    assert project.write_config("more", config).waiting() == dealt | SUMMING_UP
