"""Images by names that a reader understands."""

from dataclasses import replace

import pytest

from neuroloop.explain.gallery.names import NOT_KNOWN, held_out, image_title
from tests.unit.explain.explained_models import student

FACTS = {"title": "Student of labels alone", "images_are": "test image", "held_out": "Not seen."}


@pytest.mark.parametrize(
    ("name", "truth", "title"),
    [
        ("3.000042", "digit3", "test image 42, digit3"),
        ("0.000000", "digit0", "test image 0, digit0"),
        ("person1_normal_1", "normal", "test image person1_normal_1, normal"),
        ("27", "c1+c4", "test image 27, c1 + c4"),
        ("27", None, "test image 27"),
    ],
)
def test_an_image_is_named_by_what_it_is(name, truth, title):
    assert image_title(replace(student(), facts=FACTS), name, truth) == title


def test_whether_images_were_held_out_is_said_or_that_it_is_not_known():
    opened = student()
    assert held_out(replace(opened, facts=FACTS)) == "Not seen."
    assert held_out(replace(opened, facts={})) == NOT_KNOWN
    assert replace(opened, facts=FACTS).title == "Student of labels alone"
    assert replace(opened, facts={}).title == opened.name
    assert image_title(replace(opened, facts={}), "a", None) == "image a"
