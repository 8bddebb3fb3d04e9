"""Elements of a page, for tests that read one."""

from html.parser import HTMLParser

#: Elements without an end.
VOID = {"meta", "img", "br", "input", "path"}


class Outline(HTMLParser):
    """Elements of a page, each with its attributes and text; fails on what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element[2].append(data)

    def of(self, tag: str, kind: str | None = None) -> list[str]:
        """Texts of all elements of a tag, and of a class."""
        return [
            "".join(text)
            for name, attributes, text in self.elements
            if name == tag and (kind is None or kind in (attributes.get("class") or "").split())
        ]

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of a tag."""
        return [attributes for name, attributes, _ in self.elements if name == tag]
