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
    save_model(
        path,
        name="-".join(path.parts[-6:-1]),
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
