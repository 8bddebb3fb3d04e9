"""Colours of the pages: what is read stands out from what it stands on, in both themes."""

import re
from itertools import product

import pytest

from neuroloop.report.templates import asset


def colours(theme: str) -> dict[str, tuple[float, ...]]:
    """Red, green and blue of every variable of the style sheet in a theme."""
    blocks = re.findall(r"([^{}]+)\{([^{}]*--[^{}]*)\}", asset("neuroloop.report/page.css"))
    found: dict[str, tuple[float, ...]] = {}
    for selector, body in blocks:
        dark = "dark" in selector or "not(" in selector
        if not dark or theme == "dark":
            for name, digits in re.findall(r"--([\w-]+): #([0-9a-f]{3,6});", body):
                full = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
                found[name] = tuple(int(full[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return found


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance (WCAG 2.2)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Contrast ratio (WCAG 2.2), 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    grey = (0x76 / 255,) * 3  # the lightest grey that may be read on white
    assert contrast(grey, (1, 1, 1)) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read(theme):
    of = colours(theme)
    pairs = [
        *product(("text", "soft", "link"), ("ground", "raised", "sunk", "note")),
        *product(("text", "link"), ("warn",)),
        *product(("bad", "good"), ("ground", "raised")),
        *product(("text", "soft"), ("good-ground", "bad-ground")),
        *(("good", "good-ground"), ("bad", "bad-ground")),
        *product(("ground",), ("good", "bad", "plain")),  # signs of verdicts
    ]
    found = {(a, b): round(contrast(of[a], of[b]), 2) for a, b in pairs}
    assert not {pair: ratio for pair, ratio in found.items() if ratio < 4.5}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_of_plots_can_be_seen(theme):
    of = colours(theme)
    for name in ("plain", "good", "text"):
        assert contrast(of[name], of["raised"]) >= 3


def test_both_ways_into_the_dark_have_the_same_colours():
    """By the button, and by the system's own setting."""
    blocks = re.findall(r"\{([^{}]*--ground: #14181d[^{}]*)\}", asset("neuroloop.report/page.css"))
    by_button, by_system = ([line.strip() for line in block.split("\n")] for block in blocks)
    assert by_button == by_system
