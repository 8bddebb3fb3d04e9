"""Images from folders: what is read, what is refused, and which of them is which."""

import io

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from neuroloop.distill.images import (
    check_images,
    class_folder_images,
    read_images,
    resize,
    stimulus_paths,
)
from neuroloop.errors import NeuroLoopError


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, size=shape, dtype=np.uint8)


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


# ------------------------------------------------------------------------------ one size


def test_an_image_of_the_size_is_not_touched():
    pixels = noise(3, 8, 8)
    np.testing.assert_array_equal(resize(pixels, 8)[:, 0], pixels)


# -------------------------------------------------------------------------------- reading


def test_colours_come_in_the_order_red_green_blue(tmp_path):
    pixels = noise(6, 6, 3)
    Image.fromarray(pixels).save(tmp_path / "rgb.png")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "grey.png")
    read = read_images([tmp_path / "rgb.png", tmp_path / "grey.png"], 6)
    assert read.shape == (2, 3, 6, 6)
    assert read.dtype == np.uint8
    np.testing.assert_array_equal(read[0], pixels.transpose(2, 0, 1))
    np.testing.assert_array_equal(read[1], [pixels[..., 0]] * 3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_of_eight_bits_is_read(mode, tmp_path):
    suffix = "tif" if mode in ("CMYK", "YCbCr") else "png"
    Image.fromarray(np.full((5, 7, 3), 255, dtype=np.uint8)).convert(mode).save(
        tmp_path / f"image.{suffix}"
    )
    read = read_images([tmp_path / f"image.{suffix}"], 5)
    assert read.min() >= 254


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "tif"])
def test_kinds_of_files(kind, tmp_path):
    pixels = np.kron(noise(2, 3, 3), np.ones((8, 8, 1), dtype=np.uint8))
    Image.fromarray(pixels).save(tmp_path / f"image.{kind}", quality=95)
    read = read_images([tmp_path / f"image.{kind}"], 16)[0].astype(int)
    difference = np.abs(read - pixels[:, 4:20].transpose(2, 0, 1))
    assert difference.mean() < (10 if kind == "jpg" else 1e-9)


@pytest.mark.parametrize(
    "pixels",
    [
        np.linspace(0, 60000, 64, dtype=np.uint16).reshape(8, 8),
        np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8),
        np.linspace(0, 1e6, 64, dtype=np.int32).reshape(8, 8),
        np.linspace(0, 60000, 192, dtype=np.uint16).reshape(8, 8, 3),
    ],
)
def test_deeper_images_are_refused_and_not_clipped_to_white_or_black(pixels, tmp_path):
    tifffile.imwrite(
        tmp_path / "deep.tif", pixels, photometric="rgb" if pixels.ndim == 3 else "minisblack"
    )
    with pytest.raises(NeuroLoopError, match="not 8 bits per channel") as error:
        read_images([tmp_path / "deep.tif"], 8)
    assert "deep.tif" in one_line(error)


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_images_are_upright_and_one_a_file(kind, tmp_path):
    path = tmp_path / f"image.{kind}"
    pixels = noise(6, 6, 3)
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(pixels).save(path, exif=exif)
    np.testing.assert_array_equal(
        read_images([path], 6)[0], np.rot90(pixels, -1).transpose(2, 0, 1)
    )
    frames = [Image.fromarray(frame) for frame in (pixels, 255 - pixels)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    with pytest.raises(NeuroLoopError, match="2 pages or frames") as error:
        read_images([path], 6)
    assert str(path) in one_line(error)


def test_a_missing_file_is_named_with_the_keys_to_mend(tmp_path):
    with pytest.raises(NeuroLoopError, match=r"images\.folder or images\.pattern") as error:
        read_images([tmp_path / "none.png"], 8)
    assert str(tmp_path / "none.png") in one_line(error)


def damaged():
    """Bytes of files that make the decoders fail in as many ways."""
    files = {}
    for kind in ("png", "jpeg", "bmp", "tiff"):
        stream = io.BytesIO()
        Image.fromarray(noise(20, 30, 3)).save(stream, kind)
        whole = stream.getvalue()
        files[f"half.{kind}"] = whole[: len(whole) // 2]
        files[f"start.{kind}"] = whole[:10]
        if kind == "png":  # SyntaxError: broken chunk
            files["chunk.png"] = whole[:37] + b"\xd9u\xe9\xa3" + whole[41:]
            files["header.png"] = whole[:8] + b"\0\0\0\5" + whole[12:]
        if kind == "bmp":  # DecompressionBombError: a width of 4 thousand million
            files["width.bmp"] = whole[:18] + b"\xff\xff\xff\x7f" + whole[22:]
    return {**files, "empty.png": b"", "text.png": b"no image\n", "lines.jpg": b"\n\n\r\n"}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", damaged())
def test_a_damaged_file_is_one_line_that_names_it(name, tmp_path):
    (tmp_path / name).write_bytes(damaged()[name])
    with pytest.raises(NeuroLoopError, match=r"cannot be read|is empty") as error:
        read_images([tmp_path / name], 8)
    assert str(tmp_path / name) in one_line(error)


# --------------------------------------------------------------------- files of stimuli


def stimuli(*names, category="cat"):
    return pd.DataFrame({"stimulus_id": names, "category": category})


def test_files_of_generic_object_decoding(tmp_path):
    shown = stimuli("1518878.008432", "10123456.000077")
    pattern = "{synset}/{synset}_{number}.JPEG"
    assert stimulus_paths(shown, tmp_path, pattern) == [
        tmp_path / "n01518878" / "n01518878_8432.JPEG",
        tmp_path / "n10123456" / "n10123456_77.JPEG",
    ]


def test_files_named_by_stimulus_and_category(tmp_path):
    paths = stimulus_paths(stimuli("a.1", "b"), tmp_path, "{category}/{stimulus_id}.png")
    assert paths == [tmp_path / "cat" / "a.1.png", tmp_path / "cat" / "b.png"]


@pytest.mark.parametrize("pattern", ["{synset}.png", "{}.png", "{category", "{category.jpg}"])
def test_a_pattern_that_does_not_fit_is_named(pattern, tmp_path):
    with pytest.raises(NeuroLoopError, match="may use stimulus_id, category") as error:
        stimulus_paths(stimuli("shoe"), tmp_path, pattern)
    assert pattern in one_line(error)
    assert "'shoe'" in one_line(error)


# --------------------------------------------------------------------- folders of classes


@pytest.fixture
def folder(tmp_path):
    """Images of three folders, one nested, and a file that is none."""
    for number, name in enumerate(["n1/b.JPEG", "n1/a.png", "n2/images/c.jpg", "n10/d.bmp"]):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise(4, 4, 3, seed=number)).save(path)
    (tmp_path / "n1" / "boxes.txt").write_text("1 2 3 4")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_a_class_may_be_several_folders(folder):
    table = class_folder_images(folder, {"shoe": ["n10"], "cat": ["n2", "n1"]}, "train")
    assert table["image_id"].tolist() == [
        "train/n2/images/c.jpg",
        "train/n1/a.png",
        "train/n1/b.JPEG",
        "train/n10/d.bmp",
    ]
    assert table["category"].tolist() == ["cat", "cat", "cat", "shoe"]
    assert set(table["split"]) == {"train"}
    assert set(table["stimulus_id"]) == {""}
    assert table["path"].tolist()[0] == str(folder / "n2/images/c.jpg")


@pytest.mark.parametrize("name", ["n3", "empty", "n1/a.png"])
def test_a_class_without_images_is_named(name, folder):
    with pytest.raises(NeuroLoopError, match="no images of class 'shoe'") as error:
        class_folder_images(folder, {"cat": ["n1"], "shoe": [name]}, "test")
    assert str(folder / name) in one_line(error)


# ------------------------------------------------------------------------------- checking


def listed(**options):
    table = pd.DataFrame(
        [
            (f"{split}/{category}{number}", category, split)
            for category in ("cat", "dog")
            for split, count in (("train", 2), ("test", 1))
            for number in range(count)
        ],
        columns=["image_id", "category", "split"],
    )
    return table.assign(**options)


def test_images_that_suffice():
    check_images(listed())


def test_an_image_that_is_listed_twice_is_refused():
    table = pd.concat([listed(), listed().iloc[:1].assign(split="test")])
    with pytest.raises(NeuroLoopError, match=r"image 'train/cat0' is listed twice"):
        check_images(table)


def test_a_file_that_teaches_and_tests_is_refused(folder):
    """The ids differ, since they begin with the side; the file is the same, or a link to it."""
    classes = {"cat": ["n1"], "dog": ["n2"]}
    (folder / "linked").mkdir()
    (folder / "linked" / "n1").symlink_to(folder / "n1")
    (folder / "linked" / "n2").symlink_to(folder / "n2")
    for other in (folder, folder / "linked"):
        sides = [
            class_folder_images(folder, classes, "train"),
            class_folder_images(other, classes, "test"),
        ]
        table = pd.concat(sides, ignore_index=True)
        with pytest.raises(NeuroLoopError, match="to teach and to test") as error:
            check_images(table, [folder / path for path in table["path"]])
        assert str(folder / "n1/a.png") in one_line(error)


@pytest.mark.parametrize(("split", "least"), [("train", 2), ("test", 1)])
def test_a_class_with_too_few_images_is_named(split, least):
    table = listed()
    lost = table[(table["category"] == "dog") & (table["split"] == split)].index[0]
    with pytest.raises(NeuroLoopError, match=f"'dog' has fewer than {least} {split} images"):
        check_images(table.drop(index=lost))
