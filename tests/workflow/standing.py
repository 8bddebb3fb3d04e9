"""A project whose results count as made though no job ran: to ask what a change would run again.

It has every source of data. Results hold their own names; so do files of the user, but for the
tables and JSON files that rules read.
"""

import json
from pathlib import Path
from typing import Any

from neuroloop.files.folder_contents import save_contents
from tests.project import Project, preset
from tests.workflow.test_calcium import calcium_config

#: What the project is asked for.
TARGETS = ("all", "check", "explain")

#: Files of the user, by what they belong to, that hold their own names.
FILES = (
    "S1.h5",
    "scan/bold.nii.gz",
    "scan/labels.txt",
    "scan/mask.nii.gz",
    "digits.mat",
    "movies/before.tif",
    "movies/after.tif",
    "tables/cells.tsv",
    "tables/stimulations.tsv",
    "hybrid/movie.tif",
    "hybrid/regions.json",
    "films/a/person1.png",
    "films/b/person2.png",
    "more/1.png",
    "train/six/1.png",
    "train/nine/1.png",
    "test/six/1.png",
    "test/nine/1.png",
    "start.safetensors",
    "net/model.pth",
    "net/pictures/1.png",
)

#: Tables and JSON files that rules read.
TABLES = {
    "list.csv": "file,label\nmore/1.png,a\nfilms/b/person2.png,b\n",
    "tables/recordings.tsv": "area\tsession\trecording\tpath\tframe_rate\tgroup\n"
    "tiffs\tbefore\tr1\tmovies/before.tif\t30\t1\ntiffs\tafter\tr2\tmovies/after.tif\t30\t1\n",
    "net/model.json": json.dumps(
        {"weights": "model.pth", "images": {"folder": "pictures", "size": 8}}
    ),
}

#: Results that rules read.
READ = {"sanity.tsv": "method\ttest\tverdict\treason\n"}


def data_of(folder: Path) -> Path:
    """Write the user's files."""
    for name, text in ({name: name for name in FILES} | TABLES).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def standing_config() -> dict[str, Any]:
    """Every source that reads files, and simulated ones, as small as they can be."""
    test, demo, cells = preset("test"), preset("config"), calcium_config()
    read = {
        "rois": {"V1": {"voxels": None}},
        "folds": 2,
        "fold_by": "run",
        "held_out_per_category": 0,
        "decoders": ["ridge"],
        "calibration_folds": 2,
        "permutations": 2,
    }
    teaching = test["datasets"]["tiny"]["teaching"] | {
        "images": {
            "source": "class_folders",
            "size": 8,
            "train": "train",
            "test": "test",
            "classes": {"six": ["six"], "nine": ["nine"]},
        }
    }
    digits = preset("digits69")["datasets"]["digits69"]
    nifti = preset("haxby")["datasets"]["haxby_blocks"]
    scan = {"bold": ["scan/bold.nii.gz"], "labels": "scan/labels.txt"}
    area, reader = cells["areas"]["cells"], {"readers": ["tiny_reader"], "comparisons": []}
    hybrid = preset("hybrid")["areas"]["neurofinder"]
    tiffs = {key: value for key, value in area.items() if key != "simulation"}
    tiffs |= {"comparisons": []} | {
        name: f"tables/{name}.tsv" for name in ("recordings", "stimulations", "cells")
    }
    chests = demo["radiographs"]["chests"] | {"classifiers": ["logistic"], "leakage": []}
    chests |= {"ensembles": [], "maps": []}
    films = {key: value for key, value in chests.items() if key != "simulation"}
    films |= {"source": "files", "size": 32, "contrast": ["a", "b"]}
    student = test["students"]["tiny_student"] | {"weights": "start.safetensors"}
    return test | {
        "run": [
            *("tiny", "plain", "pictures", "scanned", "digits"),
            *("cells", "tiffs", "drawn", "folder", "listed"),
        ],
        "students": test["students"] | {"started": student},
        "datasets": test["datasets"]
        | {
            "pictures": read
            | {"source": "bdata", "subjects": {"S1": {"file": "S1.h5"}}}
            | {"teaching": teaching | {"students": ["started"], "teachers": ["none"]}},
            "scanned": read
            | {"source": "nifti", "nifti": nifti["nifti"], "subjects": {"S1": scan}}
            | {"rois": {"V1": {"mask": "scan/mask.nii.gz", "voxels": None}}},
            "digits": digits
            | {"subjects": {"S1": {"file": "digits.mat"}}, "decoders": ["ridge"]}
            | {"teaching": None, "permutations": 2},
        },
        "readers": cells["readers"],
        "areas": {
            "cells": area,
            "tiffs": tiffs | {"source": "tiff", "sessions": {"before": {}, "after": {}}},
            "drawn": hybrid
            | {"movie": "hybrid/movie.tif", "regions": "hybrid/regions.json"}
            | {"sessions": {"before": {"snr": 3.0}}}
            | reader,
        },
        "classifiers": demo["classifiers"],
        "radiographs": {
            "folder": films | {"path": "films"},
            "listed": films | {"path": "list.csv"},
        },
        "explain": {
            # by the names of the default config, whose own would be added
            "models": {
                "student": "results/distill/tiny/reference/none/tiny_student/model.json",
                "taught": "results/distill/tiny/S1/V1/ridge/brain/tiny_student/model.json",
                "reader": "results/calcium/cells/before/tiny_reader/model.json",
                "classifier": "net/model.json",
            },
            "methods": ["saliency", "tsne"],
        },
    }


def stand(folder: Path, data: Path) -> Project:
    """Make the project, and have all results of its targets count as made."""
    project = Project.make(folder, data=data_of(data))
    project = project.write_config("own.yaml", standing_config())
    pretend(project, *TARGETS)
    return project


def pretend(project: Project, *targets: str) -> None:
    """Have results count as made: each holds its own name."""
    summary = project.call(*targets, "--summary")
    assert summary.status == 0, summary.text
    outputs = [line.split("\t")[0] for line in summary.out.splitlines()[1:]]
    folders = [name for name in outputs if f"{name}.json" in outputs]
    for name in (*outputs, *(f"{folder}/1" for folder in folders)):
        if name not in folders:
            (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (project.folder / name).write_text(READ.get(Path(name).name, name))
    for name in folders:
        save_contents(project.folder / name, project.folder / f"{name}.json")
    project.run(*targets, "--touch", "--forceall", "--no-hooks")


def jobs_of(project: Project) -> dict[str, bool]:
    """Jobs of the targets, each by its rule and its log, and whether a run would do them."""
    said = project.call(*TARGETS, "--summary", "--nolock")
    assert said.status == 0, said.text
    header, *lines = (line.split("\t") for line in said.out.splitlines())
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    return {f"{row['rule']} {row['log-file(s)']}": row["plan"] != "no update" for row in rows}
