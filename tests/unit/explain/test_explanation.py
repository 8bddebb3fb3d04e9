"""Images explained by one method, and what is said of them."""

import numpy as np

from neuroloop.explain.explanation import explain_images, save_explanation
from neuroloop.explain.sanity.sanity import Checks, Permuted
from neuroloop.files.formats import load_arrays
from tests.unit.explain.explained_models import student

CHECKS = Checks(groups=1, curve_steps=2, random_orders=1, batch=4)


def explained(model, shown, tested):
    permuted = Permuted(student().network, True)
    return explain_images(
        model, "saliency", {}, permuted, CHECKS, shown=shown, tested=tested, seed=0
    )


def test_what_is_shown_and_what_is_tested_are_counted_apart(tmp_path):
    model = student()
    for shown, tested in ((5, 3), (2, 4)):
        found = explained(model, shown, tested)
        numbers = found.numbers()
        assert numbers["n"] == numbers["counts"]["maps"] == max(shown, tested)
        assert numbers["sanity_n"] == tested
        right = model.images.truth[found.explained.rows] == found.explained.classes.numpy()
        assert numbers["named_wrong"] == (~right[:tested]).sum()
        assert found.sanity.curves["image"].nunique() == tested
    save_explanation(tmp_path, model, "saliency", found, 2)
    written = load_arrays(tmp_path / "arrays.npz")
    np.testing.assert_array_equal(written["maps"], found.maps)
    assert written["image"].tolist() == found.explained.ids.tolist()
