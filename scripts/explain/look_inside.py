"""Look at what a network's units and its embedding hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroloop import registry
from neuroloop.explain.attribution.outcome import write_outcome
from neuroloop.explain.looks.inside import draw_inside
from neuroloop.explain.looks.inside import look_inside as look
from neuroloop.explain.models.model_file import OpenedModel, open_model
from neuroloop.files.folder_contents import save_contents
from neuroloop.files.formats import StrPath, save_arrays
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def look_inside(
    *,
    model: StrPath,
    method: str,
    options: Mapping[str, Any],
    seed: int,
    device: str,
    result: StrPath,
    folder: StrPath,
) -> dict[str, Any]:
    """Write what a method finds in a network.

    Parameters
    ----------
    model : path
        model.json.
    method : str
        A look.
    options : mapping
        Settings of the method; its defaults where left out.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    result : path
        JSON: what was found, or why the method does not apply.
    folder : path
        ``arrays.npz`` and ``figure.png``, ``figure.svg``; or ``not_applicable.json`` alone.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    torch_device = pick_device(device)
    opened = open_model(Path(model), torch_device)

    def find(made: Path) -> dict[str, Any]:
        return write_look(opened, method, options, seed, made)

    write_outcome(opened, method, result, folder, find)
    return {"device": str(torch_device)}


def write_look(
    opened: OpenedModel, method: str, options: Mapping[str, Any], seed: int, folder: Path
) -> dict[str, Any]:
    """Write arrays and figure; return the numbers."""
    found = look(opened, method, seed, **options)
    save_arrays(
        folder / "arrays.npz",
        found.arrays,
        axes=found.axes,
        units=found.units,
        method=method,
        description=registry.entry("method", method).LEGEND,
        **found.numbers,
    )
    figure = draw_inside(opened, method, found, seed)
    save(figure, folder / "figure.png", folder / "figure.svg")
    return {"n": found.n, "counts": found.counts, "summary": found.summary, **found.numbers}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= look_inside(
            model=snakemake.input.model,
            method=snakemake.wildcards.method,
            options=snakemake.params.options,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
            result=snakemake.output.result,
            folder=snakemake.output.folder,
        )
        save_contents(snakemake.output.folder, snakemake.output.contents)
