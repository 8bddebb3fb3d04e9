"""Lists of radiographs, from folders and manifests."""

import logging

import pytest

from neuroloop.cxr import radiograph_folders, radiograph_manifests
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake


def list_folder(folder, classes=None, intake=None):
    return radiograph_folders.list_folder(folder, classes, intake or Intake())


def read_manifest(path, classes=None, intake=None):
    return radiograph_manifests.read_manifest(path, classes, intake or Intake())


KAGGLE = [
    ("train/NORMAL/IM-0115-0001.jpeg", "normal", "IM-0115"),
    ("test/NORMAL/NORMAL2-IM-0010-0001.JPEG", "normal", "NORMAL2-IM-0010"),
    ("train/PNEUMONIA/person2_bacteria_3.jpeg", "bacteria", "person2"),
    ("train/PNEUMONIA/person10_bacteria_43.jpeg", "bacteria", "person10"),
    ("val/PNEUMONIA/person2_virus_8.jpeg", "virus", "person2"),
]


def filled(folder, files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"not read here")
    return folder


def rows(table):
    return set(table[["file", "label", "patient"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("above", ["", "chest_xray/"])
def test_kaggles_layout(tmp_path, above):
    others = ["train/NORMAL/.DS_Store.png", "__MACOSX/train/NORMAL/a.png", "read me.txt"]
    expected = {(above + file, label, patient) for file, label, patient in KAGGLE}
    table = list_folder(filled(tmp_path, [above + row[0] for row in KAGGLE] + others))
    assert rows(table) == expected
    assert list(table) == ["file", "label", "patient", "source"]
    names = table["file"].tolist()
    assert [name.split("/")[-1] for name in names if "train/P" in name] == [
        "person2_bacteria_3.jpeg",
        "person10_bacteria_43.jpeg",
    ]


def test_flat_layout_with_deeper_folders(tmp_path, caplog):
    files = ["Virus/a.png", "Virus/b/a.png", "bacteria/person3_x.png"]
    assert rows(list_folder(filled(tmp_path, files))) == {
        ("Virus/a.png", "virus", "Virus/a.png"),
        ("Virus/b/a.png", "virus", "Virus/b/a.png"),
        ("bacteria/person3_x.png", "bacteria", "person3"),
    }
    assert "2 of 3 file names tell no patient" in caplog.text


def test_named_classes(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    filled(tmp_path, [row[0] for row in KAGGLE])
    whole = list_folder(tmp_path, {"NORMAL": "healthy", "pneumonia": "ill"})
    assert whole["label"].value_counts().to_dict() == {"ill": 3, "healthy": 2}
    parts = list_folder(tmp_path, {"bacteria": "b", "virus": "v"})
    assert parts["label"].value_counts().to_dict() == {"b": 2, "v": 1}
    assert "2 radiographs of normal left out: `classes` does not name them" in caplog.text
    with pytest.raises(NeuroLoopError, match="has no radiographs of 'covid'"):
        list_folder(tmp_path, {"normal": "a", "COVID": "b"})


def test_radiographs_without_a_class(tmp_path):
    with pytest.raises(NeuroLoopError, match="no such folder"):
        list_folder(tmp_path / "nowhere")
    with pytest.raises(NeuroLoopError, match="has no images"):
        list_folder(filled(tmp_path / "a", ["NORMAL/a.txt"]))
    with pytest.raises(NeuroLoopError, match=r"b\.png: its name tells neither"):
        list_folder(filled(tmp_path / "b", ["train/PNEUMONIA/b.png"]))
    with pytest.raises(NeuroLoopError, match=r"train/a\.png lies in no class's folder"):
        list_folder(filled(tmp_path / "c", ["train/a.png"]))


def manifest(folder, text, name="radiographs.csv"):
    (folder / name).write_text(text)
    return folder / name


@pytest.mark.parametrize("column", ["patient", "person", "Patient"])
def test_manifest_with_patients(tmp_path, column):
    path = manifest(tmp_path, f'view,file,label,{column}\nAP,"b, 1.png",virus,7\nPA,a.png,x,007\n')
    assert rows(read_manifest(path)) == {("b, 1.png", "virus", "7"), ("a.png", "x", "7")}


def test_manifest_without_patients(tmp_path):
    path = manifest(tmp_path, "label\tfile\nvirus\td/person3_virus_4.jpeg\nx\ta.png\n", "f.tsv")
    assert rows(read_manifest(path)) == {
        ("d/person3_virus_4.jpeg", "virus", "person3"),
        ("a.png", "x", "a.png"),
    }


def test_manifest_with_named_classes(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = manifest(tmp_path, "file,label\na.png,A\nb.png,B\nc.png,C\n")
    assert rows(read_manifest(path, {"A": "x", "C": "x"})) == {
        ("a.png", "x", "a.png"),
        ("c.png", "x", "c.png"),
    }
    assert "1 radiographs of B left out" in caplog.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,class\na,b\n", "lacks the column label: it has file, class"),
        ("file,label\n", "lists no radiographs"),
        ("", r"is empty \(0 bytes\)"),
        ("file,label\na,b,c\n", "line 2 has 3 fields, but the header 2"),
        ("file,label\na\n", "line 2 has 1 fields"),
        ("file,label,label\na,b,c\n", "names a column twice"),
        ("file,label, Label\na,b,c\n", "names a column twice"),
        ("file,label\na,b\n,c\n", "row 2 has no file"),
        ("file,label\na,n/a\n", "row 1 has no label"),
        ("file,label,patient\na,b,p\nc,b, \n", "row 2 has no patient: fill it in, or leave the"),
        ("file,label\na.png,b\n./a.png,c\n", r"lists \./a\.png twice"),
        ('file,label\n"a,b\n', r"not a \.csv table"),
    ],
)
def test_bad_manifests(tmp_path, text, said):
    with pytest.raises(NeuroLoopError, match=said) as caught:
        read_manifest(manifest(tmp_path, text))
    assert "radiographs.csv" in str(caught.value)


def test_no_manifest(tmp_path):
    with pytest.raises(NeuroLoopError, match="missing"):
        read_manifest(tmp_path / "radiographs.csv")
    with pytest.raises(NeuroLoopError, match=r"ends in \.csv or \.tsv"):
        read_manifest(tmp_path / "radiographs.xlsx")
