"""Bring one public file into the data folder."""

import logging
from typing import TYPE_CHECKING

from neuroloop.files.download_registry import read_registry
from neuroloop.files.downloads import fetch
from neuroloop.files.formats import StrPath, save_json
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def retrieve_file(*, registry: StrPath, file: str, destination: StrPath, receipt: StrPath) -> None:
    """Download a file of the registry, or verify the one that is there.

    Parameters
    ----------
    registry : path
        Registry of downloads (TSV).
    file : str
        Which of its rows.
    destination : path
        Where the file belongs.
    receipt : path
        JSON with the address, size, MD5, and whether the file was downloaded or present.
    """
    facts = fetch(read_registry(registry)[file], destination)
    logging.info("%s: %s, MD5 %s", destination, facts["state"], facts["md5"])
    save_json(receipt, {"file": str(destination), **facts})


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        retrieve_file(
            registry=snakemake.input.registry,
            file=snakemake.wildcards.file,
            destination=snakemake.params.destination,
            receipt=snakemake.output.receipt,
        )
