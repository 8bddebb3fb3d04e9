"""Extract the cells' traces around each stimulation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuroloop.calcium.cell_responses import response_table
from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.response_figure import response_figure
from neuroloop.calcium.traces import cell_courses, direct_course, rebase, trial_responses
from neuroloop.files.formats import StrPath, save_arrays, save_table
from neuroloop.jobs.job import job
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def extract_traces(
    *,
    frames: StrPath,
    table: StrPath,
    cells: StrPath,
    outputs: Mapping[str, StrPath],
    selection: Mapping[str, Any],
    session: str,
    simulated: bool,
) -> None:
    """Write dF/F of every cell in every trial, and one response a trial and cell; draw some.

    Parameters
    ----------
    frames, table, cells : path
        frames.h5, frames.tsv and cells.tsv of the session.
    outputs : mapping
        ``traces``, ``trials``, ``responses``, ``figure``, ``figure_svg``.
    selection : mapping
        Which frames were stored.
    session : str
        Its name, for the title.
    simulated : bool
        Whether the figure says so.
    """
    known = read_cells(cells)
    names = known["cell"].tolist()
    with FrameStore(frames, table) as store:
        courses = rebase(cell_courses(store, known), selection["baseline"])
        image = store.baseline
    stimulated = stimulated_cells(courses.trials["pattern"].tolist(), names)
    course = direct_course(courses, stimulated)
    responses = trial_responses(courses, course)
    save_arrays(
        outputs["traces"],
        {
            "dff": courses.dff,
            "offset": courses.offsets,
            "course": course,
            "response": responses,
        },
        axes={
            "dff": ("trial", "offset", "cell"),
            "offset": ("offset",),
            "course": ("offset",),
            "response": ("trial", "cell"),
        },
        units={"dff": "dF/F", "offset": "frames from the onset", "response": "peak dF/F"},
        cells=names,
    )
    save_table(outputs["trials"], courses.trials)
    of_cells = response_table(responses, stimulated, names)
    save_table(outputs["responses"], of_cells)
    said = f"Session {session}: {len(known)} cells, {len(courses.trials)} trials"
    save(
        response_figure(
            courses, stimulated, of_cells, image, known, title=said + ", simulated" * simulated
        ),
        outputs["figure"],
        outputs["figure_svg"],
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads):
        extract_traces(
            frames=snakemake.input.frames,
            table=snakemake.input.table,
            cells=snakemake.input.cells,
            outputs=snakemake.output,
            selection=snakemake.params.selection,
            session=snakemake.wildcards.session,
            simulated=snakemake.params.simulated,
        )
