"""What a study's own tables say against it: void tests, n too small, silent cells, leaks."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from neuroloop.files.formats import read_table
from neuroloop.report.answers.changes import COUPLING
from neuroloop.report.answers.decoding import GROUP, MEAN
from neuroloop.report.answers.reading import MEASURE, SUBSET
from neuroloop.report.chapters import is_run
from neuroloop.report.flags import Against, Flag

#: Fewer test images than this cannot tell teachers apart that differ by a few points.
FEW_IMAGES = 300

#: What stands in a family's reason where a test was not asked for, which is no lack of data.
NOT_ASKED = "no image test"

#: Of sanity tests: a method that fails shows the image, and not what the network learned; a test
#: that needs a network of random labels is void where that did not learn them.
FAILED, VOID, UNLEARNED = "insensitive", "void", "not memorised"

#: Names of methods in a sentence.
NAMED = 4


def decoding_flags(table: pd.DataFrame) -> list[Against]:
    """Tests of single people and of people like them that n does not allow (decoding.tsv)."""
    return _untested(table, "accuracies")


def teaching_flags(students: pd.DataFrame, comparisons: pd.DataFrame) -> list[Against]:
    """Students that may know the test images, few images, comparisons that n does not allow.

    Parameters
    ----------
    students, comparisons : DataFrame
        ablation.tsv and comparisons.tsv.
    """
    told = [
        Against(f"Students are {text}.", "leak")
        for text in sorted(set(students["flag"]) - {"", "n/a"})
    ]
    images = int(students["n"].max())
    if images < FEW_IMAGES:
        told.append(
            Against(
                f"{images} test images cannot tell teachers apart that differ by a few points.",
                "few",
            )
        )
    asked = comparisons[~comparisons["reason"].str.startswith(NOT_ASKED)]
    return told + _untested(asked, "comparisons")


def _untested(table: pd.DataFrame, what: str) -> list[Against]:
    """Rows that give a reason why there is no p, or none that can be small, by that reason."""
    told = []
    whose = table["subject"].map({GROUP: "people like these", MEAN: "these people together"})
    table = table.assign(whose=whose.fillna("single people"))
    for (people, reason), rows in table[table["reason"] != ""].groupby(["whose", "reason"]):
        tested = int(rows["p"].notna().sum())
        for some, lack in (
            (len(rows) - tested, "no test"),
            (tested, "a p that cannot be small, which shows nothing"),
        ):
            if some:
                told.append(Against(f"Of {people}, {some} {what} have {lack}: {reason}.", "few"))
    return told


def reading_flags(tables: Mapping[str, pd.DataFrame]) -> list[Against]:
    """Sessions whose trials are too few, or too alike, for a p (reading.tsv of each)."""
    told = []
    for session, table in tables.items():
        chosen = (table["frames_of"] == "stimulated") & (table["measure"] == MEASURE)
        rows = table[chosen & (table["subset"] == SUBSET)]
        if len(rows) and rows["p"].isna().all():
            trials = int(rows["trials"].iloc[0])
            text = f"{session}: {trials} trials do not allow a test of what was read."
            told.append(Against(text, "few"))
    return told


def coupling_flags(session: str, table: pd.DataFrame) -> list[Against]:
    """Cells whose own response is not clear, so that nothing is told of them (coupling.tsv).

    Parameters
    ----------
    session : str
    table : DataFrame
        ``route``, ``silent_cells`` and ``pairs``.
    """
    told = []
    for row in table.to_dict("records"):
        if row["silent_cells"] > 0:
            cells = "1 cell" if row["silent_cells"] == 1 else f"{row['silent_cells']:.0f} cells"
            text = (
                f"{session}, {row['route']}: the own response of {cells} is not clear, so that no "
                "coupling with them is told."
            )
            told.append(Against(text, "silent"))
        if row["pairs"] == 0:
            text = f"{session}, {row['route']}: no pair of cells is left to speak of."
            told.append(Against(text, "void"))
    return told


def change_flags(table: pd.DataFrame) -> list[Against]:
    """Routes beside coupling without a p because recordings are few (routes.tsv)."""
    untested = (table["panel"] == "all") & table["change"].notna() & table["p"].isna()
    rows = table[untested & ~table["route"].isin(list(COUPLING))]
    return [
        Against(
            f"No test of the change by {row['route']}: {row['note'] or 'routes.tsv gives no p'}.",
            "few",
        )
        for row in rows.to_dict("records")
    ]


def film_flags(gaps: pd.DataFrame) -> list[Against]:
    """Differences without a p, by their reason (comparisons.tsv)."""
    pairs = gaps.drop_duplicates(["kind", "case", "classifier", "split", "against", "reason"])
    return [
        Against(
            f"{len(rows)} of {len(pairs)} differences between trainings have no test: {reason}.",
            "few",
        )
        for reason, rows in pairs[pairs["reason"] != ""].groupby("reason", sort=False)
    ]


def map_flags(at_chance: str) -> list[Against]:
    """A classifier at chance, whose maps say nothing (maps.json)."""
    return [Against(at_chance, "chance")] if at_chance else []


def network_flags(model: str, sanity: pd.DataFrame) -> list[Flag]:
    """Methods that failed a guard on this network, and tests that are void on it.

    Parameters
    ----------
    model : str
    sanity : DataFrame
        sanity.tsv of its gallery: ``method``, ``test``, ``verdict``, ``reason``.
    """
    link = f"../explain/{model}/gallery.html"
    flags = []
    unlearned = sanity["verdict"] == UNLEARNED
    void = sanity[unlearned | (sanity["verdict"] == VOID)]
    void = void.assign(
        reason=void["reason"].mask(unlearned, "the network of random labels did not learn them")
    )
    for reason, rows in void.groupby("reason", sort=False):
        tests = " and ".join(dict.fromkeys(rows["test"]))
        told = f"{tests} of {_some(rows['method'])} say nothing: {reason}."
        flags.append(Flag(f"network {model}", told[0].upper() + told[1:], link, "void"))
    for test, rows in sanity[sanity["verdict"] == FAILED].groupby("test", sort=False):
        told = (
            f"Maps of {_some(rows['method'])} hardly change with the network (test {test}): they "
            "show the image, and are no evidence of what was learned."
        )
        flags.append(Flag(f"network {model}", told, link, "guard"))
    return flags


def _some(methods: pd.Series) -> str:
    names = list(dict.fromkeys(methods))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def found_in_networks(
    models: Mapping[str, str], run: Sequence[str]
) -> list[tuple[str, str, str, str]]:
    """Flags of the networks that were looked into so far, as plain values for a rule.

    Parameters
    ----------
    models : mapping of str to str
        Networks under ``explain.models``, and the model.json of each.
    run : sequence of str
        Data sets that are run: networks of others are left out, as they are of the page.
    """
    found = []
    for model, path in models.items():
        file = Path(f"results/explain/{model}/sanity.tsv")
        if is_run(path, run) and file.is_file():
            types = dict.fromkeys(("method", "test", "verdict", "reason"), str)
            found += [
                (flag.of, flag.told, flag.link, flag.kind)
                for flag in network_flags(model, read_table(file, types))
            ]
    return found
