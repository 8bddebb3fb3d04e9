"""Cards: a question that a study asks, its answer in a sentence, and the numbers behind it.

A section of the report answers its questions in a function ``cards``; the report's first screen
shows all of them, and summary.json holds the same numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

#: What an answer can be, its sign, and how it is said to those who do not see the sign.
MARKS = {
    "yes": ("✓", "shown"),
    "no": ("–", "not shown"),
    "beware": ("!", "beware"),
    "void": ("×", "no test"),
}

#: What a bar can be: a claim that holds, one that is not shown, a control, a known truth.
KINDS = ("claim", "open", "control", "truth")

#: Sizes of a forest plot in its own units: width, width of labels, height of a row, of the scale.
WIDTH, LABELS, ROW, SCALE = 454, 172, 22, 24

#: Most characters of a label that its width holds.
LONGEST = 27


@dataclass(frozen=True)
class Bar:
    """A row of a forest plot.

    Attributes
    ----------
    label : str
    value : float
    low, high : float or None
        Its interval; None where there is none.
    kind : str
        One of `KINDS`.
    chance : float or None
        What would be found without an effect, a tick of its own.
    """

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "claim"
    chance: float | None = None


@dataclass(frozen=True)
class Forest:
    """Values with their intervals, one below the other on one scale.

    Attributes
    ----------
    bars : tuple of Bar
    caption : str
        What is shown, of what, how sure.
    reference : float or None
        A line through all rows, as at no difference.
    factor : float
        By which numbers are multiplied where they are shown: 100 for percent and points.
    suffix : str
        After the numbers of the scale.
    """

    bars: tuple[Bar, ...]
    caption: str
    reference: float | None = None
    factor: float = 1.0
    suffix: str = ""


@dataclass(frozen=True)
class Card:
    """A question and its answer.

    Attributes
    ----------
    question : str
    of : str
        Of which data: ``"haxby"``.
    mark : str
        One of `MARKS`.
    answer : str
        A sentence or two with value, interval, p and n.
    scope : str
        Of what the answer speaks, what varied, and what could have been seen.
    forest : Forest or None
    against : tuple of str
        What speaks against the answer, a sentence each: controls that failed, marks of chance.
    simulated : bool
    """

    question: str
    of: str
    mark: str
    answer: str
    scope: str
    forest: Forest | None = None
    against: tuple[str, ...] = ()
    simulated: bool = False


class Drawn(NamedTuple):
    """Where the parts of a forest plot lie, in the plot's own units.

    Attributes
    ----------
    height : float
    rows : list of dict
        ``label``, ``kind``, ``y``, ``x``, ``low``, ``high``, ``chance``, ``told``.
    ticks : list of (float, str)
        Place and text.
    reference : float or None
    """

    height: float
    rows: list[dict[str, Any]]
    ticks: list[tuple[float, str]]
    reference: float | None


def drawn(forest: Forest) -> Drawn:
    """Lay a forest plot out."""
    from matplotlib.ticker import MaxNLocator

    numbers = [
        number * forest.factor
        for bar in forest.bars
        for number in (bar.value, bar.low, bar.high, bar.chance)
        if number is not None and math.isfinite(number)
    ]
    if forest.reference is not None:
        numbers.append(forest.reference * forest.factor)
    ticks = MaxNLocator(4).tick_values(min(numbers), max(numbers))
    first, last = float(ticks[0]), float(ticks[-1])

    def place(number: float | None) -> float | None:
        if number is None or not math.isfinite(number):
            return None
        share = (number * forest.factor - first) / (last - first)
        return round(LABELS + 8 + share * (WIDTH - LABELS - 24), 1)

    rows = [
        {
            "label": fitted(bar.label),
            "kind": bar.kind,
            "y": 12 + number * ROW,
            "x": place(bar.value),
            "low": place(bar.low),
            "high": place(bar.high),
            "chance": place(bar.chance),
            "told": said(bar, forest.factor, forest.suffix),
        }
        for number, bar in enumerate(forest.bars)
    ]
    shown = [
        (place(tick / forest.factor) or 0.0, f"{tick:g}{forest.suffix}".replace("-", "−"))
        for tick in ticks
    ]
    return Drawn(len(rows) * ROW + SCALE, rows, shown, place(forest.reference))


def fitted(label: str) -> str:
    """A label that is not too long, without its middle if it was."""
    half = LONGEST // 2
    return label if len(label) <= LONGEST else f"{label[: half - 1]}…{label[-half:]}"


def said(bar: Bar, factor: float, suffix: str) -> str:
    """A bar in words: ``"S1 HVC: 1.75 [0.82, 2.69]"``."""
    text = f"{bar.label}: {interval(bar.value, bar.low, bar.high, factor)}{suffix}"
    return text if bar.chance is None else f"{text}; chance {number(bar.chance, factor)}{suffix}"


def interval(value: float, low: float | None, high: float | None, factor: float = 1.0) -> str:
    """A value and its interval in three digits: ``"1.75 [0.82, 2.69]"``."""
    known = low is not None and high is not None and math.isfinite(low) and math.isfinite(high)
    ends = f" [{number(low, factor)}, {number(high, factor)}]" if known else ""
    return number(value, factor) + ends


def beside(value: float, low: float, high: float, chance: float, factor: float = 1.0) -> str:
    """A value, its interval and chance, in as many digits as tell its ends from chance.

    ``"0.37 [0.302, 0.45], chance 0.296"`` where two digits would show both as 0.30.
    """
    more = any(
        end != chance and number(end, factor) == number(chance, factor) for end in (low, high)
    )
    extra = 1 if more else 0
    bounds = f"[{number(low, factor, extra)}, {number(high, factor, extra)}]"
    return f"{number(value, factor, extra)} {bounds}, chance {number(chance, factor, extra)}"


def times(unit: str) -> str:
    """A unit of a table as people write it: ``"seeds × images"``."""
    return unit.replace(" x ", " × ")


def ends(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Bounds of an interval, None where there is none."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return None, None
    return low, high


def number(value: float | None, factor: float = 1.0, extra: int = 0) -> str:
    """A number as it is read: two digits behind the point, fewer behind large ones.

    `extra` digits more where two numbers would else look alike.
    """
    if value is None or not math.isfinite(value):
        return "–"
    shown = value * factor
    digits = (0 if abs(shown) >= 100 else 1 if abs(shown) >= 10 else 2) + extra
    text = f"{shown:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def probability(p: float, least: float | None = None, name: str = "p") -> str:
    """A p value in words: ``"p 0.16"``, ``"p ≤ 0.01"`` at the floor of its permutations.

    Parameters
    ----------
    p : float
    least : float, optional
        The least that its null allows.
    name : str
        ``q`` of a corrected p.
    """
    if not math.isfinite(p):
        return f"no {name}"
    if least is not None and p <= least * (1 + 1e-9):
        return f"{name} ≤ {p:.2g}"
    return f"{name} {rounded_p(p)}"


def rounded_p(p: float) -> str:
    """A p value in two digits: ``"0.16"``, ``"< 0.001"``."""
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names in a sentence: ``"V1, V4 and HVC"``."""
    *first, end = names or [""]
    return f"{', '.join(first)} {last} {end}" if first else end


def flat(card: Card) -> dict[str, Any]:
    """A card as summary.json holds it."""
    forest = card.forest
    return {
        "question": card.question,
        "data": card.of,
        "simulated": card.simulated,
        "verdict": MARKS[card.mark][1],
        "answer": card.answer,
        "scope": card.scope,
        "against": list(card.against),
        "values": [
            {
                "label": bar.label,
                "kind": bar.kind,
                "value": bar.value,
                "ci_low": bar.low,
                "ci_high": bar.high,
                "chance": bar.chance,
            }
            for bar in (forest.bars if forest else ())
        ],
    }
