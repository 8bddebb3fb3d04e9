"""The table of radiographs, without copies."""

import logging

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neuroloop.cxr import duplicates
from neuroloop.cxr.content_hashes import content_hashes
from neuroloop.cxr.radiograph_files import read_radiographs
from neuroloop.cxr.radiographs import COLUMNS, radiograph_ids, radiographs_table
from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import RowSpool
from neuroloop.files.intake import Intake
from neuroloop.images.preparation import Preparation


def radiographs(folder, rows):
    """Files of (file, label, patient, content); a number is what the pixels are drawn from."""
    for file, _, _, content in rows:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(content).integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / file)
    return pd.DataFrame([row[:3] for row in rows], columns=["file", "label", "patient"])


def read(table, folder, white=None):
    preparation = Preparation(32, channels=1, levels="radiograph", white=white)
    return read_radiographs(table["file"].tolist(), folder, preparation, RowSpool())


def find_duplicates(table, folder, white=None):
    content = [one.content for one in read(table, folder, white)]
    return duplicates.find_duplicates(table, content, Intake())


def test_copies_are_dropped_and_their_patients_united(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    table = radiographs(
        tmp_path,
        [
            ("a.png", "virus", "p2", 1),
            ("b.png", "virus", "p2", 2),
            ("c.bmp", "virus", "p10", 1),  # p10 is p2
            ("d.png", "virus", "p10", 3),
            ("e.png", "normal", "p10", 4),
            ("f.png", "virus", "p1", 4),  # p1 is p10, so p2 is p1; no one knows the class
            ("g.png", "normal", "p3", 5),
        ],
    )
    found = find_duplicates(table, tmp_path)
    kept = found.radiographs.drop(columns="content")
    assert list(kept.itertuples(index=False, name=None)) == [
        ("a.png", "virus", "p1"),
        ("b.png", "virus", "p1"),
        ("d.png", "virus", "p1"),
        ("g.png", "normal", "p3"),
    ]
    assert list(found.dropped.itertuples(index=False, name=None)) == [
        ("c.bmp", "virus", "p10", "copy", "a.png"),
        ("e.png", "normal", "p10", "labels conflict", "e.png"),
        ("f.png", "virus", "p1", "labels conflict", "e.png"),
    ]
    assert found.patients == {"p2": "p1", "p10": "p1"}
    assert "1 radiographs left out: they are copies of others" in caplog.text
    assert "2 radiographs occur with two labels and are all left out (e.png" in caplog.text
    assert "2 patients share a radiograph" in caplog.text


def test_copies_of_another_depth_are_found(tmp_path):
    """c and d have no hash in common; both have one with b, of which they were made."""
    deep = np.random.default_rng(0).integers(0, 4096, (40, 40), dtype=np.uint16)
    made = {
        "a": np.random.default_rng(1).integers(0, 4096, (40, 40), dtype=np.uint16),
        "c": (deep >> 4).astype(np.uint8),
        "d": np.rint(deep / 4095 * 255).astype(np.uint8),
        "b": deep,
    }
    for name, pixels in made.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    rows = [(f"{name}.png", "x", name) for name in made]
    table = pd.DataFrame(rows, columns=["file", "label", "patient"])
    found = find_duplicates(table, tmp_path, 4095)
    assert found.radiographs["file"].tolist() == ["a.png", "c.png"]
    assert found.dropped[["file", "same_as"]].to_numpy().tolist() == [
        ["d.png", "c.png"],
        ["b.png", "c.png"],
    ]
    hashes = [set(content) for content in found.radiographs["content"]]
    assert set(content_hashes(deep, 4095)) == hashes[1]
    assert not hashes[0] & hashes[1]


def test_without_copies_nothing_changes(tmp_path, caplog):
    table = radiographs(tmp_path, [("a.png", "x", "p", 1), ("b.png", "y", "p", 2)])
    found = find_duplicates(table, tmp_path)
    pd.testing.assert_frame_equal(found.radiographs.drop(columns="content"), table)
    assert found.radiographs["content"].map(tuple).nunique() == 2
    assert found.dropped.empty
    assert list(found.dropped) == ["file", "label", "patient", "reason", "same_as"]
    assert not found.patients
    assert not caplog.text


def test_unusable_radiographs_are_counted(tmp_path):
    table = radiographs(tmp_path, [(f"{name}.png", "x", "p", 1) for name in "abc"])
    (tmp_path / "b.png").write_bytes(b"")
    with pytest.raises(
        NeuroLoopError, match=r"b\.png is empty \(0 bytes\), not an image: replace or remove it$"
    ):
        read(table, tmp_path)
    (tmp_path / "c.png").unlink()
    with pytest.raises(
        NeuroLoopError, match=r"b\.png is empty .*\(2 of 3 radiographs cannot be used\)"
    ):
        read(table, tmp_path)


def deep_radiographs(folder, bits, options=({}, {}, {}, {})):
    """Four radiographs of two classes, of `bits` in 16; the last has a hot pixel."""
    for number, tags in enumerate(options):
        path = folder / "images" / ("virus", "normal")[number % 2] / f"{number}.tif"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 2**bits, (40, 40), dtype=np.uint16)
        if number == 3:
            pixels[0, 0] = 2**bits + 5
        Image.fromarray(pixels).save(path, tiffinfo=tags)
    return folder / "images"


def test_white_is_one_for_all_and_never_told_by_pixels(tmp_path, caplog):
    source = deep_radiographs(tmp_path, 12)
    with pytest.raises(
        NeuroLoopError,
        match=r"4 radiographs have more than 8 bits, .* \(\S+1\.tif none\), .* \(the largest level "
        r"is 4101\): set `white_level` of this set, e\.g\. 4095",
    ):
        radiographs_table(source)
    made = radiographs_table(source, white=4095)
    assert made.white == 4095
    assert made.clipped == {"normal/3.tif": 1}
    assert "1 radiographs have pixels above white, at most 1, in normal/3.tif" in caplog.text
    shallow = np.random.default_rng(9).integers(0, 256, (40, 40), dtype=np.uint8)
    Image.fromarray(shallow).save(source / "virus" / "8.png")
    assert len(radiographs_table(source, white=4095).table) == 5  # depths may be mixed
    with pytest.raises(NeuroLoopError, match=r"above white 1023"):
        radiographs_table(source, white=1023)


@pytest.mark.parametrize(
    ("tags", "white"),
    [
        ([{281: 1023}] * 4, 1023),
        ([{281: 1023}, {281: 4095}, {281: 1023}, {281: 1023}], "store all radiographs alike"),
        ([{281: 1023}, {}, {281: 1023}, {281: 1023}], "set `white_level`"),
    ],
)
def test_headers_tell_white_if_all_say_the_same(tmp_path, tags, white):
    source = deep_radiographs(tmp_path, 10, tags)
    if isinstance(white, int):
        made = radiographs_table(source)
        assert (made.white, made.clipped) == (white, {"normal/3.tif": 1})
        assert len(made.content) == len(made.table) == 4
    else:
        with pytest.raises(NeuroLoopError, match=rf"do not say one level .*1029\): {white}"):
            radiographs_table(source)


FILES = [
    ("images/virus/person10_virus_2.png", "virus", "person10", 1),
    ("images/virus/person9_virus_1.png", "virus", "person9", 2),
    ("images/normal/IM-0115-0001.png", "normal", "IM-0115", 3),
    ("images/normal/IM-0115-0002.png", "normal", "IM-0115", 3),
]


def test_folder_and_manifest_give_one_table(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    listed = radiographs(tmp_path, FILES)
    (tmp_path / "radiographs.csv").write_text(listed.iloc[::-1].to_csv(index=False))
    made = radiographs_table(tmp_path / "radiographs.csv")
    assert list(made.table) == list(COLUMNS)
    assert made.table["radiograph"].tolist() == [
        "IM-0115-0001",
        "person9_virus_1",
        "person10_virus_2",
    ]
    assert made.dropped["file"].tolist() == ["images/normal/IM-0115-0002.png"]
    assert all((made.folder / file).is_file() for file in made.table["file"])
    assert "3 radiographs of 3 patients (normal 1, virus 2); 0" in made.intake.recognised[-1]
    by_folder = radiographs_table(tmp_path / "images", {"virus": "virus", "NORMAL": "normal"})
    less = made.table.drop(columns="file")
    pd.testing.assert_frame_equal(by_folder.table.drop(columns="file"), less)
    assert all((by_folder.folder / file).is_file() for file in by_folder.table["file"])


def test_what_is_outside_the_square_is_told_or_nothing_is(tmp_path):
    wide = np.random.default_rng(0).integers(9, 256, (80, 100), dtype=np.uint8)
    for name, pixels in (("a", wide), ("b", wide[:, :80])):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / f"{name}.png")
    cropped = radiographs_table(tmp_path, size=40)
    assert (
        "The middle square is taken of each radiograph (fit: crop); of 1 that are not square up to "
        "20% lies outside, 20% on average."
    ) in cropped.intake.recognised
    padded = radiographs_table(tmp_path, size=40, fit="pad")
    assert any("between black bars (fit: pad)" in text for text in padded.intake.recognised)
    assert cropped.pixels[0].min() > 0
    assert not padded.pixels[0][:4].any()
    assert padded.pixels[0][4:-4].min() > 0
    np.testing.assert_array_equal(cropped.pixels[1], padded.pixels[1])


def film(seed, most=255):
    """A smooth picture of many levels."""
    small = np.random.default_rng(seed).integers(0, 256, (8, 8), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(small).resize((64, 64), Image.Resampling.BICUBIC))
    return np.rint(smooth.astype(float) * most / 255)


def test_what_looks_like_another_patients_radiograph_is_warned_of(tmp_path):
    for number in range(4):
        Image.fromarray(film(number).astype(np.uint8)).save(tmp_path / f"{number}.png")
    Image.fromarray(film(0).astype(np.uint8)).save(tmp_path / "again.jpg", quality=60)
    head, rows = "file,label,patient\n", "0.png,a,p0\n1.png,b,p1\n2.png,a,p2\n3.png,b,p3\n"
    (tmp_path / "list.csv").write_text(f"{head}{rows}again.jpg,b,p9\n")
    (warning,) = radiographs_table(tmp_path / "list.csv").intake.warnings
    assert warning.startswith("1 radiographs look like those of other patients (again.jpg and 0.")
    (tmp_path / "list.csv").write_text(f"{head}{rows}again.jpg,b,p0\n")
    assert radiographs_table(tmp_path / "list.csv").intake.warnings == []


def test_a_set_that_is_dark_throughout_and_masks_are_warned_of(tmp_path):
    (tmp_path / "list.csv").write_text("file,label,patient\na.png,a,1\nb.png,b,2\n")
    for name, seed in (("a", 1), ("b", 2)):
        Image.fromarray(film(seed, 1000).astype(np.uint16)).save(tmp_path / f"{name}.png")
    (warning,) = radiographs_table(tmp_path / "list.csv", white=4095).intake.warnings
    assert "The brightest radiograph reaches 24% of white" in warning
    assert radiographs_table(tmp_path / "list.csv", white=1023).intake.warnings == []
    for name, seed in (("a", 1), ("b", 2)):
        mask = (film(seed) > 120).astype(np.uint8) * 255
        Image.fromarray(mask).save(tmp_path / f"{name}.png")
    found = radiographs_table(tmp_path / "list.csv", white=4095).intake
    assert found.warnings[0].startswith("2 images have two grey levels alone")
    assert found.recognised[0].startswith("`white_level` (4095) is not used")


def test_properties_are_of_every_file_that_was_read(tmp_path):
    table = radiographs(tmp_path, [("A/a.png", "", "", 1), ("B/b.png", "", "", 2)])
    exif = Image.Exif()
    exif[274] = 6
    film = np.tile(np.array([0, 255], dtype=np.uint8), (10, 10))
    Image.fromarray(film).save(tmp_path / "B" / "c.tif", tiffinfo=exif)
    Image.open(tmp_path / "A" / "a.png").save(tmp_path / "A" / "d.bmp")  # a copy
    found = radiographs_table(tmp_path)
    rows = found.properties.set_index("file")
    assert sorted(rows.index) == sorted([*table["file"], "B/c.tif", "A/d.bmp"])
    turned = rows.loc["B/c.tif", ["format", "bits", "orientation", "height", "width", "mean"]]
    assert turned.tolist() == ["TIFF", 8, 6, 20, 10, 0.5]
    assert rows["radiograph"].isna().tolist() == [name == "A/d.bmp" for name in rows.index]
    sizes = {each.file: each.bytes for each in found.intake.files}
    assert sizes == {str(tmp_path / file): size for file, size in rows["bytes"].items()}
    assert "1 radiographs are turned upright, as their headers say." in found.intake.recognised


def test_names_tell_whose_numbers_patients_have(tmp_path):
    kermany = ["a/person1_virus_1.png", "b/person2_bacteria_2.png"]
    radiographs(tmp_path / "k", [(file, "", "", n) for n, file in enumerate(kermany)])
    assert radiographs_table(tmp_path / "k").numbering == "Kermany et al. 2018"
    radiographs(tmp_path / "o", [("a/person1.png", "", "", 1), ("b/x_1.png", "", "", 2)])
    assert radiographs_table(tmp_path / "o").numbering is None


def test_one_class_is_too_few(tmp_path):
    radiographs(tmp_path, FILES)
    with pytest.raises(NeuroLoopError, match=r"radiographs of 1 classes \(virus\)"):
        radiographs_table(tmp_path / "images", {"virus": "virus"})


def test_ids_are_stems_where_these_differ():
    assert radiograph_ids(["x/a.png", "x/b.png", "y/b.png", "/z/b.jpg"]) == [
        "a",
        "x-b.png",
        "y-b.png",
        "z-b.jpg",
    ]
    with pytest.raises(NeuroLoopError, match=r"x/b\.png and x-b\.png have one id"):
        radiograph_ids(["x/b.png", "x-b.png", "x/b.jpg", "y/x-b.png"])


def test_kermanys_radiographs(data_folder, caplog):
    source = data_folder / "cxr" / "index.csv"
    if not source.is_file():
        pytest.skip(f"real data: {source} is not there")
    caplog.set_level(logging.INFO)
    made = radiographs_table(source)
    assert len(made.table) == 1888
    assert made.dropped["reason"].tolist() == ["copy"] * 12
    assert made.table["patient"].nunique() == 1221
    told = made.intake.recognised[-1]
    assert told.startswith("1888 radiographs of 1221 patients")
    assert "99 patients are in two classes" in told
    by_folder = radiographs_table(source.parent / "images")
    less = made.table.drop(columns="file")
    pd.testing.assert_frame_equal(by_folder.table.drop(columns="file"), less)
