"""Reading neurons: how often networks find the stimulated cells of a frame."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuroloop.report.cards import Card
    from neuroloop.report.columns import ShownTable
    from neuroloop.report.flags import Against

ORDER = 3
TITLE = "Networks read neurons"
BLOCKS = "areas"
ASSETS = ("reading.html.j2",)


def chapters(name: str, block: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The cells of an area's sessions, then one chapter a reader."""
    cells = {
        f"{name}, its cells": {
            f"{kind}_{session}": f"results/calcium/{name}/{session}/responses.{ending}"
            for session in block["sessions"]
            for kind, ending in (("cells", "svg"), ("responses", "tsv"))
        }
    }
    return cells | {
        f"{name}, reader {reader}": {
            "figure": f"results/calcium/{name}/reading/{reader}.svg",
            **{
                f"reading_{session}": f"results/calcium/{name}/{session}/{reader}/reading.tsv"
                for session in block["sessions"]
            },
        }
        for reader in block["readers"]
    }


def cards(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Card"]:
    """What is read from neurons?"""
    if "figure" not in files:
        return []
    from neuroloop.report.answers.reading import read_reading, reading_card

    tables = {
        session: read_reading(path) for session, path in _of_sessions(files, "reading").items()
    }
    return [reading_card(of, Path(files["figure"]).stem, tables, block)]


def flags(of: str, files: Mapping[str, str], block: Mapping[str, Any]) -> list["Against"]:
    """Sessions without a test."""
    from neuroloop.report.answers.reading import read_reading
    from neuroloop.report.answers.table_flags import reading_flags

    return reading_flags(
        {
            name.removeprefix("reading_"): read_reading(path)
            for name, path in files.items()
            if name.startswith("reading_")
        }
    )


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """The accuracies of each session, or its cells."""
    from neuroloop.report.answers.reading import read_reading
    from neuroloop.report.columns import COUNT, PERCENT, SCOPE, UNIT, Column, P, shown
    from neuroloop.report.names import MEASURES

    columns = {
        "subset": Column("Frames", "With how many stimulated cells."),
        "measure": Column(
            "Measure", "any cell hit: one is named; all: every one.", called=MEASURES
        ),
        "frames_of": Column("Seen", "Frames of stimulation, or the control's of before it."),
        "value": PERCENT.named("Right, %", "With its 95 % interval.", True),
        "chance": PERCENT.named("Chance, %", "The same with patterns permuted."),
        "p": P,
        "frames": COUNT.named("Frames"),
        "trials": COUNT.named("Trials"),
        "seeds": COUNT.named("Networks"),
        "unit": UNIT,
        "scope": SCOPE,
    }
    return {
        "tables": [
            shown(f"Reading of session {session}", read_reading(path), columns, path)
            for session, path in _of_sessions(files, "reading").items()
        ],
        "cells": [
            {"session": session, "figure": files[f"cells_{session}"], "table": _responses(path)}
            for session, path in _of_sessions(files, "responses").items()
        ],
    }


def _of_sessions(files: Mapping[str, str], kind: str) -> dict[str, str]:
    """Files of a kind by their sessions."""
    return {
        name.removeprefix(f"{kind}_"): path
        for name, path in files.items()
        if name.startswith(f"{kind}_")
    }


def _responses(path: str) -> "ShownTable":
    """Response of each cell in trials that stimulate it."""
    from neuroloop.report.columns import COUNT, NUMBER, SCOPE, UNIT, Column, read_shown, shown

    columns = {
        "cell": Column("Cell", "As the table of cells names it."),
        "trials": COUNT.named("Trials", "That stimulate it, alone or with others."),
        "response": NUMBER.named(
            "Response, peak dF/F", "Mean of these trials, with its 95 % interval.", True
        ),
        "others": NUMBER.named("Other trials", "Its mean in trials that do not stimulate it."),
        "chosen": Column("Shown as", "Why the figure shows it."),
        "unit": UNIT,
        "scope": SCOPE,
    }
    return shown("Response of each cell", read_shown(path, columns), columns, path)


def methods(of: str, block: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """How stimulated cells were read."""
    from neuroloop.report.cards import listed
    from neuroloop.report.chapters import SIMULATED

    simulated = " (simulated)" if block["source"] in SIMULATED else ""
    return (
        f"Calcium imaging {of}{simulated}, sessions {listed(list(block['sessions']))}: networks "
        f"({listed(block['readers'])}) learned from single frames which cells were stimulated, and "
        "were tested on trials that they had not seen. Chance is what the same predictions score "
        "when the patterns of trials are permuted; intervals are over trials. Maps are Grad-CAM "
        "(Selvaraju et al. 2017), compared by their zero-mean normalised cross-correlation beside "
        "maps of untrained networks and of networks that learned permuted labels. Changes between "
        "sessions were tested by exchanging recordings of the same patterns."
    )
