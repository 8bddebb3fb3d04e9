"""Decode a region with a linear classifier."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.contracts.decoder import check_decoder
from neuroloop.files.formats import StrPath
from neuroloop.fmri.decoding import decode_parts, load_problem, save_decoding, used_voxels
from neuroloop.fmri.linear_fit import linear_fit
from neuroloop.fmri.variant import Asked, load_regions, varied
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
    variant: Mapping[str, Any] | None,
    regions: Sequence[StrPath],
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
        Root seed, which the results tell: nothing here is drawn by chance.
    """
    params = {name: value for name, value in decoder.items() if name != "method"}
    check_decoder(decoder["method"], **params)
    problem = load_problem(voxels, folds, stimuli)
    others = load_regions(regions, variant, folds, stimuli)
    asked = varied(problem, variant, Asked(decoder, n_voxels, calibration_folds, others, seed))
    voxels_used = used_voxels(asked.parts[0], asked.n_voxels)
    fit = linear_fit(problem, decoder, voxels_used["voxels"])
    decoded = decode_parts(asked.parts, fit, calibration_folds, decoder["method"])
    facts = {"decoder": dict(decoder), **voxels_used, "seed": seed, **asked.facts}
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
            variant=snakemake.params.variant,
            regions=snakemake.input.regions,
            n_voxels=snakemake.params.n_voxels,
            calibration_folds=snakemake.params.calibration_folds,
            seed=snakemake.params.seed,
        )
