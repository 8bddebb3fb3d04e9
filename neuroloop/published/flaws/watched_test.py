"""The epoch picked on the test radiographs."""

from neuroloop.cxr.transfer import Fold

ORDER = 13
TITLE = "best epoch on the test radiographs"
DONE = "of all epochs the one with the lowest loss on the test radiographs"


def watched(fold: Fold) -> Fold:
    """Give the test radiographs for those that decide when to stop and which epoch to keep."""
    return fold._replace(validation=fold.test)
