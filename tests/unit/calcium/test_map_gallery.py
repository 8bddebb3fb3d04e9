"""Maps as a page leafs through them: all patterns, one scale, small pictures of the same values."""

import base64
from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from neuroloop.calcium.map_gallery import IMAGE, MAP, map_gallery, smaller
from neuroloop.explain.gallery.embedded import map_shades

CELLS = pd.DataFrame(
    {"cell": ["c1", "c2"], "row": [3.0, 10.0], "column": [4.0, 20.0], "radius": [2.0, 2.5]}
)
PATTERNS = ["c1+c2", "none", "c1", "c2"]


def pixels(address):
    data = base64.b64decode(address.partition(",")[2])
    return np.asarray(Image.open(BytesIO(data)).convert("RGBA")) / 255


def made(maps, image=None, patterns=PATTERNS, cells=CELLS):
    image = np.arange(18 * 26, dtype=float).reshape(18, 26) if image is None else image
    return map_gallery(maps, patterns, image, cells, session="after", reader="READER AT CHANCE")


def test_every_pattern_is_there_fewest_cells_first_with_its_cells():
    gallery = made(np.random.default_rng(0).random((4, 4, 6)))
    assert [one["pattern"] for one in gallery["patterns"]] == ["none", "c1", "c2", "c1+c2"]
    assert [one["cells"] for one in gallery["patterns"]] == [[], [0], [1], [0, 1]]
    assert gallery["cells"][1] == {"cell": "c2", "x": 20.5, "y": 10.5, "r": 2.5}
    assert (gallery["width"], gallery["height"]) == (26, 18)
    assert gallery["map"] == {"width": 24, "height": 16, "native": [6, 4], "drawn": [6, 4]}
    assert (gallery["session"], gallery["reader"]) == ("after", "READER AT CHANCE")


def test_pictures_hold_the_maps_on_one_scale():
    maps = np.random.default_rng(0).random((4, 4, 6)) * np.array([1, 2, 3, 4])[:, None, None]
    gallery = made(maps)
    highest = np.quantile(maps, 0.995)
    assert gallery["highest"] == pytest.approx(highest)
    shades = map_shades(False)
    for one in gallery["patterns"]:
        values = maps[PATTERNS.index(one["pattern"])]
        expected = shades[np.round(255 * np.clip(values / highest, 0, 1)).astype(int)]
        np.testing.assert_allclose(pixels(one["source"]), expected, atol=0.003)
        assert one["highest"] == values.max()


def test_maps_with_a_sign_say_so():
    gallery = made(np.random.default_rng(0).random((4, 4, 6)) - 0.5)
    assert gallery["signed"]


@pytest.mark.parametrize(
    ("level", "problem"), [(np.nan, "undefined values"), (0.0, "0 everywhere")]
)
def test_a_map_that_says_nothing_says_why(level, problem):
    maps = np.random.default_rng(0).random((4, 4, 6))
    maps[2] = level
    (one,) = [one for one in made(maps)["patterns"] if one["problem"]]
    assert one["pattern"] == "c1"
    assert problem in one["problem"]
    assert not one["source"]


def test_large_pictures_are_averaged():
    values = np.random.default_rng(0).random((100, 97))
    small = smaller(values, MAP)
    assert small.shape == (34, 33)
    assert small[0, 0] == pytest.approx(values[:3, :3].mean())
    assert small[-1, -1] == pytest.approx(values[99:, 96:].mean())
    assert smaller(values, 100) is values


def test_four_hundred_patterns_of_a_camera_stay_light():
    names = [f"c{number}" for number in range(400)]
    places = np.random.default_rng(1).uniform(0, 512, (400, 2))
    cells = pd.DataFrame({"cell": names, "row": places[:, 0], "column": places[:, 1]})
    generator = np.random.default_rng(0)
    gallery = made(
        generator.random((400, 128, 128)),
        generator.random((512, 512)),
        names,
        cells.assign(radius=5.0),
    )
    assert len(gallery["patterns"]) == 400
    assert pixels(gallery["image"]).shape[:2] == (IMAGE, IMAGE)
    assert gallery["map"]["drawn"] == [43, 43]
    assert sum(len(one["source"]) for one in gallery["patterns"]) < 1_800_000
