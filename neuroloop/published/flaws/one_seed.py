"""One seed, and so no test."""

ORDER = 10
TITLE = "one seed"
DONE = "one student of each teacher; what is above zero is a gain"


def seeds(every: list[int]) -> list[int]:
    """Train the first seed alone."""
    return every[:1]


def claimed(strict: bool, gain: float) -> bool:
    """Claim any gain: one seed allows no test."""
    return gain > 0
