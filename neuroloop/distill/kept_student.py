"""What is kept of students, or of a CNN teacher: a network to be explained, and all weights."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from neuroloop.distill.image_set import ImageSet
from neuroloop.distill.student_title import student_title
from neuroloop.distill.students import Student, Trained
from neuroloop.explain.models.model_images import ModelImages, spread
from neuroloop.explain.models.model_writing import save_model
from neuroloop.files.formats import StrPath, load_weights, save_weights

#: Images stored with the network, on which it is explained.
LOOKED_AT = 60


def save_student(
    path: Path,
    trained: Trained,
    shown: ImageSet,
    student: Student,
    rows: Sequence[int] | np.ndarray,
    depth: int | None = None,
) -> None:
    """Write model.json for the first seed's network, with images that it was not trained on.

    Parameters
    ----------
    path : Path
    trained : Trained
    shown : ImageSet
    student : Student
    rows : sequence of int
        Rows of images that it was not trained on; some are written, spread evenly over classes.
    depth : int, optional
        Of the network, if it is not the student's.
    """
    rows = np.asarray(rows)
    rows = rows[spread(shown.labels[rows].tolist(), LOOKED_AT)]
    taken = trained.preparation.apply(shown.pixels[rows])
    save_model(
        path,
        name="-".join(path.parts[2:-1]),
        title=student_title(path),
        images_are="test image",
        held_out="The network was not trained on any of these images.",
        kind="resnet",
        options={
            "depth": depth or student.depth,
            "in_channels": taken.shape[1],
            "width": student.width,
            "stem": student.stem,
        },
        weights=trained.weights,
        classes=shown.classes,
        preparation=trained.preparation,
        images=ModelImages(
            images=taken,
            ids=shown.table["image_id"].to_numpy(dtype=str)[rows],
            truth=shown.labels[rows],
        ),
    )


#: Name of the file with the weights of the students of all seeds, beside model.json.
EVERY = "every.safetensors"


def save_every(path: StrPath, states: Sequence[dict[str, torch.Tensor]]) -> None:
    """Write the weights of the students of all seeds to one file, as ``{seed}.{name}``."""
    save_weights(
        path,
        {
            f"{number}.{name}": values
            for number, state in enumerate(states)
            for name, values in state.items()
        },
    )


def load_every(path: StrPath) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the weights of each seed's student, in the order of seeds."""
    states: dict[int, dict[str, torch.Tensor]] = {}
    for key, values in load_weights(path).items():
        number, _, name = key.partition(".")
        states.setdefault(int(number), {})[name] = values
    for seed in sorted(states):
        yield states[seed]
