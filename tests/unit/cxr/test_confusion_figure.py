"""The figure of confusions: what stands where."""

import numpy as np
import pandas as pd

from neuroloop.cxr.confusion_figure import draw_confusion

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
    np.testing.assert_allclose(shares, [[0.75, 0.25], [0.25, 0.75]])
    said = {text.get_position(): text.get_text() for text in panel.texts}
    assert said == {
        (0, 0): "3\n75%",  # (column, row)
        (1, 0): "1\n25%",
        (0, 1): "4\n25%",
        (1, 1): "12\n75%",
    }
    assert panel.get_ylabel() == "true class"
    assert panel.get_xlabel() == "predicted class"
    assert panel.get_title() == "plain\nn = 20 radiographs, 10 patients"


def test_recall_and_precision_stand_beside_with_their_chance():
    (panel,) = panels(draw_confusion({"plain": RADIOGRAPHS}, CLASSES))
    rows = [label.get_text().split("\n") for label in panel.get_yticklabels()]
    columns = [label.get_text().split("\n") for label in panel.get_xticklabels()]
    assert rows == [
        ["bacteria", "recall 0.75", "20% of radiographs"],
        ["virus", "recall 0.75", "80% of radiographs"],
    ]
    assert columns == [
        ["bacteria", "precision", "0.43", "35% named"],
        ["virus", "precision", "0.92", "65% named"],
    ]


def test_a_class_without_radiographs_is_drawn_without_a_share():
    radiographs = RADIOGRAPHS[RADIOGRAPHS["label"] == "virus"]
    (panel,) = panels(draw_confusion({"plain": radiographs}, CLASSES))
    assert np.isnan(np.ma.filled(panel.images[0].get_array(), np.nan)[0]).all()
    assert {text.get_text() for text in panel.texts} == {"0", "4\n25%", "12\n75%"}


def test_each_classifier_has_a_panel_and_files_are_the_same_twice(tmp_path):
    tables = {f"classifier {number}": RADIOGRAPHS for number in range(2)}
    for name in ("one", "two"):
        paths = [tmp_path / f"{name}.{kind}" for kind in ("png", "svg")]
        figure = draw_confusion(tables, CLASSES, *paths)
    titles = [panel.get_title().split("\n")[0] for panel in panels(figure)]
    assert titles == list(tables)
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert "chance" in figure.get_suptitle()
