"""The figure of what changed between two sessions: what stands where."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.comparison_figure import comparison_figure
from neuroloop.report.figures import save

UNITS = {"cosine of traces": "mean cosine", "ZNCC": "sum of ZNCC"}


def routes(**changed):
    rows = [
        {
            "route": route,
            "panel": panel,
            "entries": entries,
            "first": first,
            "second": first + change,
            "change": change,
            "ci_low": change - 0.2 * size,
            "ci_high": change + 0.1 * size,
            "p": 0.004,
            "p_any": 0.25,
        }
        for route, size in [("cosine of traces", 1), ("ZNCC", 100)]
        for panel, entries, first, change in [
            ("all", 56, 0.3 * size, 0.15 * size),
            ("g1", 12, 0.4 * size, -0.05 * size),
        ]
    ]
    return pd.DataFrame(rows).assign(**changed)


def drawn(table, **options):
    """Panels by route: (change, values)."""
    figure = comparison_figure(table, UNITS, sessions=("before", "after"), **options)
    axes = figure.axes
    return figure, dict(zip(UNITS, zip(axes[::2], axes[1::2], strict=True), strict=True))


def test_every_change_stands_at_its_place_with_its_interval():
    _, panels = drawn(routes())
    for (panel, _), size in zip(panels.values(), [1, 100], strict=True):
        (container,) = panel.containers
        line, _, (bars,) = container.lines
        np.testing.assert_allclose(line.get_xdata(), [0.15 * size, -0.05 * size])
        np.testing.assert_allclose(line.get_ydata(), [0, 1])
        ends = [segment[:, 0].tolist() for segment in bars.get_segments()]
        np.testing.assert_allclose(
            ends, [[-0.05 * size, 0.25 * size], [-0.25 * size, 0.05 * size]], atol=1e-12
        )
        names = [label.get_text() for label in panel.get_yticklabels()]
        assert names == ["all (n = 56)", "g1 (n = 12)"]
        low, high = panel.get_ylim()
        assert low > 1 > 0 > high  # the first panel is on top


def test_each_route_has_its_unit():
    _, panels = drawn(routes())
    for route, (change, values) in panels.items():
        assert change.get_title(loc="left") == route
        assert change.get_xlabel() == f"change of {UNITS[route]}"
        assert values.get_xlabel() == UNITS[route]


def test_the_axis_holds_zero_however_far_off_the_change_is():
    far = routes(change=5.0, ci_low=4.9, ci_high=5.1)
    _, panels = drawn(far)
    for panel, _ in panels.values():
        low, high = panel.get_xlim()
        assert low < 0 < 5.1 < high


def test_p_is_written_beside_the_change():
    table = routes(p=[0.004, 0.25, 0.0005, np.nan], p_any=[0.1, 0.04, np.nan, np.nan])
    _, panels = drawn(table)
    texts = [
        [(text.get_text(), text.get_position()[1]) for text in p.texts] for p, _ in panels.values()
    ]
    assert texts == [
        [("p 0.004\np any 0.10", 0), ("p 0.25\np any 0.040", 1)],
        [("p 0.0005", 0), ("no p", 1)],
    ]


def test_q_stands_beside_p_and_what_could_not_be_seen_beside_no_change():
    table = routes(q=[0.008, 0.5, 0.5, 0.5], q_any=0.3, smallest_effect=0.015)
    _, panels = drawn(table)
    texts = [text.get_text() for text in panels["cosine of traces"][0].texts]
    assert texts == [
        "p 0.004 (q 0.008)\np any 0.25 (q 0.30)",
        "p 0.004 (q 0.50)\np any 0.25 (q 0.30)\nunseen: below 0.015",
    ]


def test_a_table_without_p_of_any_change_is_drawn():
    _, panels = drawn(routes().drop(columns="p_any"))
    assert {text.get_text() for panel, _ in panels.values() for text in panel.texts} == {"p 0.004"}


def test_values_of_both_sessions_are_joined():
    figure, panels = drawn(routes())
    _, values = panels["ZNCC"]
    points = {line.get_marker(): line.get_xdata() for line in values.lines}
    np.testing.assert_allclose(points["o"], [30, 40])
    np.testing.assert_allclose(points["D"], [45, 35])
    (joins,) = values.collections
    assert [sorted(part[:, 0]) for part in joins.get_segments()] == [
        pytest.approx([30, 45]),
        pytest.approx([35, 40]),
    ]
    (legend,) = figure.legends
    names = {handle.get_marker(): handle.get_label() for handle in legend.legend_handles}
    assert names == {"o": "value in before", "D": "value in after"}


def test_the_caption_says_what_bars_are():
    figure, _ = drawn(routes())
    assert "from before to after" in figure.get_suptitle()
    assert "95 % intervals over recordings (of this animal" in figure.get_suptitle()
    figure, _ = drawn(routes(), note="bars: 90 % intervals over trials")
    assert "bars: 90 % intervals over trials" in figure.get_suptitle()


def test_intervals_that_are_not_known_leave_the_point(tmp_path):
    figure, panels = drawn(routes(ci_low=np.nan, ci_high=np.nan))
    (container,) = panels["ZNCC"][0].containers
    np.testing.assert_allclose(container.lines[0].get_xdata(), [15, -5])
    save(figure, tmp_path / "one.png")


def test_the_same_numbers_make_the_same_file(tmp_path):
    for name in ("one", "two"):
        figure, _ = drawn(routes())
        save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


def test_what_does_not_beat_untrained_networks_is_written_beside_the_change():
    _, panels = drawn(routes(p_untrained=[0.05, 0.75, np.nan, 0.05]))
    said = [text.get_text() for panel, _ in panels.values() for text in panel.texts]
    assert [one.split("\n")[2:] for one in said] == [
        ["above untrained networks (p 0.050)"],
        ["NOT ABOVE untrained networks (p 0.75)"],
        [],
        ["above untrained networks (p 0.050)"],
    ]
