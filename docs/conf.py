"""How Sphinx builds the documentation: `make docs`, from the Markdown that a forge shows too."""

import re
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from neuroloop import __version__  # noqa: E402

project, author, release = "NeuroLoop", "The NeuroLoop authors", __version__
copyright = author

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]

# The source is the whole project: pages link to READMEs of its folders and to code as on a forge.
include_patterns = [
    "*.md",
    "config/README.md",
    "profiles/README.md",
    "docs/**.md",
    "docs/generated/*.rst",
]
exclude_patterns = ["docs/_build"]
root_doc = "docs/README"

#: Pages whose lists of pages are the site's contents.
INDEXES = (root_doc, "docs/recipes/README")

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4  # of the same names as a forge's

autodoc_typehints = "none"  # numpydoc's sections say types with their shapes
autosummary_generate = True
numpydoc_show_class_members = False

nitpicky = False
html_theme = "furo"
html_title = "NeuroLoop"
html_additional_pages = {"index": "redirect.html"}
html_copy_source = False
templates_path = ["_templates"]
html_math_renderer = "mathml"


def setup(app: Sphinx) -> None:
    """Register what Sphinx has not by itself."""
    app.connect("source-read", add_contents)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))


def add_contents(app: Sphinx, page: str, text: list[str]) -> None:
    """Make each list of pages in an index a part of the site's contents."""
    if page not in INDEXES:
        return
    first, *parts = re.split(r"^## (.+)$", text[0], flags=re.MULTILINE)
    for title, part in zip(parts[::2], parts[1::2], strict=True) if parts else [("", first)]:
        listed = "\n".join(dict.fromkeys(re.findall(r"\]\(([\w./-]+\.md)\)", part)))
        caption = f":caption: {title}\n" if title else ""
        text[0] += f"\n```{{toctree}}\n:hidden:\n{caption}\n{listed}\n```\n"


def inline_math(translator: Any, node: nodes.math) -> None:
    """A formula in a line as MathML, which browsers draw without a script or a network."""
    translator.body.append(tex2mathml(node.astext(), as_block=False))
    raise nodes.SkipNode


def block_math(translator: Any, node: nodes.math_block) -> None:
    """A formula of its own lines as MathML."""
    translator.body.append(
        f'<div style="overflow-x: auto">{tex2mathml(node.astext(), as_block=True)}</div>'
    )
    raise nodes.SkipNode
