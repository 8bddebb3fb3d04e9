"""Write the page that leafs through what was found in a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuroloop.explain.gallery.found import read_found
from neuroloop.explain.gallery.names import held_out
from neuroloop.explain.gallery.page import gallery_page
from neuroloop.explain.gallery.sanity_table import join_tables, read_sanity
from neuroloop.explain.models.model_file import open_model
from neuroloop.explain.models.own_images import name_images
from neuroloop.files.formats import StrPath, atomic, save_json, save_table
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_gallery(
    *,
    model: StrPath,
    results: Sequence[StrPath],
    folders: Sequence[StrPath],
    simulated: bool,
    page: StrPath,
    facts: StrPath,
    sanity: StrPath,
    intake: StrPath,
) -> None:
    """Write one self-contained page, the tests of all methods, and what was read of the network.

    Parameters
    ----------
    model : path
        model.json.
    results, folders : sequence of path
        ``result.json`` and folder of every method, in the order of the page.
    simulated : bool
        Whether the network's data are, which the page then says.
    page : path
        gallery.html.
    facts : path
        gallery.json: what the network is, in words.
    sanity : path
        sanity.tsv, the sanity tests of all methods; empty where none applies.
    intake : path
        intake.json.
    """
    found = [
        read_found(Path(result), Path(folder))
        for result, folder in zip(results, folders, strict=True)
    ]
    opened = open_model(Path(model))
    text = gallery_page(opened, found, simulated=simulated)
    named = name_images(opened, 0)
    save_json(
        facts,
        {
            "title": opened.title,
            "held_out": held_out(opened),
            "images": len(opened.images.images),
            "at_chance": named.warning if named else "",
        },
    )
    opened.hashed().save(intake)
    save_table(sanity, join_tables(read_sanity(found)))
    with atomic(page) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        write_gallery(
            model=snakemake.input.model,
            results=snakemake.input.results,
            folders=snakemake.input.folders,
            simulated=snakemake.params.simulated,
            page=snakemake.output.page,
            facts=snakemake.output.facts,
            sanity=snakemake.output.sanity,
            intake=snakemake.output.intake,
        )
