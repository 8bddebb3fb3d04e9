"""Channels and planes are chosen by what the header declares, in the order of its pages."""

import json

import numpy as np
import pytest
import tifffile

from neuroloop.calcium.movies import Movie
from neuroloop.calcium.page_choice import Reading
from neuroloop.errors import NeuroLoopError
from neuroloop.files.intake import Intake

#: Values of channel c, plane z, time t: 100 + 100 t + 5000 c + 20000 z, from 0.
TIMES = 8


def image(c: int, z: int, t: int) -> np.ndarray:
    return np.full((8, 6), 100 + 100 * t + 5000 * c + 20000 * z, np.uint16)


def pages(channels: int, planes: int, order: str = "CZT", flyback: int = 0) -> np.ndarray:
    """Pages in an order of axes, the fastest first; flyback is black."""
    sizes = {"C": channels, "Z": planes + flyback, "T": TIMES}
    found = []
    for index in range(channels * (planes + flyback) * TIMES):
        place = dict(
            zip(order, np.unravel_index(index, [sizes[a] for a in order], order="F"), strict=True)
        )
        black = place["Z"] >= planes
        found.append(0 * image(0, 0, 0) if black else image(place["C"], place["Z"], place["T"]))
    return np.stack(found)


def write_pages(path, frames, descriptions=None, software=None, bigtiff=True, extratags=None):
    with tifffile.TiffWriter(path, bigtiff=bigtiff) as writer:
        for k, frame in enumerate(frames):
            writer.write(
                frame,
                contiguous=False,
                metadata=None,
                software=software or False,
                description=descriptions(k) if descriptions else None,
                extratags=extratags(k) if extratags else (),
            )


def check(path, channel, plane, places=(0, 0)):
    """Frame t of the movie is that of the channel and the plane."""
    movie = Movie([path], Reading(channel, plane))
    expected = np.stack([image(places[0], places[1], t) for t in range(TIMES)])
    np.testing.assert_array_equal(np.stack(list(movie)), expected)
    np.testing.assert_array_equal(movie.read([5, 2]), expected[[5, 2]])
    return movie


@pytest.mark.parametrize("flyback", [0, 1])
@pytest.mark.parametrize("channels", [1, 2])
def test_scanimage_s_channels_come_first_then_planes_then_flyback(tmp_path, channels, flyback):
    header = (
        f"SI.VERSION_MAJOR = 2022\nSI.hChannels.channelSave = {[1, 3][:channels]}\n"
        "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 3\n"
        f"SI.hFastZ.numDiscardFlybackFrames = {flyback}\nSI.hStackManager.framesPerSlice = 1\n"
        f"SI.hRoiManager.scanFrameRate = 30\nSI.hRoiManager.scanVolumeRate = {30 / (3 + flyback)}\n"
    )
    path = tmp_path / "m.tif"
    frames = pages(channels, 3, flyback=flyback)
    write_pages(path, frames, lambda k: f"frameNumbers = {k // channels + 1}", header)
    for plane in (1, 2, 3):
        movie = check(path, 3 if channels == 2 else None, plane, (channels - 1, plane - 1))
        assert movie.frame_rate == pytest.approx(30 / (3 + flyback))
    with pytest.raises(NeuroLoopError, match=r"several planes \(3\): ScanImage"):
        Movie([path], Reading(channel=1))
    with pytest.raises(NeuroLoopError, match=r"has no plane 4: .*called 1, 2, 3"):
        Movie([path], Reading(channel=1, plane=4))
    if channels == 2:
        with pytest.raises(NeuroLoopError, match=r"has no channel 2: .*called 1, 3"):
            Movie([path], Reading(channel=2, plane=1))


def test_rates_of_frames_and_volumes_must_agree(tmp_path):
    """Where they do not, a volume has other pages than the header says."""
    header = (
        "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 3\n"
        "SI.hRoiManager.scanFrameRate = 30\nSI.hRoiManager.scanVolumeRate = 7.5\n"
    )
    write_pages(tmp_path / "m.tif", pages(1, 3), None, header)
    with pytest.raises(NeuroLoopError, match=r"contradicts itself: .*30 frames and 7.5 volumes"):
        Movie([tmp_path / "m.tif"], Reading(plane=1))


def test_a_recording_that_stopped_within_a_volume(tmp_path):
    """Where pages are counted it is told; where not, a page may be missing anywhere."""
    header = "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 3\n"
    frames, intake = pages(1, 3)[:-1], Intake()
    write_pages(tmp_path / "m.tif", frames, lambda k: f"frameNumbers = {k + 1}", header)
    assert len(Movie([tmp_path / "m.tif"], Reading(plane=1), intake)) == TIMES
    assert len(Movie([tmp_path / "m.tif"], Reading(plane=3))) == TIMES - 1
    assert any("within a volume (2 of 3 pages)" in text for text in intake.warnings)
    write_pages(tmp_path / "m.tif", frames, None, header)
    with pytest.raises(NeuroLoopError, match=r"holds 23 pages, .*23 is no multiple of 3"):
        Movie([tmp_path / "m.tif"], Reading(plane=1))


def test_a_page_that_is_missing_is_told_by_the_numbers_of_the_others(tmp_path):
    header = "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 3\n"
    frames = np.delete(pages(1, 3), [4, 5, 6], axis=0)
    numbers = np.delete(np.arange(1, 25), [4, 5, 6])
    write_pages(tmp_path / "m.tif", frames, lambda k: f"frameNumbers = {numbers[k]}", header)
    with pytest.raises(NeuroLoopError, match=r"lacks pages, .*page 4 bears the frame number 8"):
        Movie([tmp_path / "m.tif"], Reading(plane=1))


def test_files_that_break_within_a_volume_go_on(tmp_path):
    header = "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 3\n"
    frames = pages(1, 3)
    for name, start, end in (("a", 0, 10), ("b", 10, 24)):
        write_pages(
            tmp_path / f"{name}.tif",
            frames[start:end],
            lambda k, start=start: f"frameNumbers = {k + 1 + start}",
            header,
        )
    for plane in (1, 2, 3):
        movie = Movie([tmp_path / "a.tif", tmp_path / "b.tif"], Reading(plane=plane))
        np.testing.assert_array_equal(np.stack(list(movie)), frames[plane - 1 :: 3])


def test_planes_of_a_scan_are_never_time(tmp_path):
    header = "SI.hFastZ.enable = true\nSI.hStackManager.numSlices = 3\n"
    write_pages(tmp_path / "m.tif", pages(1, 3), None, header)
    with pytest.raises(NeuroLoopError, match="both slices and time points"):
        Movie([tmp_path / "m.tif"], Reading(slices_are_time=True))
    with pytest.raises(NeuroLoopError, match="several planes") as error:
        Movie([tmp_path / "m.tif"])
    assert "slices_are_time" not in str(error.value)


def test_scanimage_3_names_its_channels_by_flags(tmp_path):
    header = (
        "state.acq.savingChannel1=0\rstate.acq.savingChannel2=1\rstate.acq.savingChannel3=1\r"
        "state.acq.numberOfChannelsSave=2\rstate.acq.frameRate=4\r"
    )
    write_pages(tmp_path / "m.tif", pages(2, 1), lambda k: header, bigtiff=False)
    assert check(tmp_path / "m.tif", 3, None, (1, 0)).frame_rate == 4
    check(tmp_path / "m.tif", 2, None, (0, 0))
    write_pages(
        tmp_path / "m.tif", pages(2, 1), lambda k: header.replace("Save=2", "Save=3"), bigtiff=False
    )
    with pytest.raises(NeuroLoopError, match=r"contradicts itself: .*numberOfChannelsSave = 3"):
        Movie([tmp_path / "m.tif"], Reading(channel=3))


@pytest.mark.parametrize("contiguous", [True, False])
def test_imagej_hyperstacks(tmp_path, contiguous):
    """Channels first, then slices; tifffile writes them as ImageJ does."""
    stack = pages(2, 3).reshape(TIMES, 3, 2, 8, 6)
    options = {} if contiguous else {"compression": "zlib"}
    tifffile.imwrite(tmp_path / "m.tif", stack, imagej=True, metadata={"axes": "TZCYX"}, **options)
    series = tifffile.imread(tmp_path / "m.tif")
    np.testing.assert_array_equal(series[:, 1, 1], [image(1, 1, t) for t in range(TIMES)])
    for channel in (1, 2):
        for plane in (1, 2, 3):
            check(tmp_path / "m.tif", channel, plane, (channel - 1, plane - 1))


@pytest.mark.parametrize("axes", ["TZCYX", "TCZYX", "CTZYX", "ZTCYX", "CZTYX", "ZCTYX"])
@pytest.mark.parametrize("ome", [True, False])
def test_every_order_of_axes(tmp_path, axes, ome):
    stack = pages(2, 3).reshape(TIMES, 3, 2, 8, 6)
    stack = np.ascontiguousarray(
        np.transpose(pages(2, 3).reshape(TIMES, 3, 2, 8, 6), ["TZCYX".index(a) for a in axes])
    )
    tifffile.imwrite(
        tmp_path / "m.tif", stack, ome=ome, photometric="minisblack", metadata={"axes": axes}
    )
    for channel, plane in ((1, 1), (2, 3), (1, 2)):
        check(tmp_path / "m.tif", channel, plane, (channel - 1, plane - 1))


def test_micromanager_s_pages_say_what_they_are(tmp_path):
    """In whatever order they lie."""
    order = [(c, z, t) for t in range(TIMES) for z in range(3) for c in range(2)]
    for key in (
        lambda c, z, t: {"ChannelIndex": c, "SliceIndex": z, "FrameIndex": t},
        lambda c, z, t: {"Axes": {"channel": ["GFP", "RFP"][c], "z": z, "time": t}},
    ):
        write_pages(
            tmp_path / "m.tif",
            [image(*place) for place in order],
            extratags=lambda k, key=key: [(51123, "s", 0, json.dumps(key(*order[k])), True)],
        )
        for channel, plane in ((1, 1), (2, 3)):
            check(tmp_path / "m.tif", channel, plane, (channel - 1, plane - 1))


def test_a_choice_that_a_file_does_not_offer_is_refused(tmp_path):
    tifffile.imwrite(tmp_path / "m.tif", pages(1, 1), metadata={"axes": "TYX"})
    assert len(Movie([tmp_path / "m.tif"], Reading(channel=1, plane=1))) == TIMES
    with pytest.raises(NeuroLoopError, match="has no channel 2"):
        Movie([tmp_path / "m.tif"], Reading(channel=2))


def test_what_was_chosen_is_told(tmp_path):
    from neuroloop.calcium.movies import open_movies

    intake = Intake()
    stack = pages(2, 1).reshape(TIMES, 2, 8, 6)
    tifffile.imwrite(tmp_path / "m.tif", stack, imagej=True, metadata={"axes": "TCYX"})
    open_movies({"r": [tmp_path / "m.tif"]}, {"r": Reading(channel=2)}, intake)
    assert intake.recognised == [
        "read of 1 movie(s): channel 2 of 2 (ImageJ's header says 2 channels, 1 slices, 8 frames)"
    ]
