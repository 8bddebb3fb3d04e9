"""Images of a folder: in order, as the network takes them, and read only when asked for."""

import tracemalloc

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.methods import attribution_of
from neuroloop.explain.looks.embedding_looks import PIXELS
from neuroloop.explain.looks.inside import draw_inside, look_inside
from neuroloop.explain.models.explained import explained_images
from neuroloop.explain.models.image_folder import open_folder
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import save_json
from neuroloop.files.intake import Intake
from neuroloop.images.preparation import Preparation
from neuroloop.networks.resnet import initialise, resnet

SETTINGS = {
    "neighbours": {"count": 3},
    "activations": {"images": 4, "units": 2},
    "patches": {"units": 2, "patches_per_unit": 3},
    "class_images": {"steps": 1},
}

GREY, COLOUR = Preparation(size=4, channels=1), Preparation(size=4, channels=3)


def whole(images):
    return images[:]


def picture(path, colour, size=(8, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_a_folder_of_class_folders(tmp_path):
    picture(tmp_path / "cat" / "10.png", (255, 0, 51))
    picture(tmp_path / "cat" / "9.png", (0, 0, 0), size=(3, 9))
    picture(tmp_path / "dog" / "1.png", (51, 102, 255))
    (tmp_path / "notes.txt").write_text("no image")
    found = open_folder(
        tmp_path, Preparation(4, 3, mean=(0.5,), std=(0.5, 0.25, 0.2)), ["dog", "cat"]
    )
    assert found.ids.tolist() == ["cat/9.png", "cat/10.png", "dog/1.png"]
    assert found.truth.tolist() == [1, 1, 0]
    assert found.images.shape == (3, 3, 4, 4)
    assert whole(found.images).dtype == np.float32
    np.testing.assert_allclose(whole(found.images)[1, :, 2, 2], [1, -2, -1.5], rtol=1e-5)
    np.testing.assert_allclose(whole(found.images)[2, :, 0, 3], [-0.6, -0.4, 2.5], rtol=1e-5)
    np.testing.assert_allclose(whole(found.display)[1], 0.4, rtol=1e-5)
    grey = open_folder(tmp_path, GREY, ["dog", "cat"])
    assert grey.images.shape == (3, 1, 4, 4)
    np.testing.assert_allclose(whole(grey.images)[1, 0], 82 / 255, rtol=1e-5)  # 0.299 R + 0.114 B
    intake = Intake()
    assert open_folder(tmp_path, GREY, ["dog"], intake).truth is None
    (warning,) = intake.warnings
    assert "2 of 3 images lie in no folder named as a class (dog), the first in cat" in warning


def test_folders_are_classes_whatever_a_file_system_makes_of_their_names(tmp_path):
    """A Mac writes accents apart; both spellings look the same."""
    store = tmp_path / "store"
    picture(store / "1.png", (0, 0, 0))
    photos = tmp_path / "photos"
    for folder in ("NORMAL", "cafe\u0301"):
        picture(photos / folder / "1.png", (0, 0, 0))
    (photos / "dog").symlink_to(store)
    intake = Intake()
    found = open_folder(photos, GREY, ["normal", "caf\u00e9", "dog"], intake)
    assert found.truth.tolist() == [
        {"NORMAL": 0, "dog": 2}.get(name.partition("/")[0], 1) for name in found.ids
    ]
    told = " ".join(intake.recognised)
    assert "the folder NORMAL is taken for the class normal" in told
    assert "1 of normal, 1 of caf\u00e9, 1 of dog" in told
    assert not intake.warnings
    unknown = open_folder(photos, GREY, ["a", "b"], intake)
    assert unknown.truth is None
    assert "no folder is named as a class" in intake.recognised[-1]


def test_capitals_may_tell_classes_apart(tmp_path):
    for folder in ("a", "A"):
        picture(tmp_path / folder / "1.png", (0, 0, 0))
    found = open_folder(tmp_path, GREY, ["A", "a"])
    assert [["A", "a"][number] for number in found.truth] == [n[0] for n in found.ids]


def test_the_middle_of_an_image_is_cut_out(tmp_path):
    wide = np.zeros((4, 12), dtype=np.uint8)
    wide[:, 4:8] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert open_folder(tmp_path, GREY, []).images[:].min() == 1


def test_folders_without_images_and_damaged_ones(tmp_path):
    with pytest.raises(NeuroLoopError, match=r"holds no images: fix images\.folder"):
        open_folder(tmp_path, GREY, [])
    (tmp_path / "broken.png").write_bytes(b"no image")
    opened = open_folder(tmp_path, GREY, [])
    with pytest.raises(NeuroLoopError, match=r"broken\.png cannot be read"):
        opened.images[:1]
    Image.fromarray(np.zeros((4, 4), dtype=np.uint16)).save(tmp_path / "broken.png")
    with pytest.raises(NeuroLoopError, match="not 8 bits"):
        opened.images[:1]


@pytest.mark.parametrize("name", ["radiograph.tif", "radiograph.png"])
def test_images_are_upright_and_none_of_16_bits(tmp_path, name):
    radiograph = np.arange(16, dtype=np.uint8).reshape(4, 4) * 10
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(radiograph).save(tmp_path / name, exif=exif)
    opened = open_folder(tmp_path, GREY, [])
    np.testing.assert_allclose(opened.images[:][0, 0] * 255, np.rot90(radiograph, -1), rtol=1e-6)
    (tmp_path / name).unlink()
    colour = np.repeat(radiograph[..., None].astype(np.uint16), 3, axis=2)
    tifffile.imwrite(tmp_path / "radiograph.tif", colour, photometric="rgb")
    with pytest.raises(NeuroLoopError, match="16 bits, not 8 bits per channel"):
        open_folder(tmp_path, COLOUR, []).images[:]
    tifffile.imwrite(
        tmp_path / "radiograph.tif", np.stack([radiograph, radiograph]), photometric="minisblack"
    )
    with pytest.raises(NeuroLoopError, match=r"radiograph\.tif cannot be read \(2 pages or frames"):
        open_folder(tmp_path, COLOUR, []).images[:]


def test_rows_are_those_of_the_whole(tmp_path):
    for number in range(5):
        picture(tmp_path / f"{number}.png", (50 * number, 0, 0))
    found = open_folder(tmp_path, Preparation(4, 3, mean=(0.5,), std=(0.25,)), [])
    every = whole(found.images)
    np.testing.assert_array_equal(found.images[np.array([3, 1])], every[[3, 1]])
    np.testing.assert_array_equal(found.images[1:3], every[1:3])
    np.testing.assert_array_equal(found.display[np.array([4])], whole(found.display)[4:])
    assert found.images[9:].shape == (0, 3, 4, 4)
    with pytest.raises(IndexError):
        found.images[7 * np.ones(1, dtype=int)]


# A folder may hold more than memory does


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A model of so many pictures, and a list of the files that are read."""
    network = resnet(18, in_channels=3, classes=2, width=4, stem="small", blocks=(1, 1))
    initialise(network, [0])
    torch.save(network.state_dict(), tmp_path / "mine.pth")
    drawn = np.random.default_rng(0)
    read = []
    plain = Preparation.read

    def counted(self, path):
        read.append(path.name)
        return plain(self, path)

    monkeypatch.setattr(Preparation, "read", counted)

    def make(count, side=32):
        for number in range(count):
            path = tmp_path / "photos" / "ab"[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(drawn.integers(0, 256, (side, side, 3), dtype=np.uint8)).save(path)
        save_json(
            tmp_path / "model.json",
            {
                "kind": "resnet",
                "options": {"depth": 18, "in_channels": 3, "width": 4, "stem": "small"}
                | {"blocks": [1, 1]},
                "weights": "mine.pth",
                "classes": ["a", "b"],
                "images": {"folder": "photos"},
                "preparation": {"size": side, "channels": 3},
            },
        )
        return open_model(tmp_path / "model.json")

    return make, read


def test_attributions_read_the_images_that_they_explain_alone(many):
    make, read = many
    opened = make(40)
    explained = explained_images(opened, 6, seed=1)
    maps = attribution_of(opened, "saliency")(opened.network, explained.images, explained.classes)
    assert len(maps) == 6
    assert len(set(read)) <= 7, "those six, and the one that the model is opened with"


def grown(make, method, counts, side=32):
    """Bytes of a look by which one more picture makes it larger at its peak."""
    peaks = []
    for count in counts:
        opened = make(count, side)
        look_inside(opened, method, 0, **SETTINGS[method])  # libraries are loaded
        tracemalloc.start()
        look_inside(opened, method, 0, **SETTINGS[method])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return (peaks[1] - peaks[0]) / (counts[1] - counts[0])


@pytest.mark.parametrize("method", ["activations", "patches", "class_images"])
def test_memory_does_not_grow_with_the_folder(many, method):
    """A picture is 12288 bytes as the network takes it: a batch of 32 is held, and some numbers."""
    make, read = many
    assert grown(make, method, (64, 256)) < 1000
    assert len(set(read)) == 256


def test_neighbours_hold_embeddings_and_small_copies_alone(many):
    """In double precision too; a picture is 196608 bytes."""
    make, _ = many
    assert grown(make, "neighbours", (64, 160), side=128) < 12 * PIXELS + 4000


def test_no_more_pictures_are_drawn_than_a_figure_shows(many):
    make, read = many
    opened = make(60)
    look = look_inside(opened, "patches", 0, **SETTINGS["patches"])
    read.clear()
    draw_inside(opened, "patches", look, 0)
    assert len(set(read)) <= 2 * 2 * 3
