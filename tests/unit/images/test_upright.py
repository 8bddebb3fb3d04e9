"""Images of files as they are: upright, whole, of 8 bits, or refused."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from neuroloop.errors import NeuroLoopError
from neuroloop.images.upright import read_upright

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
GREY = PIXELS[..., 0]


def paged(folder, name, *pages, **options):
    first, *others = (Image.fromarray(page) for page in pages)
    first.save(folder / name, save_all=True, append_images=others, **options)
    return folder / name


@pytest.mark.parametrize("kind", ["png", "tif", "lzw.tif"])
@pytest.mark.parametrize("pixels", [PIXELS, GREY])
def test_turned_as_the_header_says(tmp_path, kind, pixels):
    exif = Image.Exif()
    exif[274] = 6
    options = {"compression": "tiff_lzw"} if kind == "lzw.tif" else {}
    Image.fromarray(pixels).save(tmp_path / f"image.{kind}", exif=exif, **options)
    made = np.asarray(read_upright(tmp_path / f"image.{kind}"))
    np.testing.assert_array_equal(made, np.rot90(pixels, -1))


@pytest.mark.parametrize("kind", ["tif", "png", "gif"])
def test_one_of_several_pages_is_not_taken_for_all(tmp_path, kind):
    path = paged(tmp_path, f"image.{kind}", GREY, 255 - GREY)
    with pytest.raises(NeuroLoopError, match="2 pages or frames: save one image per file"):
        read_upright(path)
    path = paged(tmp_path, f"image.{kind}", GREY)
    np.testing.assert_array_equal(np.asarray(read_upright(path).convert("L")), GREY)


def test_a_small_copy_beside_the_image_is_no_page(tmp_path):
    path = tmp_path / "image.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(PIXELS, photometric="rgb")
        file.write(PIXELS[::2, ::2], photometric="rgb", subfiletype=1)
    np.testing.assert_array_equal(np.asarray(read_upright(path)), PIXELS)
    # Cameras put one into what they call a JPEG.
    path = paged(tmp_path, "image.jpg", PIXELS, PIXELS[::2, ::2], format="MPO")
    assert read_upright(path).size == (6, 4)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 3)])
def test_more_than_8_bits_are_not_cut(tmp_path, shape):
    deep = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape) * 900
    tifffile.imwrite(
        tmp_path / "image.tif", deep, photometric="rgb" if len(shape) == 3 else "minisblack"
    )
    with pytest.raises(NeuroLoopError, match="16 bits, not 8 bits per channel"):
        read_upright(tmp_path / "image.tif")
