"""Simulated movies: truth that measurements find again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.movies import Movie
from neuroloop.calcium.patterns import pattern_cells
from neuroloop.calcium.protocol import Protocol
from neuroloop.calcium.simulate import draw_area, draw_session
from neuroloop.calcium.simulated_movie import recording_frames, responses, write_session
from neuroloop.calcium.simulated_settings import AreaSettings, SessionSettings

SEED = 3
#: Without anything that is slow or varies.
STILL = SessionSettings(
    brightness_spread=0, fatigue_trials=0, fatigue_groups=0, bleaching=0, drift=0, motion=0
)


@pytest.fixture(scope="module")
def area():
    return draw_area(SEED, "A1", AreaSettings())


@pytest.fixture(scope="module")
def session(area):
    return draw_session(SEED, area, "before", SessionSettings())


def movie(area, session, recording) -> np.ndarray:
    return np.stack(list(recording_frames(SEED, area, session, recording)))


def traces(area, frames: np.ndarray) -> np.ndarray:
    """Mean over each cell's disc, shape (frames, cells)."""
    masks = cell_masks(area.cells, area.shape)
    return np.stack([frames[:, mask].mean(axis=1) for mask in masks], axis=1)


def recording_of(session, pattern: str) -> str:
    events = session.stimulations
    return events.loc[events["cells"] == pattern, "recording"].iloc[0]


def test_pairs_add_and_fatigue_weakens_by_hand(area, session):
    plain = replace(area, settings=area.settings.model_copy(update={"trial_spread": 0}))
    pattern = next(name for name in area.patterns if name.startswith("c5+"))
    recording = recording_of(session, pattern)
    course = responses(SEED, plain, session, recording)
    here = area.cells["cell"].isin(pattern_cells(pattern)).to_numpy()
    driven = session.influence[here].sum(axis=0) * np.exp(-0.1)
    peaks = course[session.stimulations["onset_frame"].iloc[:5] + 1]
    expected = np.exp(-0.05 * np.arange(5))[:, None] * driven
    # The tail of the trial before, 8 s earlier, is 0.0004 of its peak.
    np.testing.assert_allclose(peaks, expected, rtol=2e-3, atol=1e-12)
    assert (course[:36] == 0).all()
    assert (responses(SEED, area, session, recording_of(session, "")) == 0).all()


def test_trials_vary_about_their_mean(area, session):
    many = replace(area, settings=area.settings.model_copy(update={"trial_spread": 0.3}))
    quiet = replace(session, settings=STILL)
    found = np.concatenate(
        [
            responses(SEED, many, quiet, row)[session.stimulations["onset_frame"].iloc[:5] + 1]
            / session.influence[[number]]
            for number in range(8)
            for row in [recording_of(session, f"c{number + 1}")]
        ]
    )
    found = found[np.isfinite(found)]
    assert found.mean() == pytest.approx(1, abs=0.06)
    assert found.std() == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize("snr", [3.0, 6.0])
def test_single_trial_peak_snr_is_the_one_asked_for(snr):
    """Measured on discs: mean peak increase over the sd of resting frames."""
    settings = AreaSettings(
        pairs=0,
        trial_spread=0,
        strength=0,
        spill=0,
        response_spread=0,
        protocol=Protocol(trials=60),
    )
    area = draw_area(SEED, "A1", settings)
    session = draw_session(SEED, area, "before", STILL.model_copy(update={"snr": snr}))
    assert session.snr.mean() == pytest.approx(snr)
    rest = traces(area, movie(area, session, recording_of(session, "")))
    measured = []
    for number in range(8):
        trace = traces(area, movie(area, session, recording_of(session, f"c{number + 1}")))
        peak = trace[settings.protocol.onsets + 1, number].mean() - rest[:, number].mean()
        measured.append(peak / rest[:, number].std())
    np.testing.assert_allclose(measured, session.snr, rtol=0.2)
    assert np.mean(measured) == pytest.approx(snr, rel=0.06)


def test_peak_response_is_the_amplitude_of_the_cell():
    settings = AreaSettings(pairs=0, trial_spread=0, strength=0, spill=0, neuropil_fluctuation=0)
    area = draw_area(SEED, "A1", settings)
    session = draw_session(
        SEED, area, "before", STILL.model_copy(update={"snr": 500.0, "counts": 0.01})
    )
    for number in range(8):
        trace = traces(area, movie(area, session, recording_of(session, f"c{number + 1}")))
        rest = trace[:36].mean(axis=0)
        change = (trace[settings.protocol.onsets + 1] / rest - 1).mean(axis=0)
        expected = np.where(np.arange(8) == number, area.amplitudes, 0)
        np.testing.assert_allclose(change, expected, atol=0.01)


def test_influence_is_found_in_the_movies(area):
    """At a high SNR, dF/F of j over its own direct response is coupling plus spilled light."""
    plain = draw_area(SEED, "A1", AreaSettings(trial_spread=0, neuropil_fluctuation=0))
    session = draw_session(
        SEED, plain, "before", STILL.model_copy(update={"snr": 300.0, "counts": 0.05})
    )
    found = np.zeros((8, 8))
    for number in range(8):
        trace = traces(plain, movie(plain, session, recording_of(session, f"c{number + 1}")))
        peak = trace[plain.settings.protocol.onsets + 1].mean(axis=0)
        found[number] = (peak / trace[:36].mean(axis=0) - 1) / plain.amplitudes
    np.testing.assert_allclose(found, session.influence, atol=0.03)


def test_movies_show_brightness_bleaching_drift_and_uneven_light(session):
    area = draw_area(SEED, "A1", AreaSettings(neuropil_fluctuation=0))
    none = recording_of(session, "")

    def quiet(**changes) -> np.ndarray:
        settings = STILL.model_copy(update={"snr": 40.0, "counts": 1.0, **changes})
        return movie(area, draw_session(SEED, area, "before", settings), none).astype(float)

    base = quiet()
    assert quiet(brightness=2.0).mean() == pytest.approx(2 * base.mean(), rel=0.01)
    bleached = quiet(bleaching=0.5).mean(axis=(1, 2))
    assert bleached[-10:].mean() / bleached[:10].mean() == pytest.approx(
        np.exp(-0.5 * 110 / 120), rel=0.05
    )
    assert quiet(drift=0.1).mean(axis=(1, 2)).std() > 3 * base.mean(axis=(1, 2)).std()
    light = area.scene.illumination
    assert light.min() < 0.75 < 1.1 < light.max()
    assert light.mean() == pytest.approx(1, abs=1e-6)
    corner = np.unravel_index(light.argmin(), light.shape)
    assert base.mean(axis=0)[corner] < base.mean()


def test_recordings_differ_in_brightness(area):
    settings = STILL.model_copy(update={"brightness_spread": 0.3})
    session = draw_session(SEED, area, "before", settings)
    means = [movie(area, session, name).mean() for name in session.recordings["recording"]]
    assert np.std(np.log(means)) == pytest.approx(0.3, abs=0.15)


def test_tissue_moves_but_light_does_not():
    from skimage.registration import phase_cross_correlation

    area = draw_area(SEED, "A1", AreaSettings(neuropil_fluctuation=0))
    settings = STILL.model_copy(update={"snr": 60.0, "counts": 1.0, "motion": 1.0})
    session = draw_session(SEED, area, "before", settings)
    frames = movie(area, session, recording_of(session, "")) / area.scene.illumination
    shifts = np.array(
        [phase_cross_correlation(frames[0], frame, upsample_factor=20)[0] for frame in frames]
    )
    assert 0.3 < shifts.std() < 2
    assert np.abs(np.diff(shifts, axis=0)).mean() < np.abs(shifts - shifts.mean(axis=0)).mean()


def test_shot_noise_has_the_variance_of_photons(area):
    plain = draw_area(SEED, "A1", AreaSettings(neuropil_fluctuation=0))
    session = draw_session(
        SEED, plain, "before", STILL.model_copy(update={"snr": 6.0, "counts": 10.0})
    )
    counts = movie(plain, session, recording_of(session, "")) / 10
    ratio = counts.var(axis=0, ddof=1).mean() / counts.mean()
    assert ratio == pytest.approx(1, abs=0.02)


def test_same_seed_same_bytes_in_any_order(area, session, tmp_path):
    names = session.recordings["recording"].tolist()
    again = draw_area(SEED, "A1", AreaSettings())
    other = draw_session(SEED, again, "before", SessionSettings())
    pd.testing.assert_frame_equal(other.stimulations, session.stimulations)
    for name in (names[3], names[0]):
        np.testing.assert_array_equal(movie(again, other, name), movie(area, session, name))
    assert (movie(area, session, names[0]) != movie(area, session, names[1])).any()
    apart = draw_area(SEED + 1, "A1", AreaSettings())
    assert (apart.cells["row"] != area.cells["row"]).any()
    few = replace(session, recordings=session.recordings[:2])
    for folder in ("one", "two"):
        paths = write_session(SEED, area, few, tmp_path / folder)
    first = tmp_path / "one" / paths[0].relative_to(tmp_path / "two")
    assert first.read_bytes() == paths[0].read_bytes()


def test_written_movies_are_read_back(area, session, tmp_path):
    few = replace(session, recordings=session.recordings[:2])
    paths = write_session(SEED, area, few, tmp_path)
    assert paths == [tmp_path / path for path in few.recordings["path"]]
    read = Movie([paths[1]])
    assert (read.shape, read.dtype, read.frame_rate) == ((120, 48, 48), np.uint16, 2.0)
    np.testing.assert_array_equal(
        np.stack(list(read)), movie(area, session, few.recordings["recording"].iloc[1])
    )
