"""Explain a model's images by one attribution method, with the method's sanity tests beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop.contracts.method import check_attribution as check_contract
from neuroloop.explain.attribution.outcome import write_outcome
from neuroloop.explain.explanation import explain_images, permuted_network, save_explanation
from neuroloop.explain.models.model_file import open_model
from neuroloop.explain.sanity.sanity import Checks
from neuroloop.files.folder_contents import save_contents
from neuroloop.files.formats import StrPath
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import derive_seed
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def attribute_images(
    *,
    model: StrPath,
    method: str,
    randomised: StrPath,
    settings: Mapping[str, Any],
    options: Mapping[str, Any],
    seed: int,
    device: str,
    result: StrPath,
    folder: StrPath,
) -> dict[str, Any]:
    """Explain images and test the method.

    Parameters
    ----------
    model : path
        model.json.
    method : str
        An attribution method.
    randomised : path
        ``weights.safetensors`` of `train_randomised`, with its ``metrics.json`` beside it.
    settings : mapping
        ``images``, ``sanity_images``, and what `Checks.from_settings` reads.
    options : mapping
        Settings of the method; its defaults where left out.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    result : path
        JSON: what was found, or why the method does not apply.
    folder : path
        Arrays, tables and figures; or ``not_applicable.json`` alone.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    check_contract(method, **options)
    torch_device = pick_device(device)
    opened = open_model(Path(model), torch_device)
    checks = Checks.from_settings(settings)
    shown = settings["images"]

    def find(made: Path) -> dict[str, Any]:
        found = explain_images(
            opened,
            method,
            options,
            permuted_network(opened, randomised),
            checks,
            shown=shown,
            tested=settings["sanity_images"],
            seed=derive_seed(seed, "explain", opened.name),
        )
        save_explanation(made, opened, method, found, shown)
        return {**found.numbers(), "settings": {**options, **vars(checks)}}

    write_outcome(opened, method, result, folder, find)
    return {"device": str(torch_device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= attribute_images(
            model=snakemake.input.model,
            method=snakemake.wildcards.method,
            randomised=snakemake.input.randomised,
            settings=snakemake.params.settings,
            options=snakemake.params.options,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            result=snakemake.output.result,
            folder=snakemake.output.folder,
        )
        save_contents(snakemake.output.folder, snakemake.output.contents)
