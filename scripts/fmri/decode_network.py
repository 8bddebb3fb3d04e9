"""Decode a region with the study's 1-D ResNet18."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.files.formats import StrPath
from neuroloop.fmri.decoding import decode, load_problem, save_decoding, used_voxels
from neuroloop.fmri.permutation import label_null
from neuroloop.fmri.resnet1d import resnet1d18
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.statistics.folds import Split
from neuroloop.training.checkpoints import JobStates
from neuroloop.training.recipe import Recipe

#: Keys of the decoder that are not of its recipe.
NETWORK = ("method", "width", "batched_networks")


def decode_network(
    voxels: StrPath,
    folds: StrPath,
    stimuli: StrPath,
    outputs: Mapping[str, StrPath],
    decoder: Mapping[str, Any],
    n_voxels: int | None,
    calibration_folds: int,
    permutations: int,
    seed: int,
    device: str,
    checkpoints: Path,
    code: str,
) -> dict[str, Any]:
    """Write out-of-fold soft labels of one region, their metrics and their null.

    Parameters
    ----------
    voxels, folds, stimuli : path
        voxels.npz, folds.tsv and stimuli.tsv.
    outputs : mapping
        Paths that `save_decoding` fills.
    decoder : mapping
        ``method``, ``width``, ``batched_networks`` (networks that a CPU trains as one; on a GPU it
        is all of them) and the values of the `Recipe`.
    n_voxels : int or None
        Voxels to select inside each training fold, None for all.
    calibration_folds : int
        Folds inside each training fold that choose the temperature.
    permutations : int
        Permutations of the labels of predicted blocks; networks are not trained on them again.
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
    place = pick_device(device)
    recipe = {key: value for key, value in decoder.items() if key not in NETWORK}
    settings = [dict(decoder), n_voxels, calibration_folds, seed]
    states = JobStates.of(checkpoints, code, settings, voxels, folds, stimuli)

    def fit(
        x: np.ndarray, y: np.ndarray, _: np.ndarray, splits: Sequence[Split], n_classes: int
    ) -> Sequence[np.ndarray]:
        return resnet1d18(
            x,
            y,
            splits,
            n_classes,
            n_voxels or x.shape[1],
            recipe=Recipe(**recipe),
            width=decoder["width"],
            seed=seed,
            device=place,
            members_at_once=len(splits) if place.type == "cuda" else decoder["batched_networks"],
            checkpoint=states.part,
        )

    decoded = decode(problem, fit, calibration_folds, decoder["method"])
    null = label_null(
        decoded.logits.argmax(axis=1),
        problem.y,
        problem.blocks,
        problem.runs,
        numpy_generator(seed, "permutation"),
        0 if problem.permutable.impossible else permutations,
        problem.stimuli,
        problem.rows["fold"].to_numpy(),
    )
    facts = {"decoder": dict(decoder), **voxels_used, "seed": seed}
    save_decoding(problem, decoded, null, "held-out labels permuted", outputs, facts)
    states.remove()
    return {"device": str(place)}


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads) as record:
        record |= decode_network(
            snakemake.input.voxels,
            snakemake.input.folds,
            snakemake.input.stimuli,
            snakemake.output,
            snakemake.params.decoder,
            snakemake.params.voxels,
            snakemake.params.calibration_folds,
            snakemake.params.permutations,
            snakemake.params.seed,
            snakemake.params.device,
            Path(".neuroloop/checkpoints"),
            snakemake.params.code,
        )
