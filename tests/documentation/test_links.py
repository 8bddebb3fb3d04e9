"""Links between pages lead somewhere: files are there, titles are called so."""

import posixpath

import pytest

from tests.documentation.pages import Page, pages
from tests.project import ROOT

PAGES = pages()


def broken(page: Page) -> list[str]:
    """Links of a page that lead to no file or title."""
    found = []
    for target in page.links():
        name, _, anchor = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page.path), name))
        path = path if name else page.path
        titles = (page if path == page.path else PAGES.get(path, page)).anchors()
        if not (ROOT / path).exists() or (anchor and anchor not in titles):
            found.append(target)
        elif (ROOT / path).is_dir():
            found.append(f"{target} is a folder, which the built site cannot show")
    return found


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    assert broken(PAGES[name]) == []


def test_broken_links_are_seen() -> None:
    text = "# A\n\n[a](#a) [b](#b) [c](docs/demo.md) [d](docs/none.md) [e](docs) `[f](g)`\n"
    text += "```sh\n# B\n[h](i)\n```\n[j](docs/demo.md#nothing)\n"
    assert broken(Page("README.md", text)) == [
        "#b",
        "docs/none.md",
        "docs is a folder, which the built site cannot show",
        "docs/demo.md#nothing",
    ]


def test_every_page_is_in_the_index_of_the_docs() -> None:
    listed = {
        posixpath.normpath(posixpath.join("docs", target.partition("#")[0]))
        for target in PAGES["docs/README.md"].links()
    }
    listed |= {f"docs/recipes/{target}" for target in PAGES["docs/recipes/README.md"].links()}
    assert set(PAGES) - listed == {"docs/README.md"}
