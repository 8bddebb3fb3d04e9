"""What files alone tell of the class: found where it was planted, not where it was not."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.fixed_pixels import FixedPixel, fixed_pixels
from neuroloop.cxr.property_leak import corner_brightness, property_leak, property_table
from neuroloop.cxr.radiograph_look import counts_table, sites

SIZE = 32


def films(seed, count=120):
    """Soft noise, two radiographs a person, classes dealt to persons."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(90, 110, size=(count, SIZE, SIZE)).astype(np.uint8)
    persons = np.arange(count) // 2
    of_person = generator.integers(0, 2, size=count // 2)
    listed = pd.DataFrame(
        {
            "radiograph": [f"film{number}" for number in range(count)],
            "label": [("normal", "ill")[one] for one in of_person[persons]],
            "patient": [f"person{one}" for one in persons],
            "bits": 8,
            "height": generator.integers(200, 240, size=count),
            "width": generator.integers(200, 240, size=count),
            "bytes": generator.integers(5000, 9000, size=count),
            "source": "site",
        }
    )
    return pixels, listed


def leak(pixels, listed, seed=0):
    table = property_table(listed, pixels)
    generator = np.random.default_rng(seed)
    return property_leak(table, listed["label"], listed["patient"], generator)


def test_a_class_of_other_files_is_told():
    pixels, listed = films(0)
    listed.loc[listed["label"] == "ill", "height"] += 60
    found = leak(pixels, listed)
    assert found.accuracy > 0.95
    assert found.told
    assert found.properties[0] in ("height", "aspect")


def test_dark_corners_of_a_class_are_told():
    pixels, listed = films(0)
    pixels[(listed["label"] == "ill").to_numpy(), :2, :2] -= 40
    found = leak(pixels, listed)
    assert found.told
    assert found.properties[0] == "upper left corner"


def test_corners_are_the_corners():
    pixels = np.zeros((1, SIZE, SIZE), dtype=np.uint8)
    pixels[0, :2, -2:] = 80
    (row,) = corner_brightness(pixels).to_dict("records")
    assert row == {
        "upper left corner": 0,
        "upper right corner": 80,
        "lower left corner": 0,
        "lower right corner": 0,
    }


def test_sound_sets_are_told_of_at_most_one_time_in_a_hundred():
    found = [leak(*films(seed), seed) for seed in range(100)]
    assert sum(one.told for one in found) <= 1
    assert np.mean([one.accuracy for one in found]) == pytest.approx(0.5, abs=0.02)


def test_too_few_persons_tell_nothing():
    pixels, listed = films(0)
    assert leak(pixels, listed.assign(patient="one")) is None


def test_constant_properties_are_left_out():
    pixels, listed = films(0)
    table = property_table(listed, pixels)
    assert "bits" not in table
    assert not any(name.startswith("source") for name in table)


def test_a_hot_pixel_is_found_where_it_is():
    pixels, listed = films(0)
    ill = (listed["label"] == "ill").to_numpy()
    pixels[ill, 0, SIZE - 1] = 240
    assert fixed_pixels(pixels, listed["label"]) == [
        FixedPixel(0, SIZE - 1, {"ill": int(ill.sum()), "normal": 0})
    ]


def test_a_dead_pixel_is_found_too_and_noise_is_not():
    pixels, listed = films(0)
    assert fixed_pixels(pixels, listed["label"]) == []
    pixels[:, 5, 6] = 10
    (found,) = fixed_pixels(pixels, listed["label"])
    assert (found.row, found.column) == (5, 6)


def test_a_folder_named_as_its_class_is_no_site():
    listed = pd.DataFrame(
        {"source": ["a/NORMAL", "b/ill", None], "label": ["normal", "ill", "ill"]}
    )
    assert sites(listed).tolist() == ["a", "b", ""]
    assert sites(listed[["label"]]).tolist() == ["", "", ""]


def test_counts_are_of_radiographs_and_persons():
    _, listed = films(0)
    counted = counts_table(listed.assign(side="train"))
    assert list(counted) == ["class", "source", "split", "radiographs", "persons"]
    assert counted["radiographs"].sum() == 120
    assert counted["persons"].sum() == 60
