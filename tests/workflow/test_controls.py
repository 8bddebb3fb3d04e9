"""Controls of a brain run by the rule that runs the brain, each on the logits that it needs."""

import pytest

from neuroloop.files.formats import load_array, read_json, read_table
from tests.project import Project, preset

pytestmark = pytest.mark.workflow

TAUGHT = "distill/tiny/S1/HVC/ridge/{}/tiny_student"
ENDS = {"summarise_ablation distill/tiny"}


def of_tiny(project: Project, teachers: list[str]) -> Project:
    """The project with one subject and region of config/test.yaml, and these teachers."""
    config = preset("test")
    config["run"] = ["tiny"]
    tiny = config["datasets"]["tiny"]
    tiny["subjects"] = {"S1": tiny["subjects"]["S1"]}
    tiny["rois"] = {"HVC": tiny["rois"]["HVC"]}
    tiny["teaching"]["teachers"] = teachers
    return project.write_config("own.yaml", config)


@pytest.mark.long
def test_controls_are_made_of_brain_network_and_filters(fresh: Project) -> None:
    target = "results/distill/tiny/ablation.tsv"
    project = of_tiny(fresh, ["none", "brain", "gaussian", "cnnmatched", "gabor"])
    project.run(target)
    results = project.folder / "results"
    gabor, facts = load_array(results / "distill/tiny/gabor/logits.npy")
    images, _ = load_array(results / "distill/tiny/images.npy")
    table = read_table(results / "distill/tiny/images.tsv", {"image_id": str, "split": str})
    assert facts["ids"]["image"] == table.loc[table["split"] == "train", "image_id"].tolist()
    assert len(gabor) == (table["split"] == "train").sum() < len(images)

    brain = read_json(results / TAUGHT.format("brain") / "teacher.json")
    for name in ("gaussian", "cnnmatched"):
        told = read_json(results / TAUGHT.format(name) / "teacher.json")
        assert told["made_of"] == brain["made_of"]
        for seed in told["taught"]:
            assert seed["entropy"] == pytest.approx(brain["made_of"]["entropy"], rel=1e-3)
    assert told["beside"]["entropy"] != brain["made_of"]["entropy"]
    assert len(told["chosen"]) == 2
    of_gabor = read_json(results / "distill/tiny/reference/gabor/tiny_student/teacher.json")
    assert of_gabor["made_of"]["accuracy"] == facts["accuracy"]

    rows = read_table(results / "distill/tiny/comparisons.tsv", {"difference": float})
    rows = rows[(rows["teacher"] == "brain") & (rows["subject"] == "S1")]
    assert set(rows["control"]) == {"none", "gaussian", "cnnmatched", "gabor"}
    figure = (results / "distill/tiny/forest.svg").read_text()
    assert "Gaussian surrogates" in figure

    assert project.waiting(target) == set()
    project.edit("neuroloop/distill/teachers/gaussian.py", "covariance, len", "2 * covariance, len")
    assert project.waiting(target) == {f"train_students {TAUGHT.format('gaussian')}"} | ENDS
    project.edit("neuroloop/distill/teachers/cnnmatched.py", "TO_BEAT = False", "TO_BEAT = True")
    assert f"train_students {TAUGHT.format('cnnmatched')}" not in project.waiting(target)


def test_a_network_beside_a_teacher_is_trained_without_being_one(fresh: Project) -> None:
    project = of_tiny(fresh, ["none", "brain", "cnnmatched"])
    planned = project.plan("students")
    assert "train_cnn_teacher distill/tiny/cnn/tiny_student" in planned
    assert not any("gabor" in job or "reference/cnn" in job for job in planned)


def test_controls_that_differ_by_image_are_refused_where_categories_teach(fresh: Project) -> None:
    config = preset("haxby")
    config["datasets"]["haxby"]["teaching"]["teachers"] += ["gaussian", "offdiagonal"]
    said = fresh.write_config("own.yaml", config).call("-n")
    assert said.status != 0
    assert "gaussian is the brain teacher itself where soft labels belong" in said.text
    assert "offdiagonal" not in said.err
