"""Frames as readers see them in training."""

import threading

import numpy as np
import pytest
import torch

from neuroloop.calcium.views import Augmentation, FrameSource, Views, level, read_members
from neuroloop.training.batches import batch_order

CPU = torch.device("cpu")
FRAMES = np.random.default_rng(0).normal(3, 2, size=(30, 5, 4)).astype(np.float32)
ROWS = [np.arange(0, 20), np.arange(7, 27)]
SEEDS = [5, 6]
NOTHING = Augmentation(augmented_share=0, brightness=9, contrast=9)


def frames(rows):
    return FRAMES[rows]


def views(augmentation=NOTHING, source=frames, levels=((0, 1), (0, 1))):
    held = FrameSource(source, np.arange(30), CPU)
    return Views(held, ROWS, SEEDS, augmentation, np.array(levels, float))


def shown(made, epoch):
    """Views of each step of an epoch."""
    return [made.show(*given).numpy() for given in made.batches(epoch, order(epoch))]


@pytest.fixture(params=["read ahead", "kept"])
def anywhere(request, monkeypatch):
    """Frames that stay with the host, and such as a GPU has room for."""
    monkeypatch.setattr("neuroloop.calcium.views.data_fit", lambda *_: request.param == "kept")


def order(epoch, batch_size=6):
    return batch_order([20, 20], batch_size, SEEDS, epoch)


def test_members_read_each_frame_once_and_in_order():
    asked = []

    def source(rows):
        asked.append(rows.tolist())
        return FRAMES[rows]

    rows = np.array([[4, 9, 4], [9, 2, 4]])
    images = read_members(source, rows)
    assert asked == [[2, 4, 9]]
    assert images.shape == (3, 2, 5, 4)
    np.testing.assert_array_equal(images, FRAMES[rows.T])
    np.testing.assert_array_equal(read_members(source, rows[:1]), FRAMES[rows[:1].T])


@pytest.mark.usefixtures("anywhere")
def test_batches_are_the_rows_of_each_member():
    made = views()
    for epoch in (0, 3):
        for places, images in zip(order(epoch), shown(made, epoch), strict=True):
            for member in range(2):
                expected = FRAMES[ROWS[member][places[member]]]
                np.testing.assert_array_equal(images[:, member], expected)
        chosen = made.chosen(order(epoch))
        assert chosen[1].tolist() == [ROWS[m][order(epoch)[1, m]].tolist() for m in range(2)]


def test_the_next_batch_is_read_while_this_one_is_worked_on():
    read, both = [], threading.Event()

    def source(rows):
        read.append(threading.current_thread())
        if len(read) == 3:
            both.set()
        return FRAMES[rows]

    made = views(source=source)
    assert read == [threading.main_thread()], "one, for its shape"
    batches = made.batches(0, order(0))
    next(batches)
    assert both.wait(10)
    rest = list(batches)
    assert len(read) == 1 + 1 + len(rest), "none is read in vain"
    assert threading.main_thread() not in read[1:]


def test_frames_that_are_kept_are_read_once_for_all_epochs(monkeypatch):
    monkeypatch.setattr("neuroloop.calcium.views.data_fit", lambda *_: True)
    monkeypatch.setattr("neuroloop.calcium.views.AT_ONCE", 8)
    read = []

    def source(rows):
        read.append(rows.tolist())
        return FRAMES[rows]

    made = views(source=source)
    assert [row for rows in read[1:] for row in rows] == list(range(30))
    before = len(read)
    shown(made, 0), shown(made, 1)
    assert len(read) == before


def test_what_is_kept_is_what_would_be_read(monkeypatch):
    change = Augmentation(augmented_share=0.5, brightness=0.4, contrast=0.5)
    ahead = shown(views(change), 2)
    monkeypatch.setattr("neuroloop.calcium.views.data_fit", lambda *_: True)
    np.testing.assert_array_equal(shown(views(change), 2), ahead)


def test_an_error_in_reading_is_not_lost():
    def source(rows):
        if len(rows) > 1:
            raise OSError("disk gone")
        return FRAMES[rows]

    with pytest.raises(OSError, match="disk gone"):
        next(views(source=source).batches(0, order(0)))


# ----------------------------------------------------------------------------- augmentation


def test_draws_by_hand():
    augmentation = Augmentation(augmented_share=0.5, brightness=0.2, contrast=0.3)
    gain, shift = augmentation.draw(1, 2, 20_000)
    changed = gain != 1
    assert changed.mean() == pytest.approx(0.5, abs=0.02)
    assert np.array_equal(changed, shift != 0)
    for values, most in ((gain[changed] - 1, 0.3), (shift[changed], 0.2)):
        assert np.abs(values).max() <= most
        assert values.std() == pytest.approx(most / 3**0.5, rel=0.03)
        assert abs(values.mean()) < 0.01
    assert abs(np.corrcoef(gain[changed], shift[changed])[0, 1]) < 0.03


def test_draws_depend_on_seed_epoch_and_sample_alone():
    augmentation = Augmentation(augmented_share=0.5, brightness=0.2, contrast=0.3)
    first = augmentation.draw(1, 2, 50)
    assert np.array_equal(first, augmentation.draw(1, 2, 50))
    assert not np.array_equal(first, augmentation.draw(2, 2, 50))
    assert not np.array_equal(first, augmentation.draw(1, 3, 50))


def test_changes_are_of_standardised_frames():
    """What the network makes of a view is gain * z + shift for a standardised frame z."""
    augmentation = Augmentation(augmented_share=1, brightness=0.4, contrast=0.5)
    levels = np.array([[3.0, 2.0], [-1.0, 0.5]])
    places, images = order(1)[0], shown(views(augmentation, levels=levels), 1)[0]
    for member, (mean, std) in enumerate(levels):
        gain, shift = augmentation.draw(SEEDS[member], 1, 20)[:, places[member], None, None]
        z = (FRAMES[ROWS[member][places[member]]] - mean) / std
        seen = (images[:, member] - mean) / std
        np.testing.assert_allclose(seen, gain * z + shift, rtol=1e-4, atol=1e-5)
    assert np.array_equal(
        FRAMES, np.random.default_rng(0).normal(3, 2, size=(30, 5, 4)).astype("f4")
    )


def test_frames_that_the_caller_keeps_are_not_changed():
    kept = FRAMES.copy()

    def source(rows):
        return kept[rows[0] : rows[0] + 1]  # a view

    change = Augmentation(augmented_share=1, brightness=1, contrast=1)
    held = FrameSource(source, np.arange(30), CPU)
    made = Views(held, ROWS[:1], SEEDS[:1], change, np.array([[0.0, 1.0]]))
    images = made.show(*next(made.batches(0, batch_order([20], 1, SEEDS[:1], 0))))
    assert not np.isin(images.numpy(), FRAMES).any()
    assert np.array_equal(kept, FRAMES)


# ------------------------------------------------------------------------------------ level


def test_level_by_hand():
    mask = np.zeros((5, 4), dtype=bool)
    mask[1, 2] = mask[4, 0] = True
    rows = np.array([3, 4, 20])
    mean, std = level(frames, rows, mask)
    values = np.array([[FRAMES[row, 1, 2], FRAMES[row, 4, 0]] for row in rows], dtype=np.float64)
    assert mean == pytest.approx(values.mean())
    assert std == pytest.approx(values.std())
    mean, std = level(frames, np.arange(30), None)
    assert (mean, std) == (pytest.approx(FRAMES.mean()), pytest.approx(FRAMES.std()))


def test_level_of_many_frames_is_of_some_spread_evenly():
    asked = []

    def source(rows):
        asked.extend(rows.tolist())
        return np.zeros((len(rows), 2, 2), dtype=np.float32)

    assert level(source, np.arange(1000, 2000), None) == (0.0, 1e-6)
    assert len(set(asked)) == 200
    assert (asked[0], asked[-1]) == (1000, 1999)
    assert np.diff(asked).max() <= 6
