"""The graph of a run's rules, laid out for an SVG that needs no program to be drawn."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

#: Sizes in the drawing's own units: of a box, and of the gaps between columns, rows and branches.
WIDTH, HEIGHT, ACROSS, DOWN, APART = 164, 28, 24, 9, 20


class Step(NamedTuple):
    """A rule of a run.

    Attributes
    ----------
    rule : str
    branch : str
        Which study it belongs to.
    jobs : int
        How often it runs.
    after : list of str
        Rules whose files it takes.
    """

    rule: str
    branch: str
    jobs: int
    after: Sequence[str]


def laid_out(steps: Sequence[Step]) -> dict[str, Any]:
    """Place every rule: columns by the longest way to it, a band of rows for each branch.

    Parameters
    ----------
    steps : sequence of Step
        In any order; branches stand in the order in which they come first.

    Returns
    -------
    dict
        ``width``, ``height``, ``box`` (width and height of one), ``boxes`` (rule, jobs, branch, x,
        y) and ``lines`` (from a rule to one that takes its files, as the path of an SVG). No line
        leads from a to c where lines lead from a to b and from b to c.
    """
    after = _reduced({step.rule: list(step.after) for step in steps})
    column = {rule: _depth(rule, after) for rule in after}
    places: dict[str, tuple[float, float]] = {}
    top = 0.0
    for branch in dict.fromkeys(step.branch for step in steps):
        rows: dict[int, int] = {}
        for step in (step for step in steps if step.branch == branch):
            row = rows.setdefault(column[step.rule], 0)
            rows[column[step.rule]] += 1
            x = column[step.rule] * (WIDTH + ACROSS)
            places[step.rule] = (x, top + row * (HEIGHT + DOWN))
        top += max(rows.values()) * (HEIGHT + DOWN) + APART
    return {
        "width": (max(column.values()) + 1) * (WIDTH + ACROSS) - ACROSS,
        "height": top - APART,
        "box": (WIDTH, HEIGHT),
        "boxes": [
            {**step._asdict(), "x": places[step.rule][0], "y": places[step.rule][1]}
            for step in steps
        ],
        "lines": [_line(places[before], places[rule]) for rule in after for before in after[rule]],
    }


def _reduced(after: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Each rule's predecessors that no other of them comes after."""
    before = {rule: _all_before(rule, after) for rule in after}
    return {
        rule: [
            one
            for one in dict.fromkeys(direct)
            if not any(one in before[other] for other in direct)
        ]
        for rule, direct in after.items()
    }


def _all_before(rule: str, after: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(after[rule])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += after[one]
    return found


def _depth(rule: str, after: Mapping[str, Sequence[str]]) -> int:
    return 1 + max((_depth(one, after) for one in after[rule]), default=-1)


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    x1, y1 = start[0] + WIDTH, start[1] + HEIGHT / 2
    x2, y2 = end[0], end[1] + HEIGHT / 2
    bend = (x2 - x1) / 2
    return f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
