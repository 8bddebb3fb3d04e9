"""Simulated responses on a background that is a movie."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.background import RUN, choose_cells, make_background, read_regions
from neuroloop.calcium.hybrid import hybrid_area, hybrid_frames
from neuroloop.calcium.masks import cell_masks, disc
from neuroloop.calcium.movies import Movie, write_movie
from neuroloop.calcium.protocol import Protocol
from neuroloop.calcium.simulate import draw_area, draw_session
from neuroloop.calcium.simulated_movie import recording_frames, write_session
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings
from neuroloop.errors import NeuroLoopError

SEED = 5
SETTINGS = AreaSettings(
    groups=2,
    cells_per_group=2,
    pairs=2,
    gap=1.0,
    trial_spread=0,
    strength=0,
    spill=0,
    protocol=Protocol(first_onset=6, period=8, trials=3),
)
STILL = SessionSettings(
    brightness_spread=0, fatigue_trials=0, fatigue_groups=0, bleaching=0, drift=0
)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A movie of 30 frames, 40 x 50 pixels, with nine regions."""
    folder = tmp_path_factory.mktemp("real")
    frames = np.random.default_rng(0).normal(500, 40, (30, 40, 50)).round().astype(np.uint16)
    write_movie(folder / "movie.tif", frames, frames.shape, frames.dtype, 7.5)
    regions = [
        {"id": number, "coordinates": np.argwhere(disc((40, 50), row, column, 3)).tolist()}
        for number, (row, column) in enumerate(
            [(6, 8), (6, 24), (6, 42), (20, 8), (20, 24), (20, 42), (32, 8), (32, 24), (33, 26)]
        )
    ]
    (folder / "regions.json").write_text(json.dumps(regions))
    return folder / "movie.tif", folder / "regions.json"


@pytest.fixture(scope="module")
def area(files):
    return hybrid_area(SEED, "real", SETTINGS, *files)


def movie(area, session, recording) -> np.ndarray:
    return np.stack(list(hybrid_frames(SEED, area, session, recording)))


def recording_of(session, pattern: str) -> str:
    events = session.stimulations
    return events.loc[events["cells"] == pattern, "recording"].iloc[0]


def test_regions_become_discs_of_the_same_area(files):
    regions = read_regions(files[1], (40, 50))
    assert regions["cell"].tolist() == [f"c{n}" for n in range(9)]
    first = regions.iloc[0]
    assert (first["row"], first["column"]) == (6, 8)
    assert first["radius"] == pytest.approx(np.sqrt(29 / np.pi), abs=0.01)


def test_cells_are_chosen_apart_with_neighbours_in_groups(files):
    regions = read_regions(files[1], (40, 50))
    for seed in range(10):
        cells = choose_cells(regions, (40, 50), 2, 4, 1.0, np.random.default_rng(seed))
        assert cells["group"].tolist() == ["g1"] * 4 + ["g2"] * 4
        assert len({"c7", "c8"} & set(cells["cell"])) == 1
        assert cells["column"][:4].max() <= cells["column"][4:].min()
        assert cell_masks(cells, (40, 50)).sum(axis=0).max() == 1
    with pytest.raises(NeuroLoopError, match=r"9 cells .* only 8 of the 9 regions lie so"):
        choose_cells(regions, (40, 50), 1, 9, 1.0, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{", "not a list of regions"),
        ("[]", "it has no region"),
        ('{"id": 1, "coordinates": [[3, 4]]}', "it has no region"),
        ("[1]", "a region has no id"),
        ('[{"coordinates": [[3, 4]]}]', "a region has no id"),
        ('[{"id": true, "coordinates": [[3, 4]]}]', "a region has no id"),
        ('[{"id": [2], "coordinates": [[3, 4]]}]', "a region has no id"),
        ('[{"id": "1+2", "coordinates": [[3, 4]]}]', "r.json: '1[+]2' cannot be the id of a cell"),
        (
            '[{"id": 1, "coordinates": [[3, 4]]}, {"id": "1", "coordinates": [[8, 9]]}]',
            "two regions have the id 1",
        ),
        ('[{"id": 1}]', "not a list of regions.*region 1 has no coordinates"),
        ('[{"id": 1, "coordinates": []}]', "region 1 has no coordinates"),
        ('[{"id": 1, "coordinates": [3, 4]}]', "region 1 are not all pairs of numbers"),
        ('[{"id": 1, "coordinates": [[3, 4], [3]]}]', "region 1 are not all pairs of numbers"),
        ('[{"id": 1, "coordinates": [[3, "4"]]}]', "region 1 are not all pairs of numbers"),
        ('[{"id": 1, "coordinates": [[3, NaN]]}]', "NaN is not a number in JSON"),
        ('[{"id": 1, "coordinates": [[3, 1e999]]}]', "1e999 is too large a number"),
        ('[{"id": 1, "coordinates": [[-1, 4]]}]', "region 1 lies outside the frame of 40 x 50"),
        ('[{"id": 1, "coordinates": [[3, 50]]}]', "region 1 lies outside"),
    ],
)
def test_other_files_of_regions_are_refused(tmp_path, text, message):
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(NeuroLoopError, match=message) as it:
        read_regions(tmp_path / "r.json", (40, 50))
    assert "\n" not in str(it.value)
    with pytest.raises(NeuroLoopError, match=r"none.json is missing"):
        read_regions(tmp_path / "none.json", (40, 50))


def test_without_stimulation_every_frame_is_one_of_the_pool(area):
    session = draw_session(SEED, area, "before", STILL)
    frames = movie(area, session, recording_of(session, ""))
    pool = area.scene.frames
    places = [int(np.abs(pool - frame).sum(axis=(1, 2)).argmin()) for frame in frames]
    np.testing.assert_array_equal(frames, pool[places])
    steps = np.diff(places).reshape(-1)
    inside = np.arange(1, len(places)) % RUN != 0
    assert (steps[inside] == 1).all()
    assert len(set(places)) > 15


def test_single_trial_snr_is_the_one_asked_for(area):
    """Peak increase of the disc mean, over its sd in the real frames."""
    session = draw_session(SEED, area, "before", STILL.model_copy(update={"snr": 4.0}))
    assert session.snr.mean() == pytest.approx(4.0)
    masks = cell_masks(area.cells, area.shape)
    peak = SETTINGS.protocol.onsets + 1
    for number, cell in enumerate(area.cells["cell"]):
        name = recording_of(session, cell)
        loud = movie(area, session, name).astype(float)
        quiet = movie(area, replace(session, photons=0.0), name)
        risen = (loud - quiet)[peak][:, masks[number]].mean()
        noise = area.scene.frames[:, masks[number]].mean(axis=1, dtype=float).std(ddof=1)
        assert risen / noise == pytest.approx(session.snr[number], rel=0.03)
        others = np.delete(masks, number, axis=0).any(axis=0)
        assert (loud - quiet)[:, others].max() == 0


def test_brightness_and_bleaching_scale_the_whole_frame(area):
    settings = STILL.model_copy(update={"brightness": 1.5, "bleaching": 0.5})
    session = draw_session(SEED, area, "before", settings)
    means = movie(area, session, recording_of(session, "")).mean(axis=(1, 2))
    expected = 1.5 * area.scene.frames.mean() * np.exp(-0.5 * np.arange(len(means)) / len(means))
    np.testing.assert_allclose(means, expected, rtol=0.01)


def test_what_a_trial_shows_does_not_tell_the_recording(area):
    """Nearest neighbour among frames of other trials names the recording at chance."""
    settings = SETTINGS.model_copy(
        update={"protocol": Protocol(first_onset=6, period=8, trials=20)}
    )
    long = replace(area, settings=settings)
    session = draw_session(SEED, long, "before", STILL)
    places, names, trials = [], [], []
    for number, name in enumerate(session.recordings["recording"]):
        drawn = np.random.default_rng(number)
        places.append(area.scene.draw(drawn, settings.protocol.frames))
        names.append(np.full(settings.protocol.frames, number))
        trials.append(np.arange(settings.protocol.frames) // 16)
        assert movie(long, session, name).shape[0] == settings.protocol.frames
    place, name, trial = map(np.concatenate, (places, names, trials))
    hits, total = 0.0, 0
    for held in range(1, 20):
        test, train = trial == held, trial != held
        seen = [np.bincount(name[train & (place == p)], minlength=7) for p in range(30)]
        hits += sum(
            float(n == seen[p].argmax()) for p, n in zip(place[test], name[test], strict=True)
        )
        total += int(test.sum())
    # Frames come in runs of 4, which are one draw.
    assert abs(hits / total - 1 / 7) < 3 * np.sqrt(1 / 7 * 6 / 7 / (total / RUN))


def test_same_seed_same_bytes(files, area, tmp_path):
    session = draw_session(SEED, area, "before", STILL)
    again = hybrid_area(SEED, "real", SETTINGS, *files)
    pd.testing.assert_frame_equal(again.cells, area.cells)
    few = replace(session, recordings=session.recordings[:2])
    paths = write_session(SEED, again, few, tmp_path, hybrid_frames)
    for path, name in zip(paths, few.recordings["recording"], strict=True):
        np.testing.assert_array_equal(
            Movie([path]).read(range(SETTINGS.protocol.frames)), movie(area, session, name)
        )


def test_areas_are_not_mixed_up(area):
    session = draw_session(SEED, area, "before", STILL)
    name = session.recordings["recording"].iloc[0]
    with pytest.raises(TypeError, match="has a real background"):
        next(recording_frames(SEED, area, session, name))
    with pytest.raises(TypeError, match="has no real background"):
        next(hybrid_frames(SEED, draw_area(SEED, "A1", AreaSettings()), session, name))


def test_a_background_must_change(tmp_path):
    cells = pd.DataFrame({"cell": ["c1"], "row": [5.0], "column": [5.0], "radius": [2.0]})
    for frames, message in (
        (30, "does not change at cell c1"),
        (7, "7 frames: a background needs"),
    ):
        still = np.full((frames, 12, 12), 9, np.uint8)
        write_movie(tmp_path / "m.tif", still, still.shape, still.dtype, 2.0)
        with pytest.raises(NeuroLoopError, match=message):
            make_background(Movie([tmp_path / "m.tif"]), cells, np.ones(1))


def test_neurofinder_is_a_background(data_folder):
    """The real movie: cells from its regions, and their SNR."""
    folder = data_folder / "neurofinder_01.01"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    settings = AreaSettings(groups=3, cells_per_group=4, gap=1.0, pairs=6)
    area = hybrid_area(SEED, "real", settings, folder / "movie.tif", folder / "regions.json")
    assert area.shape == (256, 256)
    assert len(area.cells) == 12
    session = draw_session(SEED, area, "before", STILL)
    frames = np.stack(
        [
            frame
            for frame, _ in zip(
                hybrid_frames(
                    SEED, area, session, recording_of(session, area.cells["cell"].iloc[0])
                ),
                range(40),
                strict=False,
            )
        ]
    )
    mask = cell_masks(area.cells, area.shape)[0]
    trace = frames[:, mask].mean(axis=1)
    assert trace[37] - trace[:36].mean() > 1.5 * trace[:36].std()
