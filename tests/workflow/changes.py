"""Changes of a finished run, by the names that the table in docs/reliability.md gives them."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.project import Project
from tests.workflow.standing import standing_config

#: What a change does to a project: returned is the project to look at then.
Change = Callable[[Project], Project]


def touched(project: Project) -> Project:
    """Every file is newer than any was."""
    for folder in (project.folder, data(project)):
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_file() and "/.snakemake/metadata" not in str(path):
                os.utime(path)
    return project


def commented(project: Project) -> Project:
    for path in (project.folder / "neuroloop").rglob("*.py"):
        text = re.sub(r'^( *)"""(?=\w)', r'\1"""Or rather: ', path.read_text(), flags=re.MULTILINE)
        path.write_text(f"# Another comment.\n{text}")
    return project


def laid_out(project: Project) -> Project:
    for path in (project.folder / "Snakefile", *(project.folder / "rules").glob("*.smk")):
        path.write_text(path.read_text().replace("\n\n\nrule ", "\n\n\n# Another.\n\n\nrule "))
    return project


def edited(path: str, old: str, new: str) -> Change:
    """A file of the project has other text."""

    def change(project: Project) -> Project:
        project.edit(path, old, new)
        return project

    return change


def stated(value: Any, *keys: str) -> Change:
    """The config states another value."""

    def change(project: Project) -> Project:
        config = block = standing_config()
        for key in keys[:-1]:
            block = block.setdefault(key, {})
        assert block.get(keys[-1]) != value
        block[keys[-1]] = value
        return project.write_config("other.yaml", config)

    return change


def written(name: str, text: str) -> Change:
    """A file of the user is new, or holds something else."""

    def change(project: Project) -> Project:
        (data(project) / name).write_text(text)
        return project

    return change


def renamed(name: str, other: str) -> Change:
    def change(project: Project) -> Project:
        (data(project) / name).rename(data(project) / other)
        return project

    return change


def row_added(project: Project) -> Project:
    with (data(project) / "list.csv").open("a") as stream:
        stream.write("films/a/person1.png,a\n")
    return project


def moved(project: Project) -> Project:
    """The data lie elsewhere, and none of their times is kept."""
    elsewhere = data(project).parent / "elsewhere"
    shutil.copytree(data(project), elsewhere, copy_function=shutil.copyfile)
    shutil.rmtree(data(project))
    return Project(project.folder, project.configfile, elsewhere)


def other_version(project: Project) -> Project:
    """The data lie elsewhere, and one file is another one whose time is older than all results."""
    there = moved(project)
    written("scan/bold.nii.gz", "another scan")(there)
    os.utime(data(there) / "scan/bold.nii.gz", (1, 1))
    return there


def copied(project: Project) -> Project:
    """As `cp -r` copies: no time is kept, links are."""
    elsewhere = project.folder.with_name("copied")
    shutil.copytree(project.folder, elsewhere, symlinks=True, copy_function=new_copy)
    return Project(elsewhere, project.configfile, project.data)


def new_copy(source: str, target: str, *, follow_symlinks: bool = True) -> str:
    return str(shutil.copyfile(source, target, follow_symlinks=follow_symlinks))


def deleted(name: str) -> Change:
    """Results are gone."""

    def change(project: Project) -> Project:
        path = project.folder / "results" / name
        (shutil.rmtree if path.is_dir() else Path.unlink)(path)
        return project

    return change


def spoilt(project: Project) -> Project:
    """A file in a folder of results is another one."""
    (project.folder / "results/calcium/cells/before/movies/1").write_text("changed by hand")
    return project


def data(project: Project) -> Path:
    assert project.data
    return project.data


#: What is changed, by its name in the table.
CHANGES: dict[str, Change] = {
    "every file is touched": touched,
    "docstrings and comments are edited": commented,
    "rules are laid out anew": laid_out,
    "a function that several scripts import": edited(
        "neuroloop/statistics/intervals.py", "import numpy as np", "import numpy as np\n\nMORE = 1"
    ),
    "a script": edited("scripts/report/write_report.py", '"NeuroLoop"', '"Report"'),
    "a template of the report": edited("neuroloop/report/page.css", "#1d2530", "#1d2531"),
    "`rois.V1.voxels`": stated(19, "datasets", "tiny", "rois", "V1", "voxels"),
    "a subject more": stated({"snr": 1.0}, "datasets", "tiny", "subjects", "S3"),
    "`seed`": stated(77, "seed"),
    "`permutations`": stated(1000, "datasets", "tiny", "permutations"),
    "a decoder's `epochs`": stated(3, "decoders", "resnet1d18", "epochs"),
    "a student's `temperature`": stated(2.0, "students", "tiny_student", "temperature"),
    "a reader's `epochs`": stated(16, "readers", "tiny_reader", "epochs"),
    "a classifier's `C`": stated(0.5, "classifiers", "logistic", "C"),
    "`explain.options.tsne.perplexity`": stated(7, "explain", "options", "tsne", "perplexity"),
    "`explain.settings.label_images`": stated(32, "explain", "settings", "label_images"),
    "`device`": stated("cpu", "device"),
    "an image is added to a folder": written("films/a/person3.png", "third"),
    "an image is replaced, in a folder and a manifest": written("films/b/person2.png", "another"),
    "an image is renamed": renamed("train/six/1.png", "train/six/2.png"),
    "a row of a manifest is added": row_added,
    "a movie is replaced": written("movies/after.tif", "another"),
    "weights from which students start": written("start.safetensors", "others"),
    "data on another disk": moved,
    "data on another disk, one file another and older": other_version,
    "`cp -r` of the run": copied,
    "a file in a folder of results is changed": spoilt,
    "a file in a folder of results is deleted": deleted("calcium/cells/before/movies/1"),
    "`rm -rf results/distill`": deleted("distill"),
    "the lock: numpy": edited("envs/requirements.lock", "\nnumpy==", "\nnumpy==9."),
    "the lock: a package without numbers": edited(
        "envs/requirements.lock", "\nJinja2==", "\nJinja2==9."
    ),
}
