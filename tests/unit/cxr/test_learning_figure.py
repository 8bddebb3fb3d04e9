"""The figures of learning and of calibration: what stands where."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.cxr.learning_figure import draw_calibration, draw_learning
from neuroloop.report.figures import PALETTE
from neuroloop.statistics.intervals import cluster_interval
from neuroloop.statistics.metrics import calibration_error

CLASSES = ["bacteria", "normal", "virus"]
BLUE, ORANGE = PALETTE[0], PALETTE[1]

HISTORY = pd.DataFrame(
    [
        {"fold": fold, "epoch": epoch, "loss": 1 / epoch + fold, "validation": validation}
        for fold, losses in enumerate([[0.9, 0.5, 0.7], [0.8, 0.6]])
        for epoch, validation in enumerate(losses, start=1)
    ]
)


def lines(panel, colour, width):
    return [
        (line.get_xdata().tolist(), line.get_ydata().tolist())
        for line in panel.lines
        if line.get_color() == colour
        and line.get_linewidth() == width
        and len(line.get_xdata())
        and line.get_marker() == "None"
    ]


def test_each_fold_is_a_line_and_the_mean_goes_as_far_as_all():
    panel = draw_learning({"plain": HISTORY}).axes[0]
    first, second = lines(panel, ORANGE, 0.7)
    assert first == ([1, 2, 3], [0.9, 0.5, 0.7])
    np.testing.assert_array_equal(second[1], [0.8, 0.6, np.nan])
    ((epochs, mean),) = lines(panel, ORANGE, 2.2)
    assert epochs == [1, 2]
    assert mean == pytest.approx([0.85, 0.55])
    ((epochs, mean),) = lines(panel, BLUE, 2.2)
    assert mean == pytest.approx([1.5, 1.0])
    assert panel.get_xlabel() == "epoch"
    assert panel.get_ylabel() == "cross-entropy, nats"
    assert panel.get_title() == "plain\nn = 2 folds"


def test_the_lowest_validation_loss_of_each_fold_is_marked():
    panel = draw_learning({"plain": HISTORY}).axes[0]
    (dots,) = [line for line in panel.lines if line.get_marker() == "o"]
    assert dots.get_xdata().tolist() == [2, 2]
    assert dots.get_ydata().tolist() == [0.5, 0.6]


def test_no_validation_radiographs_leave_the_loss_of_training_alone():
    panel = draw_learning({"plain": HISTORY.assign(validation=np.nan)}).axes[0]
    assert len(lines(panel, BLUE, 0.7)) == 2
    assert not lines(panel, ORANGE, 0.7)
    assert not lines(panel, ORANGE, 2.2)
    assert not [line for line in panel.lines if line.get_marker() == "o"]


def test_chance_is_the_loss_of_naming_all_alike():
    figure = draw_learning({"plain": HISTORY}, n_classes=3)
    (line,) = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert line.get_ydata() == pytest.approx([np.log(3)] * 2)
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "chance: all 3 classes alike" in said


def test_no_history_is_told(tmp_path):
    figure = draw_learning({}, tmp_path / "none.png")
    assert [text.get_text() for text in figure.axes[0].texts] == [
        "no classifier was trained by epochs"
    ]
    assert (tmp_path / "none.png").stat().st_size > 0


def predicted(n=200, seed=0):
    stream = np.random.default_rng(seed)
    truth = stream.integers(3, size=n)
    logits = stream.normal(size=(n, 3)) + 1.5 * np.eye(3)[truth]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return pd.DataFrame(
        {
            "radiograph": [f"radiograph{number:03}" for number in range(n)],
            "patient": stream.integers(60, size=n).astype(str),
            "label": np.array(CLASSES)[truth],
            "fold": 0,
            **{f"p_{name}": shares[:, number] for number, name in enumerate(CLASSES)},
        }
    )


def test_bins_stand_where_they_are_with_intervals_over_patients():
    radiographs = predicted()
    panel = draw_calibration({"plain": radiographs}, CLASSES).axes[0]
    shares = radiographs[[f"p_{name}" for name in CLASSES]].to_numpy()
    sure, named = shares.max(axis=1), np.array(CLASSES)[shares.argmax(axis=1)]
    points = {}
    for container in panel.containers:
        if hasattr(container, "lines"):
            line, _, (bars,) = container.lines
            for x, y, bar in zip(*line.get_data(), bars.get_segments(), strict=True):
                points[float(x)] = (float(y), *bar[:, 1])
    expected = {}
    for low in np.arange(15) / 15:
        of = (sure > low) & (sure <= low + 1 / 15)
        if of.any():
            hits = (named == radiographs["label"])[of]
            expected[sure[of].mean()] = tuple(cluster_interval(hits, radiographs["patient"][of]))
    assert len(points) == len(expected) > 8
    for place, want in expected.items():
        assert points[min(points, key=lambda x: abs(x - place))] == pytest.approx(want)
    heights = [bar.get_height() for bar in panel.patches]
    counts = np.histogram(sure, np.linspace(0, 1, 16))[0]
    assert heights == pytest.approx(counts[counts > 0] / 200)


def test_the_title_tells_the_calibration_error_of_the_house():
    radiographs = predicted()
    figure = draw_calibration({"plain": radiographs}, CLASSES)
    shares = radiographs[[f"p_{name}" for name in CLASSES]].to_numpy()
    truth = radiographs["label"].map({name: k for k, name in enumerate(CLASSES)}).to_numpy()
    patients = radiographs["patient"].nunique()
    error = calibration_error(np.log(shares), truth)
    assert figure.axes[0].get_title() == f"plain\ncalibration error {error:.3f}"
    assert f"(200 radiographs, {patients} patients)" in figure.get_suptitle()
    largest = radiographs["label"].value_counts().max() / 200
    (chance,) = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert chance.get_ydata() == pytest.approx([largest] * 2)
    simulated = draw_calibration({"plain": radiographs}, CLASSES, simulated=True)
    assert simulated.get_suptitle().startswith("Simulated radiographs")


def test_the_same_numbers_make_the_same_files(tmp_path):
    radiographs = predicted(60)
    for name in ("one", "two"):
        draw_calibration({"plain": radiographs}, CLASSES, tmp_path / f"{name}.png")
        draw_learning({"plain": HISTORY}, tmp_path / f"{name}.svg", n_classes=3)
    for kind in ("png", "svg"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
