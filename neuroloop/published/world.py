"""A simulated session of fMRI whose truth is known: noise, and what a brain knows of images."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.fmri.noise import correlated_trials, region_noise

#: Categories, images of each, runs, images of a block, and voxels.
CATEGORIES, IMAGES, RUNS, IN_BLOCK, VOXELS = 6, 12, 8, 3, 200

#: Standard deviations, in units of the noise: pattern of an image, which knows no category, and
#: offset of a run.
OF_IMAGE, OF_RUN = 0.7, 0.7


@dataclass(frozen=True, eq=False)
class Session:
    """Rows of a brain, and what was shown.

    Attributes
    ----------
    x : ndarray of float32, shape (rows, voxels)
    rows : DataFrame
        ``sample``, ``run``, ``block``, ``stimulus_id``, ``category`` and ``image``, the stimulus
        whose soft label a row makes; in order of time.
    """

    x: np.ndarray
    rows: pd.DataFrame


def session(generator: np.random.Generator, signal: float = 0.0) -> Session:
    """Draw a session of blocks.

    Every run has a block of each category, in random order, of three rows that each show another
    image. Each image is shown in two runs. A row is the image's own pattern, which says nothing of
    its category, the run's offset, the noise of the demo (`fmri.noise`), and `signal` times the
    category's pattern.

    Parameters
    ----------
    generator : Generator
    signal : float
        Standard deviation of the categories' patterns, in units of the noise; 0: the brain knows
        nothing of categories.
    """
    shown: list[tuple[int, ...]] = []
    for run in range(RUNS):
        first = run * IN_BLOCK % IMAGES
        for category in generator.permutation(CATEGORIES):
            images = first + generator.permutation(IN_BLOCK)
            shown += [(run, len(shown) // IN_BLOCK, category, image) for image in images]
    run, block, category, image = np.array(shown).T
    rows = pd.DataFrame({"sample": np.arange(len(run)).astype(str), "run": run.astype(str)})
    rows["block"] = block.astype(str)
    rows["category"] = [f"c{one}" for one in category]
    rows["stimulus_id"] = rows["image"] = image_ids()[category * IMAGES + image]
    in_run = [CATEGORIES * IN_BLOCK] * RUNS
    x = region_noise(generator, in_run, VOXELS, correlated_trials(generator, in_run, 5))
    x += OF_RUN * generator.standard_normal((RUNS, VOXELS))[run]
    x += (
        OF_IMAGE
        * generator.standard_normal((CATEGORIES * IMAGES, VOXELS))[category * IMAGES + image]
    )
    x += signal * generator.standard_normal((CATEGORIES, VOXELS))[category]
    return Session(x.astype(np.float32), rows)


def image_ids() -> np.ndarray:
    """Ids of the images in the order of their files, by category, (categories * images,)."""
    return np.array([f"c{one}-{image:02d}" for one in range(CATEGORIES) for image in range(IMAGES)])


def labels() -> np.ndarray:
    """Category of each of `image_ids`, int."""
    return np.repeat(np.arange(CATEGORIES), IMAGES)
