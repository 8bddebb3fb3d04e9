"""What headers say of a TIFF's pages: several channels or planes are refused, no frame is lost."""

import json
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from neuroloop.calcium.headers.micromanager import read_micromanager
from neuroloop.calcium.movies import Movie, open_movies
from neuroloop.calcium.page_choice import Reading
from neuroloop.errors import NeuroLoopError

#: Frame k has the value 100 + 100 k.
FRAMES = (100 + 100 * np.arange(12, dtype=np.uint16))[:, None, None] * np.ones((1, 8, 6), np.uint16)

NEW = "SI.VERSION_MAJOR = 2022\nSI.hScan2D.logAverageFactor = 1\n"
OLD = "state.configName='x'\rstate.acq.numberOfFrames=12\rstate.acq.averaging=0\r"


def scanimage(path: Path, header: str, frames: np.ndarray = FRAMES, old: bool = False) -> None:
    """Pages as ScanImage writes them: settings in each description, or, newer, in Software."""
    with tifffile.TiffWriter(path, bigtiff=not old) as writer:
        for number, frame in enumerate(frames, start=1):
            writer.write(
                frame,
                contiguous=False,
                metadata=None,
                description=header if old else f"frameNumbers = {number}",
                software=False if old else header,
            )


def ome(
    path: Path,
    frames: np.ndarray,
    sizes: tuple[int, int, int],
    files: dict[str, int],
    more: str = "",
) -> None:
    """Pages with OME-XML of C, Z, T that names files and their numbers of pages."""
    data, start = "", 0
    for name, pages in files.items():
        data += (
            f'<TiffData IFD="0" FirstT="{start}" PlaneCount="{pages}">'
            f'<UUID FileName="{name}">urn:uuid:{name}</UUID></TiffData>'
        )
        start += pages
    c, z, t = sizes
    height, width = frames.shape[1:]
    xml = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="urn:uuid:{path.name}">{more}<Image ID="Image:0"><Pixels ID="Pixels:0" '
        f'DimensionOrder="XYCZT" SizeC="{c}" SizeZ="{z}" SizeT="{t}" SizeX="{width}" '
        f'SizeY="{height}" Type="uint16" TimeIncrement="0.5">{data}</Pixels></Image></OME>'
    )
    with tifffile.TiffWriter(path) as writer:
        for frame in frames:
            writer.write(frame, contiguous=False, metadata=None, description=xml)


def read(*paths: Path, **reading: int) -> np.ndarray:
    """All frames of a movie, read in a row and by number."""
    movie = Movie(paths, Reading(**reading))
    frames = np.stack(list(movie))
    np.testing.assert_array_equal(movie.read(range(len(movie))), frames)
    return frames


ONE = {
    "SI 2022, one channel saved of two": NEW + "SI.hChannels.channelSave = 2",
    "SI 2022, stack off": NEW + "SI.hChannels.channelSave = 1\nSI.hStackManager.enable = false\n"
    "SI.hStackManager.numSlices = 3\nSI.hFastZ.enable = false",
    "SI 2022, averaged": NEW.replace("= 1\n", "= 4\n")
    + "SI.hChannels.channelSave = [2]\nSI.hStackManager.framesPerSlice = 48",
    "SI 2022, fast but one plane": NEW + "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 1\n"
    "SI.hFastZ.numDiscardFlybackFrames = 1\nSI.hChannels.channelSave = 1",
    "SI 2022, continuous": NEW + "SI.hStackManager.framesPerSlice = Inf",
}
ONE_OLD = {
    "3.8": OLD + "state.acq.numberOfChannelsSave=1\rstate.acq.numberOfZSlices=1\r",
    "3.8 by flags": OLD + "state.acq.savingChannel1=0\rstate.acq.savingChannel2=1\r",
    "4": "scanimage.SI4.channelsSave = 1\nscanimage.SI4.stackNumSlices = 1\n"
    "scanimage.SI4.fastZEnable = false",
    "5": "scanimage.SI5.channelsSave = [1]\nscanimage.SI5.stackNumSlices = 1",
}


@pytest.mark.parametrize("name", [*ONE, *ONE_OLD])
def test_scanimage_of_one_channel_and_plane_is_read(tmp_path, name):
    scanimage(tmp_path / "m.tif", (ONE | ONE_OLD)[name], old=name in ONE_OLD)
    np.testing.assert_array_equal(read(tmp_path / "m.tif"), FRAMES)


@pytest.mark.parametrize(
    ("header", "old", "message"),
    [
        (NEW + "SI.hChannels.channelSave = [1;2]", False, r"several channels \(2\): ScanImage's"),
        (NEW + "SI.hChannels.channelSave = [1 2 3]", False, r"channels \(3\)"),
        (
            NEW + "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 3",
            False,
            r"several planes \(3\)",
        ),
        (
            NEW + "SI.hStackManager.enable = true\nSI.hStackManager.actualNumSlices = 5",
            False,
            r"several planes \(5\) in 12 pages, no multiple of 5",
        ),
        (
            NEW + "SI.hFastZ.enable = 1\nSI.hStackManager.numSlices = 3\n"
            "SI.hFastZ.numDiscardFlybackFrames = 1",
            False,
            r"several planes \(3\)",
        ),
        (
            NEW + "SI.hFastZ.enable = true\nSI.hFastZ.numFramesPerVolume = 6\n"
            "SI.hChannels.channelSave = [1;2]",
            False,
            r"several channels \(2\) and several planes \(6\)",
        ),
        (OLD + "state.acq.numberOfChannelsSave=2\r", True, r"several channels \(2\)"),
        (
            OLD + "state.acq.savingChannel1=1\rstate.acq.savingChannel2=1\r",
            True,
            r"several channels \(2\)",
        ),
        (OLD + "state.acq.numberOfZSlices=4\r", True, r"several planes \(4\)"),
        ("scanimage.SI4.channelsSave = [1;4]", True, r"several channels \(2\)"),
        ("scanimage.SI5.stackNumSlices = 4", True, r"several planes \(4\)"),
        (
            "frameNumbers = 1\nscanimage.SI.hChannels.channelSave = [1;2]",
            True,
            r"several channels \(2\)",
        ),
    ],
)
def test_scanimage_of_several_channels_or_planes_is_refused(tmp_path, header, old, message):
    scanimage(tmp_path / "m.tif", header, old=old)
    with pytest.raises(NeuroLoopError, match=message) as error:
        Movie([tmp_path / "m.tif"])
    assert "m.tif" in str(error.value)
    assert "\n" not in str(error.value)


def test_frames_that_were_planned_are_told_not_refused(tmp_path, caplog):
    """An aborted acquisition, and one that goes on in another file."""
    header = NEW + "SI.hStackManager.framesPerSlice = 12"
    scanimage(tmp_path / "my first.tif", header, FRAMES[:5])
    scanimage(tmp_path / "my second.tif", header, FRAMES[5:])
    with caplog.at_level(logging.WARNING):
        both = read(tmp_path / "my first.tif", tmp_path / "my second.tif")
        np.testing.assert_array_equal(both, FRAMES)
        assert not caplog.text
        np.testing.assert_array_equal(read(tmp_path / "my first.tif"), FRAMES[:5])
    assert "1 file(s) hold 5 frames, all of which are read" in caplog.text
    assert "framesPerSlice = 12" in caplog.text


@pytest.mark.parametrize("listed", ["a", "b", "ab", "ba"])
def test_an_ome_set_is_one_movie_however_it_is_listed(tmp_path, listed):
    files = {"a.ome.tif": 7, "b.ome.tif": 5}
    ome(tmp_path / "a.ome.tif", FRAMES[:7], (1, 1, 12), files)
    ome(tmp_path / "b.ome.tif", FRAMES[7:], (1, 1, 12), files)
    paths = [tmp_path / f"{name}.ome.tif" for name in listed]
    np.testing.assert_array_equal(read(*paths), FRAMES)
    movie = Movie(paths)
    assert movie.frame_rate == pytest.approx(2)
    assert [file.name for file in movie.files] == list(files)


def test_files_of_an_ome_set_are_no_two_recordings(tmp_path):
    files = {"a.ome.tif": 7, "b.ome.tif": 5}
    ome(tmp_path / "a.ome.tif", FRAMES[:7], (1, 1, 12), files)
    ome(tmp_path / "b.ome.tif", FRAMES[7:], (1, 1, 12), files)
    with pytest.raises(NeuroLoopError, match=r"recordings r1 and r2 are one movie: both read"):
        open_movies({"r1": [tmp_path / "a.ome.tif"], "r2": [tmp_path / "b.ome.tif"]})


def test_an_ome_set_lies_in_one_folder_and_is_whole(tmp_path):
    """Neither a file elsewhere is read, nor another of the same name, nor a part for the whole."""
    files = {"a.ome.tif": 7, "b.ome.tif": 5}
    ome(tmp_path / "a.ome.tif", FRAMES[:7], (1, 1, 12), files)
    with pytest.raises(NeuroLoopError, match=r"a set of 2 files .*b.ome.tif is not beside it"):
        Movie([tmp_path / "a.ome.tif"])
    ome(tmp_path / "b.ome.tif", FRAMES[7:], (1, 1, 12), files)
    whole = (tmp_path / "b.ome.tif").read_bytes()
    (tmp_path / "b.ome.tif").write_bytes(
        whole.replace(b'UUID="urn:uuid:b.ome.tif"', b'UUID="urn:uuid:c.ome.tif"')
    )
    with pytest.raises(NeuroLoopError, match=r"b.ome.tif is not the file of this name"):
        Movie([tmp_path / "a.ome.tif"])
    for elsewhere in ("../b.ome.tif", "/data/b.ome.tif", "C:\\data\\b.ome.tif", "sub/b.ome.tif"):
        ome(tmp_path / "a.ome.tif", FRAMES[:7], (1, 1, 12), {"a.ome.tif": 7, elsewhere: 5})
        with pytest.raises(NeuroLoopError, match=r"names a file in another folder"):
            Movie([tmp_path / "a.ome.tif"])


def test_a_single_ome_file_may_be_renamed(tmp_path):
    ome(tmp_path / "a.ome.tif", FRAMES, (1, 1, 12), {"a.ome.tif": 12})
    (tmp_path / "a.ome.tif").rename(tmp_path / "b.tif")
    np.testing.assert_array_equal(read(tmp_path / "b.tif"), FRAMES)


def test_ome_headers_in_a_master_file(tmp_path):
    files = {"a.ome.tif": 7, "b.ome.tif": 5}
    ome(tmp_path / "a.ome.tif", FRAMES[:7], (1, 1, 12), files)
    xml = (
        '<OME xmlns="x" UUID="urn:uuid:b.ome.tif">'
        '<BinaryOnly MetadataFile="a.ome.tif" UUID="urn:uuid:a.ome.tif"/></OME>'
    )
    with tifffile.TiffWriter(tmp_path / "b.ome.tif") as writer:
        for frame in FRAMES[7:]:
            writer.write(frame, contiguous=False, metadata=None, description=xml)
    np.testing.assert_array_equal(read(*(tmp_path / name for name in files)), FRAMES)
    (tmp_path / "a.ome.tif").unlink()
    with pytest.raises(NeuroLoopError, match=r"its OME header in the file a.ome.tif, which is not"):
        Movie([tmp_path / "b.ome.tif"])


def test_channels_in_files_of_their_own_of_an_ome_set(tmp_path):
    data = "".join(
        f'<TiffData FirstT="{t}" FirstC="{c}" IFD="{t}" PlaneCount="1">'
        f'<UUID FileName="c{c}.tif">u{c}</UUID></TiffData>'
        for t in range(12)
        for c in (0, 1)
    )
    xml = f'<Image><Pixels SizeC="2" SizeZ="1" SizeT="12">{data}</Pixels></Image></OME>'
    for c in (0, 1):
        with tifffile.TiffWriter(tmp_path / f"c{c}.tif") as writer:
            for frame in FRAMES + np.uint16(5000 * c):
                text = f'<OME xmlns="x" UUID="u{c}">{xml}'
                writer.write(frame, contiguous=False, metadata=None, description=text)
    for listed in ("c0.tif", "c1.tif"):
        with pytest.raises(NeuroLoopError, match=r"several channels \(2\).*SizeC 2.* in 2 files"):
            Movie([tmp_path / listed])
        for channel in (1, 2):
            np.testing.assert_array_equal(
                read(tmp_path / listed, channel=channel), FRAMES + 5000 * (channel - 1)
            )


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ((2, 1, 6), r"several channels \(2\): its OME header says SizeC 2, SizeZ 1, SizeT 6"),
        ((1, 3, 4), r"several planes \(3\)"),
        ((1, 12, 1), r"several planes \(12\)"),
        ((2, 1, 12), "several channels"),
        ((1, 1, 8), "holds 12 frames, but its OME header says SizeC 1, SizeZ 1, SizeT 8"),
    ],
)
def test_ome_that_is_no_movie_is_refused(tmp_path, sizes, message):
    ome(tmp_path / "m.ome.tif", FRAMES, sizes, {"m.ome.tif": 12})
    with pytest.raises(NeuroLoopError, match=message):
        Movie([tmp_path / "m.ome.tif"])


def test_ome_of_an_aborted_acquisition_is_read_and_told(tmp_path, caplog):
    """Its header names the pages that are there, not those that were planned."""
    ome(tmp_path / "m.ome.tif", FRAMES, (1, 1, 400), {"m.ome.tif": 400})
    with pytest.raises(NeuroLoopError, match=r"holds 12 frames, but .*SizeT 400, and 400 of them"):
        Movie([tmp_path / "m.ome.tif"])
    ome(tmp_path / "m.ome.tif", FRAMES, (1, 1, 400), {"m.ome.tif": 12})
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(read(tmp_path / "m.ome.tif"), FRAMES)
    assert "hold 12 frames, all of which are read; its OME header says SizeC 1" in caplog.text


def test_ome_images_and_orders_that_are_no_movie(tmp_path):
    pixels = '<Pixels SizeC="1" SizeZ="1" SizeT="6"><TiffData IFD="{}" PlaneCount="6"/></Pixels>'
    two = "".join(f"<Image>{pixels.format(start)}</Image>" for start in (0, 6))
    back = '<Image><Pixels SizeC="1" SizeZ="1" SizeT="12">' + "".join(
        f'<TiffData FirstT="{11 - page}" IFD="{page}" PlaneCount="1"/>' for page in range(12)
    )
    for body, message in (
        (two, "holds 2 images by its OME header"),
        (back + "</Pixels></Image>", "in another order than that of time"),
    ):
        with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
            for frame in FRAMES:
                writer.write(
                    frame,
                    contiguous=False,
                    metadata=None,
                    description=f'<OME xmlns="x">{body}</OME>',
                )
        with pytest.raises(NeuroLoopError, match=message):
            Movie([tmp_path / "m.tif"])


def test_tifffile_frame_by_frame_is_a_movie(tmp_path):
    """Each write has a header of its own."""
    with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
        for frame in FRAMES:
            writer.write(frame)
    np.testing.assert_array_equal(read(tmp_path / "m.tif"), FRAMES)


def test_parts_of_a_file_that_are_unlike_are_refused(tmp_path):
    for first, second, axes, message in (
        (FRAMES[:6], FRAMES[6:].reshape(3, 2, 8, 6), "TCYX", "2 series of frames unlike"),
        (FRAMES[:6].reshape(2, 3, 8, 6), FRAMES[6:].reshape(2, 3, 8, 6), "TZYX", "several planes"),
    ):
        with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
            for part in (first, second):
                writer.write(part, photometric="minisblack", metadata={"axes": axes[-part.ndim :]})
        with pytest.raises(NeuroLoopError, match=message):
            Movie([tmp_path / "m.tif"])
    np.testing.assert_array_equal(read(tmp_path / "m.tif", plane=2), FRAMES[1::3])


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((6, 2, 8, 6), {}, r"several planes \(2\): tifffile's header says the shape 6 x 2 x 8 x 6"),
        ((6, 2, 8, 6), {"metadata": {"axes": "TCYX"}}, r"several channels \(2\)"),
        ((4, 3, 8, 6), {"metadata": {"axes": "TZYX"}}, r"several planes \(3\)"),
        ((12, 8, 6), {"metadata": {"axes": "ZYX"}}, r"several planes \(12\)"),
        (
            (6, 2, 8, 6),
            {"imagej": True, "metadata": {"axes": "TCYX"}},
            r"several channels \(2\): ImageJ's header says 2 channels, 1 slices, 6 frames",
        ),
        ((4, 3, 8, 6), {"imagej": True, "metadata": {"axes": "TZYX"}}, r"several planes \(3\)"),
    ],
)
def test_stacks_of_more_than_time_are_refused(tmp_path, shape, options, message):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES.reshape(shape), photometric="minisblack", **options)
    with pytest.raises(NeuroLoopError, match=message):
        Movie([tmp_path / "m.tif"])


def test_imagej_headers_must_agree_with_the_pages(tmp_path):
    said = "ImageJ=1.54f\nimages={0}\nframes={0}\nhyperstack=true\n"
    for frames in (8, 20):
        with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
            for number, frame in enumerate(FRAMES):
                text = said.format(frames) if not number else None
                writer.write(frame, contiguous=False, metadata=None, description=text)
        with pytest.raises(NeuroLoopError, match=f"12 frames, but ImageJ's .* {frames} frames"):
            Movie([tmp_path / "m.tif"])


def test_an_imagej_stack_in_one_page_is_read(tmp_path):
    """As ImageJ writes more than 4 GB."""
    said = "ImageJ=1.54f\nimages=12\nframes=12\nfinterval=0.5\n"
    tifffile.imwrite(tmp_path / "m.tif", FRAMES[0], metadata=None, description=said)
    with (tmp_path / "m.tif").open("ab") as stream:
        FRAMES.tofile(stream)
    with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
        start = tiff.pages.first.dataoffsets[0]
    whole = bytearray((tmp_path / "m.tif").read_bytes())
    whole[start : start + FRAMES.nbytes] = FRAMES.tobytes()
    (tmp_path / "m.tif").write_bytes(whole)
    np.testing.assert_array_equal(read(tmp_path / "m.tif"), FRAMES)


@pytest.mark.parametrize("si", [False, True])
@pytest.mark.parametrize(
    "other", [FRAMES[0, :4, :3], FRAMES[0].astype(np.uint8), np.zeros((8, 6, 3), np.uint8)]
)
def test_a_thumbnail_or_another_page_unlike_the_frames_is_refused(tmp_path, si, other):
    with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
        for page in [*FRAMES, other]:
            writer.write(
                page,
                contiguous=False,
                metadata=None,
                photometric="rgb" if page.ndim == 3 else "minisblack",
                software=ONE["SI 2022, continuous"] if si else None,
            )
    with pytest.raises(NeuroLoopError, match=r"page 12 has .*, page 0 8 x 6 uint16: save the"):
        Movie([tmp_path / "m.tif"])


def test_what_cannot_be_decoded_is_refused_with_the_true_reason(tmp_path):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, metadata=None, rowsperstrip=8)
    whole = bytearray((tmp_path / "m.tif").read_bytes())
    with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
        places = [page.tags["Compression"].valueoffset for page in tiff.pages]
    for code, message in (
        (34676, "m.tif is compressed by SGILOG, which cannot be decoded here"),
        (50000, "m.tif is damaged or cut short .*ZSTD"),
    ):
        for place in places:
            whole[place : place + 2] = code.to_bytes(2, "little")
        (tmp_path / "m.tif").write_bytes(whole)
        with pytest.raises(NeuroLoopError, match=message):
            Movie([tmp_path / "m.tif"])


def test_deflate_is_read(tmp_path):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, compression="zlib", predictor=True)
    np.testing.assert_array_equal(read(tmp_path / "m.tif"), FRAMES)


@pytest.mark.parametrize("distance", [0, 1])
def test_metamorph_stacks_are_time_where_they_have_no_distance(tmp_path, distance):
    """Planes lie behind one page, their numbers in tags of MetaMorph's own."""
    tags = {256: 6, 257: 8, 258: 16, 259: 1, 262: 1, 273: 0, 277: 1, 278: 8, 279: 96}
    start = 8 + 2 + 12 * (len(tags) + 2) + 4
    tags[273] = start + 24 * 12
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    entries += struct.pack("<HHII", 33628, 4, 0, start) + struct.pack("<HHII", 33629, 5, 12, start)
    planes = b"".join(
        struct.pack("<6I", distance, 1, 2459000, 1000 * number + 1, 2459000, 0)
        for number in range(12)
    )
    head = struct.pack("<2sHIH", b"II", 42, 8, len(tags) + 2)
    path = tmp_path / "m.stk"
    path.write_bytes(head + entries + bytes(4) + planes + FRAMES.tobytes())
    if distance:
        with pytest.raises(NeuroLoopError, match=r"12 x 8 x 6 \(axes ZYX\)"):
            Movie([path])
    else:
        np.testing.assert_array_equal(read(path), FRAMES)


@pytest.mark.parametrize(
    ("photometric", "message"), [("miniswhite", "0 is white"), ("palette", "a table of colours")]
)
def test_values_that_are_not_more_for_more_light_are_refused(tmp_path, photometric, message):
    colours = {"colormap": np.zeros((3, 256), np.uint16)} if photometric == "palette" else {}
    frames = FRAMES // 100
    tifffile.imwrite(
        tmp_path / "m.tif", frames.astype(np.uint8), photometric=photometric, **colours
    )
    with pytest.raises(NeuroLoopError, match=rf"m.tif .*{message}.*: save it again in grey"):
        Movie([tmp_path / "m.tif"])


def micromanager(path, facts):
    with tifffile.TiffWriter(path) as writer:
        for frame, fact in zip(FRAMES, facts, strict=True):
            text = json.dumps(fact)
            extra = [(51123, "s", 0, text, True)]
            writer.write(frame, contiguous=False, metadata=None, extratags=extra)


@pytest.mark.parametrize(
    ("axis", "fact"),
    [
        ("channel", lambda k: {"Axes": {"time": k // 2, "channel": ["GFP", "RFP"][k % 2]}}),
        ("channel", lambda k: {"Axes": {"time": k % 6, "channel": k // 6}}),
        ("plane", lambda k: {"Axes": {"time": k // 3, "z": k % 3}}),
        ("position", lambda k: {"Axes": {"time": k // 2, "position": k % 2}}),
        ("channel", lambda k: {"FrameIndex": k // 2, "ChannelIndex": k % 2, "SliceIndex": 0}),
        ("plane", lambda k: {"FrameIndex": k // 2, "ChannelIndex": 0, "SliceIndex": k % 2}),
    ],
)
def test_micromanager_pages_of_several_channels_or_planes_are_refused(tmp_path, axis, fact):
    micromanager(tmp_path / "m.tif", [fact(k) for k in range(12)])
    with pytest.raises(NeuroLoopError, match=rf"m.tif has (pages of )?several {axis}s \("):
        Movie([tmp_path / "m.tif"])


def test_micromanager_pages_of_one_channel_are_read_in_the_order_of_time(tmp_path):
    for half, name in enumerate(("a.tif", "b.tif")):
        axes = [{"Axes": {"time": 12 * half + k, "channel": "GFP"}} for k in range(12)]
        micromanager(tmp_path / name, axes)
    np.testing.assert_array_equal(read(tmp_path / "a.tif"), FRAMES)
    assert len(Movie([tmp_path / "a.tif", tmp_path / "b.tif"])) == 24
    with pytest.raises(NeuroLoopError, match=r"a.tif is listed after .*b.tif, but by the headers"):
        Movie([tmp_path / "b.tif", tmp_path / "a.tif"])


@pytest.mark.parametrize(
    ("text", "then", "refused"),
    [
        (
            "frameNumbers = 1\nacquisitionNumbers = 1",
            "frameNumbers = 13\nacquisitionNumbers = 1",
            1,
        ),
        ("Frame Number = 000001", "Frame Number = 000013", 1),
        # Each acquisition counts its frames from 1; the clock tells their order.
        ("frameNumbers = 1\nacquisitionNumbers = 1", "frameNumbers = 1\nacquisitionNumbers = 2", 0),
        ("frameNumbers = 9\nacquisitionNumbers = 2", "frameNumbers = 1\nacquisitionNumbers = 3", 0),
        (
            "frameNumbers = 9\nepoch = [2024  1  5 10 12 3.25]",
            "frameNumbers = 1\nepoch = [2024  1  5 10 13 3.25]",
            1,
        ),
    ],
)
def test_scanimage_files_are_listed_in_the_order_of_time(tmp_path, text, then, refused):
    for name, description in (("a.tif", text), ("b.tif", then)):
        scanimage(tmp_path / name, description + "\nSI.hChannels.channelSave = 1", old=True)
    assert len(Movie([tmp_path / "a.tif", tmp_path / "b.tif"])) == 24
    wrong = [tmp_path / "b.tif", tmp_path / "a.tif"]
    if refused:
        with pytest.raises(NeuroLoopError, match=r"a.tif is listed after .*b.tif"):
            Movie(wrong)
    else:
        assert len(Movie(wrong)) == 24


@pytest.mark.parametrize(
    ("interval", "unit", "rate"),
    [
        (500.0, "ms", 2),
        (500.0, "msec", 2),
        (0.5, "s", 2),
        (0.5, "seconds", 2),
        (0.5, "Sec.", 2),
        (0.5, "min", 1 / 30),
        (0.5, "fortnight", None),
        (0.5, None, 2),
    ],
)
def test_imagej_s_interval_has_a_unit(tmp_path, interval, unit, rate):
    more = {} if unit is None else {"tunit": unit}
    metadata = {"axes": "TYX", "finterval": interval, **more}
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, imagej=True, metadata=metadata)
    found = Movie([tmp_path / "m.tif"]).frame_rate
    assert found == (None if rate is None else pytest.approx(rate))


def test_a_last_axis_of_one_grey_value_is_no_plane(tmp_path):
    tifffile.imwrite(tmp_path / "m.tif", FRAMES[..., None], photometric="minisblack")
    np.testing.assert_array_equal(read(tmp_path / "m.tif"), FRAMES)


def test_files_of_either_byte_order_are_one_movie(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", FRAMES[:6], byteorder="<")
    tifffile.imwrite(tmp_path / "b.tif", FRAMES[6:], byteorder=">")
    np.testing.assert_array_equal(read(tmp_path / "a.tif", tmp_path / "b.tif"), FRAMES)


def counted(path: Path, numbers: range, rate: float = 2.0, header: str = "") -> None:
    """As ScanImage counts and times the frames of an acquisition."""
    with tifffile.TiffWriter(path, bigtiff=True) as writer:
        for number in numbers:
            said = f"frameNumbers = {number}\nframeTimestamps_sec = {number / rate:.6f}"
            frame = FRAMES[number % len(FRAMES)]
            settings = NEW + "SI.hRoiManager.scanFrameRate = 2\n" + header
            writer.write(
                frame, contiguous=False, metadata=None, description=said, software=settings
            )


def test_a_file_that_is_left_out_between_two_is_missed(tmp_path):
    for name, first in (("a", 1), ("b", 5), ("c", 9)):
        counted(tmp_path / f"{name}.tif", range(first, first + 4))
    assert len(Movie([tmp_path / f"{name}.tif" for name in "abc"])) == 12
    with pytest.raises(NeuroLoopError, match=r"c.tif does not go on where .*a.tif ends.* number 9"):
        Movie([tmp_path / "a.tif", tmp_path / "c.tif"])


def test_a_rate_that_the_times_of_pages_contradict_is_not_used(tmp_path):
    counted(tmp_path / "sound.tif", range(1, 13))
    assert Movie([tmp_path / "sound.tif"]).rate(None) == 2
    counted(tmp_path / "m.tif", range(1, 13), rate=0.5)
    with pytest.raises(
        NeuroLoopError, match=r"says 2 Hz, but its pages bear times .* 0.5 Hz: fill"
    ):
        Movie([tmp_path / "m.tif"]).rate(None)
    assert Movie([tmp_path / "m.tif"]).rate(0.5) == 0.5


@pytest.mark.parametrize(("step", "rate"), [(0.5, 2.0), (0.51, 2.0), (0.1, None)])
def test_an_interval_of_ome_and_the_times_of_planes_agree(tmp_path, step, rate):
    ome(tmp_path / "m.tif", FRAMES, (1, 1, 12), {"m.tif": 12})
    planes = "".join(
        f'<Plane TheC="0" TheZ="0" TheT="{t}" DeltaT="{1000 * t * step}" DeltaTUnit="ms"/>'
        for t in range(12)
    )
    with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
        text = tiff.pages.first.description.replace("</Pixels>", planes + "</Pixels>")
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, description=text, metadata=None)
    assert Movie([tmp_path / "m.tif"]).frame_rate == rate


def test_micromanager_that_was_slower_than_planned_has_no_rate(tmp_path):
    for interval, rate in ((500, 2.0), (100, None)):
        micromanager(
            tmp_path / "m.tif",
            [{"FrameIndex": k, "ElapsedTime-ms": 500.0 * k} for k in range(12)],
        )
        summary = {"Channels": 1, "Slices": 1, "Frames": 12, "Interval_ms": interval}
        with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
            tiff.__dict__["micromanager_metadata"] = {"Summary": summary}
            declared = read_micromanager(tiff, tmp_path / "m.tif", 12)
        assert declared.frame_rate == rate
        assert bool(declared.doubt) == (rate is None)


@pytest.mark.parametrize(
    ("name", "there", "said"), [("SizeX", 6, 7), ("SizeY", 8, 9), ("Type", "uint16", "float")]
)
def test_an_ome_header_of_other_pages_is_refused(tmp_path, name, there, said):
    ome(tmp_path / "m.tif", FRAMES, (1, 1, 12), {"m.tif": 12})
    with tifffile.TiffFile(tmp_path / "m.tif") as tiff:
        text = tiff.pages.first.description.replace(f'{name}="{there}"', f'{name}="{said}"')
    tifffile.imwrite(tmp_path / "m.tif", FRAMES, description=text, metadata=None)
    with pytest.raises(
        NeuroLoopError, match=rf"8 x 6 uint16, but its OME header says {name} {said}"
    ):
        Movie([tmp_path / "m.tif"])


def test_pages_that_are_to_be_turned_are_refused(tmp_path):
    for turned in (1, 6):
        tags = [(274, 3, 1, turned, True)]
        tifffile.imwrite(tmp_path / f"{turned}.tif", FRAMES, extratags=tags, metadata=None)
    assert len(Movie([tmp_path / "1.tif"])) == 12
    with pytest.raises(NeuroLoopError, match=r"to be turned by its header \(Orientation"):
        Movie([tmp_path / "6.tif"])
