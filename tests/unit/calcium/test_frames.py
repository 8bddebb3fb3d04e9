"""Movies to stored frames: which are kept, their baselines, and bytes that do not vary."""

import time

import h5py
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter

from neuroloop.calcium.frame_plan import COLUMNS
from neuroloop.calcium.movie_check import check_values
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import read_json


def stored(study, name="frames") -> dict[str, np.ndarray]:
    with h5py.File(study.folder / name / "frames.h5", "r") as file:
        return {key: dataset[()] for key, dataset in file.items()}


def test_frames_are_those_of_the_movie_by_recording_and_frame(study):
    rows = study.store()
    assert tuple(rows) == COLUMNS
    assert len(rows) == 3 * 3 * 7
    arrays = stored(study)
    assert arrays["frames"].dtype == np.uint16
    for row in rows.to_dict("records"):
        movie = study.movies[row["recording"]]
        np.testing.assert_array_equal(arrays["frames"][row["row"]], movie[row["frame"]])
        assert row["frame"] == 16 * row["trial"] + row["offset"]
        assert row["fold"] == row["trial"]
    assert rows["cells"].unique().tolist() == ["c2", "c2+c10", ""]
    assert rows["pattern"].unique().tolist() == ["c2", "c2+c10", "none"]
    assert rows["recording_row"].tolist() == [0] * 21 + [1] * 21 + [2] * 21


def test_baselines_by_hand(study):
    rows = study.store()
    arrays = stored(study)
    for row in rows.drop_duplicates("trial_row").to_dict("records"):
        onset = 16 * row["trial"]
        expected = study.movies[row["recording"]][onset - 3 : onset].astype(float).mean(axis=0)
        np.testing.assert_allclose(arrays["before"][row["trial_row"]], expected, rtol=1e-6)
    np.testing.assert_allclose(arrays["baseline"], arrays["before"].mean(axis=0), rtol=1e-5)
    limits = [(movie.min(), movie.max()) for movie in study.movies.values()]
    np.testing.assert_array_equal(arrays["scale"], limits)


def test_control_frames_enter_no_baseline(study):
    """Changing a control frame changes no baseline; changing a baseline frame does."""
    rows = study.store()
    before = stored(study)
    control = rows[rows["kind"] == "control"]
    for row in control.to_dict("records"):
        study.movies[row["recording"]][row["frame"]] = 150
    study.write()
    study.store()
    after = stored(study)
    np.testing.assert_array_equal(after["before"], before["before"])
    np.testing.assert_array_equal(after["baseline"], before["baseline"])
    assert (after["frames"][control["row"]] == 150).all()
    study.movies["r1"][13] += 10
    study.write()
    study.store()
    assert (stored(study)["before"][0] != before["before"][0]).all()


def test_tables_in_another_order_name_the_same_frames(study):
    """Rows are joined by id: nothing depends on where a recording or a trial stands."""
    first = study.store("one")
    study.recordings = study.recordings.iloc[[2, 0, 1]].reset_index(drop=True)
    study.stimulations = study.stimulations.iloc[[3, 4, 5, 0, 1, 2, 6, 7, 8]].reset_index(drop=True)
    second = study.store("two")
    keys = ["recording", "trial", "frame"]
    one, two = first.set_index(keys), second.set_index(keys).loc[first.set_index(keys).index]
    assert one["pattern"].tolist() == two["pattern"].tolist()
    assert one["row"].tolist() != two["row"].tolist()
    arrays, others = stored(study, "one"), stored(study, "two")
    np.testing.assert_array_equal(arrays["frames"][one["row"]], others["frames"][two["row"]])
    np.testing.assert_array_equal(
        arrays["before"][one["trial_row"]], others["before"][two["trial_row"]]
    )
    np.testing.assert_array_equal(
        arrays["scale"][one["recording_row"]], others["scale"][two["recording_row"]]
    )


def test_bytes_are_the_same_at_another_time(study):
    study.store("one")
    time.sleep(1.1)
    study.store("two")
    for name in ("frames.h5", "frames.tsv", "frames.json"):
        one, two = (study.folder / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name


def test_sidecar_describes_what_is_stored(study):
    study.store(selection={"skip": 1, "control": 1})
    facts = read_json(study.folder / "frames" / "frames.json")
    arrays = stored(study)
    assert {name: tuple(one["shape"]) for name, one in facts["arrays"].items()} == {
        name: array.shape for name, array in arrays.items()
    }
    assert facts["ids"]["recording_row"] == ["r1", "r2", "r10"]
    assert facts["ids"]["trial_row"][:4] == ["r1:1", "r1:2", "r1:3", "r2:1"]
    assert facts["selection"] == {
        "stimulated": 5,
        "skip": 1,
        "baseline": 3,
        "control": 1,
        "settle": 5.0,
    }
    assert facts["frame_rate"] == {"r1": 2.0, "r2": 2.0, "r10": 2.0}


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32"])
def test_depths_are_kept_or_become_float32(study, dtype):
    study.movies = {name: movie.astype(dtype) for name, movie in study.movies.items()}
    study.write()
    rows = study.store()
    frames = stored(study)["frames"]
    assert frames.dtype == (np.uint8 if dtype == "uint8" else np.float32)
    np.testing.assert_array_equal(frames[5], study.movies["r1"][rows["frame"][5]])


def test_several_files_of_a_recording_are_one_movie(study):
    whole = study.store("one")
    movie = study.movies.pop("r2")
    for part, name in enumerate(("r2", "more")):
        study.movies[name] = movie[25 * part : 25 + 35 * part]
    study.write()
    paths = study.paths
    paths["r2"].append(study.folder / "more.tif")
    study.files = paths
    pd.testing.assert_frame_equal(study.store("two"), whole)
    np.testing.assert_array_equal(stored(study, "one")["frames"], stored(study, "two")["frames"])


def test_dark_pixels_are_floored_and_counted(study, caplog):
    for movie in study.movies.values():
        movie[:, 0, 0] = 0
    study.write()
    study.store()
    baseline = stored(study)["baseline"]
    assert baseline[0, 0] == pytest.approx(0.1 * 150, rel=0.02)
    assert read_json(study.folder / "frames" / "frames.json")["pixels_floored"] == 1
    assert "in 1 pixels" in caplog.text


def test_registered_frames_are_aligned(study):
    generator = np.random.default_rng(1)
    tissue = gaussian_filter(generator.standard_normal((60, 60)), 2)
    tissue = 1000 + 200 * tissue / tissue.std()
    # A walk that comes back: recordings start apart, and move on.
    shifts = {
        name: np.clip(start + generator.integers(-1, 2, (60, 2)).cumsum(axis=0), -2, 2)
        for start, name in enumerate(study.movies)
    }
    study.movies = {
        name: np.stack([tissue[10 + r : 50 + r, 10 + c : 50 + c] for r, c in moved]).astype(
            np.uint16
        )
        for name, moved in shifts.items()
    }
    study.write()
    rows = study.store(register=True)
    arrays = stored(study)
    assert arrays["frames"].dtype == np.float32
    taken = np.array([shifts[row.recording][row.frame] for row in rows.itertuples()])
    # Where the template lies is not known; all frames must lie alike.
    offset = (arrays["shifts"] - taken).mean(axis=0)
    np.testing.assert_allclose(arrays["shifts"] - taken, np.tile(offset, (63, 1)), atol=0.25)
    inner = arrays["frames"][:, 6:34, 6:34]
    assert inner.std(axis=0).mean() < 20
    assert study_spread(study) > 100


def study_spread(study) -> float:
    """Standard deviation over all frames as recorded, mean over pixels."""
    return np.concatenate(list(study.movies.values()))[:, 6:34, 6:34].std(axis=0).mean()


def test_a_constant_movie_is_refused(study):
    study.movies["r2"][:] = 7
    study.write()
    assert study.refused().endswith(
        "r2.tif is constant: every pixel of every frame is 7; export the movie again, or take the "
        "recording out of the table"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(study, value):
    study.movies = {name: movie.astype(np.float32) for name, movie in study.movies.items()}
    study.movies["r2"][3, 4, 5] = value
    study.write()
    assert "r2.tif holds NaN or infinite values" in study.refused()


def test_mixed_frame_sizes_are_refused(study):
    study.movies["r10"] = study.movies["r10"][:, :, :8]
    study.write()
    assert "recording r10 has frames of 10 x 8 uint16, recording r1 of 10 x 12" in study.refused()


def test_a_truncated_movie_leaves_nothing_behind(study):
    path = study.folder / "r2.tif"
    path.write_bytes(path.read_bytes()[:9000])
    assert "r2.tif is damaged or cut short" in study.refused()


def test_a_cell_outside_the_frame_is_refused(study):
    study.cells.loc[1, "row"] = 10.0
    message = study.refused(origins={"cells": "cells.tsv"})
    assert "cells.tsv: cell c10 at row 10, column 8 lies outside the frame of 10 x 12" in message


def test_an_onset_past_the_end_is_refused(study):
    study.stimulations.loc[5, "onset_frame"] = 60
    message = study.refused()
    assert "recording r2, trial 3: onset frame 60 lies past the end of the movie" in message
    assert "60 frames" in message


def test_a_movie_without_light_is_refused(study):
    study.movies = {name: movie.astype(np.float32) - 150 for name, movie in study.movies.items()}
    study.write()
    message = study.refused()
    assert "the baseline of the session has the mean" in message
    assert "add the detector's offset" in message


def test_values_that_no_detector_counts_are_refused():
    check_values("m.tif", -1e12, 1e12)
    with pytest.raises(NeuroLoopError, match=r"m.tif holds values from 0 to 1e.300, which are no"):
        check_values("m.tif", 0, 1e300)


@pytest.mark.parametrize("part", [slice(None, 50), slice(15, None)])
def test_a_part_of_one_movie_is_no_other_recording(study, part):
    copied = study.movies["r1"][part]
    study.movies["r2"] = np.concatenate([copied, study.movies["r2"][: 60 - len(copied)]])
    study.write()
    message = study.refused()
    assert "recording r1" in message
    assert f"recording r2 ({study.folder / 'r2.tif'}) share {len(copied)} frames" in message
