"""Simulated subjects with known ground truth, who look at scikit-learn's handwritten digits.

Sessions, columns and ids are those of Generic Object Decoding: training images are shown once,
distributed over runs; a perception test repeats a few other images; in the imagery test those are
imagined. A voxel responds with ``snr * signal + noise``, both of unit variance, so that the
signal-to-noise ratio is a ratio of standard deviations. What is drawn for a subject depends only
on the seed and the subject's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri import god
from neuroloop.fmri.brain import BrainData, check, make_rows
from neuroloop.fmri.encoding import Population, encode, own_features, voxel_weights
from neuroloop.fmri.noise import correlated_trials, region_noise
from neuroloop.jobs.seeds import numpy_generator

#: What a region can encode.
ENCODINGS = ("energy", "category", "mixed", "none")

#: Whether subjects answer to the same features of images.
TUNINGS = ("shared", "own")

#: Side of the digits as they are shown, pixels (they are stored as 8 x 8).
SIDE = 16


@dataclass(frozen=True)
class Region:
    """A simulated region.

    Attributes
    ----------
    encoding : {"energy", "category", "mixed", "none"}
        What its voxels respond to.
    voxels : int
        Number of voxels.
    snr : float
        Multiplies the subject's signal-to-noise ratio.
    """

    encoding: str
    voxels: int
    snr: float = 1.0

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise NeuroLoopError(
                f"simulated region: encoding {self.encoding}: known are {', '.join(ENCODINGS)}"
            )


def draw_stimuli(
    seed: int,
    *,
    categories: int = 10,
    train_per_category: int = 10,
    test_images: int = 1000,
    perception_per_category: int = 1,
    lifetime_per_category: int = 60,
) -> pd.DataFrame:
    """Draw disjoint pools of digits.

    Parameters
    ----------
    seed : int
        Root seed.
    categories : int
        The digits 0, 1, ... that are used.
    train_per_category : int
        Shown once in the scanner, and taught to students.
    test_images : int
        Never shown to a brain: held out for testing students. Spread evenly over categories.
    perception_per_category : int
        Repeated in the perception test; imagined in the imagery test.
    lifetime_per_category : int
        What the brains knew before the experiment; used for nothing else.

    Returns
    -------
    DataFrame
        ``stimulus_id`` (digit + image * 1e-6 with 6 decimals), ``category`` (``digit3``),
        ``session`` (``training``, ``perception``, ``held_out`` or ``lifetime``), ``held_out``
        (0 or 1), ``image`` (index in scikit-learn's set). Rows in the order of categories, pools
        and draws.

    Raises
    ------
    NeuroLoopError
        If there are not enough digits.
    """
    from sklearn.datasets import load_digits

    target = load_digits().target
    rows = []
    for digit in range(categories):
        extra = digit < test_images % categories
        pools = {
            "training": train_per_category,
            "perception": perception_per_category,
            "held_out": test_images // categories + extra,
            "lifetime": lifetime_per_category,
        }
        drawn = numpy_generator(seed, "stimuli", digit).permutation(np.flatnonzero(target == digit))
        if sum(pools.values()) > len(drawn):
            raise NeuroLoopError(
                f"simulated stimuli: {sum(pools.values())} images of the digit {digit} are "
                f"requested ({pools}), but the set has {len(drawn)}: lower one of these numbers"
            )
        sessions = np.repeat(list(pools), list(pools.values()))
        rows += [
            {
                "stimulus_id": god.stimulus_name(digit + image * 1e-6),
                "category": f"digit{digit}",
                "session": str(session),
                "held_out": int(session == "held_out"),
                "image": int(image),
            }
            for image, session in zip(drawn, sessions, strict=False)
        ]
    return pd.DataFrame(rows)


def stimulus_images(stimuli: pd.DataFrame) -> np.ndarray:
    """Images of the stimuli, as they are shown.

    Returns
    -------
    ndarray of uint8, shape (stimuli, 16, 16)
        Linearly enlarged from 8 x 8; 0 is the background, 255 full ink.
    """
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    small = load_digits().images[stimuli["image"].to_numpy()] / 16
    large = resize(small, (len(small), SIDE, SIDE), order=1, mode="edge")
    return np.rint(np.clip(large, 0, 1) * 255).astype(np.uint8)


def encode_stimuli(stimuli: pd.DataFrame) -> dict[str, Population]:
    """Features of all stimuli, the same for every subject (see `encoding.encode`)."""
    known = (stimuli["session"] == "lifetime").to_numpy()
    return encode(stimulus_images(stimuli) / 255, stimuli["category"].to_numpy(str), known)


def simulate_subject(
    seed: int,
    subject: str,
    snr: float,
    regions: Mapping[str, Region],
    stimuli: pd.DataFrame,
    features: Mapping[str, Population],
    *,
    runs: int = 5,
    perception_repeats: int = 5,
    imagery_repeats: int = 5,
    imagery_parts: int = 1,
    imagery_gain: float = 0.4,
    tuning: str = "shared",
) -> BrainData:
    """Record one simulated subject.

    Parameters
    ----------
    seed : int
        Root seed.
    subject : str
        Name; it chooses the random streams.
    snr : float
        Signal-to-noise ratio, a ratio of standard deviations over single trials.
    regions : mapping of str to Region
        Regions by name, with disjoint voxels in this order.
    stimuli : DataFrame
        From `draw_stimuli`.
    features : mapping of str to Population
        From `encode_stimuli`.
    runs : int
        Runs of the training session; categories are spread as evenly over them as possible.
    perception_repeats, imagery_repeats : int
        Times that the tests show every image, or have every category imagined: a run each.
    imagery_parts : int
        Runs that one such time of imagery takes.
    imagery_gain : float
        Factor of the signal in imagery, which consists of the category's mean features.
    tuning : {"shared", "own"}
        What voxels mix: all features, the same for every subject; or half of them, drawn for each
        subject and encoding (`encoding.own_features`), so that subjects tell other images apart.

    Returns
    -------
    BrainData
        One block per trial. Imagery rows carry the id of the category's first perception image.
    """
    if tuning not in TUNINGS:
        raise NeuroLoopError(f"simulated subject {subject}: tuning {tuning}: known are {TUNINGS}")
    shown, rows = present(
        seed,
        subject,
        stimuli,
        runs=runs,
        perception_repeats=perception_repeats,
        imagery_repeats=imagery_repeats,
        imagery_parts=imagery_parts,
    )
    imagined = (rows["session"] == "imagery").to_numpy()
    in_run = rows.groupby("run", sort=False).size().tolist()
    latent = correlated_trials(numpy_generator(seed, "shared", subject), in_run, 5)
    parts, rois, start = [], {}, 0
    for name, region in regions.items():
        part = region_noise(
            numpy_generator(seed, "noise", subject, name), in_run, region.voxels, latent
        )
        if region.encoding != "none":
            group = features[region.encoding]
            own = numpy_generator(seed, "tuning", subject, region.encoding)
            answered = own_features(group, own) if tuning == "own" else None
            drawn = numpy_generator(seed, "weights", subject, name)
            weights = voxel_weights(group, region.voxels, drawn, answered)
            seen = group.features[shown]
            seen[imagined] = imagery_gain * _category_means(group, stimuli)[shown[imagined]]
            part += snr * region.snr * (seen @ weights)
        parts.append(part)
        rois[name] = np.zeros(sum(r.voxels for r in regions.values()), dtype=bool)
        rois[name][start : start + region.voxels] = True
        start += region.voxels
    voxels = np.hstack(parts).astype(np.float32)
    return check(BrainData(voxels, rows, rois), f"simulated subject {subject}")


def present(
    seed: int,
    subject: str,
    stimuli: pd.DataFrame,
    *,
    runs: int = 5,
    perception_repeats: int = 5,
    imagery_repeats: int = 5,
    imagery_parts: int = 1,
) -> tuple[np.ndarray, pd.DataFrame]:
    """Decide what a subject sees when, whatever regions are recorded.

    Parameters
    ----------
    seed, subject, stimuli, runs, perception_repeats, imagery_repeats, imagery_parts
        As for `simulate_subject`.

    Returns
    -------
    shown : ndarray of int, shape (samples,)
        Rows of `stimuli`.
    rows : DataFrame
        `BrainData.rows`.

    Raises
    ------
    NeuroLoopError
        If there are more runs than training images, or than categories that one is imagined in.
    """
    if not 2 <= runs <= (stimuli["session"] == "training").sum():
        raise NeuroLoopError(
            f"simulated subject {subject}: {runs} runs: at least 2, at most one per training image"
        )
    generator = numpy_generator(seed, "order", subject)
    session = stimuli["session"].to_numpy()
    category = stimuli["category"].to_numpy()
    training = np.flatnonzero(session == "training")
    shuffled = generator.permutation(training)
    dealt = _dealt(shuffled[np.argsort(category[shuffled], kind="stable")], category, runs)
    trials = [("training", run, generator.permutation(rows)) for run, rows in enumerate(dealt, 1)]
    tests = np.flatnonzero(session == "perception")
    first = tests[np.unique(category[tests], return_index=True)[1]]
    if len(first) and imagery_parts > len(first):
        raise NeuroLoopError(
            f"simulated subject {subject}: {imagery_parts} runs (presentation.imagery_parts) for "
            f"{len(first)} categories to imagine: at most one each"
        )
    for name, pool, repeats, parts in (
        ("perception", tests, perception_repeats, 1),
        ("imagery", first, imagery_repeats, imagery_parts),
    ):
        times = [generator.permutation(pool) for _ in range(repeats if len(pool) else 0)]
        in_runs = [part for time in times for part in np.array_split(time, parts)]
        trials += [(name, run, rows) for run, rows in enumerate(in_runs, 1)]
    shown = np.concatenate([rows for _, _, rows in trials])
    order = [
        (name, god.run_id(name, run), god.block_id(god.run_id(name, run), trial + 1))
        for name, run, rows in trials
        for trial in range(len(rows))
    ]
    sessions, run_ids, blocks = zip(*order, strict=True)
    rows = make_rows(
        session=sessions,
        run=run_ids,
        block=blocks,
        stimulus_id=stimuli["stimulus_id"].to_numpy()[shown],
        category=category[shown],
    )
    return shown, rows


def _dealt(ordered: np.ndarray, category: np.ndarray, runs: int) -> list[np.ndarray]:
    """Deal training images, in the order of their categories, to runs.

    Like cards: a run has each category equally often. Where there are more runs than images of a
    category, this would give it a part of the runs to itself: then first images of all categories
    fill runs, then second ones and so on.
    """
    number = pd.Series(category[ordered]).groupby(category[ordered]).cumcount().to_numpy()
    if runs <= number.max() + 1:
        return [ordered[run::runs] for run in range(runs)]
    return np.array_split(ordered[np.argsort(number, kind="stable")], runs)


def _category_means(group: Population, stimuli: pd.DataFrame) -> np.ndarray:
    """Mean features of the known images of each stimulus' category, shape (stimuli, features)."""
    known = stimuli["session"] == "lifetime"
    frame = pd.DataFrame(group.features[known.to_numpy()])
    means = frame.groupby(stimuli.loc[known, "category"].to_numpy()).mean()
    return means.loc[stimuli["category"]].to_numpy()
