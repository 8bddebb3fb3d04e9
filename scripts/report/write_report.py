"""Write the page that shows what came out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, atomic, save_json
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.chapters import located
from neuroloop.report.page import Flag, Provenance, report_page
from neuroloop.report.passport import read_passport
from neuroloop.report.provenance import completed, inputs, software
from neuroloop.report.templates import linked

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_report(
    *,
    chapters: Sequence[tuple[str, str, str, Sequence[str], str]],
    files: Sequence[StrPath],
    passports: Sequence[StrPath],
    config: Mapping[str, Any],
    audit: Sequence[tuple[str, str]],
    page: StrPath,
    summary: StrPath,
) -> None:
    """Write one self-contained HTML page, and its numbers as JSON.

    Parameters
    ----------
    chapters : sequence of (section, block, title, names of files, simulated)
        In the order of the page, see `neuroloop.report.chapters`.
    files : sequence of path
        Files of all chapters, in the same order.
    passports : sequence of path
        JSON of each data set, whose warnings stand at the head of the page.
    config : mapping
        As it was completed.
    audit : sequence of (data set, sentence)
        What the last audit found.
    page, summary : path
        index.html and summary.json.
    """
    told = located(chapters, files)
    known = [read_passport(path) for path in passports]
    provenance = Provenance(
        software(),
        config,
        completed(config),
        inputs(known, [str(path) for path in passports]),
        [(one.title, linked(one.files["gallery"])) for one in told if one.section == "networks"],
    )
    flags = [Flag(of, told, f"../audit/index.html#{of}") for of, told in audit]
    text, numbers = report_page("NeuroLoop", told, known, provenance, flags)
    save_json(summary, numbers)
    with atomic(page) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        write_report(
            chapters=snakemake.params.chapters,
            files=snakemake.input.files,
            passports=snakemake.input.passports,
            config=snakemake.params.config,
            audit=snakemake.params.audit,
            page=snakemake.output.page,
            summary=snakemake.output.summary,
        )
