"""Radiographs read from image files."""

import struct

import numpy as np
import pytest
import tifffile
from PIL import Image

from neuroloop.errors import NeuroLoopError
from neuroloop.images.grey_levels import read_levels, read_radiograph
from neuroloop.images.stored_levels import read_stored, told_white


@pytest.fixture
def levels():
    return np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)


def saved(folder, array, name="radiograph.png", **options):
    Image.fromarray(array).save(folder / name, **options)
    return folder / name


def test_square_is_the_middle_and_a_mean_of_pixels(tmp_path):
    # Three columns that differ; the middle square of a 4 x 8 radiograph is columns 2 to 5.
    radiograph = np.zeros((4, 8), dtype=np.uint8)
    radiograph[:, 2:4], radiograph[:, 4:6], radiograph[:, 6:] = 51, 102, 255
    made = read_radiograph(saved(tmp_path, radiograph), 4)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, np.tile([0.2, 0.2, 0.4, 0.4], (4, 1)), rtol=1e-6)
    turned = read_radiograph(saved(tmp_path, radiograph.T), 4)
    np.testing.assert_allclose(turned, made.T, rtol=1e-6)


def test_scaling_down_does_not_alias(tmp_path):
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (64, 32))
    made = read_radiograph(saved(tmp_path, stripes), 16)
    np.testing.assert_allclose(made[:, 2:-2], 0.5, atol=0.01)


def test_depths_and_modes_give_the_same_radiograph(tmp_path, levels):
    radiograph = read_radiograph(saved(tmp_path, levels), 10)
    assert radiograph.shape == (10, 10)
    wide = saved(tmp_path, levels.astype(np.uint16) * 257)
    assert read_levels(wide, 65535).levels.dtype == np.uint16
    np.testing.assert_allclose(read_radiograph(wide, 10, 65535), radiograph, rtol=1e-5)
    colour = saved(tmp_path, np.repeat(levels[..., None], 3, axis=2))
    np.testing.assert_array_equal(read_radiograph(colour, 10), radiograph)
    opaque = np.concatenate([np.repeat(levels[..., None], 3, 2), 255 + 0 * levels[..., None]], 2)
    np.testing.assert_array_equal(read_radiograph(saved(tmp_path, opaque), 10), radiograph)
    palette = tmp_path / "palette.png"
    Image.fromarray(levels).convert("P").save(palette)
    np.testing.assert_array_equal(read_radiograph(palette, 10), radiograph)


@pytest.fixture
def xray():
    """A smooth radiograph of 40 x 40 grey levels from 20 to 230."""
    return np.add.outer(np.linspace(20, 120, 40), np.linspace(0, 110, 40))


@pytest.mark.parametrize(("white", "name"), [(1023, "a.png"), (4095, "a.tif"), (65535, "a.png")])
def test_a_radiograph_is_as_bright_whatever_its_depth(tmp_path, xray, white, name):
    as_8_bits = read_radiograph(saved(tmp_path, np.rint(xray).astype(np.uint8), "8.png"), 40)
    deep = saved(tmp_path, np.rint(xray / 255 * white).astype(np.uint16), name)
    np.testing.assert_allclose(read_radiograph(deep, 40, white), as_8_bits, atol=1 / 255)
    assert read_levels(tmp_path / "8.png", white).white == 255  # the key is for deeper ones


def test_one_hot_pixel_does_not_darken_a_radiograph(tmp_path, xray):
    radiograph = np.rint(xray / 255 * 4095).astype(np.uint16)
    healthy = read_radiograph(saved(tmp_path, radiograph), 40, 4095)
    for row, column in ((0, 0), (17, 30), (39, 39)):
        radiograph[row, column] = 4101
    # 3 of 1600 pixels are more than a thousandth; one is not.
    with pytest.raises(NeuroLoopError, match=r"0\.2% of its pixels are above white 4095"):
        read_levels(saved(tmp_path, radiograph), 4095)
    radiograph[0, 0] = radiograph[39, 39] = 2000
    radiograph[17, 30] = 65535
    read = read_levels(saved(tmp_path, radiograph), 4095)
    assert read.above == 1
    # By hand: the median of nine levels of which the defect, white, is the largest.
    around = np.sort(np.minimum(radiograph[16:19, 29:32], 4095).ravel())
    assert read.levels[17, 30] == around[4]
    apart = np.abs(read_radiograph(tmp_path / "radiograph.png", 40, 4095) - healthy)
    assert apart[1:-1, 1:-1].max() < 3 / 255


def test_white_that_does_not_fit_is_refused(tmp_path, xray):
    radiograph = saved(tmp_path, np.rint(xray / 255 * 4095).astype(np.uint16))
    with pytest.raises(
        NeuroLoopError, match="does not say which level is white: set `white_level`"
    ):
        read_levels(radiograph)
    with pytest.raises(NeuroLoopError, match="above white 1023, up to 3694: fix `white_level`"):
        read_levels(radiograph, 1023)
    with pytest.raises(NeuroLoopError, match="less than 32 of 256 grey levels: fix `white_level`"):
        read_levels(radiograph, 65535)


@pytest.mark.parametrize("tag", [281, 341])
@pytest.mark.parametrize(
    ("largest", "told"), [(1023, 1023), (4095, 4095), (3987, None), (65535, None)]
)
def test_headers_tell_white_where_they_can_only_mean_it(tmp_path, xray, tag, largest, told):
    """Not where it may be the radiograph's largest level, or the file's whatever the detector's."""
    radiograph = np.rint(xray / 255 * 1023).astype(np.uint16)
    path = saved(tmp_path, radiograph, "radiograph.tif", tiffinfo={tag: largest})
    assert told_white(path) == (True, told)
    assert read_stored(path).white == told
    if told:
        assert read_levels(path).white == told
        with pytest.raises(
            NeuroLoopError, match=f"white is {told}, but `white_level` of its set is 511"
        ):
            read_levels(path, 511)
    assert told_white(saved(tmp_path, np.rint(xray).astype(np.uint8))) == (False, None)


def packed_twelve_bits(levels):
    """A TIFF of 12 bits a pixel: two pixels in three bytes."""
    one, two = levels.ravel()[::2].astype(int), levels.ravel()[1::2].astype(int)
    data = np.stack([one >> 4, (one & 15) << 4 | two >> 8, two & 255], 1).astype(np.uint8).tobytes()
    rows, columns = levels.shape
    tags = {256: columns, 257: rows, 258: 12, 259: 1, 262: 1, 273: 0, 277: 1, 278: rows}
    tags[279], tags[273] = len(data), 8 + 2 + 12 * 9 + 4
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    return head + entries + struct.pack("<I", 0) + data


def test_twelve_bits_that_are_stored_as_such(tmp_path):
    radiograph = np.linspace(0, 4095, 64).astype(np.uint16).reshape(8, 8)
    (tmp_path / "radiograph.tif").write_bytes(packed_twelve_bits(radiograph))
    assert told_white(tmp_path / "radiograph.tif") == (True, 4095)
    np.testing.assert_allclose(
        read_radiograph(tmp_path / "radiograph.tif", 8), radiograph / 4095, rtol=1e-6
    )


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 4095)])
def test_white_is_zero_is_turned_round(tmp_path, xray, dtype, white):
    radiograph = np.rint(xray / 255 * white).astype(dtype)
    tifffile.imwrite(tmp_path / "radiograph.tif", white - radiograph, photometric="miniswhite")
    read = read_levels(tmp_path / "radiograph.tif", 4095)
    np.testing.assert_array_equal(read.levels, radiograph)
    assert read.white == white


TURNED = {
    1: lambda radiograph: radiograph,
    2: lambda radiograph: radiograph[:, ::-1],
    3: lambda radiograph: radiograph[::-1, ::-1],
    4: lambda radiograph: radiograph[::-1],
    5: lambda radiograph: radiograph.T,
    6: lambda radiograph: np.rot90(radiograph, -1),
    7: lambda radiograph: radiograph[::-1, ::-1].T,
    8: lambda radiograph: np.rot90(radiograph),
}


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_radiographs_are_upright(tmp_path, levels, orientation, dtype):
    radiograph = levels.astype(dtype) * (1 if dtype == np.uint8 else 257)
    exif = Image.Exif()
    exif[274] = orientation
    paths = [saved(tmp_path, radiograph, "radiograph.png", exif=exif)]
    for name, compression in (("plain.tif", None), ("small.tif", "tiff_lzw")):
        tags = {274: orientation}
        paths.append(saved(tmp_path, radiograph, name, tiffinfo=tags, compression=compression))
    for path in paths:
        np.testing.assert_array_equal(read_stored(path).levels, TURNED[orientation](radiograph))


def test_sixteen_bits_that_would_be_read_as_eight_are_refused(tmp_path, levels):
    colour = np.repeat(levels[..., None].astype(np.uint16) * 16, 3, axis=2)
    tifffile.imwrite(tmp_path / "radiograph.tif", colour, photometric="rgb")
    with pytest.raises(NeuroLoopError, match="colours or transparency of 16 bits: save it as grey"):
        read_levels(tmp_path / "radiograph.tif", 4095)
    tifffile.imwrite(tmp_path / "radiograph.tif", levels.astype(np.int8))
    with pytest.raises(NeuroLoopError, match="signed levels of 8 bits"):
        read_levels(tmp_path / "radiograph.tif", 4095)


def test_colours_of_jpeg_are_grey_and_others_are_refused(tmp_path):
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
    tinted = np.stack([smooth, smooth + 2, smooth + 1], axis=2)
    path = saved(tmp_path, tinted, "radiograph.jpg", quality=60)
    assert np.abs(read_radiograph(path, 64) * 255 - smooth).max() < 12
    coloured = np.stack([smooth, smooth, smooth // 2], axis=2)
    path = saved(tmp_path, coloured, "photo.png")
    with pytest.raises(NeuroLoopError, match=r"photo\.png cannot be read \(it has colours, in "):
        read_radiograph(path, 8)


def spoil(path, kind):
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "text": b"a radiograph"}[kind])


@pytest.mark.parametrize("name", ["radiograph.png", "radiograph.jpeg", "radiograph.tif"])
@pytest.mark.parametrize(
    ("kind", "said"), [("empty", "is empty"), ("cut", "cannot be read"), ("text", "cannot be read")]
)
def test_damaged_files_are_named_in_one_line(tmp_path, levels, name, kind, said):
    path = saved(tmp_path, levels, name)
    spoil(path, kind)
    with pytest.raises(NeuroLoopError, match=said) as caught:
        read_radiograph(path, 8)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_radiograph(tmp_path, levels):
    with pytest.raises(NeuroLoopError, match=r"nothing\.png is missing"):
        read_radiograph(tmp_path / "nothing.png", 8)
    with pytest.raises(NeuroLoopError, match="is constant, all pixels are 7"):
        read_radiograph(saved(tmp_path, np.full((9, 9), 7, dtype=np.uint8)), 8)
    with pytest.raises(NeuroLoopError, match="fractions"):
        read_radiograph(saved(tmp_path, levels / np.float32(255), "radiograph.tif"), 8)
    with pytest.raises(NeuroLoopError, match="not 8 or 16 bits"):
        read_radiograph(saved(tmp_path, levels.astype(np.int32) * 1000, "radiograph.tif"), 8)


def test_radiographs_of_several_pages_are_refused(tmp_path, levels):
    tifffile.imwrite(tmp_path / "radiograph.tif", np.stack([levels, levels[::-1]]))
    with pytest.raises(NeuroLoopError, match=r"radiograph\.tif cannot be read \(2 pages or frames"):
        read_levels(tmp_path / "radiograph.tif")
