"""Write the page that shows what came out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuroloop.files.formats import StrPath, atomic, save_json
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.chapters import located
from neuroloop.report.flags import Flag
from neuroloop.report.page import Provenance, report_page
from neuroloop.report.passport import read_passport
from neuroloop.report.provenance import completed, inputs, software
from neuroloop.report.rule_graph import Step, laid_out
from neuroloop.report.skipped import skipped
from neuroloop.report.templates import linked
from neuroloop.report.verified import verified_line

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_report(
    *,
    chapters: Sequence[tuple[str, str, str, Sequence[str], str]],
    files: Sequence[StrPath],
    passports: Sequence[StrPath],
    config: Mapping[str, Any],
    audit: Sequence[tuple[str, str, str]],
    page: StrPath,
    summary: StrPath,
    networks: Sequence[tuple[str, str, str, str]] = (),
    graph: Sequence[tuple[str, str, int, Sequence[str]]] = (),
    cited: Sequence[str] = (),
    looked_into: Sequence[str] = (),
    audited: Sequence[str] = (),
    verified: Mapping[str, Any] | None = None,
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
    audit : sequence of (data set, sentence, kind)
        What the last audit found.
    networks : sequence of (network, sentence, link, kind)
        What was found in networks that were looked into.
    graph : sequence of (rule, branch, number of jobs, rules before it)
        All rules that lead to the page.
    cited : sequence of str
        How to cite the software and the data.
    looked_into : sequence of str
        Networks that have a gallery.
    audited : sequence of str
        Data sets that were audited.
    verified : mapping, optional
        What the last verification found, see `neuroloop.report.verified`.
    page, summary : path
        index.html and summary.json.
    """
    told = located(chapters, files)
    known = [read_passport(path) for path in passports]
    steps = [Step(*one) for one in graph]
    provenance = Provenance(
        software(),
        config,
        completed(config),
        inputs(known, [str(path) for path in passports]),
        [(one.title, linked(one.files["gallery"])) for one in told if one.section == "networks"],
        skipped(config, looked_into, audited),
        list(cited),
        laid_out(steps) if steps else {},
        verified_line(files, verified or {}),
    )
    flags = [Flag(of, found, f"../audit/index.html#{of}", kind) for of, found, kind in audit]
    flags += [Flag(*one) for one in networks]
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
            networks=snakemake.params.networks,
            graph=snakemake.params.graph,
            cited=snakemake.params.cited,
            looked_into=snakemake.params.looked_into,
            audited=snakemake.params.audited,
            verified=snakemake.params.verified,
            page=snakemake.output.page,
            summary=snakemake.output.summary,
        )
