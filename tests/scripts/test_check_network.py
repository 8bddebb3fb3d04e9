"""The passport of a network of one's own."""

import numpy as np
import pytest

from neuroloop.explain.models.model_images import ModelImages
from neuroloop.explain.models.model_writing import save_model
from neuroloop.networks import resnet
from neuroloop.report.passport import read_passport
from scripts.report.check_network import check_network


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_and_its_images_are_shown(tmp_path, channels):
    options = {"depth": 18, "in_channels": channels, "width": 4, "stem": "small", "blocks": (1, 1)}
    network = resnet.resnet(classes=3, **options)
    resnet.initialise(network, [0])
    drawn = np.random.default_rng(0).standard_normal((30, channels, 16, 12)).astype(np.float32)
    given = ModelImages(drawn, np.array([f"i{k}" for k in range(30)]), np.arange(30) % 3)
    model = tmp_path / "net" / "model.json"
    save_model(
        model,
        weights=network.state_dict(),
        images=given,
        classes=["cat", "cow", "dog"],
        labels="single",
        kind="resnet",
        options=options,
    )
    facts, figures = tmp_path / "check" / "own.json", tmp_path / "check" / "own.figures"
    check_network(model=model, facts=facts, figures=figures, seed=0)
    found = read_passport(facts)
    assert (found.name, found.kind) == ("own", "explain")
    assert found.line.startswith("resnet, 3 classes; 30 images of ")
    assert found.line.endswith("16 x 12 pixels")
    (table,) = found.tables
    assert table.rows == [["cat", 10], ["cow", 10], ["dog", 10]]
    assert (facts.parent / found.pictures[0].file).read_bytes()[:4] == b"\x89PNG"
    names = {file.file.rsplit("/", 1)[-1] for file in found.intake.files}
    assert names == {"model.json", "weights.safetensors", "images.npz"}
