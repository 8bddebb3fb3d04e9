"""Rigid registration, against shifts that are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from neuroloop.calcium.registration import Aligner, make_template, move


def field(size=128, seed=0) -> np.ndarray:
    """Smooth tissue that is periodic, so that shifts by Fourier are exact."""
    noise = np.random.default_rng(seed).standard_normal((size, size))
    smooth = gaussian_filter(noise, 2, mode="wrap")
    return 1000 + 200 * smooth / smooth.std()


def test_whole_pixels_move_exactly_and_border_is_mirrored():
    frame = np.arange(20.0 * 24).reshape(20, 24) % 7
    moved = move(frame, (2, -3))
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved[2:, :-3], frame[:-2, 3:], atol=1e-3)
    np.testing.assert_allclose(moved[:2, :-3], frame[1::-1, 3:], atol=1e-3)
    np.testing.assert_array_equal(move(frame, (0, 0)), frame.astype(np.float32))


def test_parts_of_a_pixel_move_a_wave_by_hand():
    rows = np.arange(64)[:, None] * np.ones(64)
    wave = np.sin(2 * np.pi * rows / 16)
    moved = move(wave, (0.3, 0))
    expected = np.sin(2 * np.pi * (rows - 0.3) / 16)
    np.testing.assert_allclose(moved[20:44], expected[20:44], atol=0.02)


def test_noise_keeps_its_variance_whatever_the_shift():
    """A spline of order 1 would halve it at half a pixel, and so print the shift."""
    noise = np.random.default_rng(0).standard_normal((64, 64))
    inner = (slice(8, -8), slice(8, -8))
    for shift in (0.1, 0.3, 0.5):
        ratio = move(noise, (shift, shift))[inner].var() / noise[inner].var()
        assert ratio == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("true", [(0, 0), (3, -2), (1.35, 0.6), (-0.25, 4.5)])
def test_known_shifts_are_found(true):
    tissue = field()
    seen = move(tissue, true)[16:112, 16:112]
    found = Aligner(tissue[16:112, 16:112]).shift(seen)
    np.testing.assert_allclose(found, -np.array(true), atol=0.16)


def test_alignment_undoes_a_shift_in_noise():
    tissue = field()
    aligner = Aligner(tissue[16:112, 16:112])
    noise = np.random.default_rng(1).normal(0, 300, (96, 96))
    seen = move(tissue, (2.5, -1.5))[16:112, 16:112] + noise
    aligned, shift = aligner.align(seen)
    np.testing.assert_allclose(shift, (-2.5, 1.5), atol=0.25)
    np.testing.assert_allclose(aligned, move(seen, shift))
    assert aligner.failed == 0


def test_a_shift_that_cannot_be_is_not_taken():
    tissue = field(64)
    aligner = Aligner(tissue)
    frame = np.roll(tissue, 20, axis=0).astype(np.uint16)
    aligned, shift = aligner.align(frame)
    assert aligner.failed == 1
    assert shift.tolist() == [0, 0]
    np.testing.assert_array_equal(aligned, frame)


def test_the_template_is_sharp_though_recordings_move():
    tissue = field()
    generator = np.random.default_rng(2)
    stacks = [
        np.stack(
            [move(tissue, start + generator.uniform(-1, 1, 2))[16:112, 16:112] for _ in range(5)]
        )
        for start in ([0, 0], [3, -2], [-2, 2])
    ]
    template = make_template(stacks)
    found = Aligner(tissue[16:112, 16:112]).align(template)[0]
    inner = (slice(12, -12), slice(12, -12))
    truth = tissue[16:112, 16:112][inner]
    blurred = np.concatenate(stacks).mean(axis=0)[inner]
    assert np.abs(found[inner] - truth).mean() < 0.1 * truth.std()
    assert blurred.std() < 0.8 * found[inner].std()
