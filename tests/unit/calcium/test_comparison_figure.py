"""The figure of what changed between two sessions: what stands where."""

import numpy as np
import pandas as pd

from neuroloop.calcium.comparison_figure import comparison_figure
from neuroloop.report.figures import save

AXES = {"change of response": ("influence", "maps"), "change of ZNCC": ("zncc",)}
NAMES = {"influence": "traces", "maps": "maps", "zncc": "likeness"}


def routes(**changed):
    rows = [
        {
            "route": route,
            "panel": panel,
            "entries": entries,
            "first": first,
            "second": first + change,
            "change": change,
            "ci_low": change - 0.2,
            "ci_high": change + 0.1,
            "p": 0.004,
            "p_any": 0.25,
        }
        for route in NAMES
        for panel, entries, first, change in [("all", 56, 0.3, 0.15), ("g1", 12, 0.4, -0.05)]
    ]
    return pd.DataFrame(rows).assign(**changed)


def shared(table, **both):
    names = ("entries", "first", "second", "change", "ci_low", "ci_high")
    return table.assign(**{f"{name}_both": table[name] for name in names} | both)


def drawn(table, **options):
    """The figure, and by the label of each axis its panel and the texts beside it."""
    figure = comparison_figure(table, AXES, NAMES, sessions=("before", "after"), **options)
    panels = dict(zip(AXES, zip(figure.axes[::2], figure.axes[1::2], strict=True), strict=True))
    return figure, panels


def points(panel):
    """(value, low, high) of each row, from above."""
    found = {}
    for container in panel.containers:
        line, _, (bars,) = container.lines
        (segment,) = bars.get_segments()
        found[float(line.get_ydata()[0])] = (line.get_xdata()[0], *segment[:, 0])
    return [found[place] for place in sorted(found)]


def columns(panel, rows):
    """What stands beside each row: values, tests, what to beware of."""
    texts = [text for text in panel.texts if text.get_transform() == panel.transData]
    said = {text.get_position(): text.get_text() for text in texts}
    across, down = (sorted({place[axis] for place in said}) for axis in (0, 1))
    assert len(down) == rows
    return [[said[at, row] for at in across] for row in down]


def test_routes_of_one_unit_share_an_axis_and_every_change_has_its_interval():
    _, panels = drawn(routes())
    assert len(panels) == 2
    coupling, _ = panels["change of response"]
    one, other = (0.15, -0.05, 0.25), (-0.05, -0.25, 0.05)
    np.testing.assert_allclose(points(coupling), [one, other, one, other], atol=1e-12)
    assert coupling.get_xlabel() == "change of response"
    assert [label.get_text() for label in coupling.get_yticklabels()] == [
        *("traces, all (56)", "traces, g1 (12)", "maps, all (56)", "maps, g1 (12)"),
    ]
    low, high = coupling.get_ylim()
    assert low > high  # the first row is on top


def test_a_route_that_lacks_pairs_is_told_on_those_of_both_too():
    table = shared(routes(), entries_both=[47, 12, 56, 12, np.nan, np.nan], change_both=0.08)
    table[["ci_low_both", "ci_high_both"]] = [0.01, 0.12]
    _, panels = drawn(table)
    coupling, texts = panels["change of response"]
    assert [label.get_text() for label in coupling.get_yticklabels()] == [
        *("traces, all (56)", "the same, pairs of both (47)", "traces, g1 (12)"),
        *("maps, all (56)", "maps, g1 (12)"),
    ]
    np.testing.assert_allclose(points(coupling)[1], (0.08, 0.01, 0.12))
    assert columns(texts, 5)[1] == ["0.30 → 0.45", "not tested again", ""]
    assert len(panels["change of ZNCC"][0].get_yticklabels()) == 2


def test_the_axis_holds_zero_however_far_off_the_change_is():
    _, panels = drawn(routes(change=5.0, ci_low=4.9, ci_high=5.1))
    for panel, _ in panels.values():
        low, high = panel.get_xlim()
        assert low < 0 < 5.1 < high


def test_values_and_p_stand_beside_the_change():
    table = routes(p=[0.004, 0.25, 0.0005, np.nan, 0.5, 0.5], p_any=[0.1, 0.04, *[np.nan] * 4])
    _, panels = drawn(table)
    said = columns(panels["change of response"][1], 4)
    assert [row[0] for row in said] == ["0.30 → 0.45", "0.40 → 0.35"] * 2
    assert [row[1] for row in said] == [
        *("p 0.004\nany: p 0.10", "p 0.25\nany: p 0.040", "p 0.0005", "no p"),
    ]


def test_q_stands_beside_p_and_what_could_not_be_seen_beside_no_change():
    _, panels = drawn(routes(q=[0.008, *[0.5] * 5], q_any=0.3, smallest_effect=0.015))
    said = columns(panels["change of response"][1], 4)
    assert said[0][1:] == ["p 0.004, q 0.008\nany: p 0.25, q 0.30", ""]
    assert said[1][1:] == ["p 0.004, q 0.50\nany: p 0.25, q 0.30", "unseen: below 0.015"]


def test_what_is_no_evidence_is_written_beside_the_change():
    notes = ["", "", "after: READER AT CHANCE: it names 12 %", "", "", "one recording"]
    table = routes(
        p_untrained=[np.nan, np.nan, 0.05, 0.75, np.nan, np.nan],
        note=notes,
        p=[0.1, 0.1, 0.1, 0.1, 0.1, np.nan],
    )
    _, panels = drawn(table)
    coupling = columns(panels["change of response"][1], 4)
    assert [row[2] for row in coupling] == [
        "",
        "",
        "reader at chance: no evidence\nabove untrained (p 0.050)",
        "NOT ABOVE untrained (p 0.75)",
    ]
    assert columns(panels["change of ZNCC"][1], 2)[1][2] == "one recording"


def test_the_title_says_what_bars_are_and_what_is_simulated():
    figure, _ = drawn(routes())
    assert figure.get_suptitle() == (
        "What changed from before to after, by each route (bars: 95 % over recordings)"
    )
    figure, _ = drawn(routes(), simulated=True)
    assert ", simulated" in figure.get_suptitle()


def test_a_single_route_without_p_of_any_change_or_intervals_is_drawn(tmp_path):
    table = routes(ci_low=np.nan, ci_high=np.nan).drop(columns="p_any")
    figure = comparison_figure(
        table[table["route"] == "zncc"], AXES, NAMES, sessions=("before", "after")
    )
    save(figure, tmp_path / "one.png")
    assert len(figure.axes) == 2


def test_no_labels_overlap_with_four_groups():
    table = pd.concat([routes(panel=name) for name in ("all", "g1", "g2", "g3", "g4")])
    table = shared(table, entries_both=[47, 12] * 15).assign(q=0.5, q_any=0.5, smallest_effect=0.1)
    chance = "READER AT CHANCE: it names few cells in held-out trials, so its maps are no evidence"
    table = table.assign(note=chance, p_untrained=0.75)
    table.loc[table["route"] == "maps", "p"] = np.nan
    figure, panels = drawn(table)
    figure.draw_without_rendering()
    for panel, texts in panels.values():
        boxes = [label.get_window_extent() for label in panel.get_yticklabels()]
        boxes += [text.get_window_extent() for text in texts.texts if text.get_text()]
        for number, one in enumerate(boxes):
            assert not any(one.overlaps(other) for other in boxes[number + 1 :])


def test_the_same_numbers_make_the_same_file(tmp_path):
    for name in ("one", "two"):
        figure, _ = drawn(routes())
        save(figure, tmp_path / f"{name}.png", tmp_path / f"{name}.svg")
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
