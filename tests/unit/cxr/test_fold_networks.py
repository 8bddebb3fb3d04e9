"""The networks of all folds, each in turn, and what they say together."""

import numpy as np
import torch

from neuroloop.cxr.classifier_folds import trained_part
from neuroloop.cxr.fold_networks import mean_logits, weights_by_fold
from neuroloop.training.loop import predict
from tests.unit.explain.explained_models import radiographs


def test_weights_go_to_their_fold_in_ascending_order():
    one, two, ten = (torch.tensor(float(number)) for number in (1, 2, 10))
    sorted_out = weights_by_fold({"fold10/a.b": ten, "fold2/a.b": two, "fold2/c": one})
    assert list(sorted_out.items()) == [(2, {"a.b": two, "c": one}), (10, {"a.b": ten})]


def test_the_mean_by_hand():
    """Networks that differ in the bias of their head alone, by 0 and 1: the mean is half more."""
    opened = radiographs()
    images = torch.from_numpy(opened.images.images)
    alone = predict(opened.network, images, 16)[:, 0]
    stored = trained_part(opened.network, 0)
    last = [name for name in stored if name.endswith("bias")][-1]
    other = {name.replace("fold0", "fold1"): values.clone() for name, values in stored.items()}
    other[last.replace("fold0", "fold1")] += 1
    for order in (stored | other, other | stored):
        together = mean_logits(opened.network, order, images)
        np.testing.assert_allclose(together, alone + 0.5, rtol=0, atol=1e-6)
