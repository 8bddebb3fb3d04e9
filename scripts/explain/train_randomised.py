"""Train a model's network on permuted labels of its own images, until it has memorised them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.explain.models.explained import even_order
from neuroloop.explain.models.model_file import OpenedModel, open_model
from neuroloop.explain.sanity.label_training import MEMORISED, train_on_permuted_labels
from neuroloop.files.formats import StrPath, save_json, save_weights
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import derive_seed
from neuroloop.registry import add_plugins
from neuroloop.training.loop import predict

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def train_randomised(
    *,
    model: StrPath,
    label_images: int,
    seed: int,
    device: str,
    outputs: Mapping[str, Any],
) -> dict[str, Any]:
    """Train the network of a model.json on permuted labels.

    Parameters
    ----------
    model : path
        model.json.
    label_images : int
        Most images that are learned, evenly of the true classes.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    outputs : mapping
        ``weights``: state of the network; ``metrics``: what it reached.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    torch_device = pick_device(device)
    opened = open_model(Path(model), torch_device)
    own = derive_seed(seed, "explain", opened.name)
    rows = even_order(opened.images, own)[:label_images]
    images = opened.images.images[rows]
    labels, source = true_or_named(opened, rows, images)
    made = train_on_permuted_labels(
        opened.network, images, labels, multi_label=opened.labels == "multi", seed=own
    )
    facts = made._asdict()
    del facts["network"]
    save_weights(outputs["weights"], made.network.state_dict(), model=opened.name)
    save_json(
        outputs["metrics"],
        {"model": opened.name, **facts, "memorised_from": MEMORISED, "labels": source, "seed": own},
    )
    return {"device": str(torch_device)}


def true_or_named(
    opened: OpenedModel, rows: np.ndarray, images: np.ndarray
) -> tuple[np.ndarray, str]:
    """Labels of images, and whether they are the truth or, where none is known, the network's."""
    if opened.images.truth is not None:
        return opened.images.truth[rows], "truth"
    logits = predict(opened.network, images, 32).mean(axis=1)
    return (logits > 0 if opened.labels == "multi" else logits.argmax(axis=1)), "named"


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= train_randomised(
            model=snakemake.input.model,
            label_images=snakemake.params.label_images,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            outputs=snakemake.output,
        )
