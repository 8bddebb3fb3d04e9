"""Networks of the user: model.json, weights, images."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neuroloop.explain.models.model_file import open_model
from neuroloop.explain.models.model_images import ModelImages
from neuroloop.explain.models.model_writing import save_model
from neuroloop.files.formats import load_weights
from neuroloop.images.preparation import Preparation
from neuroloop.networks import resnet
from tests.fuzz.readers import Reader

CLASSES = ("cat", "dog", "cow")


def write_model(folder: Path, weights: str = ".safetensors") -> None:
    options = {"depth": 18, "in_channels": 3, "width": 2, "stem": "small", "blocks": (1, 1)}
    network = resnet.resnet(classes=3, **options)
    resnet.initialise(network, [1])
    drawn = np.random.default_rng(0).random((4, 3, 16, 16), dtype=np.float32)
    images = ModelImages(drawn, np.array(list("abcd")), np.array([0, 1, 2, 1]))
    path = folder / "model.json"
    save_model(
        path,
        weights=network.state_dict(),
        kind="resnet",
        options=options,
        classes=CLASSES,
        images=images,
        preparation=Preparation(20, 3, crop=16),
    )
    if weights == ".pth":
        (stored,) = folder.glob("*.safetensors")
        torch.save(load_weights(stored), stored.with_suffix(".pth"))
        path.write_text(path.read_text().replace(stored.name, stored.with_suffix(".pth").name))
        stored.unlink()


def read_model(folder: Path) -> Any:
    opened = open_model(folder / "model.json")
    state = {name: values.numpy() for name, values in opened.network.state_dict().items()}
    with torch.inference_mode():
        outputs = opened.network(torch.from_numpy(np.asarray(opened.images.images[:])))
    return [state, opened.classes, opened.images.ids, opened.images.truth, outputs.numpy()]


READERS = [
    Reader("model.json", write_model, read_model, "model.json"),
    Reader("weights .safetensors", write_model, read_model, "*.safetensors"),
    Reader("weights .pth", partial(write_model, weights=".pth"), read_model, "*.pth", checked=True),
    Reader("images .npz", write_model, read_model, "*.npz", checked=True),
]
