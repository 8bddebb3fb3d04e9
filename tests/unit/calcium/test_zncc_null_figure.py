"""The figure of ZNCC's nulls."""

import numpy as np
import pytest

from neuroloop.calcium.zncc_null_figure import null_figure
from neuroloop.calcium.zncc_nulls import null_table

PATTERNS = ["a", "b", "a+b", "c"]


def drawn(trials: int, warning: str = ""):
    maps = np.random.default_rng(0).standard_normal((4, trials, 4, 3, 3))
    table = null_table(maps[:1], maps[1:], PATTERNS, ["g"] * 4, np.random.default_rng(0), 5)
    return null_figure(table, session="POD0", warning=warning), table


def test_values_stand_beside_their_nulls() -> None:
    figure, table = drawn(3)
    title = figure.get_suptitle()
    assert "session POD0" in title
    assert title.endswith("4 patterns, 3 held-out trials each, mean over 1 seed")
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "trained networks (bar: 95 % interval over trials)",
        "3 untrained networks (bar: 95 % of them)",
        "5 permutations of labels (bar: 95 % of them)",
    ]
    sums, excess = figure.axes
    # A network's value and one null; pairs that share a cell have two nulls.
    assert [len(panel.containers) for panel in (sums, excess)] == [4, 6]
    shown = [bar[0].get_xdata()[0] for bar in sums.containers]
    rows = table[table["statistic"] == "sum"]
    expected = np.column_stack([rows["value"], rows["null_mean"]]).ravel()
    assert shown == pytest.approx(expected.tolist())
    assert [text.get_text() for text in sums.texts] == [
        f"p {p:.3g}, over networks" for p in rows["p"]
    ]
    assert sum("over labels" in text.get_text() for text in excess.texts) == 2


def test_what_is_not_defined_has_no_p() -> None:
    figure, _ = drawn(1)
    assert [text.get_text() for text in figure.axes[0].texts][1] == "no p"


@pytest.mark.parametrize("warning", ["", "READER AT CHANCE: " + "it names few cells " * 8])
def test_p_of_both_nulls_stand_apart(warning: str) -> None:
    figure, _ = drawn(3, warning)
    figure.draw_without_rendering()
    for panel in figure.axes:
        boxes = [text.get_window_extent() for text in panel.texts]
        for number, one in enumerate(boxes):
            assert not any(one.overlaps(other) for other in boxes[number + 1 :])
