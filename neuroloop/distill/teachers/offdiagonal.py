"""The brain with its confusions permuted: which class it takes for which is drawn by chance."""

import numpy as np

from neuroloop.distill.wrong_classes import dealt, wrong_columns

ORDER = 6
NEEDS = "brain"
MISLEADS = False
TO_BEAT = True
TITLE = "permuted confusions"
LEGEND = (
    "the brain's logits with the wrong classes permuted, alike for all images of a class: what "
    "differs between images is kept, and which classes look alike is not"
)
CONTROLS_FOR = "a code of images, without the geometry of classes"
TAUGHT_BY = "{}, its confusions permuted"
COLOUR, MARKER = "#6a3d9a", "p"


def teach(
    labels: np.ndarray,
    n_classes: int,
    temperature: float,
    generator: np.random.Generator,
    logits: np.ndarray,
) -> np.ndarray:
    """Permute the off-diagonal entries of each row of the confusion matrix.

    One permutation of the wrong classes is drawn for each class, and moves the logits of all its
    images, so that these still differ from each other as they did.
    """
    columns = wrong_columns(labels, n_classes, "offdiagonal")
    order = generator.permuted(np.tile(np.arange(n_classes - 1), (n_classes, 1)), axis=1)
    return dealt(logits, columns, np.take_along_axis(columns, order[labels], axis=1))
