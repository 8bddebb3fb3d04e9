"""Images behind folders and manifests count as inputs, by their content."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuroloop.images.listing import images_below, images_like
from neuroloop.workflow import content_digest
from neuroloop.workflow.content_digest import digest_files, images_listed
from tests.project import Project, preset


def write(folder: Path, *names: str, content: bytes = b"") -> Path:
    """Write files, each with its own name as content unless one is given."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content or name.encode())
    return folder


def test_images_are_found_through_links_and_under_any_name(tmp_path: Path) -> None:
    write(tmp_path / "radiographs", "a/1.PNG", "ü b/2 .jpeg", "a/notes.txt", "3.tif")
    write(tmp_path / "away", "4.bmp")
    (tmp_path / "radiographs/linked").symlink_to(tmp_path / "away")
    (tmp_path / "radiographs/a/circle").symlink_to(tmp_path / "radiographs")
    (tmp_path / "radiographs/gone.png").symlink_to(tmp_path / "nowhere")
    assert images_below(tmp_path / "radiographs") == [
        "3.tif",
        "a/1.PNG",
        "gone.png",
        "linked/4.bmp",
        "ü b/2 .jpeg",
    ]
    assert images_below(tmp_path / "radiographs", ["linked", "none"]) == ["linked/4.bmp"]
    assert images_below(tmp_path / "nothing") == []


def test_images_that_a_pattern_may_name(tmp_path: Path) -> None:
    write(tmp_path, "n01/n01_5.JPEG", "n01/n01_5.png", "n01/x/n01_6.JPEG", "[a]/s.JPEG", "s.JPEG")
    like = images_like(tmp_path, "{synset}/{synset}_{number}.JPEG")
    assert like == ["n01/n01_5.JPEG", "n01/x/n01_6.JPEG"]
    assert images_like(tmp_path, "[a]/{stimulus_id}.JPEG") == ["[a]/s.JPEG"]
    assert images_like(tmp_path / "n01", "../{stimulus_id}.JPEG") == [
        "../[a]/s.JPEG",
        "../n01/n01_5.JPEG",
        "../n01/x/n01_6.JPEG",
        "../s.JPEG",
    ]
    assert images_like(tmp_path, "{broken") == []


def test_images_that_a_manifest_lists(tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text("label\tFile\nyes\tb.png\nno\t../a.png\n", "utf-8-sig")
    (tmp_path / "list.csv").write_text('file,label\n"a, b.png",yes\n')
    (tmp_path / "bad.csv").write_text("name\na.png\n")
    assert images_listed(tmp_path / "list.tsv") == ["../a.png", "b.png"]
    assert images_listed(tmp_path / "list.csv") == ["a, b.png"]
    assert images_listed(tmp_path / "bad.csv") == images_listed(tmp_path / "no.csv") == []


def test_a_digest_follows_names_and_contents_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "here", "a.png", "b.png", "c/d.png")
    names, memory = images_below(folder), tmp_path / "memory"
    first = digest_files(folder, names, memory)
    assert first.startswith("3 files, ")
    for path in (folder, folder / "a.png"):
        os.utime(path, (1, 1))
    assert digest_files(folder, names, memory) == first
    moved = shutil.copytree(folder, tmp_path / "there")
    assert digest_files(moved, names, memory) == first
    others = [digest_files(folder, names[:2], memory)]
    for change in (
        lambda: write(folder, "a.png", content=b"A.png"),
        lambda: (folder / "a.png").unlink(),
        lambda: (folder / "a.png").symlink_to(folder / "c"),
    ):
        change()
        others.append(digest_files(folder, names, memory))
    assert len({first, *others}) == 5


def test_a_file_is_read_again_only_if_it_may_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if size and time of change are those that it had."""
    folder = write(tmp_path / "here", "a.png", "b.png")
    monkeypatch.setattr(content_digest, "TICK", 0)
    read: list[str] = []
    monkeypatch.setattr(content_digest, "_content", _noting(read, content_digest._content))

    def digest() -> str:
        read.clear()
        return digest_files(folder, ["a.png", "b.png"], tmp_path / "memory")

    first = digest()
    assert read == ["a.png", "b.png"]
    assert digest() == first
    assert read == []
    told = (folder / "a.png").stat()
    write(folder, "a.png", content=b"A.png")
    os.utime(folder / "a.png", ns=(told.st_atime_ns, told.st_mtime_ns))
    assert digest() != first
    assert read == ["a.png"]
    for path in (tmp_path / "memory").iterdir():
        path.write_text("damaged")
    digest()
    assert read == ["a.png", "b.png"]


def test_what_is_new_is_not_remembered(tmp_path: Path) -> None:
    """It may be written again within the same tick of the clock."""
    folder = write(tmp_path / "here", "a.png")
    digest_files(folder, ["a.png"], tmp_path / "memory")
    (place,) = (tmp_path / "memory").iterdir()
    assert json.loads(place.read_text()) == {}


def _noting(read: list[str], content: Callable[[Path], str]) -> Callable[[Path], str]:
    def noted(path: Path) -> str:
        read.append(path.name)
        return content(path)

    return noted


CONFIG = {
    "datasets": {
        "pictures": {
            "source": "bdata",
            "subjects": {"S1": {"file": "S1.h5"}},
            "rois": {"V1": {"voxels": None}},
            "folds": 2,
            "fold_by": "trial",
            "held_out_per_category": 0,
            "decoders": ["ridge"],
            "calibration_folds": 2,
            "permutations": 2,
        }
    },
    "run": ["pictures", "folder", "listed"],
}
RADIOGRAPHS = {
    "source": "files",
    "classes": {},
    "size": 32,
    "folds": 2,
    "views": 1,
    "cases": ["case1"],
    "classifiers": ["logistic"],
    "contrast": ["a", "b"],
    "baseline": ["case1", "logistic"],
    "ensembles": [],
    "leakage": [],
    "maps": [],
    "external": [],
    "bootstraps": 100,
}
TARGETS = (
    "results/distill/pictures/images.npy",
    "results/cxr/folder/folds.tsv",
    "results/cxr/listed/radiographs.npy",
    "results/explain/own/neighbours/result.json",
)


@pytest.fixture
def made(tmp_path: Path) -> Project:
    """A project whose results read images of four places; they are empty, but count as made."""
    data = write(
        tmp_path / "data", "S1.h5", "net/model.pth", "net/pictures/1.png", "radiographs/a/1.png"
    )
    write(
        data,
        "train/six/1.png",
        "train/nine/1.png",
        "test/six/1.png",
        "radiographs/b/1.png",
        "x/1.png",
    )
    (data / "list.csv").write_text("file,label\nx/1.png,a\nradiographs/b/1.png,b\n")
    described = {"weights": "model.pth", "images": {"folder": "pictures", "size": 8}}
    (data / "net/model.json").write_text(json.dumps(described))
    config: dict[str, Any] = preset("test") | CONFIG
    config["datasets"]["pictures"]["teaching"] = preset("test")["datasets"]["tiny"]["teaching"] | {
        "images": {
            "source": "class_folders",
            "size": 8,
            "train": "train",
            "test": "test",
            "classes": {"six": ["six"], "nine": ["9", "nine"]},
        }
    }
    config["radiographs"] = {
        "folder": {**RADIOGRAPHS, "path": "radiographs"},
        "listed": {**RADIOGRAPHS, "path": "list.csv"},
    }
    config["explain"] = {"models": {"own": "net/model.json"}}
    project = Project.make(tmp_path / "project", data=data).write_config("own.yaml", config)
    summary = project.call(*TARGETS, "--summary")
    assert summary.status == 0, summary.text
    outputs = [line.split("\t")[0] for line in summary.out.splitlines()[1:]]
    folders = [name for name in outputs if name.endswith("/files")]
    write(project.folder, *set(outputs) - set(folders), *(f"{name}/1" for name in folders))
    project.run(*TARGETS, "--touch", "--forceall")
    return project


@pytest.mark.workflow
def test_only_what_reads_changed_images_runs_again(made: Project) -> None:
    data = made.data
    assert data
    for path in (data, *data.rglob("*")):
        os.utime(path)
    write(data, "train/none/1.png", "radiographs/notes.txt", "x/2.png")
    assert made.waiting(*TARGETS) == set()
    write(data, "train/six/2.png", "radiographs/b/1.png", content=b"other")
    assert made.waiting(*TARGETS) == {
        "prepare_images distill/pictures",
        "list_radiographs cxr/folder",
        "split_radiographs cxr/folder",
        "list_radiographs cxr/listed",
    }
    (data / "train/six/2.png").unlink()
    write(data, "radiographs/b/1.png")
    (data / "net/pictures/1.png").rename(data / "net/pictures/2.png")
    assert made.waiting(*TARGETS) == {"look_inside explain/own/neighbours"}


def test_a_pipe_is_not_waited_for(tmp_path):
    """Among images and in place of a manifest: opening one for reading waits for a writer."""
    os.mkfifo(tmp_path / "pipe.png")
    assert digest_files(tmp_path, ["pipe.png"], None).startswith("1 files, ")
    assert images_listed(tmp_path / "pipe.png") == []
