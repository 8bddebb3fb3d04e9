"""Folders of numbered frames, and files that hold movies in other forms."""

import struct

import numpy as np
import pandas as pd
import pytest
import tifffile
from PIL import Image

from neuroloop.calcium.movie_check import look_at_movies
from neuroloop.calcium.movie_files import files_of_movie, read_and_hash, readings_of
from neuroloop.calcium.movies import Movie, open_movies
from neuroloop.calcium.page_choice import Reading
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake

FRAMES = (20 + 10 * np.arange(12, dtype=np.uint8))[:, None, None] * np.ones((1, 8, 6), np.uint8)


def write(folder, frames=FRAMES, name="f_{}.png", first=1):
    folder.mkdir(exist_ok=True)
    for number, frame in enumerate(frames, start=first):
        path = folder / name.format(number)
        if path.suffix == ".tif":
            tifffile.imwrite(path, frame)
        else:
            Image.fromarray(frame).save(path)
    return folder


@pytest.mark.parametrize("name", ["f_{}.png", "{}.jpg", "day 2 r1 {:05d}.JPEG", "x{:03d}.tif"])
def test_numbered_frames_are_a_movie_in_the_order_of_numbers(tmp_path, name):
    movie = Movie([write(tmp_path / "r", name=name)])
    np.testing.assert_allclose(np.stack(list(movie)).astype(int), FRAMES, atol=1)
    np.testing.assert_allclose(movie.read([11, 1]).astype(int), FRAMES[[11, 1]], atol=1)
    assert movie.shape == (12, 8, 6)
    assert len(files_of_movie(tmp_path / "r")) == 12
    intake = Intake()
    assert len(list(read_and_hash(movie, intake))) == 12
    assert [(one.bytes > 0, len(one.sha256)) for one in intake.files] == [(True, 64)]


def test_a_movie_is_not_read_twice_under_two_names(tmp_path):
    """As a part of one recording, or of another: copies are known by their bytes."""
    for name in ("a.tif", "b.tif"):
        tifffile.imwrite(tmp_path / name, FRAMES, photometric="minisblack")
    with pytest.raises(NeuroLoopError, match=r"b.tif is a copy of .*a.tif, byte by byte"):
        list(read_and_hash(Movie([tmp_path / "a.tif", tmp_path / "b.tif"]), Intake()))
    intake = Intake()
    list(read_and_hash(Movie([tmp_path / "a.tif"]), intake))
    with pytest.raises(NeuroLoopError, match=r"b.tif is a copy of .*a.tif"):
        list(read_and_hash(Movie([tmp_path / "b.tif"]), intake))


def test_channels_as_spreadsheets_write_them(tmp_path):
    table = pd.DataFrame({"recording": ["r1", "r2"], "channel": ["2.0", ""]})
    found = readings_of(table, {"channel": 1})
    assert [found[name].channel for name in ("r1", "r2")] == [2, 1]


def test_sixteen_bits_stay(tmp_path):
    frames = FRAMES.astype(np.uint16) * 300
    np.testing.assert_array_equal(np.stack(list(Movie([write(tmp_path / "r", frames)]))), frames)


def test_colour_is_read_where_its_channels_are_equal(tmp_path):
    grey = np.repeat(FRAMES[..., None], 3, axis=-1)
    np.testing.assert_array_equal(np.stack(list(Movie([write(tmp_path / "r", grey)]))), FRAMES)
    grey[7, 3, 3, 0] += 1
    write(tmp_path / "r", grey)
    with pytest.raises(NeuroLoopError, match=r"f_8.png is in colour"):
        list(Movie([tmp_path / "r"]))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda r: (r / "f_5.png").unlink(), r"frame 5 is missing \(before f_6.png\)"),
        (lambda r: [(r / f"f_{k}.png").unlink() for k in (4, 5)], "frames 4 to 5 are missing"),
        (lambda r: (r / "f_3.png").rename(r / "g_3.png"), "differ in more than a number"),
        (lambda r: write(r, FRAMES[:1], "f_0{}.png"), "frame 1 twice"),
        (lambda r: write(r, FRAMES[:1], "f_{}.jpg", 13), r"several kinds \(JPEG, PNG\)"),
        (lambda r: write(r, FRAMES[:1, :4], "f_{}.png", 13), "is 4 x 6 uint8, but f_1.png 8 x 6"),
        (lambda r: (r / "f_3.png").write_bytes(b"\x89PNG\r\n\x1a\nxx"), r"f_3.png is damaged"),
        (lambda r: (r / "f_3.png").write_bytes(b""), r"f_3.png is empty"),
        (lambda r: (r / "ops.npy").touch(), "is a folder of suite2p"),
        (lambda r: (r / ".zarray").touch(), "is a Zarr store"),
    ],
)
def test_folders_that_are_no_movie_are_refused(tmp_path, spoil, message):
    spoil(write(tmp_path / "r"))
    with pytest.raises(NeuroLoopError, match=message) as error:
        list(Movie([tmp_path / "r"]))
    assert "\n" not in str(error.value)


def test_two_numbers_that_change_are_two_channels_or_more(tmp_path):
    for channel in (1, 2):
        write(tmp_path / "r", name=f"c{channel}_{{}}.png")
    with pytest.raises(NeuroLoopError, match="differ in several numbers"):
        Movie([tmp_path / "r"])
    (tmp_path / "none").mkdir()
    with pytest.raises(NeuroLoopError, match="holds no numbered frames"):
        Movie([tmp_path / "none"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.avi", b"RIFF\0\0\0\0AVI LIST", r"an AVI video.*File > Import > AVI"),
        ("m.mp4", b"\0\0\0\x18ftypmp42", "an MP4 or MOV video"),
        ("m.h5", b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        ("m.nwb", b"\x89HDF\r\n\x1a\n", r"an NWB file.*TwoPhotonSeries"),
        ("m.mat", b"\x89HDF\r\n\x1a\n", r"MAT-file of Matlab \(7.3\)"),
        ("m.mat", b"MATLAB 5.0 MAT-file, Platform", "a MAT-file"),
        ("m.npy", b"\x93NUMPY\x01\0", "an array of NumPy"),
        ("m.czi", b"ZISRAWFILE\0", r"a Zeiss CZI.*Fiji"),
        ("data.bin", bytes(range(1, 60)), r"raw numbers without a header.*suite2p"),
        ("m.tif", b"\x89PNG\r\n\x1a\n", r"a single PNG.*folder"),
        ("m.tif", bytes(80), "begins with zeros"),
    ],
)
def test_other_forms_are_told_as_what_they_are(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NeuroLoopError, match=message) as error:
        Movie([tmp_path / name])
    assert name in str(error.value)
    assert "damaged or cut" not in str(error.value)


def test_pages_in_a_circle_end(tmp_path):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, FRAMES, metadata=None)
    with tifffile.TiffFile(path) as tiff:
        first, last = tiff.pages[0].offset, tiff.pages[-1].offset
    whole = bytearray(path.read_bytes())
    (tags,) = struct.unpack_from("<H", whole, last)
    struct.pack_into("<I", whole, last + 2 + 12 * tags, first)
    path.write_bytes(whole)
    with pytest.raises(NeuroLoopError, match=r"m.tif is damaged"):
        Movie([path])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_huge_shape_in_a_small_file_is_refused_at_once(tmp_path, compression):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, FRAMES, metadata=None, compression=compression)
    with tifffile.TiffFile(path) as tiff:
        places = [page.tags[tag].valueoffset for page in tiff.pages for tag in (256, 257)]
    whole = bytearray(path.read_bytes())
    for place in places:
        struct.pack_into("<H", whole, place, 65000)
    path.write_bytes(whole)
    with pytest.raises(NeuroLoopError, match=r"m.tif (states|is damaged)"):
        Movie([path])


def looked_at(frames, tmp_path):
    tifffile.imwrite(tmp_path / "m.tif", frames)
    intake = Intake()
    look_at_movies(open_movies({"r1": [tmp_path / "m.tif"]}), intake)
    return intake.warnings


def test_check_looks_at_values(tmp_path):
    noise = np.random.default_rng(0).integers(1, 200, (12, 8, 6)).astype(np.uint16)
    assert looked_at(noise, tmp_path) == []
    black = noise.copy()
    black[0] = 0
    assert "1 of 5 frames" in looked_at(black, tmp_path)[0]
    assert "highest value 4095" in looked_at(np.where(noise > 150, 4095, noise), tmp_path)[0]
    for frames, message in (
        (noise.astype(np.float32) * np.nan, "NaN or infinite"),
        (0 * noise + 7, "is constant: every pixel of every frame is 7"),
        (noise.astype(np.int16) - 1000, "dF/F has no meaning"),
    ):
        with pytest.raises(NeuroLoopError, match=message):
            looked_at(frames, tmp_path)


def test_the_table_s_channel_wins_over_the_area_s():
    import pandas as pd

    table = pd.DataFrame({"recording": ["a", "b"], "channel": ["2", ""], "plane": ["n/a", "3"]})
    assert readings_of(table, {"channel": 1}) == {"a": Reading(2, None), "b": Reading(1, 3)}
    with pytest.raises(NeuroLoopError, match="recording a has the channel 0"):
        readings_of(table.assign(channel="0"), {})


def test_a_file_of_several_frames_among_single_ones_is_refused(tmp_path):
    """All frames after it would be taken for later ones."""
    folder = write(tmp_path / "r", name="x{:03d}.tif")
    tifffile.imwrite(folder / "x004.tif", FRAMES[:3], photometric="minisblack")
    with pytest.raises(NeuroLoopError, match=r"x004.tif holds 3 frames, x001.tif 1: files of a"):
        Movie([folder])


def test_parts_of_one_length_are_a_movie_the_last_may_be_shorter(tmp_path):
    (tmp_path / "r").mkdir()
    for number, start in enumerate((0, 5, 10)):
        part = FRAMES[start : start + 5]
        tifffile.imwrite(tmp_path / "r" / f"p{number}.tif", part, photometric="minisblack")
    np.testing.assert_array_equal(np.stack(list(Movie([tmp_path / "r"]))), FRAMES)


@pytest.mark.parametrize(("name", "first"), [("f_{}.png", 57), ("x{:03d}.tif", 9)])
def test_frames_that_do_not_start_with_the_first_number_are_told(tmp_path, name, first):
    intake = Intake()
    Movie([write(tmp_path / "r", name=name, first=first)], intake=intake)
    assert f"the first frame in it has the number {first}; onset frames count" in intake.warnings[0]
    sound = Intake()
    Movie([write(tmp_path / "s", name=name, first=1)], intake=sound)
    assert not sound.warnings
