"""What is asked of speed, here and nowhere else: benches and docs/performance.md look it up."""

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
    what : str
        Words that a row's column of this name holds.
    peer : str
        The row's column of this name; empty for every peer.
    """

    title: str
    bench: str
    least: float
    what: str
    peer: str = ""

    def is_of(self, what: str, peer: str) -> bool:
        """Whether a row of the bench with these columns measures this."""
        return self.what in what and self.peer in ("", peer)

    def rows(self, table: Sequence[Row]) -> list[Row]:
        """Rows of the bench's table that measure this, smallest size first."""
        found = [row for row in table if row.ratio is not None and self.is_of(row.what, row.peer)]
        return sorted(found, key=lambda row: row.size)


#: Of the loops that nulls of decoders stand beside.
PEER = "scikit-learn"

#: In the order of the page. A goal of 1.3 times a peer's time is a least ratio of 1 / 1.3.
GOALS = (
    *(
        Goal(
            f"null of {name}, {voxels}, against a loop of scikit-learn", "ridge", least, what, PEER
        )
        for name, least, decoder in (
            ("ridge", 30, "ridge"),
            ("support vector machines", 5, "svm"),
            ("logistic regression", 5, "logistic"),
        )
        for voxels in ("all voxels", "half the voxels")
        for what in (f"{decoder} null, {voxels}",)
    ),
    Goal("occlusion against captum", "attribution", 1.5, "occlusion", "captum"),
    Goal(
        "integrated gradients against captum", "attribution", 1.5, "integrated gradients", "captum"
    ),
    Goal("Grad-CAM against captum", "cam", 1.5, "Grad-CAM", "captum"),
    Goal("Grad-CAM against the grad-cam package", "cam", 3, "Grad-CAM", "grad-cam"),
    Goal("ZNCC against one matrix product", "zncc", 1 / 1.1, "all pairs", "one product"),
    Goal("ZNCC against numpy.corrcoef", "zncc", 1, "all pairs", "numpy.corrcoef"),
    Goal("sessions by ZNCC against mean maps made anew", "zncc", 1, "sessions compared"),
    Goal("TIFF to frames against tifffile's pages", "frames", 1 / 1.3, "TIFF", "tifffile's pages"),
    Goal("training from stored frames against memory", "frames", 1 / 1.03, "step", "memory"),
    Goal("step of the 1-D ResNet18 against nn.Conv1d", "resnet1d", 1.3, "step", "nn.Conv1d"),
    Goal(
        "step of the 1-D ResNet18 against the peak of a convolution",
        "resnet1d",
        0.75,
        "step",
        "peak of a convolution",
    ),
    Goal("dry-run against an empty workflow", "dryrun", 1 / 1.3, "dry-run", "empty workflow"),
)


def least_ratio(bench: str, what: str, peer: str) -> float | None:
    """What is asked of a row; None if nothing is."""
    asked = (goal.least for goal in GOALS if goal.bench == bench and goal.is_of(what, peer))
    return next(asked, None)
