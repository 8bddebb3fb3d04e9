"""Copies that were compressed, scaled or brightened again are found, and nothing else is."""

import io

import numpy as np
import pytest
from PIL import Image

from neuroloop.cxr.near_copies import NearCopy, near_copies
from neuroloop.cxr.simulate import simulate_radiographs
from neuroloop.cxr.simulated_settings import RadiographSettings

SIZE = 128


@pytest.fixture(scope="module")
def films():
    """Different radiographs, and the numbers of their patients."""
    settings = RadiographSettings(radiographs_per_class=20, size=SIZE)
    found = simulate_radiographs(3, settings)
    return np.rint(found.images * 255).astype(np.uint8)


def compressed(film):
    stream = io.BytesIO()
    Image.fromarray(film).save(stream, "JPEG", quality=30)
    return np.asarray(Image.open(stream))


def scaled(film):
    small = Image.fromarray(film).resize((SIZE // 2, SIZE // 2), Image.Resampling.LANCZOS)
    return np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def brightened(film):
    return np.rint(255 * (film / 255) ** 0.8).astype(np.uint8)


def test_different_radiographs_are_no_copies(films):
    assert near_copies(films) == []


@pytest.mark.parametrize("changed", [compressed, scaled, brightened])
def test_a_changed_copy_is_found_within_a_set_and_in_another(films, changed):
    again = np.stack([changed(film) for film in films[:5]])
    assert not (again == films[:5]).all(axis=(1, 2)).any()
    both = np.concatenate([films, again])
    assert near_copies(both) == [NearCopy(len(films) + row, row) for row in range(5)]
    assert near_copies(again, films) == [NearCopy(row, row) for row in range(5)]
    assert near_copies(again, films[5:]) == []


def test_an_even_square_is_no_copy():
    assert near_copies(np.full((3, 32, 32), 7, np.uint8)) == []
    assert near_copies(np.empty((0, 32, 32), np.uint8)) == []


def test_every_block_is_compared_with_all_before_it(films):
    many = np.concatenate([films] * 20)
    found = near_copies(many)
    assert len(found) == len(many) - len(films)
    assert all(pair.other < pair.row for pair in found)
    assert all(np.array_equal(many[pair.row], many[pair.other]) for pair in found)
