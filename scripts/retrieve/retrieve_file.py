"""Bring one public file into the data folder."""

import logging

from neuroloop.files.download_registry import read_registry
from neuroloop.files.downloads import fetch
from neuroloop.files.formats import StrPath, save_json
from neuroloop.jobs.job import job


def retrieve_file(registry: StrPath, name: str, destination: StrPath, receipt: StrPath) -> None:
    """Download a file of the registry, or verify the one that is there.

    Parameters
    ----------
    registry : path
        Registry of downloads (TSV).
    name : str
        Which of its rows.
    destination : path
        Where the file belongs.
    receipt : path
        JSON with the address, size, MD5, and whether the file was downloaded or present.
    """
    facts = fetch(read_registry(registry)[name], destination)
    logging.info("%s: %s, MD5 %s", destination, facts["state"], facts["md5"])
    save_json(receipt, {"file": str(destination), **facts})


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        retrieve_file(
            snakemake.input.registry,
            snakemake.wildcards.file,
            snakemake.params.destination,
            snakemake.output.receipt,
        )
