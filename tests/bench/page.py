"""What docs/performance.md says of the tables: goals beside what was measured, then every row."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from neuroloop.files.atomic import atomic
from tests.bench.goals import GOALS, Goal
from tests.bench.tables import Row, machine_of, read_tables

BEGIN, END = "<!-- make bench: begin -->", "<!-- make bench: end -->"


def write(page: Path, folder: Path) -> None:
    """Write what stands between the marks of the page anew, from the tables in a folder."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    tables = read_tables(folder)
    machines = [machine_of(folder / f"{name}.tsv") for name in tables]
    made = "\n\n".join([before + BEGIN, *told(tables, machines), END + after])
    with atomic(page) as part:
        part.write_text(made, encoding="utf-8")


def told(tables: Mapping[str, Sequence[Row]], machines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Paragraphs and tables of the page."""
    goals = [against(goal, tables.get(goal.bench, [])) for goal in GOALS]
    rows = [cells for name, table in tables.items() for cells in all_rows(name, table)]
    made = [
        *([on_what(machines)] if any(machines) else []),
        listed(("what", "goal", "measured", "sizes", "reached"), goals),
    ]
    if rows:
        titles = ("bench", "what", "peer", "size", "CPU seconds", "ratio", "note")
        made += ["All that was measured:", listed(titles, rows)]
    return made


def against(goal: Goal, table: Sequence[Row]) -> tuple[str, ...]:
    """A goal beside what was measured: from the least to the greatest ratio over sizes."""
    rows = goal.rows(table)
    asked = factor(goal.least)
    if not rows:
        return goal.title, asked, "not measured", "", ""
    ratios = [row.ratio for row in rows if row.ratio is not None]
    sizes = dict.fromkeys(f"{row.size:g}" for row in rows)
    reached = "yes" if min(ratios) >= goal.least else "no"
    if reached == "no" and max(ratios) >= goal.least:
        reached = "not at all sizes"
    return goal.title, asked, spread(ratios), ", ".join(sizes), reached


def factor(ratio: float) -> str:
    """A least ratio as people say it: times faster, or at most so many times the peer's time."""
    return f"{ratio:.3g} x faster" if ratio > 1 else f"at most {1 / ratio:.3g} x the time"


def spread(ratios: Sequence[float]) -> str:
    """The least and the greatest of ratios, on the side of 1 that the least is on."""
    low, high = min(ratios), max(ratios)
    if low < 1:
        low, high = 1 / high, 1 / low
        unit = "x the time"
    else:
        unit = "x faster"
    texts = list(dict.fromkeys(f"{value:.2f}" for value in (low, high)))
    return f"{' to '.join(texts)} {unit}"


def all_rows(name: str, table: Sequence[Row]) -> list[tuple[str, ...]]:
    """Cells of every row of a table."""
    return [
        (
            name,
            row.what,
            row.peer,
            f"{row.size:g}",
            f"{row.seconds:.3g}",
            "" if row.ratio is None else f"{row.ratio:.2f}",
            row.note,
        )
        for row in table
    ]


def on_what(machines: Sequence[Mapping[str, Any]]) -> str:
    """A sentence on the machine, or machines, of the tables."""
    known = [machine for machine in machines if machine]
    processors = dict.fromkeys(f"{one['processor']}, {one['cores']} cores" for one in known)
    dates = sorted({one["date"] for one in known})
    versions = {name: text for one in known for name, text in one["versions"].items()}
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    packages = ", ".join(f"{name} {text}" for name, text in versions.items())
    return f"Measured {days} on {'; '.join(processors)}; {packages}."


def listed(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', ', ') for cell in line)} |" for line in lines
    )
