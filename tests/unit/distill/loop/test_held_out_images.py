"""Images on which brains are looked for: those from which somebody learned are refused."""

import numpy as np
import pytest

from neuroloop.distill.loop.held_out_images import check_pixels, held_out_images
from neuroloop.errors import NeuroLoopError
from tests.unit.distill.loop.worlds import names


def test_images_that_all_subjects_saw_are_taken():
    first, second = names(15), names(12)[::-1]
    assert held_out_images([first, second], ["other"], ["another"]) == names(12)


@pytest.mark.parametrize(
    ("taught", "made", "what"),
    [(["image003"], [], "taught students"), (["x"], ["image003"], "made a teacher")],
)
def test_images_that_somebody_learned_from_are_refused(taught, made, what):
    with pytest.raises(NeuroLoopError, match=rf"1 of 12 images .* {what}, .* image003"):
        held_out_images([names(12)], taught, made)


def test_few_images_are_refused():
    with pytest.raises(NeuroLoopError, match="9 images that all 2 subjects saw"):
        held_out_images([names(9), names(30)], [], [])


def test_the_pixels_of_an_image_that_taught_are_refused_under_any_name():
    stream = np.random.default_rng(0)
    pixels = stream.integers(256, size=(4, 1, 3, 3), dtype=np.uint8)
    learned = stream.integers(256, size=(5, 1, 3, 3), dtype=np.uint8)
    check_pixels(pixels, names(4), learned, list("abcde"))
    learned[2] = pixels[1]
    with pytest.raises(NeuroLoopError, match="image001' has the pixels of training image 'c'"):
        check_pixels(pixels, names(4), learned, list("abcde"))
