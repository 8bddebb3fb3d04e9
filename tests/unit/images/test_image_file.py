"""Image files behind the door: their format, pages, tone and transparency are as they say."""

import hashlib
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from neuroloop.errors import NeuroLoopError
from neuroloop.images.stored_levels import read_stored
from neuroloop.images.upright import read_upright

LEVELS = np.random.default_rng(0).integers(0, 256, (8, 12), dtype=np.uint8)


def saved(path, pixels=LEVELS, mode=None, **options):
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def refused(path, said, read=read_stored):
    with pytest.raises(NeuroLoopError, match=said) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_stored, read_upright])
def test_a_file_holds_what_its_name_says(tmp_path, read):
    path = saved(tmp_path / "film.png", format="JPEG")
    refused(path, r"it is named \.png, but holds a JPEG: rename it", read)
    path = saved(tmp_path / "film.jpg", format="WEBP")
    refused(path, r"it is named \.jpg, but holds a WEBP", read)
    (tmp_path / "scan.png").write_bytes(bytes(128) + b"DICM" + bytes(20))
    refused(tmp_path / "scan.png", "it is DICOM.: save it as PNG", read)
    tifffile.imwrite(tmp_path / "scan.tif", LEVELS.astype(np.float64))
    refused(tmp_path / "scan.tif", "it is a TIFF whose compression or kind of numbers", read)
    with pytest.raises(NeuroLoopError, match="folders are parted by /"):
        read(tmp_path / r"a\b.png")


def test_another_eyes_view_is_a_page_and_a_small_copy_is_none(tmp_path):
    first, other = Image.fromarray(LEVELS), Image.fromarray(255 - LEVELS)
    path = tmp_path / "film.jpg"
    first.save(path, format="MPO", save_all=True, append_images=[other])
    refused(path, "2 pages or frames")
    first.save(path, format="MPO", save_all=True, append_images=[other.resize((6, 4))])
    assert read_stored(path).levels.shape == (8, 12)


def test_moving_pictures_are_refused(tmp_path):
    first, other = Image.fromarray(LEVELS), Image.fromarray(255 - LEVELS)
    first.save(tmp_path / "film.png", save_all=True, append_images=[other])
    refused(tmp_path / "film.png", "2 pages or frames")


def test_what_can_be_seen_through_is_refused(tmp_path):
    clear = np.stack([LEVELS, LEVELS, LEVELS, np.full_like(LEVELS, 255)], axis=2)
    np.testing.assert_array_equal(read_stored(saved(tmp_path / "a.png", clear)).levels, LEVELS)
    clear[:4, :, 3] = 0
    refused(saved(tmp_path / "a.png", clear), r"50\.0% of its pixels are transparent")
    refused(tmp_path / "a.png", "are transparent", read_upright)
    refused(saved(tmp_path / "a.png", transparency=int(LEVELS[0, 0])), "are transparent")


def test_kinds_of_colours_that_are_no_grey_are_refused(tmp_path):
    refused(saved(tmp_path / "a.jpg", mode="CMYK"), "colours of the kind CMYK")


def gamma_chunk(path, gamma):
    """Put PNG's gAMA behind its header."""
    whole = path.read_bytes()
    body = b"gAMA" + struct.pack(">I", round(gamma * 100_000))
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    path.write_bytes(whole[:33] + chunk + whole[33:])
    return path


def test_a_gamma_that_is_not_the_usual_one_is_refused(tmp_path):
    usual = gamma_chunk(saved(tmp_path / "a.png"), 1 / 2.2)
    np.testing.assert_array_equal(read_stored(usual).levels, LEVELS)
    refused(gamma_chunk(saved(tmp_path / "b.png"), 1.0), "states the gamma 1, not 0.455")


def grey_profile(exponent):
    """An ICC profile (version 2) of grey whose light is the level to the power of `exponent`."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256)) + b"\0\0"
    text = b"text\0\0\0\0none"
    named = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + bytes(79)
    tags, data, start = b"", b"", 128 + 4 + 12 * 4
    for name, body in ((b"wtpt", white), (b"kTRC", curve), (b"cprt", text), (b"desc", named)):
        body += bytes(-len(body) % 4)
        tags += name + struct.pack(">2I", start + len(data), len(body))
        data += body
    whole = struct.pack(">I", 4) + tags + data
    head = struct.pack(">I4sI", 128 + len(whole), b"lcms", 0x02100000) + b"mntrGRAYXYZ "
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061)
    return head + bytes(128 - len(head)) + whole


def test_a_colour_profile_that_shifts_levels_is_refused(tmp_path):
    usual = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (usual, grey_profile(2.2)):
        path = saved(tmp_path / "a.png", icc_profile=profile)
        np.testing.assert_array_equal(read_stored(path).levels, LEVELS)
    refused(saved(tmp_path / "b.png", icc_profile=grey_profile(1.0)), "shifts grey levels by up to")
    refused(saved(tmp_path / "c.png", icc_profile=b"none"), "cannot be read")


def test_orientations_are_1_to_8(tmp_path):
    exif = Image.Exif()
    exif[274] = 9
    refused(saved(tmp_path / "a.jpg", exif=exif), "states the orientation 9, not 1 to 8")
    exif[274] = 6
    stored = read_stored(saved(tmp_path / "a.png", exif=exif))
    assert stored.header.orientation == 6
    assert (stored.header.form, stored.header.bits) == ("PNG", 8)


def test_a_small_file_that_states_a_huge_image_is_refused(tmp_path):
    path = saved(tmp_path / "a.bmp")
    whole = path.read_bytes()
    path.write_bytes(whole[:18] + struct.pack("<2i", 9000, 9000) + whole[26:])
    refused(path, "states 9000 x 9000")
    path.write_bytes(whole[:18] + struct.pack("<2i", 30000, 30000) + whole[26:])
    refused(path, "exceeds limit|decompression bomb")


def test_a_missing_file_is_not_found_under_another_name(tmp_path):
    saved(tmp_path / "Film.PNG", format="PNG")
    refused(
        tmp_path / "film.png", r"is missing: add it, .* \(there is 'Film\.PNG', which is another"
    )


def test_content_is_known_by_its_hash(tmp_path):
    path = saved(tmp_path / "a.png")
    file = read_stored(path).file
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (file.file, file.bytes) == (str(path), path.stat().st_size)
