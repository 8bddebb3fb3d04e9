"""What decoders said of samples: joined by id, confusion, calibration."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.alike import alike
from neuroloop.fmri.judged import judged, together
from neuroloop.fmri.judged_figures import calibration_figure, confusion_figure
from neuroloop.report.figures import save
from neuroloop.statistics.metrics import calibration_error
from neuroloop.statistics.reliability import reliability
from tests.unit.report.overlap import overlapping

DIGITS = [f"digit{number}" for number in range(10)]


def decoded(subject="S1", roi="V1", decoder="ridge", classes=DIGITS, runs=4, seed=0, noise=1.0):
    """A subject's decoder: every run shows each class once, rows of folds.tsv in another order."""
    stream = np.random.default_rng(seed)
    k = len(classes)
    truth = np.tile(np.arange(k), runs)
    logits = noise * stream.normal(size=(k * runs, k)) + 2 * np.eye(k)[truth]
    names = np.array([f"sample{number}" for number in range(k * runs)])
    run = np.repeat(np.arange(runs), k)
    folds = pd.DataFrame(
        {
            "sample": names,
            "run": [f"run{number}" for number in run],
            "block": [f"block{number}" for number in range(k * runs)],
            "stimulus_id": [f"image{number}" for number in range(k * runs)],
            "category": np.array(classes)[truth],
            "fold": run,
        }
    ).iloc[::-1]
    samples = {"sample": names, "truth": truth, "logits": logits}
    return judged((subject, roi, decoder), samples, classes, folds)


def panel_of(figure, start):
    (panel,) = [
        one
        for one in figure.axes
        if (one.get_title() or one.get_title("left")).split("\n")[0] == start
    ]
    return panel


def test_samples_are_joined_by_id():
    one = decoded()
    assert one.clusters[:10].tolist() == ["run0"] * 10
    assert one.clusters[-1] == "run3"
    assert len(set(one.crossed.tolist())) == len(one.truth)
    assert one.over == "runs"
    np.testing.assert_allclose(one.soft_labels.sum(axis=1), 1)
    folds = pd.DataFrame(columns=["sample", "run", "block", "stimulus_id", "category", "fold"])
    samples = {"sample": np.array(["x"]), "truth": np.array([0]), "logits": np.zeros((1, 2))}
    with pytest.raises(NeuroLoopError, match=r"sample 'x' of S1/V1/ridge is not in folds\.tsv"):
        judged(("S1", "V1", "ridge"), samples, ["a", "b"], folds)


@pytest.mark.parametrize(
    ("unit", "runs", "blocks", "folds", "over", "units"),
    [
        ([0, 1, 2, 3], "aabb", "0123", "0011", "runs", ["run"]),
        ([0, 1, 0, 1], "aabb", "0123", "0011", "runs and images", ["run", "stimulus"]),
        ([0, 0, 1, 1], "aaaa", "0011", "0011", "blocks or images and folds", ["block"]),
        ([0, 1, 2, 3], "aaaa", "0123", "0101", "samples and folds", ["sample"]),
        # Folds that cut through runs say nothing of other runs.
        ([0, 1, 2, 3], "aabb", "0123", "0101", "samples and runs", ["sample"]),
        ([0, 1, 0, 1], "aabb", "0123", "0101", "blocks or images and runs", ["stimulus"]),
        ([0, 0, 1, 2], "aabb", "0012", "0001", "blocks or images and runs", ["block"]),
    ],
)
def test_what_samples_share(unit, runs, blocks, folds, over, units):
    rows = (np.array(list(text)) for text in (runs, blocks, folds))
    shared = alike(np.array(unit), *rows)
    assert (shared.over, shared.units) == (over, units)
    assert shared.fixed == ([] if "run" in units else ["run"])
    assert set(shared.crossed.tolist()) <= {*map(str, unit), *runs, *folds}


def test_nothing_is_shared_by_two_subjects():
    both = together([decoded("S1"), decoded("S2", seed=1)])
    assert len(both.truth) == 80
    assert len(set(both.clusters.tolist())) == 8
    assert both.clusters[0] == "S1 run0"
    with pytest.raises(NeuroLoopError, match="S1 and S2 saw other classes"):
        together([decoded("S1"), decoded("S2", classes=list("abcdefghij"))])


def test_samples_of_one_run_are_units_and_not_their_subjects():
    both = together([decoded("S1", runs=1), decoded("S2", runs=1)])
    assert both.over == "samples and folds"
    assert len(set(both.clusters.tolist())) == 20


def test_the_confusion_matrix_counts_all_subjects(tmp_path):
    members = [decoded("S1"), decoded("S2", seed=1), decoded("S1", decoder="svm", noise=9)]
    figure = confusion_figure(members, simulated=True)
    panel = panel_of(figure, "V1")
    expected = np.zeros((10, 10))
    for one in members[:2]:
        np.add.at(expected, (one.truth, one.named), 1)
    values = np.asarray(panel.images[0].get_array())
    np.testing.assert_allclose(values[:10], 100 * expected / 8)
    np.testing.assert_allclose(values[10], 100 * expected.sum(axis=0) / 80)
    texts = {text.get_position(): text.get_text() for text in panel.texts}
    assert texts[3, 3] == f"{values[3, 3]:.0f}"
    names = [label.get_text() for label in panel.get_yticklabels()]
    assert names == [*(f"{name} (8)" for name in DIGITS), "all samples (80)"]
    assert [label.get_text() for label in panel.get_xticklabels()] == DIGITS
    assert "Simulated brains" in figure.get_suptitle()
    assert "by ridge, out of fold (2 subjects together)" in figure.get_suptitle()
    assert not overlapping(figure)
    save(figure, tmp_path / "confusion.png", tmp_path / "confusion.svg")


def test_many_classes_lose_their_numbers_and_then_their_names():
    for k, named, numbers in ((12, True, True), (13, True, False), (41, False, False)):
        figure = confusion_figure([decoded(classes=[f"c{n}" for n in range(k)])])
        panel = panel_of(figure, "V1")
        assert bool(panel.texts) == numbers
        assert bool(panel.get_yticklabels()) == named


def test_calibration_is_of_the_house_with_intervals_over_what_is_alike(tmp_path):
    members = [decoded("S1"), decoded("S2", seed=1)]
    figure = calibration_figure(members, simulated=True)
    panel = panel_of(figure, "V1")
    both = together(members)
    error = calibration_error(np.log(both.soft_labels), both.truth)
    assert panel.get_title() == f"V1\nECE {error:.2f}, n = 80"
    bins = reliability(
        both.soft_labels.max(axis=1), both.named == both.truth, both.clusters, both.crossed
    )
    (points,) = [one for one in panel.containers if hasattr(one, "lines")]
    line, _, (bars,) = points.lines
    np.testing.assert_allclose(line.get_xdata(), bins["confidence"])
    np.testing.assert_allclose(line.get_ydata(), bins["share"])
    drawn = np.array([segment[:, 1] for segment in bars.get_segments()])
    np.testing.assert_allclose(drawn, bins[["ci_low", "ci_high"]].astype(float), atol=1e-9)
    (chance,) = [one for one in panel.lines if one.get_linestyle() == "--"]
    named = np.bincount(both.named, minlength=10) / 80
    assert chance.get_ydata()[0] == pytest.approx(named.mean())
    assert "95 % intervals over runs" in figure.get_suptitle()
    assert "Simulated brains: are soft labels of ridge" in figure.get_suptitle()
    save(figure, tmp_path / "calibration.png", tmp_path / "calibration.svg")


def test_all_decoders_have_panels_where_there_is_room_and_the_first_one_where_not():
    few = [decoded(roi=roi, decoder=name) for roi in ("V1", "V2") for name in ("ridge", "svm")]
    titles = [panel.get_title().split("\n")[0] for panel in calibration_figure(few).axes]
    assert titles == ["ridge, V1", "ridge, V2", "svm, V1", "svm, V2"]
    rois = [f"region{number}" for number in range(12)]
    many = [decoded(roi=roi, decoder=name) for roi in rois for name in ("ridge", "svm")]
    for figure in (calibration_figure(many), confusion_figure(many)):
        drawn = [panel.get_title() or panel.get_title("left") for panel in figure.axes]
        assert [title.split("\n")[0] for title in drawn if title] == rois
        assert not overlapping(figure)
