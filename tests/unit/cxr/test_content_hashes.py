"""Hashes by which copies of radiographs are known."""

import numpy as np
import pytest

from neuroloop.cxr.content_hashes import content_hashes


@pytest.fixture
def levels():
    return np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)


def test_hashes_are_of_pixels_and_shape(levels):
    (mine,) = content_hashes(levels)
    assert content_hashes(levels.copy()) == (mine,)
    assert mine not in content_hashes(levels.reshape(30, 20))
    levels[3, 4] ^= 1
    assert mine not in content_hashes(levels)


@pytest.mark.parametrize(
    ("factor", "white"), [(257, 65535), (256, 65535), (16, 4080), (16, 4095), (4, 1023)]
)
def test_a_deeper_copy_has_a_hash_of_its_radiograph(levels, factor, white):
    (mine,) = content_hashes(levels)
    assert mine in content_hashes(levels.astype(np.uint16) * np.uint16(factor), white)


def test_a_copy_of_8_bits_has_a_hash_of_its_radiograph():
    deep = np.random.default_rng(1).integers(0, 4096, (30, 40), dtype=np.uint16)
    copies = [deep >> 4, np.rint(deep / 4095 * 255), deep / 4095 * 255, deep * (256 / 4096)]
    for copy in copies:
        (its,) = content_hashes(copy.astype(np.uint8))
        assert its in content_hashes(deep, 4095)
    assert len({content_hashes(copy.astype(np.uint8)) for copy in copies}) == 3
    assert set(content_hashes(deep, 4095)) & set(content_hashes(deep << 4, 65535))
