"""Small fMRI studies of known truth, written as files: clean ones, and spoilt ones."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

#: Seconds from volume to volume, and of an event, of the rest after it, and of a label's lag.
TR, SHOWN, REST, LAG = 2.0, 8.0, 8.0, 4.0

CLASSES = ("cat", "chair", "face", "house")

SHAPE = (10, 10, 5)


@dataclass
class Study:
    """A subject's runs before they are written; what spoils them changes these arrays.

    Attributes
    ----------
    generator : Generator
    orders : list of list of int
        Class of each block of each run.
    runs : list of ndarray, (x, y, z, volumes)
    region, brain : ndarray of bool, (x, y, z)
    """

    generator: np.random.Generator
    orders: list[list[int]]
    runs: list[np.ndarray] = field(default_factory=list)
    region: np.ndarray = field(default_factory=lambda: np.zeros(SHAPE, bool))
    brain: np.ndarray = field(default_factory=lambda: np.zeros(SHAPE, bool))

    def onsets(self, run: int) -> np.ndarray:
        """Seconds at which the blocks of a run begin."""
        return REST + (SHOWN + REST) * np.arange(len(self.orders[run]))

    def shown(self, run: int, block: int) -> slice:
        """Volumes during which a block is shown."""
        first = int(self.onsets(run)[block] / TR)
        return slice(first, first + int(SHOWN / TR))

    def responded(self, run: int, block: int) -> slice:
        """Volumes of the response: those that get the label."""
        shown, lag = self.shown(run, block), int(LAG / TR)
        return slice(shown.start + lag, shown.stop + lag)

    def blocks(self) -> list[tuple[int, int, int]]:
        """Run, number in it, and class of every block."""
        return [
            (run, number, name)
            for run, order in enumerate(self.orders)
            for number, name in enumerate(order)
        ]


def study(
    seed: int,
    runs: int = 6,
    per_class: int = 2,
    signal: float = 6.0,
    orders: list[list[int]] | None = None,
) -> Study:
    """Draw a study whose region answers to four classes, and nothing else does.

    Classes come in an order of its own in each run. Noise goes together in time and over the brain,
    runs drift, and the head moves a little, whatever is shown.
    """
    generator = np.random.default_rng(seed)
    drawn = [
        generator.permutation(np.repeat(np.arange(len(CLASSES)), per_class)).tolist()
        for _ in range(runs)
    ]
    orders = drawn if orders is None else orders
    made = Study(generator, orders)
    x, y, z = np.indices(SHAPE)
    made.brain = ((x - 4.5) / 4.2) ** 2 + ((y - 4.5) / 4.2) ** 2 + ((z - 2) / 2.6) ** 2 < 1
    made.region = made.brain & (x < 5) & (y < 6) & (z < 4)
    mean = np.where(made.brain, 1000 + 60 * generator.standard_normal(SHAPE), 40)
    patterns = signal * generator.standard_normal((len(CLASSES), int(made.region.sum())))
    for run, order in enumerate(orders):
        volumes = int((REST + (SHOWN + REST) * len(order) + LAG) / TR)
        data = np.repeat(mean[..., None], volumes, axis=3)
        noise = generator.standard_normal((*SHAPE, volumes))
        for volume in range(1, volumes):
            noise[..., volume] = 0.4 * noise[..., volume - 1] + 0.9 * noise[..., volume]
        data += np.where(made.brain, 12.0, 6.0)[..., None] * noise
        drift = np.linspace(-1, 1, volumes) * generator.normal(0, 15)
        wave = 8 * np.sin(2 * np.pi * (np.arange(volumes) / volumes * 1.5 + generator.random()))
        data[made.brain] += drift + wave + generator.normal(0, 3, volumes)
        place = np.cumsum(generator.normal(0, 0.01, (3, volumes)), axis=1)
        data = moved(data, place)
        for block, name in enumerate(order):
            data[made.region, made.responded(run, block)] += patterns[name][:, None]
        made.runs.append(data)
    return made


def moved(data: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Move volumes by fractions of a voxel, linearly, (x, y, z, volumes) by (3, volumes)."""
    from scipy.ndimage import shift

    volumes = [
        shift(data[..., volume], place[:, volume], order=1, mode="nearest")
        for volume in range(data.shape[3])
    ]
    return np.stack(volumes, axis=3)


def labelled(made: Study, run: int) -> np.ndarray:
    """Class of each volume of a run, -1 for rest."""
    labels = np.full(made.runs[run].shape[3], -1)
    for block, name in enumerate(made.orders[run]):
        labels[made.responded(run, block)] = name
    return labels


def same_order(made: Study) -> None:
    """Classes come in the same order in every run, so that a drift tells them."""
    again = study(0, orders=[made.orders[0]] * len(made.runs))
    made.orders, made.runs = again.orders, again.runs


def class_motion(made: Study) -> None:
    """The head is displaced by a third of a voxel, its direction that of the class."""
    for run, data in enumerate(made.runs):
        place = np.zeros((3, data.shape[3]))
        for block, name in enumerate(made.orders[run]):
            axis, side = divmod(name, 2)
            place[axis, made.shown(run, block)] = 0.35 * (-1) ** side
        made.runs[run] = moved(data, place)


def class_outside(made: Study) -> None:
    """A constant is added outside the brain, by class."""
    for run, data in enumerate(made.runs):
        data[~made.brain] += 5.0 * (labelled(made, run) + 1)


def class_brightness(made: Study) -> None:
    """The whole image is brighter, by class."""
    for run, data in enumerate(made.runs):
        data *= 1 + 0.02 * (labelled(made, run) + 1)


def one_class_first(made: Study) -> None:
    """One class is shown first in every run, the others in an order of each run."""
    for order in made.orders:
        order.sort(key=lambda name: name != 2)


def one_class_brighter(made: Study) -> None:
    """The whole brain is brighter while one class is shown, as in a global response."""
    for run, data in enumerate(made.runs):
        data[made.brain] *= 1 + 0.01 * (labelled(made, run) == 2)


def one_class_outside(made: Study) -> None:
    """A constant is added outside the brain while one class is shown."""
    for run, data in enumerate(made.runs):
        data[~made.brain] += 4.0 * (labelled(made, run) == 2)


def copied_block(made: Study) -> None:
    """The volumes of a block of the first run stand in the fourth one, with a little noise."""
    noise = np.random.default_rng(9).standard_normal(made.runs[0][..., 4:12].shape)
    made.runs[3][..., 20:28] = 1.01 * (made.runs[0][..., 4:12] + 2.5 * noise)


def class_before(made: Study) -> None:
    """What is shown next is there before its onset."""
    patterns = 8 * np.random.default_rng(9).standard_normal((len(CLASSES), int(made.region.sum())))
    for run, block, name in made.blocks():
        onset = made.shown(run, block).start
        made.runs[run][made.region, onset - 2 : onset] += patterns[name][:, None]


def copied_run(made: Study) -> None:
    """The fourth run is the first one with some noise of its own, and its events."""
    made.orders[3] = made.orders[0]
    noise = np.random.default_rng(9).standard_normal(made.runs[0].shape)
    made.runs[3] = made.runs[0] + 4 * noise


def filled_in(made: Study) -> None:
    """Four volumes were lost, and filled in with others of the run."""
    made.runs[2][..., 20:24] = made.runs[2][..., 8:12]


def scaled_over_all(made: Study) -> None:
    """Each voxel is z-scored over all runs."""
    mean, spread = _moments(np.concatenate(made.runs, axis=3))
    made.runs = [(data - mean) / spread for data in made.runs]


def scaled_by_class(made: Study) -> None:
    """Each voxel is z-scored over the volumes of each class."""
    labels = [labelled(made, run) for run in range(len(made.runs))]
    for name in range(len(CLASSES)):
        both = zip(made.runs, labels, strict=True)
        mean, spread = _moments(np.concatenate([x[..., at == name] for x, at in both], axis=3))
        for data, at in zip(made.runs, labels, strict=True):
            data[..., at == name] = (data[..., at == name] - mean) / spread


def _moments(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return data.mean(axis=3, keepdims=True), data.std(axis=3, keepdims=True)


def write(folder: Path, made: Study) -> dict[str, Any]:
    """Write a study's images, events and mask, and return the block of its dataset."""
    folder.mkdir(parents=True, exist_ok=True)
    affine = np.diag([3.0, 3, 3, 1])
    bold, events = [], []
    for run, data in enumerate(made.runs):
        name = f"sub-01_task-see_run-{run + 1}"
        image = nibabel.Nifti1Image(data.astype(np.float32), affine)
        image.header.set_zooms((3, 3, 3, TR))
        image.header.set_xyzt_units("mm", "sec")
        nibabel.save(image, folder / f"{name}_bold.nii")
        lines = ["onset\tduration\ttrial_type"]
        for onset, code in zip(made.onsets(run), made.orders[run], strict=True):
            lines.append(f"{onset}\t{SHOWN}\t{CLASSES[code]}")
        (folder / f"{name}_events.tsv").write_text("\n".join(lines) + "\n")
        bold.append(str(folder / f"{name}_bold.nii"))
        events.append(str(folder / f"{name}_events.tsv"))
    mask = nibabel.Nifti1Image(made.region.astype(np.uint8), affine)
    nibabel.save(mask, folder / "region.nii")
    return {
        "source": "nifti",
        "nifti": {"shift": LAG, "unit": "block"},
        "subjects": {"S1": {"bold": bold, "events": events}},
        "rois": {"V1": {"mask": str(folder / "region.nii"), "voxels": 40}},
        "folds": 3,
        "fold_by": "run",
        "held_out_per_category": 0,
        "decoders": ["ridge"],
        "calibration_folds": 2,
        "permutations": 20,
    }
