"""Write the page that shows what came out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, atomic
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.report.chapters import located
from neuroloop.report.page import report_page
from neuroloop.report.passport import read_passport

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_report(
    *,
    chapters: Sequence[tuple[str, str, Sequence[str], str]],
    files: Sequence[StrPath],
    passports: Sequence[StrPath],
    page: StrPath,
) -> None:
    """Write one self-contained HTML page.

    Parameters
    ----------
    chapters : sequence of (section, title, names of files, what is said of simulated data)
        In the order of the page, see `neuroloop.report.chapters`.
    files : sequence of path
        Files of all chapters, in the same order.
    passports : sequence of path
        JSON of each data set, whose warnings stand at the head of the page.
    page : path
        index.html.
    """
    known = [read_passport(path) for path in passports]
    warnings = {passport.name: passport.intake.warnings for passport in known}
    text = report_page("NeuroLoop", located(chapters, files), warnings)
    with atomic(page) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        add_plugins(snakemake.params.plugins)
        write_report(
            chapters=snakemake.params.chapters,
            files=snakemake.input.files,
            passports=snakemake.input.passports,
            page=snakemake.output.page,
        )
