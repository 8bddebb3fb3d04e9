"""One self-contained HTML page: headings, text, figures and tables, nothing from outside."""

import base64
import re
from html import escape
from pathlib import Path

import pandas as pd

from neuroloop.files.formats import StrPath

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 72rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.8rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem;
     border-bottom: 1px solid #ddd; }
nav a { margin-right: 1.2rem; } figure { margin: 1rem 0; } img { max-width: 100%; }
figcaption { color: #666; font-size: 0.9rem; } p { max-width: 48rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.85rem; }
th, td { padding: 0.2rem 0.7rem; text-align: left; white-space: nowrap;
         font-variant-numeric: tabular-nums; }
th { border-bottom: 2px solid #222; } td { border-bottom: 1px solid #eee; }
tr:hover td { background: #f5f8fa; }
"""

#: Numbers that are rounded. Whole numbers are counts or names, and both are told in full.
DECIMAL = re.compile(r"-?\d+(\.\d+(e[+-]\d+)?|e[+-]\d+)")


class Page:
    """A page that is filled from top to bottom.

    Parameters
    ----------
    title : str
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.sections: list[str] = []
        self.parts: list[str] = []

    def section(self, heading: str) -> None:
        """Begin a section, named in the list at the top."""
        self.sections.append(heading)
        self.parts.append(f'<h2 id="s{len(self.sections)}">{escape(heading)}</h2>')

    def text(self, paragraph: str) -> None:
        """Add a paragraph."""
        self.parts.append(f"<p>{escape(paragraph)}</p>")

    def figure(self, path: StrPath, caption: str) -> None:
        """Add a PNG figure, embedded in the page."""
        data = base64.b64encode(Path(path).read_bytes()).decode()
        self.parts.append(
            f'<figure><img alt="{escape(caption)}" src="data:image/png;base64,{data}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )

    def table(self, table: pd.DataFrame) -> None:
        """Add a table; numbers with decimals are rounded to four significant digits."""
        cells = table.map(_shown).to_html(index=False, border=0)
        self.parts.append(f'<div class="table">{cells}</div>')

    def html(self) -> str:
        """Return the whole page."""
        links = "".join(
            f'<a href="#s{number}">{escape(heading)}</a>'
            for number, heading in enumerate(self.sections, start=1)
        )
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{escape(self.title)}</title><style>{STYLE}</style></head><body>"
            f"<h1>{escape(self.title)}</h1><nav>{links}</nav>{''.join(self.parts)}</body></html>\n"
        )


def _shown(value: object) -> str:
    """Text of a cell: four significant digits for a decimal number, a dash for what is missing."""
    text = str(value)
    if text in ("n/a", "nan", "None"):
        return "–"
    return f"{float(text):.4g}" if DECIMAL.fullmatch(text) else text
