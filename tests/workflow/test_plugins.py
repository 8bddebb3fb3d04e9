"""A file that a config lists is an entry like any other: no fork, and no line elsewhere."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.project import Project, preset
from tests.recipes import RECIPES, written

pytestmark = pytest.mark.workflow


def with_plugins(project: Project, *kinds: str) -> Project:
    """The project with recipes' files beside it, which its config lists and uses."""
    config = preset("test")
    config["run"] = ["tiny"]
    config["plugins"] = [written(kind, project.folder).name for kind in kinds]
    tiny = config["datasets"]["tiny"]
    tiny["rois"] = {"V1": tiny["rois"]["V1"]}
    if "decoder" in kinds:
        config["decoders"]["shrunk"] = {"method": "lda", "shrinkage": 0.3}
        tiny["decoders"] = ["ridge", "shrunk"]
    if "teacher" in kinds:
        tiny["teaching"]["teachers"] = ["none", "brain", "hardbrain"]
    return project.write_config("own.yaml", config)


def test_a_plugin_is_run_and_its_edits_are_followed(fresh: Project) -> None:
    project = with_plugins(fresh, "decoder", "teacher")
    project.run("soft_labels", "results/distill/tiny/ablation.tsv")
    folder = project.folder / "results/fmri/tiny/S1/V1/shrunk"
    soft = np.load(folder / "soft_labels.npy")
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-5)
    other = np.load(folder.with_name("ridge") / "soft_labels.npy")
    assert soft.shape == other.shape
    assert not np.allclose(soft, other)
    taught = "results/distill/tiny/S1/V1/ridge/hardbrain/tiny_student/metrics.json"
    assert (project.folder / taught).exists()
    assert "hardbrain" in (project.folder / "results/distill/tiny/ablation.svg").read_text()

    targets = ("soft_labels", "results/distill/tiny/ablation.tsv")
    assert project.waiting(*targets) == set()
    project.edit("lda.py", "model.fit(", "model.fit(2 * ")
    assert project.waiting(*targets) == {
        f"{rule} fmri/tiny/{subject}/V1/shrunk"
        for rule in ("decode_linear", "assess_decoding")
        for subject in ("S1", "S2")
    }


@pytest.mark.parametrize("kind", RECIPES)
def test_a_plugin_of_every_kind_is_planned(kind: str, fresh: Project) -> None:
    file = written(kind, fresh.folder)
    config = yaml.safe_load((fresh.folder / "config/config.yaml").read_text())
    targets = {"decoder": "soft_labels", "teacher": "students", "method": "explain"}.get(
        kind, "all"
    )
    preset = {"plugins": [file.name]}
    if kind == "decoder":
        preset |= {"decoders": {"shrunk": {"method": "lda"}}}
        preset |= {
            "datasets": {
                "simulated": {"decoders": ["shrunk"], "teaching": {"decoders": ["shrunk"]}}
            }
        }
    if kind == "teacher":
        preset |= {"datasets": {"simulated": {"teaching": {"teachers": ["none", "hardbrain"]}}}}
    if kind == "method":
        preset |= {"explain": {"methods": ["gradient_times_input"]}}
    if kind == "backbone":
        plain = config["classifiers"]["fine"] | {"backbone": "plain4", "weights": None}
        plain |= {"cut": "section2", "width": 16}
        preset |= {"classifiers": {"fine": plain}}
    (fresh.folder / "own.yaml").write_text(yaml.safe_dump(preset))
    name = {"decoder": "shrunk", "backbone": "plain4"}.get(kind, file.stem)
    planned = Project(fresh.folder, "own.yaml").plan(targets)
    assert any(name in job for job in planned), planned


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "lda.py is missing"),
        (
            {"lda.py": "import nothing_of_that_name\n"},
            "lda.py cannot be imported: ModuleNot",
        ),
        ({"lda.py": "VALUE = 1\n"}, "lda.py must state KIND, one of decoder, teacher, method"),
    ],
)
def test_a_plugin_that_cannot_be_one_is_told(
    files: dict[str, str], said: str, fresh: Project, tmp_path: Path
) -> None:
    for name, text in files.items():
        (fresh.folder / name).write_text(text)
    (fresh.folder / "own.yaml").write_text("plugins: [lda.py]\n")
    found = Project(fresh.folder, "own.yaml").call("-n")
    assert found.status != 0
    assert said in found.text
    assert "Traceback" not in found.text


def test_a_setting_that_a_plugin_has_not_is_named(fresh: Project) -> None:
    project = with_plugins(fresh, "decoder")
    project.edit("own.yaml", "shrinkage: 0.3", "shrinkages: 0.3")
    found = project.call("-n")
    assert found.status != 0
    assert "decoders.shrunk: unknown key shrinkages (did you mean shrinkage?)" in found.text


def test_a_plugin_that_breaks_its_contract_is_told_before_it_decodes(fresh: Project) -> None:
    project = with_plugins(fresh, "decoder")
    project.edit("lda.py", "return all_classes(", "return np.nan * all_classes(")
    found = project.call("results/fmri/tiny/S1/V1/shrunk/logits.npy", "--cores", "1")
    assert found.status != 0
    log = (project.folder / "logs/fmri/tiny/S1/V1/shrunk/decode_linear.log").read_text()
    assert "decoder 'lda': 36 of 36 scores are NaN" in log
