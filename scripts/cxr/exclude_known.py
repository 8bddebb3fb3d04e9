"""Find the radiographs of another set that are no test, as classifiers learn from them."""

from typing import TYPE_CHECKING

from neuroloop.cxr.external_radiographs import check_fits, learned_from, tell_near_copies
from neuroloop.files.formats import (
    StrPath,
    open_array,
    read_json,
    read_table,
    save_table,
    sidecar_path,
)
from neuroloop.files.intake import Intake
from neuroloop.jobs.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def exclude_known(
    *,
    radiographs: StrPath,
    table: StrPath,
    own_radiographs: StrPath,
    own_table: StrPath,
    known: StrPath,
    intake: StrPath,
) -> None:
    """Compare pixels and patients of two sets, before anything is trained.

    Parameters
    ----------
    radiographs, table : path
        radiographs.npy and radiographs.tsv of the other set.
    own_radiographs, own_table : path
        The same of the set that classifiers are trained on.
    known, intake : path
        What is left out, see `learned_from`.
    """
    columns = {"radiograph": str, "label": str, "patient": str}
    facts, own_facts = (read_json(sidecar_path(path)) for path in (radiographs, own_radiographs))
    check_fits(facts.get("fit"), own_facts.get("fit"), table)
    numbering = facts.get("patients_of")
    found = Intake()
    others, own = read_table(table, columns), read_table(own_table, columns)
    left_out = learned_from(
        others,
        facts["content"],
        own,
        own_facts["content"],
        numbering is not None and numbering == own_facts.get("patients_of"),
        table,
        found,
    )
    pixels, own_pixels = (open_array(path)[0] for path in (radiographs, own_radiographs))
    tell_near_copies(others.drop(left_out.index), pixels, own, own_pixels, table, found)
    save_table(known, left_out)
    found.save(intake)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        exclude_known(
            radiographs=snakemake.input.radiographs,
            table=snakemake.input.table,
            own_radiographs=snakemake.input.own_radiographs,
            own_table=snakemake.input.own_table,
            known=snakemake.output.known,
            intake=snakemake.output.intake,
        )
