"""The figures of classifiers' scores: what stands where."""

import pandas as pd
import pytest

from neuroloop.cxr.classifier_figure import SHOWN, draw_scores, draw_shortcuts
from neuroloop.report.figures import save

CONTRAST = ("bacteria", "virus")


def rows(case, classifier, split, shown, value):
    return [
        {
            "case": case,
            "classifier": classifier,
            "split": split,
            "shown": shown,
            "metric": metric,
            "class": "",
            "value": value + more,
            "ci_low": value + more - 0.05,
            "ci_high": value + more + 0.02,
            "n": n,
            "patients": n // 2,
            "chance": chance,
        }
        for metric, more, n, chance in [
            ("accuracy", 0.3, 1900, 0.4),
            ("macro_f1", 0, 1900, 0.33),
            ("auc", 0.1, 1200, 0.5),
            ("auc_ovr", 0.2, 1900, 0.5),
        ]
    ]


def scored():
    return pd.DataFrame(
        [
            *rows("case1", "plain", "patient", "whole", 0.6),
            *rows("case1", "plain", "patient", "lungs", 0.5),
            *rows("case1", "plain", "patient", "background", 0.4),
            *rows("case5", "plain", "patient", "whole", 0.7),
            *rows("case5", "plain", "patient", "lungs", 0.55),
            *rows("case5", "plain", "patient", "background", 0.45),
            *rows("case5", "plain", "image", "whole", 0.75),
        ]
    )


def drawn(panel):
    """Points as {(colour, row): (value, low, high, face)}."""
    points = {}
    for container in panel.containers:
        line, _, (bars,) = container.lines
        for x, y, segment in zip(*line.get_data(), bars.get_segments(), strict=True):
            if x == x:
                low, high = segment[:, 0]
                points[line.get_color(), round(y)] = (x, low, high, line.get_markerfacecolor())
    return points


BLUE, ORANGE, GREEN = (SHOWN[name].colour for name in ("whole", "background", "lungs"))


def test_scores_stand_at_their_row_with_their_interval():
    figure = draw_scores(scored(), CONTRAST, None)
    for panel, more in zip(figure.axes, [0, 0.1], strict=True):
        points = drawn(panel)
        assert set(points) == {(BLUE, 0), (BLUE, 1), (ORANGE, 1)}
        for key, value, face in [
            ((BLUE, 0), 0.6, BLUE),
            ((BLUE, 1), 0.7, BLUE),
            ((ORANGE, 1), 0.75, "white"),  # the split that leaks is hollow
        ]:
            value += more
            assert points[key][:3] == pytest.approx((value, value - 0.05, value + 0.02))
            assert points[key][3] == face
        low, high = panel.get_ylim()
        assert low > 1 > 0 > high  # the first row is on top
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == ["plain, case1", "plain, case5"]
    assert [panel.get_title() for panel in figure.axes] == [
        "macro-F1 (1,900 radiographs, 950 patients)",
        "AUC (1,200 radiographs, 600 patients)",
    ]
    assert "\n" not in figure.get_suptitle()


def test_new_sites_and_other_sets_stand_beside_and_single_sites_do_not():
    elsewhere = [
        *rows("case1", "plain", "site", "whole", 0.5),
        *rows("case1", "plain", "site north", "whole", 0.45),
        *rows("case1", "plain", "external kaggle", "whole", 0.4),
    ]
    scores = pd.concat([scored(), pd.DataFrame(elsewhere)], ignore_index=True)
    figure = draw_scores(scores, CONTRAST, None, simulated=True)
    values = sorted(round(point[0], 3) for point in drawn(figure.axes[0]).values())
    assert values == [0.4, 0.5, 0.6, 0.7, 0.75]
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "new sites: each left out in turn, interval over sites" in said
    assert "kaggle: another set" in said
    assert figure.get_suptitle().startswith("Simulated radiographs: how well")


def test_numbers_are_written_beside_their_row():
    figure = draw_scores(scored(), CONTRAST, None)
    for panel, expected in zip(
        figure.axes, [["0.60", "0.70", "0.75"], ["0.70", "0.80", "0.85"]], strict=True
    ):
        said = {text.get_text(): (text.get_color(), text.get_position()[1]) for text in panel.texts}
        assert sorted(said) == expected
        points = {
            (line.get_color(), y)
            for c in panel.containers
            for line in c.lines[:1]
            for y in line.get_ydata()
        }
        assert set(said.values()) <= points


def test_chance_is_a_tick_at_each_row():
    figure = draw_scores(scored(), CONTRAST, None)
    for panel, level in zip(figure.axes, [0.33, 0.5], strict=True):
        ticks = [x for line in panel.lines if line.get_marker() == "|" for x in line.get_xdata()]
        assert [x for x in ticks if x == x] == [level] * 3
    assert any("chance" in text.get_text() for text in figure.legends[0].get_texts())


def test_the_baseline_is_a_line_through_all_rows():
    figure = draw_scores(scored(), CONTRAST, ("case5", "plain"))
    for panel, value in zip(figure.axes, [0.7, 0.8], strict=True):
        (line,) = [line for line in panel.lines if line.get_linestyle() == ":"]
        assert line.get_xdata() == pytest.approx([value, value])
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "baseline: plain, case5" in said
    without = draw_scores(scored(), CONTRAST, None)
    assert not any(line.get_linestyle() == ":" for panel in without.axes for line in panel.lines)


def test_without_a_contrast_the_auc_is_the_mean_of_all_classes():
    figure = draw_scores(scored(), None, None)
    assert drawn(figure.axes[1])[BLUE, 0][0] == pytest.approx(0.8)
    assert figure.axes[1].get_xlabel() == "AUC, mean of each class against the others"
    figure = draw_scores(scored(), CONTRAST, None)
    assert figure.axes[1].get_xlabel() == "AUC, bacteria against virus"


def test_shortcuts_stand_side_by_side():
    table = scored()
    figure = draw_shortcuts(table[table["split"] == "patient"], CONTRAST)
    values = {key: point[0] for key, point in drawn(figure.axes[0]).items()}
    expected = {(BLUE, 0): 0.6, (GREEN, 0): 0.5, (ORANGE, 0): 0.4}
    expected |= {(BLUE, 1): 0.7, (GREEN, 1): 0.55, (ORANGE, 1): 0.45}
    assert values == pytest.approx(expected)
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert said[:3] == ["whole radiograph", "lungs only", "background only, the lungs masked"]
    assert "\n" not in figure.get_suptitle()


def test_the_same_numbers_make_the_same_files(tmp_path):
    for name in ("one", "two"):
        paths = [tmp_path / f"{name}.{kind}" for kind in ("png", "svg")]
        draw_scores(scored(), CONTRAST, ("case1", "plain"), *paths)
    save(draw_scores(scored(), CONTRAST, ("case1", "plain")), tmp_path / "three.png")
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "three.png").read_bytes()
    by_patient = scored()[scored()["split"] == "patient"]
    draw_shortcuts(by_patient, CONTRAST, tmp_path / "shortcuts.png")
    assert (tmp_path / "shortcuts.png").stat().st_size > 0
