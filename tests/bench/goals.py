"""What was asked of speed: the table that docs/performance.md holds beside what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.tables import Row


@dataclass(frozen=True)
class Goal:
    """A least ratio of a peer's CPU seconds to ours.

    Attributes
    ----------
    title : str
        What is compared, as the page calls it.
    bench : str
        Name of the bench whose table measures it.
    least : float
    what, peer : str
        Words that the row's columns of these names hold; empty for all rows of the bench.
    """

    title: str
    bench: str
    least: float
    what: str = ""
    peer: str = ""

    def rows(self, table: Sequence[Row]) -> list[Row]:
        """Rows of the bench's table that measure this, smallest size first."""
        found = [
            row
            for row in table
            if row.ratio is not None
            and self.what.lower() in row.what.lower()
            and self.peer.lower() in row.peer.lower()
        ]
        return sorted(found, key=lambda row: row.size)


#: In the order of the page. A goal of 1.3 times a peer's time is a least ratio of 1 / 1.3.
GOALS = (
    Goal("null of ridge decoders against a scikit-learn loop", "ridge", 30, what="ridge"),
    Goal("null of support vector machines against a scikit-learn loop", "ridge", 5, what="svm"),
    Goal("null of logistic decoders against a scikit-learn loop", "ridge", 5, what="logistic"),
    Goal(
        "step of the 1-D ResNet18 against the peak of a convolution", "resnet1d", 0.75, peer="peak"
    ),
    Goal("occlusion and integrated gradients against captum", "cam", 1.5, peer="captum"),
    Goal("ZNCC against one matrix product", "zncc", 1 / 1.1, peer="product"),
    Goal("TIFF to frames against tifffile's pages", "frames", 1 / 1.3, peer="tifffile"),
    Goal("dry-run against an empty workflow", "dryrun", 1 / 1.3, peer="empty workflow"),
)
