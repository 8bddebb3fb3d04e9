"""What students of each teacher come to beside accuracy, and how brains differ from controls.

Every outcome is a table of seeds and test images, and both vary in every interval
(`statistics.crossed`): rows speak of other seeds and images, those of the subject ``group`` of
other people too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.distill.ablation import (
    GROUP,
    KEYS,
    REFERENCE,
    WITHINCLASS,
    Group,
    Pair,
    compared_pairs,
    in_families,
    mean_group,
    over_subjects,
)
from neuroloop.distill.outcomes.error_consistency import consistency_cells
from neuroloop.distill.outcomes.measured_students import (
    LOWER_IS_BETTER,
    MEAN_STRENGTH,
    MeasuredStudents,
)
from neuroloop.statistics.crossed import crossed_half_width, crossed_p
from neuroloop.statistics.families import corrected
from neuroloop.statistics.intervals import FEWEST_SEEDS, FEWEST_SUBJECTS
from neuroloop.statistics.units import scope, varied

#: Outcome of pairs of students.
CONSISTENCY = "error_consistency"

#: Columns of the table of students, and of that of comparisons.
STUDENT_COLUMNS = [
    *[*KEYS, "outcome", "strength", "value", "ci_low", "ci_high", "n", "seeds", "reason"],
    *["unit", "scope", "flag"],
]
COMPARISON_COLUMNS = [
    *[*KEYS, "control", "outcome", "better", "value", "value_of_control", "difference"],
    *["ci_low", "ci_high", "p", "q", "n", "seeds", "subjects", "reason", "unit", "scope"],
    *["family", "smallest_effect"],
]

#: Families of tests, apart from those of accuracy: of these brains' students, and of other people.
OUTCOMES, PEOPLE = "outcomes", "outcomes of people"

#: Why brains less `WITHINCLASS` have no test: seeds and images do not hold the luck of one deal.
ONE_ASSIGNMENT = (
    "no test: seeds and images do not tell what another assignment of soft labels would do"
)


def describe_students(
    students: Sequence[MeasuredStudents], outcomes: Sequence[str]
) -> pd.DataFrame:
    """Make one row for each teacher, outcome and strength.

    Parameters
    ----------
    students : sequence of MeasuredStudents
    outcomes : sequence of str
        With ``error_consistency`` the mean kappa of students of two seeds of one teacher has a row.

    Returns
    -------
    DataFrame
        `STUDENT_COLUMNS`, with 95 % intervals over seeds and test images.
    """
    rows, units = [], ["seed", "image"]
    for one in students:
        group, cells = one.group, dict(one.cells)
        if CONSISTENCY in outcomes:
            cells[CONSISTENCY, ""] = consistency_cells(group.hits, group.hits)
        told = {"unit": varied(units), "scope": scope(units, _fixed(group)), "flag": group.flag}
        for (outcome, strength), values in cells.items():
            found = _estimate(values)
            rows.append(
                {**group.keys, "outcome": outcome, "strength": strength, **told}
                | {"value": found.pop("mean"), "n": values.shape[1], "seeds": len(values), **found}
            )
    numbers = dict.fromkeys(["value", "ci_low", "ci_high"], float)
    return pd.DataFrame(rows, columns=STUDENT_COLUMNS).astype(numbers)


def compare_outcomes(
    students: Sequence[MeasuredStudents],
    outcomes: Sequence[str],
    variants: Mapping[str, str] = MappingProxyType({}),
    varied_decoders: Mapping[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """Compare each teacher with ``none``, and ``brain`` with every other, in each outcome.

    Differences are paired by seed and image. Accuracies under corruptions and attacks are compared
    in their mean over strengths alone. Error consistency compares pairs of one student of the brain
    and one of the control with pairs of two students of one teacher, the mean of the brain's and
    the control's: students that only err more at random agree less with all others, and within.

    Parameters
    ----------
    students : sequence of MeasuredStudents
        Paired (`ablation.check_paired`).
    outcomes : sequence of str
        With ``error_consistency`` pairs are compared too.
    variants, varied_decoders : mapping of str to str
        Of decoders that are variants: which one each is, and the one of equal settings without the
        variant, as of `ablation.compare_teachers`. Their families are apart.

    Returns
    -------
    DataFrame
        `COMPARISON_COLUMNS`. Means over the subjects at hand have the subject ``mean``, and other
        people ``group``. All outcomes of all brains are one family (Benjamini & Hochberg 1995),
        other people another; comparisons with what misleads on purpose are in none. ``brain`` less
        ``withinclass`` has a difference and no test: seeds and images do not hold the luck of one
        assignment of soft labels.
    """
    rows: list[dict[str, Any]] = []
    for outcome, pairs in _pairs_of_outcomes(students, outcomes, variants, varied_decoders):
        better = "lower" if outcome in LOWER_IS_BETTER else "higher"
        told = {"outcome": outcome, "better": "" if outcome == CONSISTENCY else better}
        rows += [_row(*pair) | told for pair in [*pairs, *_mean_pairs(pairs)]]
        rows += [row | told for row in _rows_of_people(pairs)]
    numbers = ["value", "value_of_control", "difference", "ci_low", "ci_high", "p", "q"]
    kinds = dict.fromkeys([*numbers, "smallest_effect"], float)
    table = pd.DataFrame(rows, columns=COMPARISON_COLUMNS).astype(kinds)
    table["family"] = in_families(table, variants)
    table["smallest_effect"] = (table["ci_high"] - table["ci_low"]) / 2
    table["q"] = corrected(table["p"].tolist(), table["family"].tolist())
    return table


def _pairs_of_outcomes(
    students: Sequence[MeasuredStudents], outcomes: Sequence[str], *variants: Mapping[str, str]
) -> Iterator[tuple[str, list[Pair]]]:
    """Each outcome with all pairs to compare, whose hits are its cells."""
    compared = [
        (outcome, strength)
        for outcome, strength in (students[0].cells if students else ())
        if strength in ("", MEAN_STRENGTH)
    ]
    for key in compared:
        groups = [replace(one.group, hits=one.cells[key]) for one in students]
        yield key[0], compared_pairs(groups, *variants)
    if CONSISTENCY in outcomes:
        pairs = compared_pairs([one.group for one in students], *variants)
        of_brains = [pair for pair in pairs if pair[0].keys["teacher"] == "brain"]
        yield CONSISTENCY, [_between_and_within(*pair) for pair in of_brains]


def _between_and_within(group: Group, control: Group, name: str) -> Pair:
    """The pair with its error consistency in place of hits: between teachers, and within."""
    within = [consistency_cells(one.hits, one.hits) for one in (group, control)]
    between = consistency_cells(group.hits, control.hits)
    return replace(group, hits=between), replace(control, hits=(within[0] + within[1]) / 2), name


def _mean_pairs(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs whose cells are the mean over the subjects at hand."""
    means = []
    for members in over_subjects(pairs):
        groups, controls, names = zip(*members, strict=True)
        means.append((mean_group(groups), mean_group(controls), names[0]))
    return means


def _row(group: Group, control: Group, name: str) -> dict[str, Any]:
    """Compare students of one subject, or of the mean over subjects."""
    units = ["seed", "image"]
    found = _tested(_estimate(group.hits - control.hits), group.hits - control.hits)
    if (group.keys["teacher"], name) == ("brain", WITHINCLASS):
        found = {"difference": found["difference"], "reason": ONE_ASSIGNMENT}
    return _labels([(group, control, name)]) | {
        "subjects": group.subjects,
        "family": OUTCOMES,
        "unit": varied(units),
        "scope": scope(units, _fixed(group)),
        **found,
    }


def _rows_of_people(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Mean differences over subjects, for other people."""
    units, rows = ["subject", "seed", "image"], []
    for members in over_subjects(pairs):
        differences = np.stack([group.hits - control.hits for group, control, _ in members])
        told = {"subject": GROUP, "subjects": len(members), "family": PEOPLE}
        told |= {"unit": varied(units), "scope": scope(units)}
        rows.append(_labels(members) | told | _tested(_estimate(differences), differences))
    return rows


def _labels(members: Sequence[Pair]) -> dict[str, Any]:
    """What is compared, over how many images and seeds, and both values."""
    group, _, name = members[0]
    return {
        **group.keys,
        "control": name,
        "value": np.mean([one.hits.mean() for one, _, _ in members]),
        "value_of_control": np.mean([other.hits.mean() for _, other, _ in members]),
        "n": len(group.image_ids),
        "seeds": len(group.seeds),
    }


def _estimate(cells: np.ndarray) -> dict[str, Any]:
    """Mean over cells with its interval over all axes, or why there is none."""
    found: dict[str, Any] = {"mean": float(cells.mean()), "reason": ""}
    subjects = {"subjects": (len(cells), FEWEST_SUBJECTS)} if cells.ndim == 3 else {}
    for units, (count, fewest) in (subjects | {"seeds": (cells.shape[-2], FEWEST_SEEDS)}).items():
        if count < fewest:
            few = f"{count} {units} do not tell how {units} differ: {fewest} are needed"
            return found | {"reason": few}
    if np.isnan(found["mean"]):
        return found | {"reason": "students that name all or no test images right have no kappa"}
    if np.ptp(cells) <= 1e-12:  # an interval of width zero would claim unfounded certainty
        return found | {"reason": "no seed or image differs from another"}
    half = crossed_half_width(cells)
    return found | {"ci_low": found["mean"] - half, "ci_high": found["mean"] + half}


def _tested(found: dict[str, Any], cells: np.ndarray) -> dict[str, Any]:
    """The same of a difference, with its p where there is an interval."""
    p = {} if found["reason"] else {"p": crossed_p(cells)}
    return {"difference": found.pop("mean"), **found, **p}


def _fixed(group: Group) -> list[str]:
    """What does not vary: these brains, and the luck of the soft labels that one got."""
    fixed = [] if group.keys["subject"] == REFERENCE else ["brain"]
    return [*fixed, "assignment"] if group.keys["teacher"] == "brain" else fixed
