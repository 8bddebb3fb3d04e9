"""What methods and teachers are called where people read them."""

import pytest

from neuroloop import registry
from neuroloop.report.names import method_name, teacher_key, teacher_name


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("hires_cam", "HiResCAM"),
        ("grad_cam", "Grad-CAM"),
        ("grad_cam_plus_plus", "Grad-CAM++"),
        ("gone", "gone"),
    ],
)
def test_a_method_is_called_as_its_field_calls_it(method, name):
    assert method_name(method) == name


def test_no_attribution_method_is_called_by_its_code_name():
    methods = registry.having("method", "attribute")
    names = [method_name(method) for method in methods]
    assert len(set(names)) == len(methods) > 0
    assert not {name for name in names if "_" in name}


def test_controls_are_called_in_plain_words_and_keep_their_key():
    assert teacher_name("none") == "labels alone"
    assert teacher_key("none") == "labels alone (none)"
    assert teacher_key("brain") == "brain"
    assert teacher_name("mine") == teacher_key("mine") == "mine"
    names = [teacher_name(teacher) for teacher in registry.names("teacher")]
    assert len(set(names)) == len(names)
    assert {name for name in names if name in registry.names("teacher")} == {"brain"}
