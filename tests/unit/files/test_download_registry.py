from pathlib import Path

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.download_registry import COLUMNS, REGISTRY, find, read_registry

ROW = {
    "name": "scan",
    "path": "study/scan.h5",
    "url": "https://archive.example/files/7",
    "record": "n/a",
    "size": "5",
    "md5": "0123456789abcdef0123456789abcdef",
    "licence": "CC0",
    "page": "https://archive.example/study",
    "note": "n/a",
}


def write(path: Path, *rows: dict[str, str]) -> Path:
    lines = ["\t".join(COLUMNS), *("\t".join(row[key] for key in COLUMNS) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_reads_values_and_what_is_missing(tmp_path: Path) -> None:
    unknown = ROW | {"name": "other", "size": "n/a", "md5": "n/a", "record": "https://a.example"}
    registry = read_registry(write(tmp_path / "r.tsv", ROW, unknown))
    assert list(registry) == ["scan", "other"]
    assert registry["scan"].size == 5
    assert registry["scan"].record == registry["scan"].note == ""
    assert registry["other"].size is None
    assert registry["other"].md5 is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "a/b"}, "name"),
        ({"path": "../scan.h5"}, "leaves the data folder"),
        ({"path": "/scan.h5"}, "leaves the data folder"),
        ({"url": "file:///scan.h5"}, "url"),
        ({"size": "5 MB"}, "size"),
        ({"size": "0"}, "size"),
        ({"md5": "12"}, "md5"),
        ({"md5": "n/a"}, "state size and md5"),
        ({"page": ""}, "empty page"),
    ],
)
def test_a_wrong_row_names_its_line(tmp_path: Path, change: dict[str, str], message: str) -> None:
    path = write(tmp_path / "r.tsv", ROW, ROW | {"name": "second"} | change)
    with pytest.raises(NeuroLoopError, match=message) as caught:
        read_registry(path)
    assert f"{path}, line 3" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_names_are_unique_and_the_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(NeuroLoopError, match="the name scan occurs twice"):
        read_registry(write(tmp_path / "r.tsv", ROW, ROW))
    with pytest.raises(NeuroLoopError, match=r"no\.tsv is missing"):
        read_registry(tmp_path / "no.tsv")


def test_find_knows_files_and_folders(tmp_path: Path) -> None:
    folder = ROW | {"name": "images", "path": "study/images", "url": "n/a"}
    registry = read_registry(write(tmp_path / "r.tsv", ROW, folder))
    assert find(registry, "study/scan.h5") is registry["scan"]
    assert find(registry, "study/images/train/cat") is registry["images"]
    assert find(registry, "study/other.h5") is None


def test_the_projects_registry_is_valid() -> None:
    registry = read_registry(REGISTRY)
    assert [f"god/Subject{n}.h5" for n in range(1, 6)] == [
        source.path for name, source in registry.items() if name.startswith("god_subject")
    ]


def test_the_registry_states_size_and_md5_of_the_real_files(data_folder: Path) -> None:
    from neuroloop.files.downloads import difference

    registry = read_registry(REGISTRY)
    known = [s for s in registry.values() if s.md5 and (data_folder / s.path).is_file()]
    if not known:
        pytest.skip(f"real data: {data_folder} holds no file of the registry")
    assert {s.path: difference(data_folder / s.path, s) for s in known} == {
        s.path: None for s in known
    }
