"""Outcomes beside accuracy are measured where they are asked for, and nowhere else."""

import pytest

from neuroloop.files.formats import read_table
from tests.project import Project, preset

pytestmark = pytest.mark.workflow

TARGET = "results/distill/tiny/outcomes.tsv"
SUMMARY = "summarise_outcomes distill/tiny"
TAUGHT = {
    "train_students distill/tiny/S1/HVC/ridge/brain/tiny_student",
    "train_reference_students distill/tiny/reference/none/tiny_student",
}
OUTCOMES = ["calibration", "corruptions", "adversarial", "error_consistency"]


def asking(project: Project, outcomes: list[str]) -> Project:
    """The project with one subject and region of config/test.yaml, asking for these outcomes."""
    config = preset("test")
    config["run"] = ["tiny"]
    tiny = config["datasets"]["tiny"]
    tiny["subjects"] = {"S1": tiny["subjects"]["S1"]}
    tiny["rois"] = {"HVC": tiny["rois"]["HVC"]}
    tiny["teaching"] |= {"teachers": ["none", "brain"], "outcomes": outcomes}
    return project.write_config(f"own{len(outcomes)}.yaml", config)


def test_outcomes_are_off_until_they_are_asked_for(fresh: Project) -> None:
    assert SUMMARY not in asking(fresh, []).plan("all")
    assert SUMMARY in asking(fresh, OUTCOMES[:1]).plan("all")
    said = asking(fresh, ["accuracy"]).call("-n")
    assert said.status != 0
    assert "outcomes" in said.text
    assert "calibration" in said.text


@pytest.mark.long
def test_outcomes_are_measured_for_every_seed(fresh: Project) -> None:
    project = asking(fresh, OUTCOMES)
    project.run(TARGET)
    folder = project.folder / "results/distill/tiny"
    rows = read_table(folder / "outcomes.tsv", {"value": float, "strength": str, "seeds": int})
    counts = rows[rows["teacher"] == "brain"]["outcome"].value_counts().to_dict()
    assert counts == {
        **dict.fromkeys(["calibration_error", "brier", "log_loss", "error_consistency"], 1),
        **dict.fromkeys(["noise", "blur", "contrast"], 7),
        **dict.fromkeys(["fgsm", "pgd"], 5),
    }
    assert set(rows["seeds"]) == {2}
    compared = read_table(folder / "outcome_comparisons.tsv", {"difference": float, "reason": str})
    assert len(compared) == 9
    assert compared["reason"].str.startswith("2 seeds do not tell").all()
    assert "<svg" in (folder / "outcomes.svg").read_text()

    assert project.waiting(TARGET) == set()
    # Of stored predictions nobody is trained again, of networks all students are.
    assert asking(project, ["corruptions", "adversarial"]).waiting(TARGET) == {SUMMARY}
    assert asking(project, ["corruptions"]).waiting(TARGET) == TAUGHT | {SUMMARY}
