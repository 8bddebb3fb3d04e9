"""Networks that name their images no better than chance are told, and others are not."""

import numpy as np
import pytest

from neuroloop.explain.models import own_images
from neuroloop.explain.models.own_images import Named, name_images
from tests.unit.explain.explained_models import reader, student


@pytest.mark.parametrize("labels", ["single", "multi"])
def test_by_hand(labels, monkeypatch):
    model = student() if labels == "single" else reader()
    truth, classes = model.images.truth, len(model.classes)
    true = truth if truth.ndim == 2 else np.eye(classes, dtype=bool)[truth]
    order = np.flatnonzero(true.any(axis=1))

    def naming(columns):
        logits = np.zeros((len(truth), 1, classes))
        logits[np.arange(len(truth)), 0, columns] = 1
        monkeypatch.setattr(own_images, "predict", lambda *_: logits)
        return name_images(model, seed=0)

    knows = naming(true.argmax(axis=1))
    assert knows.accuracy == len(order) / len(truth)
    one = naming(np.zeros(len(truth), dtype=int))
    assert one.accuracy == pytest.approx(one.chance) == pytest.approx(true[:, 0].mean())
    assert "at chance" in one.warning


def test_words():
    assert Named(0.5, 0.3, 0.7, 0.2, 20).warning == ""
    assert Named(0.13, 0.04, 0.31, 0.129, 24).warning == (
        "at chance: the network names 13 % of 24 of its images right (95 %: 4 to 31 %), by chance "
        "13 %; its maps show nothing that it knows"
    )
