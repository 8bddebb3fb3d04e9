"""What a page embeds, decoded again."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from neuroloop.explain.gallery.embedded import (
    draw_map,
    gradient,
    map_shades,
    outline,
    picture_source,
)


def decoded(source):
    head, data = source.split(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 3)])
def test_a_picture_is_embedded_as_it_is(shape):
    picture = np.random.default_rng(0).random(shape)
    shown = np.asarray(decoded(picture_source(picture)))
    np.testing.assert_array_equal(shown, np.round(255 * picture).astype(np.uint8))


def test_a_signed_map_is_transparent_at_0():
    values = np.array([[-2.0, -1], [0, 2]])
    made = draw_map(values, signed=True)
    assert made.highest == pytest.approx(2, rel=1e-6)
    shown = np.asarray(decoded(made.source).convert("RGBA")).astype(int)
    assert shown[1, 0, 3] <= 2
    assert shown[0, 0, 3] == shown[1, 1, 3] == round(0.85 * 255)
    # Purple for what speaks against, orange for what speaks for.
    assert shown[0, 0, 2] > shown[0, 0, 0]
    assert shown[1, 1, 0] > shown[1, 1, 2]


def test_an_unsigned_map_goes_from_0_to_its_brightest():
    values = np.array([[0.0, 1], [2, 4]])
    shown = np.asarray(decoded(draw_map(values, signed=False).source).convert("RGBA"))
    shades = np.round(255 * map_shades(False)).astype(int)
    highest = np.quantile(values, 0.995)
    places = np.round(255 * np.clip(values / highest, 0, 1)).astype(int)
    np.testing.assert_array_equal(shown, shades[places])


def test_a_bright_pixel_does_not_darken_the_others():
    values = np.ones((40, 40))
    values[0, 0] = 1000
    assert draw_map(values, signed=False).highest == 1
    values = np.zeros((40, 40))
    values[0, 0] = 1000
    assert draw_map(values, signed=False).highest == 1000


def test_maps_that_say_nothing_say_so():
    assert draw_map(np.zeros((2, 2)), True)[::2] == ("", "the map is 0 everywhere")
    assert draw_map(np.array([[0, np.nan]]), True).problem == "the map contains undefined values"
    assert draw_map(np.array([[0, np.inf]]), True).source == ""
    same = draw_map(np.full((2, 2), 3.0), False)
    assert same.source
    assert same.problem == "the map is constant"
    assert draw_map(np.array([[1.0, 2]]), False).problem == ""


def test_a_scale_has_the_colours_of_its_maps():
    stops = re.findall(r"rgba\((\d+), (\d+), (\d+), ([\d.]+)\)", gradient(True))
    first, middle, last = (np.array(stops[place], dtype=float) for place in (0, 8, 16))
    shades = map_shades(True)
    for stop, place in ((first, 0), (last, 255)):
        np.testing.assert_allclose(stop[:3], 255 * shades[place, :3], atol=0.51)
        assert stop[3] == pytest.approx(0.85)
    assert middle[3] < 0.02


def edges_of(path):
    """Unit edges of a path of horizontal and vertical strokes."""
    found = set()
    for x, y, kind, length in re.findall(r"M(\d+) (\d+)([hv])(\d+)", path):
        for step in range(int(length)):
            found.add((int(x) + step * (kind == "h"), int(y) + step * (kind == "v"), kind))
    return found


def test_an_outline_by_hand():
    mask = np.zeros((3, 4), dtype=bool)
    mask[1, 1:3] = True
    assert sorted(re.findall("M[^M]*", outline(mask))) == ["M1 1h2", "M1 1v1", "M1 2h2", "M3 1v1"]


def test_an_outline_parts_the_mask_from_all_else():
    mask = np.random.default_rng(0).random((7, 9)) > 0.5
    padded = np.pad(mask, 1)
    expected = {
        (x, y, "h") for y in range(8) for x in range(9) if padded[y, x + 1] != padded[y + 1, x + 1]
    } | {
        (x, y, "v") for y in range(7) for x in range(10) if padded[y + 1, x] != padded[y + 1, x + 1]
    }
    assert edges_of(outline(mask)) == expected
    assert outline(np.zeros((3, 3))) == ""
