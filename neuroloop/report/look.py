"""What all pages share: style, a light and a dark theme with its button, figures to enlarge."""

from markupsafe import Markup

from neuroloop.report.templates import asset

ASSETS = ("page.css", "page.js")

#: Changes the theme; without the script it stays hidden and the system's theme holds.
BUTTON = (
    '<button type="button" class="theme" hidden '
    'aria-label="Change between a light and a dark page"></button>'
)


def look() -> dict[str, Markup]:
    """What templates call ``look``: ``style`` and ``script`` of the head, and ``button``."""
    return {
        "style": asset("neuroloop.report/page.css"),
        "script": asset("neuroloop.report/page.js"),
        "button": Markup(BUTTON),
    }
