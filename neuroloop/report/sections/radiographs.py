"""Chest X-rays: how well classifiers predict, and from which parts of the radiographs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from neuroloop.report.cards import Card
    from neuroloop.report.columns import ShownTable
    from neuroloop.report.flags import Against

ORDER = 6
TITLE = "Chest X-rays"
BLOCKS = "radiographs"
ASSETS = ("radiographs.html.j2",)

#: Figures of every set; that of new sites is of those alone that have some.
FIGURES = (
    *("scores", "differences", "sweep", "confusion", "roc", "calibration", "shortcuts"),
    "learning",
)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a set of radiographs."""
    folder = f"results/cxr/{name}"
    new = ("sites",) if block["new_sites"] or block["external"] else ()
    return {
        name: {
            "scores_table": f"{folder}/metrics.tsv",
            "comparisons": f"{folder}/comparisons.tsv",
            "points": f"{folder}/operating_points.tsv",
            **{figure: f"{folder}/{figure}.svg" for figure in (*FIGURES, *new)},
        }
    }


def cards(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Card"]:
    """Are X-rays told apart, and by what?"""
    from neuroloop.report.answers.films import films_card, read_gaps, read_scores

    return [
        films_card(of, read_scores(files["scores_table"]), read_gaps(files["comparisons"]), block)
    ]


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """Differences without a test."""
    from neuroloop.report.answers.films import read_gaps
    from neuroloop.report.answers.table_flags import film_flags

    return film_flags(read_gaps(files["comparisons"]))


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The scores, and the comparisons by what they speak of, each with what was seen in words."""
    from neuroloop.report.answers.films import read_gaps, read_scores
    from neuroloop.report.cards import times
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, P, Q, shown
    from neuroloop.report.names import MEASURES

    training = {
        "classifier": Column("Classifier"),
        "case": Column("Case", "Which views of which radiographs it learned from."),
        "split": Column("Split", "What folds keep whole; image: a leak on purpose."),
    }
    of_scores = {
        **training,
        "shown": Column("Shown", "The whole radiograph, the lungs, or all but the lungs."),
        "metric": Column("Metric", called=MEASURES),
        "class": Column("Class", "Of metrics of one class."),
        "value": NUMBER.named("Value", "With its 95 % interval.", True),
        "chance": NUMBER.named("Chance"),
        "n": COUNT.named("Radiographs"),
        "patients": COUNT.named("Patients"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    of_gaps = {
        **training,
        "against": Column("Less"),
        "metric": Column("Metric", called=MEASURES),
        "difference": NUMBER.named("Difference", "With its 95 % interval.", True),
        "p": P,
        "q": Q,
        "seen": Column("Seen", "At q 0.05.", "words"),
    }
    scores = read_scores(files["scores_table"])
    gaps = read_gaps(files["comparisons"])
    groups = [
        {
            "scope": scope,
            "unit": times(rows["unit"].iloc[0]),
            "table": shown(
                f"Differences over {times(rows['unit'].iloc[0])}",
                rows.assign(seen=[_seen(row) for row in rows.to_dict("records")]),
                of_gaps,
                files["comparisons"],
            ),
        }
        for scope, rows in gaps.groupby("scope", sort=False)
    ]
    table = shown("Scores of every training", scores, of_scores, files["scores_table"])
    return {
        "groups": groups,
        "table": table,
        "points": _points(files["points"]),
        "sets": _sets(scores),
    }


def _points(path: str) -> "ShownTable":
    """Operating points of every classifier."""
    from neuroloop.files.formats import read_table
    from neuroloop.report.columns import COUNT, NUMBER, PERCENT, SCOPE, UNIT, Column, shown

    texts = ("case", "classifier", "class", "against", "point", "unit", "scope")
    measures = ("sensitivity", "specificity")
    numbers = [f"{one}{end}" for one in measures for end in ("", "_low", "_high")]
    numbers += ["threshold", "auc", "n_class", "n_others", "patients"]
    columns = {
        "classifier": Column("Classifier"),
        "case": Column("Case", "Which views of which radiographs it learned from."),
        "class": Column("Class", "Which is looked for."),
        "against": Column("Against"),
        "point": Column("At", "Thresholds are found on the other folds."),
        "threshold": NUMBER.named("Threshold", "Mean over folds, of the class's probability."),
        **{
            one: PERCENT.named(f"{one.capitalize()}, %", "With its 95 % interval.")._replace(
                low=f"{one}_low", high=f"{one}_high"
            )
            for one in measures
        },
        "auc": NUMBER.named("AUC", "Mean over folds; chance is 0.5."),
        "n_class": COUNT.named("Radiographs of the class"),
        "n_others": COUNT.named("Others"),
        "patients": COUNT.named("Patients"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    rows = read_table(path, dict.fromkeys(texts, str) | dict.fromkeys(numbers, float))
    return shown("Sensitivity and specificity at named thresholds", rows, columns, path)


def _sets(scores: "pd.DataFrame") -> dict[str, str]:
    """Of how many radiographs and patients figures are, and chance, as captions say it."""
    from neuroloop.report.cards import number

    rows = scores[(scores["split"] == "patient") & (scores["shown"] == "whole")]
    rows = rows[rows["metric"] == "macro_f1"]
    chances = sorted({number(chance) for chance in rows["chance"]})
    return {
        "n": f"{rows['n'].max():,.0f} radiographs of {rows['patients'].max():,.0f} patients",
        "chance": " to ".join(dict.fromkeys([chances[0], chances[-1]])) if chances else "–",
    }


def methods(of: str, block: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """How radiographs were classified."""
    from neuroloop import registry
    from neuroloop.report.cards import listed

    simulated = " (simulated)" if block["source"] == "simulated" else ""
    backbones = [
        f"{name} ({registry.entry('backbone', config['classifiers'][name]['backbone']).LEGEND})"
        for name in block["classifiers"]
    ]
    return (
        f"Chest radiographs {of}{simulated} were dealt to {block['folds']} folds by patient. "
        f"Classifiers: {listed(backbones)}. Scores are of radiographs of patients that a network "
        "never saw, with 95 % intervals over patients; differences take refitting and other "
        "partitions into account where trainings were repeated (Nadeau and Bengio 2003), and q is "
        "p corrected within families (Benjamini and Hochberg 1995)."
    )


def _seen(row: Mapping[Any, Any]) -> str:
    """What a comparison found; beside no difference, what would have been found."""
    least = f"{row['smallest_effect']:.3f}"
    if row["p"] != row["p"]:
        return f"no test: {row['reason']}"
    if row["q"] <= 0.05:
        return "a difference"
    return f"no difference seen; of 5 studies like this 4 would see one of {least}"
