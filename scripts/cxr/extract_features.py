"""Run the frozen part of a network over all radiographs and views, once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.cxr.features import write_features
from neuroloop.cxr.radiograph_set import load_radiograph_set
from neuroloop.files.formats import StrPath
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.networks.transfer_network import transfer_network
from neuroloop.networks.transfer_start import initialise_backbone, load_backbone
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def extract_features(
    *,
    radiographs: StrPath,
    regions: StrPath,
    table: StrPath,
    start: StrPath | None,
    features: StrPath,
    front: Mapping[str, Any],
    views: int,
    kind: str,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Write features.npy.

    Parameters
    ----------
    radiographs, regions, table : path
        radiographs.npy, regions.npz and radiographs.tsv.
    start : path or None
        Checkpoint that the backbone starts from.
    features : path
    front : mapping
        ``backbone``, ``weights``, ``cut``, ``width``, ``stem``, ``side``, ``taps``.
    views : int
        Augmentation views of each radiograph.
    kind : {"study", "affine"}
        Of the views.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    torch_device = pick_device(device)
    shown = load_radiograph_set(radiographs, regions, table)
    options = {name: value for name, value in front.items() if name != "weights"}
    network = transfer_network(classes=len(shown.classes), **options)
    if front["weights"] is None:
        initialise_backbone(network, seed)
    else:
        load_backbone(network, Path(start) if start else front["weights"])
    write_features(features, shown, network.to(torch_device), views, kind, seed)
    return {"device": str(torch_device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= extract_features(
            radiographs=snakemake.input.radiographs,
            regions=snakemake.input.regions,
            table=snakemake.input.table,
            start=snakemake.input.get("start") or None,
            features=snakemake.output.features,
            front=snakemake.params.front,
            views=snakemake.params.views,
            kind=snakemake.params.kind,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
        )
