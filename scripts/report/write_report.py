"""Write the page that shows what came out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, atomic
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.chapters import located
from neuroloop.report.page import report_page

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_report(
    *,
    chapters: Sequence[tuple[str, str, Sequence[str]]],
    files: Sequence[StrPath],
    page: StrPath,
) -> None:
    """Write one self-contained HTML page.

    Parameters
    ----------
    chapters : sequence of (section, title, names of files)
        In the order of the page, see `neuroloop.report.chapters`.
    files : sequence of path
        Files of all chapters, in the same order.
    page : path
        index.html.
    """
    text = report_page("NeuroLoop", located(chapters, files))
    with atomic(page) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        write_report(
            chapters=snakemake.params.chapters,
            files=snakemake.input.files,
            page=snakemake.output.page,
        )
