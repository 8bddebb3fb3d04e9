"""List the networks that were trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.explain.models.model_registry import register
from neuroloop.files.formats import StrPath, save_table
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def register_models(*, models: Sequence[StrPath], table: StrPath) -> None:
    """Write the table of networks; one that cannot be opened stops it.

    Parameters
    ----------
    models : sequence of path
        model.json files.
    table : path
        models.tsv.
    """
    save_table(table, register([Path(path) for path in models]))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        register_models(
            models=snakemake.input.models,
            table=snakemake.output.table,
        )
