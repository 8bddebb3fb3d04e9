"""Jobs follow the entries of registries that they run: none is run again for another one."""

from pathlib import Path

import pytest

from neuroloop import registry
from neuroloop.workflow.code_version import code_version, modules
from tests.project import ROOT, Project
from tests.recipes import RECIPES, written

pytestmark = pytest.mark.workflow

SCRIPTS = sorted(
    path.relative_to(ROOT / "scripts").as_posix()
    for path in (ROOT / "scripts").glob("*/*.py")
    if path.name != "__init__.py"
)
KINDS = ("decoder", "teacher", "method", "backbone")


def test_no_script_imports_an_entry() -> None:
    """An entry is part of the code of the jobs that run it, and of no others."""
    entries = {registry.path(kind, name) for kind in KINDS for name in registry.names(kind)}
    for script in SCRIPTS:
        assert not modules(ROOT / "scripts" / script) & entries, script


def test_no_entry_is_part_of_another() -> None:
    for kind in KINDS:
        files = {registry.path(kind, name) for name in registry.names(kind)}
        for file in files:
            assert modules(file) & files == {file}


def test_what_checks_entries_is_no_part_of_the_code_that_makes_results() -> None:
    for script in SCRIPTS:
        folders = {path.parent for path in modules(ROOT / "scripts" / script)}
        assert ROOT / "neuroloop" / "contracts" not in folders, script


def test_training_a_network_depends_on_no_other_network() -> None:
    trained = {
        "distill/train_students.py": {"resnet"},
        "calcium/train_reader.py": {"calcium_network", "resnet"},
        "cxr/train_classifier.py": {"transfer_network"},
    }
    known = {"resnet", "calcium_network", "transfer_network", "efficientnet"}
    for script, networks in trained.items():
        names = {path.stem for path in modules(ROOT / "scripts" / script)}
        assert names & known <= networks, script


def test_what_an_entry_says_of_itself_is_code_where_it_is_shown_alone(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    for name in ("scripts", "neuroloop", "envs"):
        (folder / name).mkdir(parents=True)
    (folder / "scripts" / "run.py").write_text("VALUE = 1\n")
    entry = folder / "neuroloop" / "mine.py"
    text = (
        'LEGEND = "a"\nCOLOUR, MARKER = "#000000", "o"\nORDER = 1\nTO_BEAT = True\n'
        "class Settings:\n"
        '    C: float = setting("Weight.", 1.0)\n\ndef teach():\n    return 1\n'
    )

    def versions(old: str = "", new: str = "") -> tuple[str, str]:
        entry.write_text(text.replace(old, new))
        hidden, shown = (
            code_version("run.py", folder, entries=(entry,), shown=shown) for shown in (False, True)
        )
        entry.unlink()
        return hidden, shown

    hidden, shown = versions()
    shown_alone = [('"a"', '"b"'), ("#000000", "#00ff00"), ("ORDER = 1", "ORDER = 2")]
    for old, new in [*shown_alone, ("TO_BEAT = True", "TO_BEAT = False")]:
        assert versions(old, new)[0] == hidden, old
        assert versions(old, new)[1] != shown, old
    assert versions("Weight.", "The weight.")[0] == hidden
    for old, new in [("return 1", "return 2"), ("1.0", "2.0"), ("float", "int")]:
        assert versions(old, new)[0] != hidden, old


def added(project: Project) -> None:
    """Put the file of every recipe into the folder of its kind."""
    for kind, (_, home) in RECIPES.items():
        written(kind, project.folder / home)


def test_an_entry_more_reruns_nothing(copied: Project) -> None:
    added(copied)
    assert copied.waiting() == set()
    copied.edit("neuroloop/fmri/decoders/lda.py", "0.5,", "0.6,")
    assert copied.waiting() == set()


def ends(*more: str) -> set[str]:
    return {"summarise_ablation distill/tiny", "write_report report", *more}


def regions(job: str) -> set[str]:
    return {job.format(f"{subject}/{roi}") for subject in ("S1", "S2") for roi in ("V1", "HVC")}


WATCHED = "watch_teaching distill/tiny"
STUDENTS = regions("train_students distill/tiny/{}/ridge/brain/tiny_student")


@pytest.mark.parametrize(
    ("path", "old", "new", "jobs"),
    [
        (
            "neuroloop/fmri/decoders/ridge.py",
            "with_missing(model",
            "0.5 * with_missing(model",
            ends("summarise_decoding fmri/tiny", WATCHED, *STUDENTS)
            | regions("decode_linear fmri/tiny/{}/ridge")
            | regions("assess_decoding fmri/tiny/{}/ridge"),
        ),
        (
            "neuroloop/fmri/decoders/resnet1d18.py",
            "seed=seed,",
            "seed=seed + 1,",
            {
                "decode_network fmri/plain/S1/V4/resnet1d18",
                "assess_decoding fmri/plain/S1/V4/resnet1d18",
                "summarise_decoding fmri/plain",
                "write_report report",
            },
        ),
        (
            "neuroloop/distill/teachers/brain.py",
            "return logits",
            "return -logits",
            ends(WATCHED, *STUDENTS),
        ),
        ("neuroloop/distill/teachers/brain.py", "#d55e00", "#d55eff", ends()),
        (  # what opens networks can open such a one
            "neuroloop/networks/transfer_network.py",
            "TINY = 1e-6",
            "TINY = 1e-5",
            {WATCHED, "write_report report"},
        ),
        (
            "neuroloop/distill/teachers/cnn.py",
            "return logits",
            "return -logits",
            ends("train_reference_students distill/tiny/reference/cnn/tiny_student"),
        ),
    ],
)
def test_an_edit_of_an_entry_reruns_what_runs_it(
    copied: Project, path: str, old: str, new: str, jobs: set[str]
) -> None:
    copied.edit(path, old, new)
    assert copied.waiting() == jobs


def test_an_edit_of_what_nothing_runs_reruns_nothing(copied: Project) -> None:
    for path, old, new in [
        ("fmri/decoders/svm.py", "train, y_train", "train, -y_train"),
        ("distill/teachers/smooth.py", "return temperature", "return -temperature"),
        ("explain/methods/saliency.py", "return saliency", "return -saliency"),
        ("networks/backbones/resnet18.py", "(18, ", "(34, "),
    ]:
        copied.edit(f"neuroloop/{path}", old, new)
    assert copied.waiting() == set()
