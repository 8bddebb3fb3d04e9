"""Decode a region with a network."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop import registry
from neuroloop.files.formats import StrPath
from neuroloop.fmri.decoding import decode_parts, load_problem, save_decoding, used_voxels
from neuroloop.fmri.kept_network import KeptNetwork, save_network
from neuroloop.fmri.network_fit import network_fit
from neuroloop.fmri.variant import Asked, load_regions, varied
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
    variant: Mapping[str, Any] | None,
    regions: Sequence[StrPath],
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
    variant : mapping or None
        What is done to the voxels first: its ``name``; ``of``, the subject and region; and by the
        name of each region that it compares, the voxels to select.
    regions : sequence of path
        voxels.npz of these regions.
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
    others = load_regions(regions, variant, folds, stimuli)
    asked = varied(problem, variant, Asked(decoder, n_voxels, calibration_folds, others, seed))
    voxels_used = used_voxels(asked.parts[0], asked.n_voxels)
    torch_device = pick_device(device)
    network = registry.entry("decoder", decoder["method"])
    settings = [dict(decoder), n_voxels, calibration_folds, seed, asked.facts]
    states = JobStates.of(checkpoints, code, settings, voxels, folds, stimuli)

    kept: list[KeptNetwork] = []
    more = {"keep": kept.append} if getattr(network, "KEEPS_NETWORK", False) else {}
    fit = network_fit(decoder, asked.n_voxels, seed, torch_device, states.part, **more)
    decoded = decode_parts(asked.parts, fit, calibration_folds, decoder["method"])
    facts = {"decoder": dict(decoder), **voxels_used, "seed": seed, **asked.facts}
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
            variant=snakemake.params.variant,
            regions=snakemake.input.regions,
            n_voxels=snakemake.params.n_voxels,
            calibration_folds=snakemake.params.calibration_folds,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            checkpoints=Path(".neuroloop/checkpoints"),
            code=snakemake.params.code,
        )
