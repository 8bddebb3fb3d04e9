"""The Markdown pages of the project: their fenced blocks, code in lines, titles and links."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.project import ROOT

#: Where pages are.
FOLDERS = (".", "config", "docs", "docs/howto", "docs/recipes")

FENCE = re.compile(r"^( *)```([^`\n]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """A page of Markdown.

    Attributes
    ----------
    path : str
        Below the project's folder.
    text : str
    """

    path: str
    text: str

    def blocks(self, *languages: str) -> list[str]:
        """Fenced blocks of these languages."""
        return [text for _, language, text in FENCE.findall(self.text) if language in languages]

    @property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return FENCE.sub("", self.text)

    def code(self) -> list[str]:
        """What stands as code in a line of text."""
        return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", self.prose)]

    def anchors(self) -> set[str]:
        """Names by which a forge, and the site, link to the page's titles."""
        found: dict[str, int] = {}
        names = set()
        for title in re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE):
            plain = re.sub(r"\[([^]]*)\]\([^)]*\)|`", r"\1", title).lower()
            name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            number = found[name] = found.get(name, -1) + 1
            names.add(f"{name}-{number}" if number else name)
        return names

    def links(self) -> list[str]:
        """Targets of links and pictures that are not addresses."""
        prose = re.sub(r"`[^`]*`", "", self.prose)
        found = re.findall(r"\]\(([^)\s]+)\)", prose)
        return [target for target in found if not re.match(r"https?:|mailto:", target)]


def pages() -> dict[str, Page]:
    """All pages by their paths."""
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.md"))]
    names = [file.relative_to(ROOT).as_posix() for file in files]
    return {name: read(ROOT / name, name) for name in names}


def read(file: Path, name: str) -> Page:
    """Read a page."""
    return Page(name, file.read_text(encoding="utf-8"))
