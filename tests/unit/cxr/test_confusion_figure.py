"""The figure of confusions: what stands where."""

import numpy as np
import pandas as pd

from neuroloop.cxr.confusion_figure import draw_confusion
from neuroloop.statistics.intervals import cluster_interval

CLASSES = ["bacteria", "virus"]


def predicted(*cells):
    """Radiographs from (truth, probability of bacteria, how many)."""
    rows = [
        {"label": label, "p_bacteria": share, "p_virus": 1 - share}
        for label, share, n in cells
        for _ in range(n)
    ]
    names = [f"radiograph{number}" for number in range(len(rows))]
    patients = [f"person{number // 2}" for number in range(len(rows))]
    return pd.DataFrame(rows).assign(radiograph=names, patient=patients, fold=0)


RADIOGRAPHS = predicted(
    ("bacteria", 0.9, 3), ("bacteria", 0.2, 1), ("virus", 0.7, 4), ("virus", 0.1, 12)
)


def panels(figure):
    return [panel for panel in figure.axes if panel.images and panel.get_xlabel()]


def test_rows_are_the_truth_and_sum_to_one():
    (panel,) = panels(draw_confusion({"plain": RADIOGRAPHS}, CLASSES))
    shares = panel.images[0].get_array()
    np.testing.assert_allclose(shares, [[0.75, 0.25], [0.25, 0.75], [0.35, 0.65]])
    said = {text.get_position(): text.get_text() for text in panel.texts}
    low, high = (100 * end for end in own_interval("virus"))
    assert said[1, 1] == f"75 %\n[{low:.0f}, {high:.0f}]\n12"  # (column, row)
    assert said[1, 0] == "25 %\n1"
    assert said[0, 1] == "25 %\n4"
    assert panel.get_ylabel() == "true class"
    assert panel.get_xlabel() == "predicted class"
    assert panel.get_title() == "plain"


def own_interval(name):
    """Interval over patients of the recall of a class."""
    own = RADIOGRAPHS[RADIOGRAPHS["label"] == name]
    named = np.where(own["p_bacteria"] > 0.5, "bacteria", "virus")
    return cluster_interval(named == name, own["patient"])[1:]


def test_chance_is_the_row_of_all_and_is_said_once():
    (panel,) = panels(draw_confusion({"plain": RADIOGRAPHS}, CLASSES))
    rows = [label.get_text() for label in panel.get_yticklabels()]
    assert rows == ["bacteria", "virus", "all"]
    assert [label.get_text() for label in panel.get_xticklabels()] == CLASSES
    said = {text.get_position(): text.get_text() for text in panel.texts}
    assert [said[column, 2] for column in range(2)] == ["35 %\n7", "65 %\n13"]


def test_a_class_without_radiographs_is_drawn_without_a_share():
    radiographs = RADIOGRAPHS[RADIOGRAPHS["label"] == "virus"]
    (panel,) = panels(draw_confusion({"plain": radiographs}, CLASSES))
    assert np.isnan(np.ma.filled(panel.images[0].get_array(), np.nan)[0]).all()
    said = {text.get_position(): text.get_text() for text in panel.texts}
    assert [said[column, 0] for column in range(2)] == ["–", "–"]


def test_each_classifier_has_a_panel_and_files_are_the_same_twice(tmp_path):
    tables = {f"classifier {number}": RADIOGRAPHS for number in range(2)}
    for name in ("one", "two"):
        paths = [tmp_path / f"{name}.{kind}" for kind in ("png", "svg")]
        figure = draw_confusion(tables, CLASSES, *paths)
    titles = [panel.get_title() for panel in panels(figure)]
    assert titles == list(tables)
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert figure.get_suptitle() == (
        "Radiographs: which classes are taken for which (20 radiographs, 10 patients)"
    )
    assert draw_confusion(tables, CLASSES, simulated=True).get_suptitle().startswith("Simulated")
