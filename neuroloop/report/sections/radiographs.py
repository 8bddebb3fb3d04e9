"""Chest X-rays: how well classifiers predict, and from which parts of the radiographs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroloop.report.cards import Card
    from neuroloop.report.flags import Against

ORDER = 6
TITLE = "Chest X-rays"
BLOCKS = "radiographs"
ASSETS = ("radiographs.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a set of radiographs."""
    folder = f"results/cxr/{name}"
    figures = ("scores", "confusion", "shortcuts", "calibration", "learning")
    return {
        name: {
            "scores_table": f"{folder}/metrics.tsv",
            "comparisons": f"{folder}/comparisons.tsv",
            **{figure: f"{folder}/{figure}.svg" for figure in figures},
        }
    }


def cards(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Card"]:
    """Are films told apart, and from where?"""
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
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, P, Q, shown

    training = {
        "classifier": Column("Classifier"),
        "case": Column("Case", "Which views of which radiographs it learned from."),
        "split": Column("Split", "What folds keep whole; image: a leak on purpose."),
    }
    of_scores = {
        **training,
        "shown": Column("Shown", "The whole radiograph, the lungs, or all but the lungs."),
        "metric": Column("Metric"),
        "class": Column("Class", "Of metrics of one class."),
        "value": NUMBER.named("Value", "With its 95 % interval.", True),
        "chance": NUMBER.named("Chance"),
        "n": COUNT.named("Films"),
        "patients": COUNT.named("Patients"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    of_gaps = {
        **training,
        "against": Column("Less"),
        "metric": Column("Metric"),
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
            "unit": rows["unit"].iloc[0],
            "table": shown(
                f"Differences over {rows['unit'].iloc[0]}",
                rows.assign(seen=[_seen(row) for row in rows.to_dict("records")]),
                of_gaps,
                files["comparisons"],
            ),
        }
        for scope, rows in gaps.groupby("scope", sort=False)
    ]
    table = shown("Scores of every training", scores, of_scores, files["scores_table"])
    return {"groups": groups, "table": table}


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
