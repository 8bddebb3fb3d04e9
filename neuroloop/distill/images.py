"""The students' images: read from folders, at one size, with their classes."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.files.array_rows import Rows
from neuroloop.files.door import is_there
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_sorted
from neuroloop.images.image_file import SUFFIXES
from neuroloop.images.preparation import Preparation


def read_images(paths: Iterable[Path], size: int) -> np.ndarray:
    """Read images as RGB at one size, rotated according to their headers (EXIF).

    Parameters
    ----------
    paths : iterable of Path
    size : int
        Side in pixels.

    Returns
    -------
    ndarray of uint8, shape (images, 3, size, size)

    Raises
    ------
    NeuroLoopError
        If a file is missing or damaged, does not hold exactly one image, or has more than 8 bits
        per channel.
    """
    preparation = Preparation(size, channels=3)
    paths = list(paths)
    images = np.empty((len(paths), 3, size, size), dtype=np.uint8)
    for image, path in zip(images, paths, strict=True):
        if not is_there(path):
            raise NeuroLoopError(
                f"image {path} is missing: add it, or fix images.folder or images.pattern"
            )
        image[:] = preparation.read(path)
    return images


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """Bring grey or colour images in memory to one size.

    Parameters
    ----------
    images : ndarray of uint8, shape (images, height, width) or (images, height, width, 3)
    size : int
        Side in pixels.

    Returns
    -------
    ndarray of uint8, shape (images, channels, size, size)
    """
    first = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return Preparation(size, channels=first.shape[1]).squares(first)


def stimulus_paths(stimuli: pd.DataFrame, folder: Path, pattern: str) -> list[Path]:
    """Image file of each stimulus.

    Parameters
    ----------
    stimuli : DataFrame
        Columns stimulus_id and category.
    folder : Path
    pattern : str
        Path below `folder` with the fields ``{stimulus_id}`` and ``{category}``, and for the ids
        of Generic Object Decoding (``1518878.008432``) ``{synset}`` (``n01518878``) and
        ``{number}`` (``8432``).

    Raises
    ------
    NeuroLoopError
        If the pattern has another field, or the ids are not of that form.
    """
    paths = []
    for row in stimuli.itertuples():
        fields = {"stimulus_id": row.stimulus_id, "category": row.category}
        whole, _, part = str(row.stimulus_id).partition(".")
        if whole.isdecimal() and part.isdecimal():
            fields |= {"synset": f"n{int(whole):08d}", "number": str(int(part))}
        try:
            paths.append(folder / pattern.format(**fields))
        except (AttributeError, LookupError, ValueError) as error:
            raise NeuroLoopError(
                f"images.pattern {pattern!r} does not fit stimulus {row.stimulus_id!r} ({error}): "
                f"it may use {', '.join(fields)}"
            ) from error
    return paths


def class_folder_images(
    folder: Path, classes: Mapping[str, Sequence[str]], split: str
) -> pd.DataFrame:
    """List the images of classes, each of which is one or more folders.

    Parameters
    ----------
    folder : Path
        Holds the folders.
    classes : mapping of str to sequence of str
        Folders of each class.
    split : {"train", "test"}

    Returns
    -------
    DataFrame
        image_id, category, split, stimulus_id (empty: not shown in the scanner), path.

    Raises
    ------
    NeuroLoopError
        If a folder is missing or holds no image.
    """
    rows = []
    for category in natural_sorted(classes):
        for name in classes[category]:
            files = sorted((folder / name).glob("**/*")) if (folder / name).is_dir() else []
            files = [path for path in files if path.suffix.lower() in SUFFIXES]
            if not files:
                raise NeuroLoopError(
                    f"{folder / name} holds no images of class {category!r}: "
                    "fix the key teaching.images.classes or fill the folder"
                )
            rows += [
                {
                    "image_id": f"{split}/{path.relative_to(folder).as_posix()}",
                    "category": category,
                    "split": split,
                    "stimulus_id": "",
                    "path": str(path),
                }
                for path in files
            ]
    return pd.DataFrame(rows)


def tell_passed_over(
    folders: Iterable[Path], classes: Mapping[str, Sequence[str]], intake: Intake
) -> None:
    """Tell of files in the folders of classes that are not read as images, by their ending."""
    endings: Counter[str] = Counter()
    for folder in folders:
        for name in {name for names in classes.values() for name in names}:
            endings.update(
                path.suffix.lower() or "none"
                for path in (folder / name).glob("**/*")
                if path.is_file()
                and path.suffix.lower() not in SUFFIXES
                and not path.name.startswith(".")
            )
    for ending, count in sorted(endings.items()):
        known = ", ".join(sorted(SUFFIXES))
        intake.drop(f"files with the ending {ending}", f"images end in {known}", count)


def check_unknown(pixels: Rows, table: pd.DataFrame) -> None:
    """Refuse test images whose pixels equal those of a training image.

    Parameters
    ----------
    pixels : ndarray or StoredRows of uint8, shape (images, channels, height, width)
        As students see them.
    table : DataFrame
        images.tsv, one row per image.

    Raises
    ------
    NeuroLoopError
        If there is one, whatever its name and class: a student would be tested on what it learned.
    """
    test = (table["split"] == "test").to_numpy()
    names = table["image_id"].tolist()
    content = _content(pixels)
    learned = {content[row]: names[row] for row in np.flatnonzero(~test)[::-1]}
    known = [
        (names[row], learned[content[row]])
        for row in np.flatnonzero(test)
        if content[row] in learned
    ]
    if known:
        one, other = known[0]
        more = f" ({len(known)} of {test.sum()} test images have such pixels)"
        raise NeuroLoopError(
            f"test image {one!r} has the pixels of training image {other!r}{more}: students would "
            "be tested on what they learned: take one of the two away, or, where subjects saw "
            "them, give both one stimulus_id"
        )


def _content(pixels: Rows) -> list[bytes]:
    """Hash of each image's pixels: two of the same are the same image."""
    return [sha256(np.ascontiguousarray(image).data).digest() for image in pixels]


def tell_twins(pixels: np.ndarray, table: pd.DataFrame, intake: Intake) -> None:
    """Tell of images of one split that have the same pixels, above all those of two classes."""
    columns = table["split"].tolist(), table["category"].tolist(), table["image_id"].tolist()
    seen: dict[tuple[str, bytes], tuple[str, str]] = {}
    twins: list[tuple[str, str]] = []
    torn: list[tuple[str, str]] = []
    for content, split, category, name in zip(_content(pixels), *columns, strict=True):
        first = seen.setdefault((split, content), (category, name))
        if first[1] != name:
            (twins if first[0] == category else torn).append((first[1], name))
    for pairs, what in (
        (torn, "have the pixels of images of another class, so that one label of each is wrong"),
        (twins, "have the pixels of others of their class and split, and count twice"),
    ):
        if pairs:
            intake.warn(
                f"{len(pairs)} of {len(table)} students' images {what}, the first is "
                f"{pairs[0][1]} as {pairs[0][0]}."
            )


def check_black(pixels: np.ndarray, table: pd.DataFrame, intake: Intake) -> None:
    """Tell of images that are black all over.

    Raises
    ------
    NeuroLoopError
        If all images of a class are: their files or grey levels were misread.
    """
    black = np.array([not image.any() for image in pixels], dtype=bool)
    seen = set(table["category"].to_numpy()[~black])
    gone = [name for name in natural_sorted(set(table["category"])) if name not in seen]
    if gone:
        raise NeuroLoopError(
            f"all images of class {gone[0]!r} are black: check their files and grey levels"
        )
    if black.any():
        intake.warn(
            f"{black.sum()} of {len(table)} students' images are black all over, the first is "
            f"{table['image_id'].to_numpy()[black][0]}."
        )


def check_images(table: pd.DataFrame, paths: Sequence[Path] | None = None) -> None:
    """Check that students can learn from and be tested on this list of images.

    Parameters
    ----------
    table : DataFrame
        images.tsv.
    paths : sequence of Path, optional
        File of each image.

    Raises
    ------
    NeuroLoopError
        If an image is listed twice, on one side or on both, or a class lacks images to learn from
        or to test on.
    """
    twice = table.loc[table["image_id"].duplicated(), "image_id"]
    if len(twice):
        raise NeuroLoopError(f"image {twice.iloc[0]!r} is listed twice: list it once")
    files = [Path(os.path.realpath(path)) for path in paths or []]
    if len(set(files)) < len(files):
        path = next(path for path, count in Counter(files).items() if count > 1)
        raise NeuroLoopError(
            f"image {path} is listed twice, under two names or to teach and to test: list it once"
        )
    counts = Counter(zip(table["category"], table["split"], strict=True))
    for split, least in (("train", 2), ("test", 1)):
        few = [
            name for name in natural_sorted(set(table["category"])) if counts[name, split] < least
        ]
        if few:
            raise NeuroLoopError(
                f"class {few[0]!r} has fewer than {least} {split} images: "
                "change held_out_per_category or the folders of images"
            )


def used_stimuli(stimuli: pd.DataFrame) -> pd.DataFrame:
    """Select the stimuli used by students: those of the training session and those held out."""
    used = (stimuli["session"] == "training") | (stimuli["held_out"] == 1)
    return stimuli[used].reset_index(drop=True)


def stimulus_rows(stimuli: pd.DataFrame) -> pd.DataFrame:
    """Make rows of images.tsv for stimuli: those held out are for testing, others for training."""
    used = used_stimuli(stimuli)
    return pd.DataFrame(
        {
            "image_id": used["stimulus_id"],
            "category": used["category"],
            "split": np.where(used["held_out"] == 1, "test", "train"),
            "stimulus_id": used["stimulus_id"],
        }
    )
