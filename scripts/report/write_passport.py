"""Write the page that shows what came in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuroloop.files.formats import StrPath, atomic
from neuroloop.jobs.job import job
from neuroloop.report.check_page import check_page
from neuroloop.report.passport import read_passport

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def write_passport(
    *, passports: Sequence[StrPath], simulated: Sequence[str], page: StrPath
) -> None:
    """Write one self-contained HTML page.

    Parameters
    ----------
    passports : sequence of path
        JSON of each data set, beside which its figures lie.
    simulated : sequence of str
        Data sets that are simulated, or whose responses are.
    page : path
        index.html.
    """
    text = check_page({path: read_passport(path) for path in passports}, simulated)
    with atomic(page) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        write_passport(
            passports=snakemake.input.passports,
            simulated=snakemake.params.simulated,
            page=snakemake.output.page,
        )
