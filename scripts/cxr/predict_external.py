"""Name the radiographs of another set with the networks of a trained classifier."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.cxr.classifier import Classifier
from neuroloop.cxr.duplicates import COPY
from neuroloop.cxr.fold_networks import mean_logits, weights_by_fold
from neuroloop.cxr.radiograph_set import load_radiograph_set
from neuroloop.cxr.radiograph_tables import prediction_table
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.model_file import read_preparation
from neuroloop.files.array_rows import take_rows
from neuroloop.files.formats import (
    StrPath,
    load_weights,
    read_json,
    read_table,
    save_json,
    save_table,
)
from neuroloop.images.preparation import Prepared
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.networks.transfer_network import transfer_network
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

log = logging.getLogger(__name__)


def predict_external(
    *,
    radiographs: StrPath,
    regions: StrPath,
    table: StrPath,
    known: StrPath,
    networks: StrPath,
    weights: StrPath,
    classifier: StrPath,
    model: StrPath,
    device: str,
    outputs: Mapping[str, StrPath],
) -> dict[str, Any]:
    """Average the logits of all folds' networks on radiographs that none of them learned from.

    Parameters
    ----------
    radiographs, regions, table : path
        radiographs.npy, regions.npz and radiographs.tsv of the other set.
    known : path
        Radiographs that are left out (see `exclude_known`).
    networks, weights, classifier, model : path
        networks.safetensors, weights.safetensors, classifier.json and model.json of the classifier.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    outputs : mapping
        ``predictions``, ``dropped``, ``facts``.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    torch_device = pick_device(device)
    trained = read_json(classifier)
    classes = trained["classes"]
    shown = load_radiograph_set(radiographs, regions, table)
    if unknown := sorted(set(shown.classes) - set(classes)):
        raise NeuroLoopError(
            f"{table} has radiographs of {', '.join(unknown)}, but the classifier knows "
            f"{', '.join(classes)} alone: rename them by `classes` in the config"
        )
    dropped = read_table(known, {"radiograph": str, "reason": str})
    rows = np.flatnonzero(~shown.table["radiograph"].isin(dropped["radiograph"]))
    chosen = Classifier.from_block(trained["classifier"], None)
    network = transfer_network(classes=len(classes), **chosen.options).to(torch_device)
    network.load_state_dict(load_weights(weights))
    preparation = read_preparation(Path(model))
    if preparation.size != shown.preparation.size:
        log.warning(
            "radiographs of %d pixels are scaled to the %d that the classifier learned from",
            shown.preparation.size,
            preparation.size,
        )
    taken = Prepared(preparation, take_rows(shown.pixels, rows))
    stored = load_weights(networks)
    tested = shown.table.iloc[rows].assign(fold=0)
    predicted = prediction_table(tested, mean_logits(network, stored, taken), classes).assign(
        shown="whole"
    )
    save_table(outputs["predictions"], predicted)
    save_table(outputs["dropped"], dropped)
    facts = {
        "classes": classes,
        "networks": len(weights_by_fold(stored)),
        "radiographs_left_out": len(dropped),
        "copies_left_out": int((dropped["reason"] == COPY).sum()),
    }
    save_json(outputs["facts"], facts)
    return {"device": str(torch_device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= predict_external(
            radiographs=snakemake.input.radiographs,
            regions=snakemake.input.regions,
            table=snakemake.input.table,
            known=snakemake.input.known,
            networks=snakemake.input.networks,
            weights=snakemake.input.weights,
            classifier=snakemake.input.classifier,
            model=snakemake.input.model,
            device=snakemake.config["device"],
            outputs=snakemake.output,
        )
