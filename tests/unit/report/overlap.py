"""Whether the texts of a figure lie upon each other."""

from itertools import combinations

from matplotlib.text import Text

#: Texts that share less of a line than this, in points, only touch.
TOUCHING = 1.0


def overlapping(figure):
    """Pairs of texts of a figure that lie upon each other."""
    figure.draw_without_rendering()
    texts = [
        one
        for one in figure.findobj(Text)
        if one.get_visible() and one.get_text().strip() and _drawn(one)
    ]
    boxes = [(one.get_text(), one.get_window_extent()) for one in texts]
    return [
        (first, second)
        for (first, one), (second, other) in combinations(boxes, 2)
        if min(one.x1, other.x1) - max(one.x0, other.x0) > TOUCHING
        and min(one.y1, other.y1) - max(one.y0, other.y0) > TOUCHING
    ]


def _drawn(text):
    """Whether a text's axes show it: those that are switched off have none of their own."""
    return text.axes is None or text.axes.axison or text in text.axes.texts
