"""Natural images that simulated subjects look at: drawn from folders, and what brains know of them.

Categories that teach are folders of images. The perception test shows other categories, as in
Generic Object Decoding: of another folder, or as features alone, of images that there are not.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.fmri import god
from neuroloop.fmri.encoding import (
    Population,
    category_features,
    mixture,
    oriented_energy,
    population,
)
from neuroloop.images.listing import images_below
from neuroloop.images.preparation import Preparation
from neuroloop.jobs.seeds import numpy_generator

#: Side at which brains see photographs, in grey, pixels.
SIDE = 32

#: Names of ImageNet's images: synset and number.
IMAGENET_NAME = re.compile(r"n(\d{8})_(\d{1,6})")


def categories_in(folder: Path) -> dict[str, list[str]]:
    """List the images of each category: of each folder in `folder`, by the folder's name.

    Returns
    -------
    dict of str to list of str
        In natural order; images by their paths below `folder`.

    Raises
    ------
    NeuroLoopError
        If there are no images, or one that lies in no folder.
    """
    found: dict[str, list[str]] = {}
    for name in images_below(folder):
        category, below, _ = name.partition("/")
        if not below:
            raise NeuroLoopError(
                f"{folder / name} is of no category: put it into a folder with the category's name"
            )
        found.setdefault(category, []).append(name)
    if not found:
        raise NeuroLoopError(f"{folder} holds no images: fix photographs.folder, or fill it")
    return {name: natural_sorted(found[name]) for name in natural_sorted(found)}


def stimulus_id(image: str) -> str:
    """Id of an image by its path: that of Generic Object Decoding for ImageNet's names.

    ``n01518878/n01518878_8432.JPEG`` is ``1518878.008432``; any other image has its path as id.
    """
    match = IMAGENET_NAME.fullmatch(PurePosixPath(image).stem)
    return god.stimulus_name(int(match[1]) + int(match[2]) * 1e-6) if match else image


def draw_photographs(
    seed: int,
    folders: Sequence[Path],
    *,
    categories: int | None = None,
    perception_categories: int = 0,
    train_per_category: int = 8,
    test_images: int = 1000,
    perception_per_category: int = 1,
    lifetime_per_category: int = 50,
) -> pd.DataFrame:
    """Draw disjoint pools of images, as `simulate.draw_stimuli` does of digits.

    Parameters
    ----------
    seed : int
        Root seed.
    folders : sequence of Path
        The folder of the categories that teach, and that of the others, if there is one.
    categories : int, optional
        Categories that teach, drawn from the folders; all if not given.
    perception_categories : int
        Other categories, which the perception test shows; 0: it shows those that teach.
    train_per_category, test_images, perception_per_category, lifetime_per_category : int
        As for `simulate.draw_stimuli`.

    Returns
    -------
    DataFrame
        As `simulate.draw_stimuli` gives; ``image`` is the path below the category's folder, or
        empty of an image that there is not.

    Raises
    ------
    NeuroLoopError
        If there are fewer categories or images than are asked for, or two images of one id.
    """
    chosen = _chosen(seed, folders[0], categories, ())
    shown_again = {"perception": perception_per_category}
    rows = []
    for place, (category, images) in enumerate(chosen.items()):
        extra = place < test_images % len(chosen)
        pools = {
            "training": train_per_category,
            **({} if perception_categories else shown_again),
            "held_out": test_images // len(chosen) + extra,
            "lifetime": lifetime_per_category,
        }
        rows += _pools(seed, category, images, pools)
    if perception_categories:
        pools = {**shown_again, "lifetime": lifetime_per_category}
        if len(folders) > 1:
            others = _chosen(seed, folders[1], perception_categories, chosen)
            for category, images in others.items():
                rows += _pools(seed, category, images, pools)
        else:
            rows += _without_images(perception_categories, pools)
    drawn = pd.DataFrame(rows)
    twice = drawn.loc[drawn["stimulus_id"].duplicated(), "image"]
    if len(twice):
        raise NeuroLoopError(
            f"image {twice.iloc[0]} has the name of another one: names of images differ"
        )
    return drawn


def _chosen(
    seed: int, folder: Path, count: int | None, taken: Mapping[str, Any] | Sequence[str]
) -> dict[str, list[str]]:
    """Categories that are drawn from a folder, in natural order, with their images."""
    listed = {name: files for name, files in categories_in(folder).items() if name not in taken}
    if count is None:
        return listed
    if count > len(listed):
        raise NeuroLoopError(
            f"{folder} has {len(listed)} folders of images"
            f"{' beside those that teach' if taken else ''}, and {count} are asked for: lower "
            f"photographs.{'perception_' if taken else ''}categories, or fill it"
        )
    order = numpy_generator(seed, "categories", int(bool(taken))).permutation(len(listed))
    names = list(listed)
    return {names[place]: listed[names[place]] for place in sorted(order[:count])}


def _pools(
    seed: int, category: str, images: Sequence[str], pools: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Draw a category's images for each pool."""
    wanted = sum(pools.values())
    if wanted > len(images):
        raise NeuroLoopError(
            f"simulated stimuli: {wanted} images of {category} are requested ({dict(pools)}), but "
            f"its folder holds {len(images)}: lower one of these numbers (config, images)"
        )
    drawn = numpy_generator(seed, "photographs", category).permutation(len(images))
    sessions = np.repeat(list(pools), list(pools.values()))
    return [
        _row(stimulus_id(images[place]), category, str(session), images[place])
        for place, session in zip(drawn, sessions, strict=False)
    ]


def _without_images(count: int, pools: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows of stimuli that are features alone."""
    sessions = [str(name) for name in np.repeat(list(pools), list(pools.values()))]
    return [
        _row(f"unseen{number}-{place}", f"unseen{number}", session, "")
        for number in range(1, count + 1)
        for place, session in enumerate(sessions, 1)
    ]


def _row(name: str, category: str, session: str, image: str) -> dict[str, Any]:
    held_out = int(session == "held_out")
    return {
        "stimulus_id": name,
        "category": category,
        "session": session,
        "held_out": held_out,
        "image": image,
    }


def photograph_paths(stimuli: pd.DataFrame, folders: Sequence[Path]) -> list[Path]:
    """File of each stimulus: images of a category that does not teach lie in the second folder.

    Parameters
    ----------
    stimuli : DataFrame
        Of those that brains knew before, the ones that teach are there as well.
    folders : sequence of Path
        As for `draw_photographs`.

    Raises
    ------
    NeuroLoopError
        If a stimulus is features alone.
    """
    taught = set(stimuli.loc[stimuli["session"].isin(["training", "held_out"]), "category"])
    alone = stimuli.loc[stimuli["image"] == "", "stimulus_id"]
    if len(alone):
        raise NeuroLoopError(
            f"stimulus {alone.iloc[0]} is features alone and has no image: name a folder of such "
            "categories (photographs.perception_folder)"
        )
    return [
        (folders[0] if category in taught else folders[-1]) / image
        for category, image in zip(stimuli["category"], stimuli["image"], strict=True)
    ]


def encode_photographs(
    seed: int, stimuli: pd.DataFrame, folders: Sequence[Path], sensitivity: float
) -> dict[str, Population]:
    """Compute what simulated regions answer to, the same for every subject.

    Parameters
    ----------
    seed : int
        Root seed.
    stimuli : DataFrame
        From `draw_photographs`.
    folders : sequence of Path
        As for `draw_photographs`.
    sensitivity : float
        d' of the brains: how far an image's own category stands out, see `category_evidence`.

    Returns
    -------
    dict of str to Population
        ``energy``, ``category`` and ``mixed``, as `encoding.encode` gives of digits.
    """
    preparation = Preparation(SIDE, channels=1)
    there = (stimuli["image"] != "").to_numpy()
    paths = photograph_paths(stimuli[there], folders)
    grey = np.array([preparation.read(path)[0] for path in paths]) / 255
    known = (stimuli["session"] == "lifetime").to_numpy()
    categories = stimuli["category"].to_numpy(str)
    seen = population(oriented_energy(grey), known[there])
    features = np.empty((len(stimuli), seen.features.shape[1]))
    features[there] = seen.features
    features[~there] = unseen_features(
        seen.features[known[there]],
        categories[there & known],
        categories[~there],
        numpy_generator(seed, "unseen"),
    )
    energy = Population(features, seen.covariance)
    evidence = category_evidence(features, categories, known, sensitivity)
    category = population(evidence, known)
    return {"energy": energy, "category": category, "mixed": mixture(energy, category, known)}


def unseen_features(
    known: np.ndarray,
    categories: np.ndarray,
    wanted: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """Draw features of images that there are not, of categories that no image is of.

    Normal, with covariances in the shape of known images': of their categories' means, which all
    images of a category share, and around these. The amount of either, summed over features, is
    that of an analysis of variance, in which means of few images vary by chance as well.

    Parameters
    ----------
    known : ndarray, shape (known images, features)
    categories : ndarray of str, shape (known images,)
    wanted : ndarray of str, shape (images,)
        Category of each image to draw.
    generator : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float64, shape (images, features)
    """
    _, of = np.unique(categories, return_inverse=True)
    counts = np.bincount(of)
    means = np.stack([known[of == one].mean(axis=0) for one in range(len(counts))])
    middle = known.mean(axis=0)
    between = (means - middle) * np.sqrt(counts / len(known))[:, None]
    within = (known - means[of]) / np.sqrt(len(known))
    found = (between**2).sum(), (within**2).sum()
    by_chance = found[1] * (len(counts) - 1) / max(len(known) - len(counts), 1)
    shared = max(found[0] - by_chance, 0.0)
    names, place = np.unique(wanted, return_inverse=True)
    drawn = generator.standard_normal((len(names), len(between))) @ between
    around = generator.standard_normal((len(wanted), len(within))) @ within
    amounts = np.sqrt([shared / (found[0] or 1), (sum(found) - shared) / (found[1] or 1)])
    return np.asarray(middle + amounts[0] * drawn[place] + amounts[1] * around)


def category_evidence(
    energy: np.ndarray, categories: np.ndarray, known: np.ndarray, sensitivity: float
) -> np.ndarray:
    """Evidence that a brain has for each category it knows, of an image.

    How much the image resembles the category (`encoding.category_features`), of unit variance, and
    for its own category `sensitivity` more: an observer of that d' (Green & Swets 1966, Signal
    Detection Theory and Psychophysics), whose errors follow resemblance. Natural categories are not
    told apart by oriented energy alone; brains do, and here by a known amount.

    Parameters
    ----------
    energy : ndarray, shape (stimuli, features)
    categories : ndarray of str, shape (stimuli,)
    known : ndarray of bool, shape (stimuli,)
        Images that the brain learned from before the experiment; of every category.
    sensitivity : float
        d'.

    Returns
    -------
    ndarray of float64, shape (stimuli, categories)
        Categories sorted.
    """
    resemblance = population(category_features(energy, categories, known), known).features
    own = categories[:, None] == np.unique(categories[known])
    return np.asarray(resemblance + sensitivity * own)
