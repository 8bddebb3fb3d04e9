"""Score a region's decoding against labels that say nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, load_arrays, read_json, save_array, save_json
from neuroloop.fmri.assessment import STATISTIC, null_of, score
from neuroloop.fmri.decoding import load_problem
from neuroloop.fmri.kept_null import KeptNull
from neuroloop.fmri.variant import varied_again
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def assess_decoding(
    *,
    voxels: StrPath,
    folds: StrPath,
    stimuli: StrPath,
    samples: StrPath,
    sidecar: StrPath,
    null: StrPath,
    metrics: StrPath,
    permutations: int,
    kept: Path,
    code: str,
) -> None:
    """Write the metrics of one region and decoder, and their null.

    Parameters
    ----------
    voxels, folds, stimuli : path
        voxels.npz, folds.tsv and stimuli.tsv.
    samples, sidecar : path
        samples.npz of the decoder, and samples.json, which says how it decoded.
    null : path
        null.npy: balanced accuracies on permuted labels.
    metrics : path
        metrics.json.
    permutations : int
        Label permutations of the null.
    kept : Path
        Folder of nulls, so that more permutations go on from fewer.
    code : str
        Hash of the code, part of their names.
    """
    problem = load_problem(voxels, folds, stimuli)
    decoded, said = load_arrays(samples), read_json(sidecar)
    known = ("decoder", "voxels", "voxels_asked", "seed", "variant")
    facts = {name: said[name] for name in known if name in said}
    parts = varied_again(problem, facts.get("variant"))
    logits = decoded["logits"]
    before = KeptNull.of(kept, code, voxels, folds, stimuli, samples, sidecar)
    made, method = null_of(
        parts[0],
        logits,
        facts["decoder"],
        facts["voxels"],
        permutations,
        facts["seed"],
        before.load(),
        retrain=len(parts) == 1,
    )
    before.save(made)
    origin = {"statistic": STATISTIC, "method": method, **facts}
    save_array(null, made, axes=("permutation",), units="1", **origin)
    scored = score(problem, logits, made, method)
    save_json(metrics, {**scored, "temperatures": decoded["temperature"], **facts})


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        assess_decoding(
            voxels=snakemake.input.voxels,
            folds=snakemake.input.folds,
            stimuli=snakemake.input.stimuli,
            samples=snakemake.input.samples,
            sidecar=snakemake.input.sidecar,
            null=snakemake.output.null,
            metrics=snakemake.output.metrics,
            permutations=snakemake.params.permutations,
            kept=Path(".neuroloop/nulls"),
            code=snakemake.params.code,
        )
