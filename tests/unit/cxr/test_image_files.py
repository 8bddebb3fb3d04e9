"""Films read from image files."""

import numpy as np
import pytest
from PIL import Image

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.cxr.image_files import content_hash, read_film, read_levels


@pytest.fixture
def levels():
    return np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)


def saved(folder, array, name="film.png", **options):
    Image.fromarray(array).save(folder / name, **options)
    return folder / name


def test_square_is_the_middle_and_a_mean_of_pixels(tmp_path):
    # Three columns that differ; the middle square of a 4 x 8 film is columns 2 to 5.
    film = np.zeros((4, 8), dtype=np.uint8)
    film[:, 2:4], film[:, 4:6], film[:, 6:] = 51, 102, 255
    made = read_film(saved(tmp_path, film), 4)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, np.tile([0.2, 0.2, 0.4, 0.4], (4, 1)), rtol=1e-6)
    turned = read_film(saved(tmp_path, film.T), 4)
    np.testing.assert_allclose(turned, made.T, rtol=1e-6)


def test_scaling_down_does_not_alias(tmp_path):
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (64, 32))
    made = read_film(saved(tmp_path, stripes), 16)
    np.testing.assert_allclose(made[:, 2:-2], 0.5, atol=0.01)


def test_depths_and_modes_give_the_same_film(tmp_path, levels):
    film = read_film(saved(tmp_path, levels), 10)
    assert film.shape == (10, 10)
    wide = saved(tmp_path, levels.astype(np.uint16) * 257)
    assert read_levels(wide).dtype == np.uint16
    np.testing.assert_allclose(read_film(wide, 10), film, rtol=1e-5)
    colour = saved(tmp_path, np.repeat(levels[..., None], 3, axis=2))
    np.testing.assert_array_equal(read_film(colour, 10), film)
    opaque = np.concatenate([np.repeat(levels[..., None], 3, 2), 255 + 0 * levels[..., None]], 2)
    np.testing.assert_array_equal(read_film(saved(tmp_path, opaque), 10), film)
    palette = tmp_path / "palette.png"
    Image.fromarray(levels).convert("P").save(palette)
    np.testing.assert_array_equal(read_film(palette, 10), film)


def test_twelve_bits_in_sixteen(tmp_path):
    film = np.linspace(0, 4095, 16).astype(np.uint16).reshape(4, 4)
    np.testing.assert_allclose(read_film(saved(tmp_path, film), 4), film / 4095, rtol=1e-6)
    film[0, 0] = 4096
    np.testing.assert_allclose(read_film(saved(tmp_path, film), 4), film / 65535, rtol=1e-6)


def test_colours_of_jpeg_are_grey_and_others_are_refused(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    tinted = np.stack([smooth, smooth + 2, smooth + 1], axis=2)
    path = saved(tmp_path, tinted, "film.jpg", quality=60)
    assert np.abs(read_film(path, 64) * 255 - smooth).max() < 12
    coloured = np.stack([smooth, smooth, smooth // 2], axis=2)
    path = saved(tmp_path, coloured, "photo.png")
    with pytest.raises(NeuroLoopError, match=r"photo\.png cannot be read \(it has colours, in "):
        read_film(path, 8)


def spoil(path, kind):
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "text": b"a film"}[kind])


@pytest.mark.parametrize("name", ["film.png", "film.jpeg", "film.tif"])
@pytest.mark.parametrize(
    ("kind", "said"), [("empty", "is empty"), ("cut", "cannot be read"), ("text", "cannot be read")]
)
def test_damaged_files_are_named_in_one_line(tmp_path, levels, name, kind, said):
    path = saved(tmp_path, levels, name)
    spoil(path, kind)
    with pytest.raises(NeuroLoopError, match=said) as caught:
        read_film(path, 8)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_film(tmp_path, levels):
    with pytest.raises(NeuroLoopError, match=r"nothing\.png is missing"):
        read_film(tmp_path / "nothing.png", 8)
    with pytest.raises(NeuroLoopError, match="is constant, all pixels are 7"):
        read_film(saved(tmp_path, np.full((9, 9), 7, dtype=np.uint8)), 8)
    with pytest.raises(NeuroLoopError, match="fractions"):
        read_film(saved(tmp_path, levels / np.float32(255), "film.tif"), 8)
    with pytest.raises(NeuroLoopError, match="not 8 or 16 bits"):
        read_film(saved(tmp_path, levels.astype(np.int32) * 1000, "film.tif"), 8)


def test_hash_is_of_pixels_and_shape(tmp_path, levels):
    mine = content_hash(read_levels(saved(tmp_path, levels)))
    assert content_hash(read_levels(saved(tmp_path, levels, "film.bmp"))) == mine
    assert content_hash(levels.reshape(30, 20)) != mine
    assert content_hash(levels.astype(np.uint16)) != mine
    levels[3, 4] ^= 1
    assert content_hash(levels) != mine
