"""Decode a region with a linear classifier."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.contracts.decoder import check_decoder
from neuroloop.files.formats import StrPath
from neuroloop.fmri.decoding import decode, load_problem, save_decoding, used_voxels
from neuroloop.fmri.linear_fit import linear_fit
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def decode_linear(
    *,
    voxels: StrPath,
    folds: StrPath,
    stimuli: StrPath,
    outputs: Mapping[str, StrPath],
    decoder: Mapping[str, Any],
    n_voxels: int | None,
    calibration_folds: int,
    seed: int,
) -> None:
    """Write out-of-fold soft labels of one region.

    Parameters
    ----------
    voxels, folds, stimuli : path
        voxels.npz, folds.tsv and stimuli.tsv.
    outputs : mapping
        Paths that `save_decoding` fills.
    decoder : mapping
        ``method`` and its parameters.
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    calibration_folds : int
        Folds inside each training fold that choose the temperature.
    seed : int
        Root seed, which the results tell: nothing here is drawn by chance.
    """
    params = {name: value for name, value in decoder.items() if name != "method"}
    check_decoder(decoder["method"], **params)
    problem = load_problem(voxels, folds, stimuli)
    voxels_used = used_voxels(problem, n_voxels)
    fit = linear_fit(problem, decoder, voxels_used["voxels"])
    decoded = decode(problem, fit, calibration_folds, decoder["method"])
    facts = {"decoder": dict(decoder), **voxels_used, "seed": seed}
    save_decoding(problem, decoded, outputs, facts)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        decode_linear(
            voxels=snakemake.input.voxels,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            outputs=snakemake.output,
            decoder=snakemake.params.decoder,
            n_voxels=snakemake.params.n_voxels,
            calibration_folds=snakemake.params.calibration_folds,
            seed=snakemake.params.seed,
        )
