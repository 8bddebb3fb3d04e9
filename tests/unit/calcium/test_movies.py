"""TIFF movies of all kinds, read frame by frame."""

import logging

import numpy as np
import pytest
import tifffile

from neuroloop.calcium.movies import Movie, open_movies, write_movie
from neuroloop.calcium.page_choice import Reading
from neuroloop.errors import NeuroLoopError

FRAMES = np.random.default_rng(0).integers(0, 4000, (9, 8, 6)).astype(np.uint16)


def page_by_page(path, frames, **options) -> None:
    """As microscopes write: an own header for every page, and nothing said of the whole."""
    with tifffile.TiffWriter(path, bigtiff=options.pop("bigtiff", False)) as writer:
        for frame in frames:
            writer.write(frame, contiguous=False, metadata=None, **options)


def in_parts(path, *parts) -> None:
    """As a script appends what a camera gives."""
    with tifffile.TiffWriter(path) as writer:
        for frames in parts:
            writer.write(frames, photometric="minisblack")


KINDS = {
    "imagej": lambda path: tifffile.imwrite(
        path, FRAMES, imagej=True, metadata={"axes": "TYX", "finterval": 0.5, "fps": 7.0}
    ),
    "ome": lambda path: tifffile.imwrite(
        path,
        FRAMES,
        ome=True,
        metadata={"axes": "TYX", "TimeIncrement": 500.0, "TimeIncrementUnit": "ms"},
    ),
    "bigtiff": lambda path: tifffile.imwrite(
        path, FRAMES, bigtiff=True, metadata={"axes": "TYX", "fps": 2.0}
    ),
    "pages": lambda path: page_by_page(path, FRAMES),
    "big pages": lambda path: page_by_page(path, FRAMES, bigtiff=True),
    "compressed": lambda path: page_by_page(path, FRAMES, compression="zlib"),
    "tiled": lambda path: tifffile.imwrite(path, FRAMES, tile=(16, 16), metadata=None),
    "big-endian": lambda path: tifffile.imwrite(path, FRAMES, byteorder=">", metadata=None),
    "in parts": lambda path: in_parts(path, FRAMES[:4], FRAMES[4:]),
}

#: What tifffile alone cannot decode.
COMPRESSED = {
    "lzw": {"compression": "lzw"},
    "lzw, differences": {"compression": "lzw", "predictor": True},
    "zstd": {"compression": "zstd"},
    "zstd, tiled": {"compression": "zstd", "tile": (16, 16)},
    "packbits": {"compression": "packbits"},
    "deflate, big-endian": {"compression": "zlib", "byteorder": ">"},
    "JPEG 2000": {"compression": "jpeg2000", "compressionargs": {"reversible": True}},
}


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def path(tmp_path, kind):
    KINDS[kind](tmp_path / "movie.tif")
    return tmp_path / "movie.tif"


def test_slices_of_imagej_are_time_where_the_user_says_so(tmp_path):
    """ImageJ calls a stack slices that nobody called a time series."""
    metadata = {"axes": "ZYX", "finterval": 0.5}
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, imagej=True, metadata=metadata)
    with pytest.raises(NeuroLoopError, match=r"planes \(9\).*1 frames; .*slices_are_time: true"):
        Movie([tmp_path / "m.tif"])
    movie = Movie([tmp_path / "m.tif"], Reading(slices_are_time=True))
    np.testing.assert_array_equal(np.stack(list(movie)), FRAMES)
    assert movie.frame_rate == 2.0
    assert len(Movie([tmp_path / "m.tif"], Reading(plane=3))) == 1
    tifffile.imwrite(
        tmp_path / "m.tif", FRAMES.reshape(3, 3, 8, 6), imagej=True, metadata={"axes": "TZYX"}
    )
    with pytest.raises(NeuroLoopError, match="both slices and time points"):
        Movie([tmp_path / "m.tif"], Reading(slices_are_time=True))


def test_frames_are_read_one_by_one_or_some(path):
    movie = Movie([path])
    assert (movie.shape, movie.dtype, len(movie)) == ((9, 8, 6), np.uint16, 9)
    assert movie.dtype.isnative
    np.testing.assert_array_equal(np.stack(list(movie)), FRAMES)
    np.testing.assert_array_equal(movie.read([7, 0, 7]), FRAMES[[7, 0, 7]])
    assert movie.read([]).shape == (0, 8, 6)
    with pytest.raises(IndexError):
        movie.read([9])


def test_frame_rate_is_that_of_the_metadata(path, kind):
    known = {"imagej", "ome", "bigtiff"}
    assert Movie([path]).frame_rate == (pytest.approx(2.0) if kind in known else None)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused_in_one_line(path, part):
    whole = path.read_bytes()
    path.write_bytes(whole[: round(part * len(whole))])
    with pytest.raises(NeuroLoopError) as error:
        list(Movie([path]))
    assert "movie.tif is damaged or cut short" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_end_costs_no_frame_in_silence(path):
    """The last bytes of some files are those of a tag that is not needed."""
    whole = path.read_bytes()
    for cut in (1, 8, 30):
        path.write_bytes(whole[:-cut])
        try:
            frames = np.stack(list(Movie([path])))
        except NeuroLoopError:
            continue
        np.testing.assert_array_equal(frames, FRAMES)


def test_a_file_cut_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "movie.tif"
    KINDS["imagej"](path)
    movie = Movie([path])
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(NeuroLoopError, match=r"frame [0-9] is cut short"):
        list(movie)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
def test_bit_depths(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES.astype(dtype))
    movie = Movie([tmp_path / "m.tif"])
    assert movie.dtype == dtype
    np.testing.assert_array_equal(movie.read(range(9)), FRAMES.astype(dtype))


@pytest.mark.parametrize("name", COMPRESSED)
def test_compressed_pages_are_read(tmp_path, name):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, metadata=None, **COMPRESSED[name])
    movie = Movie([tmp_path / "m.tif"])
    np.testing.assert_array_equal(np.stack(list(movie)), FRAMES)
    np.testing.assert_array_equal(movie.read([7, 0]), FRAMES[[7, 0]])


def test_grey_jpeg_pages_are_read(tmp_path):
    smooth = (np.arange(9)[:, None, None] + 20 * np.ones((9, 16, 16))).astype(np.uint8)
    tifffile.imwrite(tmp_path / "m.tif", smooth, metadata=None, compression="jpeg")
    movie = Movie([tmp_path / "m.tif"])
    np.testing.assert_allclose(np.stack(list(movie)).astype(int), smooth, atol=2)


@pytest.mark.parametrize("page", [0, 4, 8])
def test_a_compressed_page_that_is_damaged_is_told_as_damaged(tmp_path, page):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, metadata=None, compression="lzw")
    with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
        start = tiff.pages[page].dataoffsets[0]
        count = tiff.pages[page].databytecounts[0]
    whole = bytearray((tmp_path / "m.tif").read_bytes())
    whole[start : start + count] = b"\xff" * count
    (tmp_path / "m.tif").write_bytes(whole)
    with pytest.raises(NeuroLoopError, match=rf"m.tif is damaged .*frame {page}: .*LZW"):
        list(Movie([tmp_path / "m.tif"]))


def test_negative_values_stay_negative(tmp_path):
    """ScanImage's int16 has its offset subtracted."""
    frames = FRAMES.astype(np.int16) - 3000
    page_by_page(tmp_path / "m.tif", frames)
    movie = Movie([tmp_path / "m.tif"])
    assert movie.read(range(9)).min() < -2000
    np.testing.assert_array_equal(np.stack(list(movie)), frames)


def test_one_frame_is_a_movie(tmp_path):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES[0])
    assert Movie([tmp_path / "m.tif"]).shape == (1, 8, 6)


def test_files_follow_one_another(tmp_path):
    tifffile.imwrite(tmp_path / "b.tif", FRAMES[:4], imagej=True, metadata={"axes": "TYX"})
    page_by_page(tmp_path / "a.tif", FRAMES[4:])
    movie = Movie([tmp_path / "b.tif", tmp_path / "a.tif"])
    assert movie.shape == (9, 8, 6)
    np.testing.assert_array_equal(np.stack(list(movie)), FRAMES)
    np.testing.assert_array_equal(movie.read([8, 1, 4, 3]), FRAMES[[8, 1, 4, 3]])
    tifffile.imwrite(tmp_path / "c.tif", FRAMES[:, :5])
    with pytest.raises(NeuroLoopError, match=r"c.tif has frames of 5 x 6 uint16, .*b.tif of 8 x 6"):
        Movie([tmp_path / "b.tif", tmp_path / "c.tif"])


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((9, 8, 6, 3), {"photometric": "rgb"}, "which is colour"),
        ((8, 6, 3), {"photometric": "rgb"}, "which is colour"),
        ((9, 2, 8, 6), {"imagej": True, "metadata": {"axes": "TCYX"}}, "several channels"),
        ((2, 8, 6), {"imagej": True, "metadata": {"axes": "CYX"}}, "several channels"),
        ((3, 4, 8, 6), {"imagej": True, "metadata": {"axes": "TZYX"}}, r"several planes \(4\)"),
    ],
)
def test_what_is_no_movie_is_refused(tmp_path, shape, options, message):
    tifffile.imwrite(tmp_path / "m.tif", np.zeros(shape, dtype=np.uint8), **options)
    with pytest.raises(NeuroLoopError, match=message) as error:
        Movie([tmp_path / "m.tif"])
    assert "\n" not in str(error.value)


def test_pages_of_different_sizes_are_refused(tmp_path):
    page_by_page(tmp_path / "m.tif", [FRAMES[0], FRAMES[1, :5]])
    with pytest.raises(NeuroLoopError, match=r"page 1 has 5 x 6 uint16, page 0 8 x 6 uint16"):
        Movie([tmp_path / "m.tif"])


def test_other_files_are_refused(tmp_path):
    (tmp_path / "m.tif").write_text("no picture")
    with pytest.raises(NeuroLoopError, match=r"m.tif is in a form that is not known here"):
        Movie([tmp_path / "m.tif"])
    with pytest.raises(NeuroLoopError, match=r"n.tif is missing"):
        Movie([tmp_path / "n.tif"])
    tifffile.imwrite(
        tmp_path / "c.tif", np.zeros((3, 8, 6), np.complex64), photometric="minisblack"
    )
    with pytest.raises(NeuroLoopError, match="values of type complex64"):
        Movie([tmp_path / "c.tif"])


def test_the_table_s_frame_rate_comes_first(tmp_path, caplog):
    KINDS["imagej"](tmp_path / "m.tif")
    KINDS["pages"](tmp_path / "n.tif")
    known, unknown = Movie([tmp_path / "m.tif"]), Movie([tmp_path / "n.tif"])
    assert known.rate(None) == known.rate(np.nan) == 2.0
    with caplog.at_level(logging.WARNING):
        assert known.rate(2.001) == 2.001
        assert not caplog.text
        assert known.rate(3.0) == 3.0
        assert "the header says 2 Hz, the table of recordings 3 Hz" in caplog.text
    assert unknown.rate(3.0) == 3.0
    with pytest.raises(NeuroLoopError, match=r"n.tif says nothing of its frame rate: fill in"):
        unknown.rate(np.nan)


def test_recordings_of_a_session_must_agree(tmp_path):
    for name, frames in (("a", FRAMES), ("b", FRAMES + 1), ("c", FRAMES[:, :, :4])):
        tifffile.imwrite(tmp_path / f"{name}.tif", frames, photometric="minisblack")
    paths = {name: [tmp_path / f"{name}.tif"] for name in "abc"}
    assert list(open_movies({name: paths[name] for name in "ab"})) == ["a", "b"]
    with pytest.raises(NeuroLoopError, match="recording c has frames of 8 x 4 uint16, recording a"):
        open_movies(paths)


def test_one_movie_is_not_two_recordings(tmp_path):
    """Neither under two names, nor copied, nor saved in another way."""
    other = FRAMES.copy()
    other[4, 2, 2] += 1
    tifffile.imwrite(tmp_path / "a.tif", FRAMES)
    tifffile.imwrite(tmp_path / "same.tif", FRAMES, compression="zlib", imagej=False)
    tifffile.imwrite(tmp_path / "other.tif", other)
    (tmp_path / "link.tif").symlink_to("a.tif")

    def opened(*names):
        return open_movies({f"r{k}": [tmp_path / name] for k, name in enumerate(names)})

    assert list(opened("a.tif", "other.tif")) == ["r0", "r1"]
    for name, message in (
        ("link.tif", "recordings r0 and r2 are one movie: both read"),
        ("same.tif", "recordings r0 and r2 are one movie: every pixel"),
    ):
        with pytest.raises(NeuroLoopError, match=message):
            opened("a.tif", "other.tif", name)


def test_files_of_a_recording_agree_in_their_rate(tmp_path):
    for name, rate in (("a", 2.0), ("b", 4.0)):
        write_movie(tmp_path / f"{name}.tif", FRAMES, FRAMES.shape, FRAMES.dtype, rate)
    with pytest.raises(NeuroLoopError, match=r"b.tif was recorded at 4 Hz .*a.tif at 2 Hz"):
        Movie([tmp_path / "a.tif", tmp_path / "b.tif"])


@pytest.mark.parametrize("dtype", ["uint16", "float32", "int16"])
def test_written_movies_are_read_back_with_their_rate(tmp_path, dtype):
    frames = FRAMES.astype(dtype)
    for name in "ab":
        write_movie(tmp_path / f"{name}.tif", iter(frames), frames.shape, dtype, 7.5)
    movie = Movie([tmp_path / "a.tif"])
    np.testing.assert_array_equal(np.stack(list(movie)), frames)
    assert movie.frame_rate == pytest.approx(7.5)
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_large_stacks_are_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr("neuroloop.calcium.movies.IMAGEJ_BYTES", 100)
    write_movie(tmp_path / "m.tif", FRAMES, FRAMES.shape, FRAMES.dtype, 2.0)
    with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
        assert tiff.is_bigtiff
    movie = Movie([tmp_path / "m.tif"])
    np.testing.assert_array_equal(np.stack(list(movie)), FRAMES)
    assert movie.frame_rate == 2.0
