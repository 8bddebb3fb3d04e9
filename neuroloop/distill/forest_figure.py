"""The claim of the ablation as one forest plot: each brain less each control to be beaten."""

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

from neuroloop import registry
from neuroloop.distill.ablation import GROUP, MEAN, misleads
from neuroloop.distill.difference_marks import (
    OPEN,
    UP,
    draw_difference,
    ends_of_axis,
    explain_marks,
)
from neuroloop.report.answers.decoding import SIGNIFICANT
from neuroloop.report.answers.taught import controls_to_beat
from neuroloop.report.figures import grid
from neuroloop.report.names import teacher_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Most rows of a forest plot: of more brains only means over subjects are drawn.
MOST_ROWS = 96

#: Most panels beside each other: of more controls there are several rows of panels.
MOST_PANELS = 6

#: Height of a row and width of a panel, inches.
ROW, PANEL = 0.21, 2.1

#: Before the names of rows that speak of several subjects.
OF_SEVERAL = {MEAN: "mean", GROUP: "people"}

#: Columns by which a brain and its students are told apart.
BRAIN = ["subject", "roi", "decoder", "student"]


def brain_rows(comparisons: pd.DataFrame) -> pd.DataFrame:
    """Rows of comparisons that a forest plot shows: brains less what does not mislead on purpose.

    Of more than `MOST_ROWS` brains those that speak of several subjects, or the first ones where
    there is one subject.
    """
    rows = comparisons[comparisons["teacher"] == "brain"]
    rows = rows[~rows["control"].map(misleads).astype(bool)]
    brains = rows[BRAIN].drop_duplicates()
    if len(brains) <= MOST_ROWS:
        return rows
    several = brains[brains["subject"].isin(list(OF_SEVERAL))]
    kept = (several if len(several) else brains).head(MOST_ROWS)
    return rows.merge(kept, on=BRAIN, how="inner")


def ordered_controls(present: Iterable[str]) -> tuple[list[str], list[str]]:
    """Controls that a brain has to beat, labels alone first, and those beside them."""
    found = set(present)
    known = [name for name in registry.names("teacher") if name in found]
    must = controls_to_beat(known)
    must = sorted(must, key=lambda name: name != "none")
    beside = [name for name in known if name not in {*must, "brain"} and not misleads(name)]
    return must, beside + [name for name in registry.names("variant") if name in found]


def panel_places(controls: int) -> tuple[int, int]:
    """Rows and columns of the panels of so many controls, at least one of each."""
    lines = max(-(-controls // MOST_PANELS), 1)
    return lines, max(-(-controls // lines), 1)


def forest_figure(comparisons: pd.DataFrame, *, simulated: bool = False) -> "Figure":
    """Draw how much more accurate students of each brain are than those of each control.

    Parameters
    ----------
    comparisons : DataFrame
        From `ablation.compare_teachers`.
    simulated : bool
        Whether the brains are, which the title then says.

    Returns
    -------
    Figure
        A row a brain (subject and region, of each decoder and student that there are), rows of
        several subjects below; a column a control, those that a brain has to beat first, each with
        its definition. Percentage points with 95 % intervals over what `unit` of the row names;
        filled where q is at most 0.05; the band around 0 is what could not have been seen.
    """
    rows = brain_rows(comparisons)
    must, beside = ordered_controls(rows["control"])
    controls = [*must, *beside]
    brains = [tuple(brain) for brain in rows[BRAIN].drop_duplicates().to_numpy()]
    places, height = _places(brains)
    lines, columns = panel_places(len(controls))
    figure, axes = grid(
        lines, columns, width=PANEL, height=1.9 + ROW * height, sharey=True, sharex=True
    )
    if not controls:
        axes[0, 0].text(0.5, 0.5, "no brain taught a student", ha="center", va="center")
        axes[0, 0].set_axis_off()
        return figure
    by_control = {name: rows[rows["control"] == name].set_index(BRAIN) for name in controls}
    low, high = ends_of_axis(rows, scale=100)
    panels = axes.flat[: len(controls)]
    for panel in axes.flat[len(controls) :]:
        panel.remove()
    for panel, control in zip(panels, controls, strict=True):
        panel.tick_params(labelbottom=True)
        for brain, place in zip(brains, places, strict=True):
            if brain in by_control[control].index:
                draw_difference(panel, by_control[control].loc[brain], place, scale=100)
        _dress(panel, control, "has to be beaten" if control in must else "for comparison")
    axes[0, 0].set_yticks(places, [_named(brain, brains) for brain in brains])
    axes[0, 0].set_ylim(height - 0.2, -0.8)
    axes[0, 0].set_xlim(low, high + 0.34 * (high - low))
    _verdicts(panels[len(must) - 1], [by_control[name] for name in must], brains, places)
    explain_marks(figure)
    figure.suptitle(_title(rows, simulated), fontsize=10)
    return figure


def beats_all(rows: Sequence[pd.Series]) -> bool:
    """Whether one brain's students beat every control that they have to, each at q 0.05."""
    return bool(rows) and all(row["q"] <= SIGNIFICANT and row["difference"] > 0 for row in rows)


def _places(brains: Sequence[tuple[str, ...]]) -> tuple[list[float], float]:
    """Where each row stands, with a gap before another subject, and where the last one ends."""
    places, place = [], 0.0
    for number, brain in enumerate(brains):
        if number and brain[0] != brains[number - 1][0]:
            place += 0.6
        places.append(place)
        place += 1
    return places, max(place, 1.0)


def _named(brain: tuple[str, ...], brains: Sequence[tuple[str, ...]]) -> str:
    """A row's name: subject and region, decoder and student where there are several."""
    subject, roi, decoder, student = brain
    name = f"{OF_SEVERAL.get(subject, subject)} {roi}"
    if len({one[2] for one in brains}) > 1:
        name += f" {decoder}"
    return name + (f" {student}" if len({one[3] for one in brains}) > 1 else "")


def _dress(panel: "Axes", control: str, group: str) -> None:
    """Title, definition and lines of a control's panel."""
    panel.axvline(0, color="black", linewidth=0.8, zorder=2)
    panel.grid(axis="y", visible=False)
    panel.grid(axis="x", visible=True)
    panel.tick_params(axis="y", length=0)
    panel.locator_params(axis="x", nbins=4, prune="upper")
    panel.annotate(
        group,
        (0, 1),
        (0, 19),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=7.5,
        color=OPEN,
    )
    panel.set_title(f"less {teacher_name(control)}", loc="left", fontweight="bold", fontsize=8)
    panel.text(1, 1.0, "q", transform=panel.transAxes, ha="right", va="top", fontsize=7)
    kind = "variant" if control in registry.names("variant") else "teacher"
    definition = registry.entry(kind, control).LEGEND
    key = f"{control}: " if teacher_name(control) != control else ""
    panel.set_xlabel(f"points\n{fill(key + definition, 30)}", fontsize=7, color="#333333")


def _verdicts(
    panel: "Axes",
    of_controls: Sequence[pd.DataFrame],
    brains: Sequence[tuple[str, ...]],
    places: Sequence[float],
) -> None:
    """Mark the brains that beat every control, right of the last of these."""
    for brain, place in zip(brains, places, strict=True):
        if beats_all([rows.loc[[brain]].iloc[0] for rows in of_controls if brain in rows.index]):
            panel.text(
                1.02,
                place,
                "beats all",
                transform=panel.get_yaxis_transform(),
                va="center",
                fontsize=6.5,
                fontweight="bold",
                color=UP,
            )


def _title(rows: pd.DataFrame, simulated: bool) -> str:
    singles = ~rows["subject"].isin(list(OF_SEVERAL))
    subjects = rows.loc[singles, "subject"].nunique() or int(rows["subjects"].max())
    whose = "simulated brains" if simulated else "brains"
    facts: Mapping[str, str] = {
        "subjects": f"{subjects} {'subject' if subjects == 1 else 'subjects'}",
        "seeds": f"up to {int(rows['seeds'].max())} seeds",
        "images": f"{int(rows['n'].max()):,} test images",
    }
    return (
        f"Do {whose} teach more than each control?  {', '.join(facts.values())}\n"
        "test accuracy of brain-taught students less that of the control's, percentage points; "
        "bars: 95 % intervals"
    )
