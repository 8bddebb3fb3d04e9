"""The report: one self-contained page, a section for each kind of result."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from neuroloop import registry
from neuroloop.report.chapters import Chapter
from neuroloop.report.templates import render

ASSETS = ("page.html.j2", "page.css", "parts.html.j2")


def report_page(
    title: str, chapters: Sequence[Chapter], warnings: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Write the page of a report.

    Parameters
    ----------
    title : str
    chapters : sequence of Chapter
        Those of a section one after another.
    warnings : mapping of str to sequence of str, optional
        What a reader has to know of each data set, by its name.

    Returns
    -------
    str
        HTML that needs nothing from outside, the same for the same arguments.
    """
    sections = [
        _section(name, list(group))
        for name, group in groupby(chapters, key=lambda chapter: chapter.section)
    ]
    warned = [(name, told) for name, told in (warnings or {}).items() if told]
    return render(
        "neuroloop.report/page.html.j2", {"title": title, "sections": sections, "warned": warned}
    )


def _section(name: str, chapters: Sequence[Chapter]) -> dict[str, object]:
    """What the page shows of a section: its title, its chapters, and its template filled in."""
    entry = registry.entry("section", name)
    shown = [
        {
            "id": f"{name}-{number}",
            "title": chapter.title + (", simulated" if chapter.simulated else ""),
            "simulated": chapter.simulated,
            "files": chapter.files,
            **entry.context(chapter.files),
        }
        for number, chapter in enumerate(chapters, start=1)
    ]
    template = str(registry.path("section", name).with_suffix(".html.j2").resolve())
    body = Markup(render(template, {"chapters": shown}))
    return {"title": entry.TITLE, "chapters": shown, "body": body}
