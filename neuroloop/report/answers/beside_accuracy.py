"""What does a brain that teaches improve beside accuracy?"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from neuroloop.files.formats import StrPath, read_table
from neuroloop.report.answers.decoding import GROUP, MEAN, SIGNIFICANT, silent_regions
from neuroloop.report.answers.taught import (
    above_all,
    brain_name,
    brains_named,
    controls_to_beat,
    of_first,
)
from neuroloop.report.cards import listed
from neuroloop.report.flags import Against

#: Columns that are read.
TEXT = ("subject", "roi", "decoder", "teacher", "student", "control", "outcome", "better")
NUMBERS = ("difference", "q")

#: What outcomes are called in a sentence; others by their names in the table.
NAMES = {
    "calibration_error": "calibration error",
    "brier": "Brier score",
    "log_loss": "log loss",
    "noise": "accuracy in noise",
    "blur": "accuracy on blurred images",
    "contrast": "accuracy at low contrast",
    "fgsm": "accuracy under FGSM",
    "pgd": "accuracy under PGD",
}


def read_outcomes(path: StrPath) -> pd.DataFrame:
    """Read outcome_comparisons.tsv."""
    return read_table(path, dict.fromkeys(TEXT, str) | dict.fromkeys(NUMBERS, float))


def beside_accuracy(
    table: pd.DataFrame, block: Mapping[str, Any]
) -> tuple[str, tuple[Against, ...]]:
    """Say which outcomes brains improve: of single people, the first decoder and student.

    A brain improves an outcome where its students do better in it than those of every control that
    it has to beat. Outcomes of which neither more nor less is better are left out.

    Parameters
    ----------
    table : DataFrame
        outcome_comparisons.tsv.
    block : mapping
        Of the config.

    Returns
    -------
    str, tuple of Against
        A sentence, empty where nothing was compared; and what is improved by a brain that answers
        to nothing.
    """
    controls = controls_to_beat(block["teaching"]["teachers"])
    rows = of_first(table, block)
    rows = rows[rows["control"].isin(controls) & (rows["better"] != "")]
    rows = rows[~rows["subject"].isin([MEAN, GROUP])]
    silent = silent_regions(block)
    improved: dict[str, list[str]] = {}
    none, unjudged, against = [], [], []
    for outcome, of_outcome in rows.groupby("outcome", sort=False):
        name = NAMES.get(str(outcome), str(outcome))
        brains = of_outcome.groupby(["subject", "roi"], sort=False)
        tested = {
            (str(subject), str(roi)): group
            for (subject, roi), group in brains
            if set(group["control"]) == set(controls) and group["q"].notna().all()
        }
        better = [brain for brain, group in tested.items() if _improves(group).all()]
        if not tested:
            unjudged.append(name)
        elif better:
            improved[name] = [brain_name(*brain) for brain in better]
        else:
            none.append(name)
        against += [
            Against(f"{brain_name(*brain)} answers to nothing, and improves {name}.", "control")
            for brain in better
            if brain[1] in silent
        ]
    told = [
        f"{brains_named(brains)} improve{'s' if len(brains) == 1 else ''} {name}"
        for name, brains in improved.items()
    ]
    told = [f"{above_all(controls)}, {'; '.join(told)}"] if told else []
    told += [f"no brain is shown to improve {listed(none, 'or')}"] if none else []
    told += [f"not judged: {listed(unjudged)}"] if unjudged else []
    return f"Beside accuracy: {'; '.join(told)}." if told else "", tuple(against)


def _improves(rows: pd.DataFrame) -> "pd.Series[bool]":
    sign = rows["better"].map({"higher": 1, "lower": -1})
    return (rows["q"] <= SIGNIFICANT) & (sign * rows["difference"] > 0)
