"""Tables of predicted radiographs."""

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.cxr.radiograph_tables import COLUMNS, prediction_table, read_predictions
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_table

CLASSES = ["bacteria", "normal", "virus"]
RADIOGRAPHS = pd.DataFrame(
    {
        "fold": [1, 0],
        "file": "",
        "radiograph": ["01", "1e3"],
        "label": ["virus", "normal"],
        "patient": ["007", "7"],
    },
    index=[5, 3],
)


def test_probabilities_by_hand():
    logits = np.log([[1.0, 2.0, 5.0], [0.25, 0.25, 0.5]]) + np.array([[3.0], [-1.0]])
    table = prediction_table(RADIOGRAPHS, logits, CLASSES)
    assert list(table) == [*COLUMNS, "p_bacteria", "p_normal", "p_virus"]
    assert table["radiograph"].tolist() == ["01", "1e3"]
    assert table.index.tolist() == [0, 1]
    np.testing.assert_allclose(table.iloc[0, 4:].astype(float), [0.125, 0.25, 0.625])
    np.testing.assert_allclose(table.iloc[1, 4:].astype(float), [0.25, 0.25, 0.5])


def test_probabilities_of_large_logits_are_those_of_torch():
    logits = np.array([[1000.0, 999.0, -1000.0], [-800.0, -801.0, -802.0]], dtype=np.float32)
    table = prediction_table(RADIOGRAPHS, logits, CLASSES)
    expected = torch.from_numpy(logits).double().softmax(dim=1).numpy()
    found = table[[f"p_{name}" for name in CLASSES]].to_numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_table_is_read_as_it_was_written(tmp_path):
    logits = np.random.default_rng(0).standard_normal((2, 3))
    table = prediction_table(RADIOGRAPHS, logits, CLASSES).assign(shown="whole")
    save_table(tmp_path / "predictions.tsv", table)
    read = read_predictions(tmp_path / "predictions.tsv", CLASSES)
    pd.testing.assert_frame_equal(read, table.astype({"fold": str}), check_dtype=False)
    for name in CLASSES:
        assert (read[f"p_{name}"].to_numpy() == table[f"p_{name}"].to_numpy()).all()


def test_a_class_that_was_not_predicted_is_one_line(tmp_path):
    table = prediction_table(RADIOGRAPHS, np.zeros((2, 3)), CLASSES).assign(shown="whole")
    save_table(tmp_path / "predictions.tsv", table)
    with pytest.raises(NeuroLoopError, match=r"predictions\.tsv lacks the column p_tuberculosis"):
        read_predictions(tmp_path / "predictions.tsv", [*CLASSES, "tuberculosis"])
