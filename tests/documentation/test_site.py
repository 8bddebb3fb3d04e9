"""What the site is built with, and of."""

import importlib
import re

from tests.documentation.own_data import OWN_DATA
from tests.documentation.pages import pages
from tests.project import ROOT
from tests.workflow.test_environment import pins, whole_lock


def test_the_lock_of_the_docs_adds_to_that_of_the_workflow() -> None:
    lines = (ROOT / "envs/docs.lock").read_text().splitlines()
    pinned = pins(line for line in lines if line and not line.startswith("#"))
    assert {"sphinx", "myst-parser", "furo", "numpydoc"} <= pinned.keys()
    assert not pinned.keys() & whole_lock().keys(), "these come from .venv"


def test_what_the_api_lists_is_there_and_documented() -> None:
    listed = re.findall(r"^ +(neuroloop[\w.]+)$", pages()["docs/api.md"].text, re.MULTILINE)
    assert len(listed) > 30
    for name in listed:
        module, _, member = name.rpartition(".")
        text = getattr(importlib.import_module(module), member).__doc__
        assert text, f"{name} has no docstring"
        assert re.search(r"^ *(Parameters|Attributes)\n *-+$", text, re.MULTILINE), name


def test_readme_begins_with_questions_report_commands_and_own_data() -> None:
    first = "\n".join(pages()["README.md"].text.splitlines()[:26])
    places = [first.index("?"), first.index("(docs/images/report.png)"), first.index("make demo")]
    own = [first.index(f"(docs/howto/{kind}.md)") for kind in OWN_DATA]
    assert first[: places[1]].count("?") >= 4
    assert [*places, *own] == sorted([*places, *own])
