"""The list of stimuli of a dataset."""

import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.brain import make_rows
from neuroloop.fmri.stimuli import list_stimuli


def subject(*shown: tuple[str, str, str]) -> pd.DataFrame:
    stimuli, categories, sessions = zip(*shown, strict=True)
    blocks = [f"b{place}" for place in range(len(shown))]
    return make_rows(
        session=sessions, run=sessions, block=blocks, stimulus_id=stimuli, category=categories
    )


@pytest.fixture
def subjects() -> list[pd.DataFrame]:
    first = [(f"img{number}", "dog", "training") for number in (10, 9, 2)]
    first += [(f"c{number}", "cat", "training") for number in (3, 1, 2)]
    second = [(f"img{number}", "dog", "training") for number in (2, 11)]
    second += [("c1", "cat", "training"), ("t1", "owl", "imagery"), ("t1", "owl", "perception")]
    return [subject(*first), subject(*second)]


def test_union_over_subjects_in_natural_order(subjects):
    listed = list_stimuli(subjects, 0)
    assert list(listed.columns) == ["stimulus_id", "category", "session", "held_out"]
    assert listed["stimulus_id"].tolist() == [
        *("c1", "c2", "c3"),
        *("img2", "img9", "img10", "img11"),
        "t1",
    ]
    assert set(listed["held_out"]) == {0}


def test_session_is_the_first_that_shows_it(subjects):
    listed = list_stimuli(subjects, 0).set_index("stimulus_id")["session"]
    assert listed["t1"] == "perception"
    assert listed["img2"] == "training"


def test_order_of_subjects_does_not_matter(subjects):
    pd.testing.assert_frame_equal(list_stimuli(subjects, 1), list_stimuli(subjects[::-1], 1))


def test_last_training_images_of_each_category_are_held_out(subjects):
    listed = list_stimuli(subjects, 2)
    held_out = listed.loc[listed["held_out"] == 1, "stimulus_id"]
    assert held_out.tolist() == ["c2", "c3", "img10", "img11"]


def test_some_training_image_must_be_left(subjects):
    with pytest.raises(NeuroLoopError, match="3 of the 3 training images of cat"):
        list_stimuli(subjects, 3)


def test_stimulus_of_two_categories_is_refused(subjects):
    subjects.append(subject(("c1", "dog", "perception")))
    with pytest.raises(NeuroLoopError, match="stimulus c1 has the categories cat, dog"):
        list_stimuli(subjects, 0)
