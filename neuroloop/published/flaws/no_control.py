"""No control but students without a teacher."""

ORDER = 11
TITLE = "no control but no teacher"
DONE = "a brain's students compared with students of the labels alone"


def controls(every: list[str]) -> list[str]:
    """Train no control that has a teacher."""
    return ["none"]
