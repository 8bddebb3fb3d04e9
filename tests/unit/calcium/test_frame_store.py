"""Reading stored frames as a network's inputs."""

import numpy as np
import pytest

from neuroloop.calcium.frame_store import FrameStore, read_rows
from neuroloop.errors import NeuroLoopError


@pytest.fixture
def store(study):
    study.rows = study.store()
    folder = study.folder / "frames"
    with FrameStore(folder / "frames.h5", folder / "frames.tsv") as opened:
        yield opened


def test_dff_by_hand(study, store):
    rows = np.array([40, 3, 17, 3])
    found = store.read(rows)
    assert found.dtype == np.float32
    everything = [
        study.movies[name][16 * trial - 3 : 16 * trial].astype(float).mean(axis=0)
        for name in study.movies
        for trial in (1, 2, 3)
    ]
    baseline = np.mean(everything, axis=0)
    for image, row in zip(found, study.rows.loc[rows].to_dict("records"), strict=True):
        frame = study.movies[row["recording"]][row["frame"]].astype(float)
        before = everything[row["trial_row"]]
        np.testing.assert_allclose(image, (frame - before) / baseline, atol=1e-5)


def test_scaled_dff_by_hand(study, store):
    """dF/F over the square root of the trial's brightness, relative to the session's."""
    rows = np.arange(len(study.rows))
    means = [
        movie[16 * trial - 3 : 16 * trial].mean()
        for movie in study.movies.values()
        for trial in (1, 2, 3)
    ]
    relative = np.array(means)[study.rows["trial_row"]] / np.mean(means)
    expected = store.read(rows) / np.sqrt(relative)[:, None, None]
    np.testing.assert_allclose(store.read(rows, "dff_scaled"), expected, atol=1e-6)


def test_scaled_dff_has_the_same_noise_at_any_brightness(study):
    """Photons at four times the brightness: noise of dF/F doubles, that of scaled dF/F does not."""
    generator = np.random.default_rng(3)
    for number, name in enumerate(study.movies):
        light = 25.0 * 4**number
        study.movies[name] = generator.poisson(light, (60, 10, 12)).astype(np.uint16)
    study.write()
    rows = study.store()
    folder = study.folder / "frames"
    with FrameStore(folder / "frames.h5", folder / "frames.tsv") as store:
        spread = {
            kind: [
                store.read(rows.index[rows["recording"] == name].to_numpy(), kind).std()
                for name in study.movies
            ]
            for kind in ("dff", "dff_scaled")
        }
    plain, scaled = (np.array(values) for values in spread.values())
    np.testing.assert_allclose(plain[1:] / plain[:-1], 2, rtol=0.1)
    np.testing.assert_allclose(scaled[1:] / scaled[:-1], 1, rtol=0.1)


def test_raw_is_scaled_by_recording(study, store):
    found = store.read(np.arange(len(study.rows)), "raw")
    for name, movie in study.movies.items():
        here = study.rows[study.rows["recording"] == name]
        expected = (movie[here["frame"]] - float(movie.min())) / (
            float(movie.max()) - float(movie.min())
        )
        np.testing.assert_allclose(found[here["row"]], expected, atol=1e-6)
    assert found.min() >= 0
    assert found.max() <= 1


def test_mask_keeps_its_pixels_alone(store):
    mask = np.zeros(store.shape, dtype=bool)
    mask[2:5, 3:9] = True
    rows = np.arange(6)
    np.testing.assert_array_equal(store.read(rows, mask=mask), store.read(rows) * mask)


def test_batches_are_the_rows_in_order(store):
    order = np.random.default_rng(0).permutation(len(store.rows))
    for kind in ("dff", "raw"):
        parts = list(store.batches(order, 10, kind))
        assert [len(rows) for rows, _ in parts] == [10] * 6 + [3]
        np.testing.assert_array_equal(np.concatenate([rows for rows, _ in parts]), order)
        images = np.concatenate([images for _, images in parts])
        np.testing.assert_array_equal(images, store.read(order, kind))
    assert list(store.batches(order[:0], 10)) == []


def test_a_loop_over_batches_can_be_left(store):
    for _, images in store.batches(np.arange(30), 5):
        assert images.shape == (5, 10, 12)
        break
    assert store.read(np.arange(2)).shape == (2, 10, 12)


def test_stored_counts_keep_their_type(study, store):
    row = study.rows.loc[8]
    counts = store.counts(np.array([8]))
    assert counts.dtype == np.uint16
    np.testing.assert_array_equal(counts[0], study.movies[row["recording"]][row["frame"]])


def test_the_table_is_read_back(study, store):
    assert read_rows(study.folder / "frames" / "frames.tsv").equals(study.rows)


def test_damaged_files_are_refused(study, tmp_path):
    study.store()
    folder = study.folder / "frames"
    data, table = folder / "frames.h5", folder / "frames.tsv"
    for size in (0, 100, 5000, data.stat().st_size - 1):
        (tmp_path / "cut.h5").write_bytes(data.read_bytes()[:size])
        with pytest.raises(NeuroLoopError, match="truncated or no file of frames"):
            FrameStore(tmp_path / "cut.h5", table)
    with pytest.raises(NeuroLoopError, match=r"none.h5 is missing"):
        FrameStore(tmp_path / "none.h5", table)
    lines = table.read_text().splitlines(keepends=True)
    (tmp_path / "short.tsv").write_text("".join(lines[:-1]))
    with pytest.raises(NeuroLoopError, match="holds 63 frames"):
        FrameStore(data, tmp_path / "short.tsv")
    (tmp_path / "turned.tsv").write_text("".join([lines[0], *lines[:0:-1]]))
    with pytest.raises(NeuroLoopError, match="not numbered from 0 in order"):
        read_rows(tmp_path / "turned.tsv")
