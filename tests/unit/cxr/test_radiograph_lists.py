"""Lists of radiographs, from folders and manifests."""

import logging
import os
import unicodedata

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


# ------------------------------------------------------------- what is told of a folder


def told(folder, classes=None):
    intake = Intake()
    return list_folder(folder, classes, intake), intake


def test_roboflows_splits_are_no_classes(tmp_path):
    files = [
        f"{split}/{kind}/{split}0.png" for split in ("train", "valid", "test") for kind in "AB"
    ]
    table, intake = told(filled(tmp_path, files))
    assert set(table["label"]) == {"a", "b"}
    assert set(table["source"]) == {"train", "valid", "test"}
    assert any("above the classes (test, train, valid) are" in text for text in intake.recognised)


def test_a_class_that_is_called_like_a_split_has_to_be_named(tmp_path):
    filled(tmp_path / "films", ["valid/a.png", "invalid/b.png"])
    with pytest.raises(NeuroLoopError, match=r"lies in no class's folder \(valid is taken for a"):
        list_folder(tmp_path / "films")
    table = list_folder(tmp_path / "films", {"valid": "good", "invalid": "bad"})
    assert set(table["label"]) == {"good", "bad"}
    filled(tmp_path / "deeper", ["valid/one/a.png", "invalid/two/b.png"])
    with pytest.raises(NeuroLoopError, match="valid stands beside the classes invalid and is"):
        list_folder(tmp_path / "deeper")
    filled(tmp_path / "mixed", ["A/a.png", "B/b.png", "test/A/c.png"])  # as some sets are
    assert set(list_folder(tmp_path / "mixed")["label"]) == {"a", "b"}


def test_links_are_followed_but_not_in_circles_and_broken_ones_told(tmp_path):
    filled(tmp_path / "store", ["C/c.png"])
    folder = filled(tmp_path / "films", ["A/a.png", "B/b.png"])
    (folder / "C").symlink_to("../store/C")
    (folder / "A" / "again").symlink_to("..")
    (folder / "D").symlink_to("../store/D")
    table, intake = told(folder)
    assert table["file"].tolist() == ["A/a.png", "B/b.png", "C/c.png"]
    assert f"The link C was followed to {tmp_path / 'store/C'}." in intake.recognised
    (warning, _) = intake.warnings
    assert warning == f"{folder / 'D'} leads nowhere or may not be read: it is passed over."
    (folder / "D").unlink()
    (folder / "D").write_text("../store/C")  # what becomes of a link where there are none
    with pytest.raises(
        NeuroLoopError, match=r"D is a file that names \.\./store/C, as links become"
    ):
        list_folder(folder)


def test_what_is_passed_over_is_counted(tmp_path):
    files = ["A/a.png", "B/b.png", "A/c.dcm", "B/d.DCM", "A/.e.png", "notes"]
    _, intake = told(filled(tmp_path, files))
    assert [(each.what, each.count) for each in intake.dropped] == [
        ("hidden files", 1),
        ("files without a suffix", 1),
        ("files .dcm", 2),
    ]
    with pytest.raises(NeuroLoopError, match=r"has no images .*other kinds \(1 \.dcm\), which may"):
        list_folder(filled(tmp_path / "only", ["A/a.dcm"]))


def test_folders_that_are_written_in_two_ways_are_one_class(tmp_path):
    name = "pneumonie aiguë"
    ways = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    files = ["NORMAL/a.png", "normal/b.png", f"{ways[0]}/c.png", f"{ways[1]}/d.png"]
    table, intake = told(filled(tmp_path, files))
    assert table["label"].value_counts().to_dict() == {"normal": 2, ways[0]: 2}
    assert "The folders NORMAL and normal are one class, normal." in intake.recognised


def test_patients_are_told_by_folders_and_names(tmp_path):
    files = [
        "A/patient00001/study1/view1_frontal.png",
        "B/patient00001/study2/view1_frontal.png",
        "A/00000012_000.png",
        "A/00000012_001.png",
        "A/patient00002/00000012_002.png",  # who is 00000012 too
    ]
    table, intake = told(filled(tmp_path, files))
    of = dict(zip(table["file"], table["patient"], strict=True))
    assert of[files[0]] == of[files[1]] == "patient00001"
    assert len({of[file] for file in files[2:]}) == 1
    assert sum("Patients are told by" in text for text in intake.recognised) == 2
    numbers = list_folder(filled(tmp_path / "numbers", ["A/7/a.png", "A/7/b.png", "B/8/a.png"]))
    assert numbers["patient"].tolist() == ["7", "7", "8"]


def test_masks_beside_radiographs_are_warned_of(tmp_path):
    _, intake = told(filled(tmp_path, ["A/images/a.png", "A/masks/a.png", "B/images/b.png"]))
    assert intake.warnings[0].startswith("1 images in folders masks are read as radiographs")


def test_folders_of_two_levels_that_may_be_the_classes_have_to_be_named(tmp_path):
    files = [f"{site}/{name}/{site}.png" for site in ("siteA", "fold2") for name in ("ill", "well")]
    filled(tmp_path, files)
    with pytest.raises(NeuroLoopError, match="fold2, sitea each hold folders ill, well"):
        list_folder(tmp_path)
    table, intake = told(tmp_path, {"Ill": "sick", "well": "normal"})
    assert {(row.label, row.source) for row in table.itertuples()} == {
        ("sick", "siteA"),
        ("sick", "fold2"),
        ("normal", "siteA"),
        ("normal", "fold2"),
    }
    assert "Folders above the classes (fold2, siteA)" in intake.recognised[1]


@pytest.mark.parametrize(
    "below", [("AP", "PA"), ("train", "val"), ("images", "masks"), ("study1", "study2"), ("x",)]
)
def test_views_parts_and_numbers_below_classes_are_no_classes(tmp_path, below):
    files = [f"{name}/{part}/{name}{part}.png" for name in ("ill", "well") for part in below]
    assert set(list_folder(filled(tmp_path, files))["label"]) == {"ill", "well"}


def test_numbered_folders_whose_every_one_has_two_classes_are_warned_of(tmp_path):
    files = [f"{name}/{year}/{name}{year}.png" for name in "ab" for year in (2019, 2020)]
    _, intake = told(filled(tmp_path, files))
    assert "if they are years, sites or batches" in intake.warnings[0]
    _, intake = told(filled(tmp_path, ["a/2021/z.png"]))
    assert intake.warnings == []


def test_a_pipe_without_a_suffix_is_not_waited_for(tmp_path):
    filled(tmp_path, ["a/1.png", "b/2.png"])
    os.mkfifo(tmp_path / "a" / "pipe")
    assert len(list_folder(tmp_path)) == 2


# ----------------------------------------------------------- what is told of a manifest


def test_numbers_in_two_spellings_are_one_class(tmp_path):
    path = manifest(tmp_path, "file,label\na.png,0\nb.png,0.0\nc.png,1\n")
    with pytest.raises(NeuroLoopError, match=r"one class in 2 ways, '0' and '0\.0'"):
        read_manifest(path)
    table = read_manifest(path, {"0": "n", "0.0": "n", "1": "s"})
    assert table["label"].tolist() == ["n", "n", "s"]


def test_patients_that_a_spreadsheet_rounded_are_refused(tmp_path):
    path = manifest(tmp_path, "file,label,patient\na.png,x,1.23E+09\nb.png,y,1.23E+09\n")
    with pytest.raises(NeuroLoopError, match=r"a patient 1\.23E\+09, a number .* rounded"):
        read_manifest(path)


def test_radiographs_of_nobody_are_warned_of(tmp_path):
    rows = ["a,x,NA", "b,y,NA", "c,x,unknown", "d,y,p1"]
    intake = Intake()
    read_manifest(manifest(tmp_path, "file,label,patient\n" + "\n".join(rows)), intake=intake)
    (warning,) = intake.warnings
    assert warning.startswith("2 radiographs have the patient 'NA'")


def test_two_columns_of_patients_have_to_agree(tmp_path):
    head = "file,label,patient,person\n"
    with pytest.raises(NeuroLoopError, match="a column patient and a column person, which differ"):
        read_manifest(manifest(tmp_path, head + "a,x,1,1\nb,y,2,1\n"))
    table = read_manifest(manifest(tmp_path, head + "a,x,1,1\nb,y,2,2\n"))
    assert table["patient"].tolist() == ["1", "2"]


def test_a_class_in_two_spellings_is_refused_unless_both_are_named(tmp_path):
    path = manifest(tmp_path, "file,label\na.png,NORMAL\nb.png,normal\nc.png,sick\n")
    with pytest.raises(NeuroLoopError, match="one class in 2 ways, 'NORMAL' and 'normal'"):
        read_manifest(path)
    with pytest.raises(NeuroLoopError, match="one class in 2 ways"):
        read_manifest(path, {"NORMAL": "n", "sick": "s"})
    table = read_manifest(path, {"NORMAL": "n", "normal": "n", "sick": "s"})
    assert table["label"].tolist() == ["n", "n", "s"]


def test_patients_in_several_spellings_are_one_and_told(tmp_path):
    rows = ["a,x,7", "b,x,7.0", "c,y,007", "d,y,P1", "e,y,p1", "f,y,70"]
    intake = Intake()
    path = manifest(tmp_path, "file,label,patient\n" + "\n".join(rows) + "\n")
    table = read_manifest(path, intake=intake)
    assert table["patient"].tolist() == ["7", "7", "7", "P1", "P1", "70"]
    assert "2 patients are written in several ways (7 and" in intake.warnings[0]
    assert [each.file for each in intake.files] == [str(path)]


def test_a_table_that_keeps_patients_of_names_apart_is_warned_of(tmp_path):
    rows = ["p/patient1/a.png,x,Q1", "p/patient1/b.png,x,Q2", "p/patient2/c.png,y,Q3"]
    intake = Intake()
    read_manifest(manifest(tmp_path, "file,label,person\n" + "\n".join(rows)), intake=intake)
    assert (
        "1 patients by names of files or folders (patient1, ...) are several" in intake.warnings[0]
    )


def test_files_outside_the_manifests_folder_are_told(tmp_path):
    (tmp_path / "lists").mkdir()
    intake = Intake()
    path = manifest(tmp_path / "lists", "file,label\n../a.png,x\nb.png,y\n")
    read_manifest(path, intake=intake)
    assert any(
        text.startswith("1 radiographs lie outside the folder") for text in intake.recognised
    )
    with pytest.raises(NeuroLoopError, match=r"lists d/\.\./b\.png twice"):
        read_manifest(manifest(tmp_path, "file,label\nb.png,x\nd/../b.png,y\n"))


def test_separators_and_encodings_are_told(tmp_path):
    with pytest.raises(
        NeuroLoopError, match=r"separates its columns by ';': a \.csv table needs ','"
    ):
        read_manifest(manifest(tmp_path, "file;label\na.png;x\n"))
    (tmp_path / "radiographs.csv").write_text("file,label\na.png,x\n", encoding="utf-16")
    with pytest.raises(
        NeuroLoopError, match=r"damaged or not a \.csv table .*: save it anew, in UTF-8"
    ):
        read_manifest(tmp_path / "radiographs.csv")
