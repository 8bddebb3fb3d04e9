"""The names of teachers: one list for rules, config and code."""

from pathlib import Path

import yaml

from neuroloop.distill.figure import LOOKS
from neuroloop.distill.teacher_names import BRAIN_TEACHERS, REFERENCE_TEACHERS

SCHEMA = Path(__file__).parents[3] / "config" / "schema.yaml"


def test_the_config_knows_the_same_names():
    schema = yaml.safe_load(SCHEMA.read_text())
    known = schema["$defs"]["teaching"]["properties"]["teachers"]["items"]["enum"]
    assert sorted(known) == sorted(BRAIN_TEACHERS + REFERENCE_TEACHERS)


def test_no_name_is_of_both_kinds():
    assert not set(BRAIN_TEACHERS) & set(REFERENCE_TEACHERS)


def test_the_figure_has_a_look_for_all_but_the_one_that_it_compares_with():
    """Others are drawn too, all in black."""
    assert set(LOOKS) <= {*BRAIN_TEACHERS, *REFERENCE_TEACHERS} - {"none"}
    assert set(LOOKS) >= {"brain", "withinclass", "classmean", "smooth", "random", "cnn"}
