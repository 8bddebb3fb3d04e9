"""The network of a classifier that is kept, with radiographs to look at."""

from pathlib import Path

import numpy as np

from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.explain.models.model_images import ModelImages, spread
from neuroloop.explain.models.model_writing import save_model
from neuroloop.networks.transfer_network import TransferNetwork

#: Test radiographs that lie beside the first network, for those who look into it.
LOOKED_AT = 60

#: Whether the network knows its images, by what its split keeps whole.
HELD_OUT = {
    "patient": "Radiographs of patients that the network was not trained on.",
    "image": "The network was not trained on these radiographs, but on others of their patients.",
    "site": "Radiographs of a site that the network was not trained on.",
}


def save_classifier(
    path: Path,
    network: TransferNetwork,
    classifier: Classifier,
    shown: RadiographSet,
    test: np.ndarray,
) -> None:
    """Write model.json for the first fold's network, with radiographs that it never saw."""
    rows = test[spread(shown.labels[test], LOOKED_AT)]
    images = shown.read(rows)
    dataset, case, name, split = path.parts[-5:-1]
    alike = "" if split == "patient" else f", split by {split}"
    save_model(
        path,
        name="-".join(path.parts[-6:-1]),
        title=f"Classifier of {dataset} ({name}, {case}{alike})",
        images_are="radiograph",
        held_out=HELD_OUT.get(split, HELD_OUT["patient"]),
        kind="transfer",
        options=classifier.options,
        weights={name: values.cpu() for name, values in network.state_dict().items()},
        classes=shown.classes,
        preparation=shown.preparation,
        images=ModelImages(
            images=images[:, None],
            truth=shown.labels[rows],
            ids=shown.table["radiograph"].to_numpy(dtype=str)[rows],
            mask=None if shown.lesions is None else shown.lesions[rows],
            display=images,
        ),
    )
