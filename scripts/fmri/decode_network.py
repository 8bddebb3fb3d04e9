"""Decode a region with a network."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop import registry
from neuroloop.files.formats import StrPath
from neuroloop.fmri.decoding import decode, load_problem, save_decoding, used_voxels
from neuroloop.fmri.kept_network import KeptNetwork, save_network
from neuroloop.fmri.network_fit import network_fit
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.training.checkpoints import JobStates

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def decode_network(
    *,
    voxels: StrPath,
    folds: StrPath,
    stimuli: StrPath,
    outputs: Mapping[str, StrPath],
    decoder: Mapping[str, Any],
    n_voxels: int | None,
    calibration_folds: int,
    seed: int,
    device: str,
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Write out-of-fold soft labels of one region.

    Parameters
    ----------
    voxels, folds, stimuli : path
        voxels.npz, folds.tsv and stimuli.tsv.
    outputs : mapping
        Paths that `save_decoding` fills, and ``model`` of a decoder that keeps its network.
    decoder : mapping
        ``method`` and its settings.
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    calibration_folds : int
        Folds inside each training fold that choose the temperature.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    checkpoints : Path
        Folder of training states.
    code : str
        Hash of the code, part of the name of the training states.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    problem = load_problem(voxels, folds, stimuli)
    voxels_used = used_voxels(problem, n_voxels)
    torch_device = pick_device(device)
    network = registry.entry("decoder", decoder["method"])
    settings = [dict(decoder), n_voxels, calibration_folds, seed]
    states = JobStates.of(checkpoints, code, settings, voxels, folds, stimuli)

    kept: list[KeptNetwork] = []
    more = {"keep": kept.append} if getattr(network, "KEEPS_NETWORK", False) else {}
    fit = network_fit(decoder, n_voxels, seed, torch_device, states.part, **more)
    decoded = decode(problem, fit, calibration_folds, decoder["method"])
    facts = {"decoder": dict(decoder), **voxels_used, "seed": seed}
    save_decoding(problem, decoded, outputs, facts)
    if kept:
        tested = problem.splits[0].test
        save_network(
            Path(outputs["model"]),
            kept[0],
            problem.rows["sample"].iloc[tested].tolist(),
            problem.y[tested],
            problem.classes,
            {"fold": 0, "seed": seed},
        )
    states.remove()
    return {"device": str(torch_device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= decode_network(
            voxels=snakemake.input.voxels,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            outputs=snakemake.output,
            decoder=snakemake.params.decoder,
            n_voxels=snakemake.params.n_voxels,
            calibration_folds=snakemake.params.calibration_folds,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
