"""The one exception that speaks to the user."""

#: Longest message, in characters.
LONGEST = 2000


class NeuroLoopError(Exception):
    """A mistake that the user can fix.

    The message is one line: what is wrong, which file or key, and what to do. Jobs print it alone,
    without a traceback. What a file brings into it that cannot be printed is escaped.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


def printable(text: str) -> str:
    """Make one line of a text: escape what cannot be printed, and shorten what is endless."""
    text = " ".join(text.split())
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
