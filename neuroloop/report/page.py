"""The report: one self-contained page, answers first, then a section for each kind of result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from markupsafe import Markup

from neuroloop import registry
from neuroloop.report.cards import LABELS, MARKS, WIDTH, Card, drawn, flat
from neuroloop.report.chapters import SIMULATED, Chapter
from neuroloop.report.columns import ShownTable
from neuroloop.report.flags import Against, Flag, counted, flagged, ordered
from neuroloop.report.look import look
from neuroloop.report.passport import Passport
from neuroloop.report.templates import render

#: What titles of chapters end in whose data are.
SIMULATED_WORD = "simulated"

ASSETS = (
    "page.html.j2",
    "report.css",
    "report.js",
    "parts.html.j2",
    "cards.html.j2",
    "provenance.html.j2",
    "leaf.html.j2",
    "leaf.css",
    "leaf.js",
)


@dataclass(frozen=True, eq=False)
class Provenance:
    """What a page says of where its numbers come from.

    Attributes
    ----------
    software : str
        Versions.
    config : mapping
        As it was completed.
    completed : str
        The same as YAML.
    inputs : list of ShownTable
        Files that were read.
    galleries : list of (str, str)
        Name of each network that was looked into, and address of its gallery.
    skipped : list of (str, str)
        What was left out, and why.
    cited : list of str
        How to cite the software and the data.
    graph : dict
        The graph of rules, see `neuroloop.report.rule_graph`; empty where it is not known.
    verified : str
        Whether files are what their jobs wrote; empty where nobody looked.
    """

    software: str
    config: Mapping[str, Any]
    completed: str = ""
    inputs: list[ShownTable] = field(default_factory=list)
    galleries: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    cited: list[str] = field(default_factory=list)
    graph: dict[str, Any] = field(default_factory=dict)
    verified: str = ""


def report_page(
    title: str,
    chapters: Sequence[Chapter],
    passports: Sequence[Passport],
    provenance: Provenance,
    flags: Sequence[Flag] = (),
) -> tuple[str, dict[str, Any]]:
    """Write the page of a report, and its numbers.

    Parameters
    ----------
    title : str
    chapters : sequence of Chapter
        Those of a section one after another.
    passports : sequence of Passport
        Of every data set.
    provenance : Provenance
    flags : sequence of Flag
        Beside the warnings of passports and what speaks against an answer.

    Returns
    -------
    text : str
        HTML that needs nothing from outside, the same for the same arguments.
    summary : dict
        What summary.json holds.
    """
    sections = [
        _section(name, list(group))
        for name, group in groupby(chapters, key=lambda chapter: chapter.section)
    ]
    cards = _cards(chapters, provenance.config)
    known = _flags(chapters, passports, cards, [*flags], provenance.config)
    data = [
        {
            "name": one.name,
            "line": one.line,
            "simulated": provenance.config[one.kind][one.name]["source"] in SIMULATED,
        }
        for one in passports
    ]
    methods = _methods(chapters, provenance)
    context = {
        "look": look(),
        "title": title,
        "made": f"seed {provenance.config['seed']} · {', '.join(provenance.config['run'])}",
        "data": data,
        "flags": known,
        "counted": counted(known),
        "cards": [
            (card, target, drawn(card.forest) if card.forest else None) for card, target in cards
        ],
        "sections": sections,
        "methods": methods,
        "software": provenance.software,
        "config": provenance.completed,
        "inputs": provenance.inputs,
        "galleries": provenance.galleries,
        "skipped": provenance.skipped,
        "cited": provenance.cited,
        "graph": provenance.graph,
        "verified": provenance.verified,
        "marks": MARKS,
        "plot_width": WIDTH,
        "plot_labels": LABELS,
    }
    summary = {
        "title": title,
        "software": provenance.software,
        "seed": provenance.config["seed"],
        "data": data,
        "flags": [vars(flag) for flag in known],
        "answers": [flat(card) for card, _ in cards],
        "methods": methods,
        "skipped": [{"what": what, "why": why} for what, why in provenance.skipped],
        "cite": provenance.cited,
    }
    return render("neuroloop.report/page.html.j2", context), summary


def _section(name: str, chapters: Sequence[Chapter]) -> dict[str, object]:
    """What the page shows of a section: its title, its chapters, and its template filled in."""
    entry = registry.entry("section", name)
    shown = [
        {
            "id": f"{name}-{number}",
            "title": _titled(chapter),
            "simulated": chapter.simulated,
            "files": chapter.files,
            **entry.context(chapter.files),
        }
        for number, chapter in enumerate(chapters, start=1)
    ]
    template = str(registry.path("section", name).with_suffix(".html.j2").resolve())
    body = Markup(render(template, {"chapters": shown}))
    return {"name": name, "title": entry.TITLE, "chapters": shown, "body": body}


def _titled(chapter: Chapter) -> str:
    """A chapter's title, which says that its data are simulated if it does not yet."""
    said = not chapter.simulated or SIMULATED_WORD in chapter.title.split(", ")
    return chapter.title if said else f"{chapter.title}, {SIMULATED_WORD}"


def _cards(chapters: Sequence[Chapter], config: Mapping[str, Any]) -> list[tuple[Card, str]]:
    """Answers of all chapters, each with the id of its chapter."""
    found = []
    for name, group in groupby(chapters, key=lambda chapter: chapter.section):
        entry = registry.entry("section", name)
        if hasattr(entry, "cards"):
            for number, chapter in enumerate(group, start=1):
                block = config[entry.BLOCKS][chapter.of]
                for card in entry.cards(chapter.of, chapter.files, block):
                    found.append((card, f"{name}-{number}"))
    return found


def _flags(
    chapters: Sequence[Chapter],
    passports: Sequence[Passport],
    cards: Sequence[tuple[Card, str]],
    more: Sequence[Flag],
    config: Mapping[str, Any],
) -> list[Flag]:
    """What a reader has to know: of the answers, tables and data, and what else was found."""
    found = list(more)
    for card, target in cards:
        whose = f"{card.of}, {card.question}"
        void = [Against(card.answer, "void")] if card.mark == "void" else []
        found += flagged(whose, [*void, *card.against], f"#{target}")
    for name, group in groupby(chapters, key=lambda chapter: chapter.section):
        entry = registry.entry("section", name)
        for number, chapter in enumerate(group if hasattr(entry, "flags") else (), start=1):
            told = entry.flags(chapter.of, chapter.files, config[entry.BLOCKS][chapter.of])
            found += flagged(f"{chapter.title}, {entry.TITLE}", told, f"#{name}-{number}")
    for one in passports:
        link = f"../check/index.html#{one.kind}-{one.name}"
        found += [Flag(one.name, warning, link, "data") for warning in one.intake.warnings]
    return ordered(found)


def _methods(chapters: Sequence[Chapter], provenance: Provenance) -> str:
    """Paragraphs on what ran, to copy."""
    told = []
    for name, group in groupby(chapters, key=lambda chapter: chapter.section):
        entry = registry.entry("section", name)
        if hasattr(entry, "methods"):
            blocks = {chapter.of: provenance.config[entry.BLOCKS][chapter.of] for chapter in group}
            told += [entry.methods(of, block, provenance.config) for of, block in blocks.items()]
    told.append(f"All analyses were run with {provenance.software}.")
    return "\n\n".join(told)
