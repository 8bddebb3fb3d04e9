"""The CNN that teaches: its first network can be opened, and says what it taught."""

import numpy as np

from neuroloop.distill.image_set import load_image_set
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import load_array
from neuroloop.training.loop import predict
from scripts.distill.train_cnn_teacher import train_cnn_teacher
from tests.scripts.test_train_students import STUDENT
from tests.unit.distill.taught_images import images

__all__ = ["images"]  # the fixture


def test_its_first_network_says_of_images_that_it_never_saw_what_it_taught(images, tmp_path):
    folder = tmp_path / "cnn"
    folder.mkdir()
    train_cnn_teacher(
        images=images[0],
        table=images[1],
        logits=folder / "logits.npy",
        model=folder / "model.json",
        student=STUDENT,
        depth=34,
        folds=2,
        seed=3,
        device="cpu",
        checkpoints=tmp_path / "checkpoints",
        code="c",
    )
    taught, facts = load_array(folder / "logits.npy")
    opened = open_model(folder / "model.json")
    assert opened.classes == tuple(facts["ids"]["class"])
    assert len(opened.images.ids) == 6  # half of the images that teach
    rows = [facts["ids"]["image"].index(name) for name in opened.images.ids]
    said = predict(opened.network, opened.images.images)[:, 0]
    np.testing.assert_allclose(said, taught[rows], rtol=1e-4, atol=1e-5)
    shown = load_image_set(*images)
    places = [shown.table["image_id"].tolist().index(name) for name in opened.images.ids]
    made = opened.preparation.apply(shown.pixels[places])
    np.testing.assert_array_equal(made, opened.images.images)
