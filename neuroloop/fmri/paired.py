"""Voxels paired row by row with images, in one MATLAB or NumPy file."""

from collections.abc import Mapping, Sequence

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.apart import read_apart
from neuroloop.files.arrays import read_npz
from neuroloop.files.door import check_stated_size, outside
from neuroloop.files.formats import StrPath
from neuroloop.files.intake import Intake
from neuroloop.fmri import god
from neuroloop.fmri.brain import BrainData, check, make_rows
from neuroloop.fmri.row_order import blocks_in_order

#: How far rounding may move values from 0, 1, 255 or a whole number.
ROUNDING = 1e-3

#: Fractional grey values on a scale to 255 reach at least this far: else no image would be visible.
LEAST_WHITE = 16


def read_paired(
    path: StrPath,
    *,
    voxels: Sequence[str],
    images: Sequence[str],
    labels: Sequence[str],
    image_shape: Sequence[int],
    image_order: str = "C",
    label_names: Mapping[str, str] | None = None,
    runs: Sequence[str] | None = None,
    stimulus_id: Sequence[str] | None = None,
    back_to_back: str | None = None,
    intake: Intake | None = None,
) -> tuple[BrainData, np.ndarray]:
    """Read a file in which row i of every variable belongs to trial i.

    Parameters
    ----------
    path : path
        ``.mat`` (up to version 7) or ``.npz`` (without pickle).
    voxels, images, labels : sequence of str
        Names of variables, joined along their rows in this order: (trials, voxels), (trials,
        pixels) or (trials, height, width), and (trials,), (trials, 1) or (1, trials). Colour images
        have three channels last: (trials, height, width, 3).
    image_shape : sequence of int
        Height and width, pixels, and 3 for colour images.
    image_order : {"C", "F"}
        Whether the pixels of a flat image follow one another along rows (C; of a colour image red,
        green and blue of each pixel) or, as MATLAB stores them, along columns (F; all of one
        colour after another).
    label_names : mapping of str to str, optional
        Category of each label; by default the labels are the categories.
    runs : sequence of str, optional
        Variables with the run of each trial; by default all trials belong to one run.
    stimulus_id : sequence of str, optional
        Variables with the id of each trial's image; by default images with equal pixels are one
        stimulus, named after the first trial that shows it: ``trial001``, ...
    back_to_back : {"block", "trials"}, optional
        What rows of one category back to back in a run are; by default a block, but trials of their
        own where no runs are named and the rows of each variable are sorted by category.
    intake : Intake, optional
        Gets what is recognised.

    Returns
    -------
    brain : BrainData
        Session ``training``, region ``all``.
    images : ndarray of uint8, shape (trials, height, width) or (trials, height, width, 3)
        Grey values 0 to 255; if all values lie from 0 to 1, up to rounding, they are stretched.

    Raises
    ------
    NeuroLoopError
        If the file is missing or damaged or lacks a variable, its variables do not pair up, an
        image has two categories or ids, an id has two images, or images range neither from 0 to 1
        nor from 0 to 255.
    """
    found = _load(path)
    for names in (labels, runs or (), stimulus_id or ()):
        found |= {name: _upright(found[name]) for name in names if name in found}
    x = _join(found, voxels, path)
    pixels = _join(found, images, path)
    columns = {
        names: _column(_join(found, names, path), names, path)
        for names in map(tuple, (labels, runs or (), stimulus_id or ()))
        if names
    }
    for names, other in ((tuple(images), pixels), *columns.items()):
        _check_rows(found, voxels, x, names, other, path)
    tags = [_text(value) for value in columns[tuple(labels)]]
    numbers = columns[tuple(runs)] if runs else np.ones(len(x), int)
    _check_runs(numbers, runs or [], path)
    width = max(3, len(str(len(x))))
    ids = [f"trial{trial:0{width}d}" for trial in range(1, len(x) + 1)]
    if stimulus_id:
        ids = _ids(columns[tuple(stimulus_id)], stimulus_id, path)
    if x.ndim != 2 or x.dtype.kind not in "fiu":
        raise NeuroLoopError(
            f"{path}: {', '.join(voxels)} are {x.dtype} of shape {x.shape}, "
            "not numbers (trials, voxels)"
        )
    if label_names:
        unknown = sorted(set(tags) - set(label_names))
        if unknown:
            raise NeuroLoopError(
                f"{path}: label {unknown[0]} has no name: label_names has {', '.join(label_names)}"
            )
        tags = [label_names[tag] for tag in tags]
    grey, white = _as_images(pixels, image_shape, image_order, images, path)
    shown = _first_trials(grey, tags, path)
    if stimulus_id:
        _check_ids(ids, shown, path)
    if intake is not None:
        intake.recognise(f"{', '.join(images)}: {white} is white, as values reach {pixels.max():g}")
        named = "by their ids" if stimulus_id else "since equal pixels are one"
        intake.recognise(f"{len(set(shown))} images in {len(x)} trials, {named}")
    run = [god.run_id("training", _text(number)) for number in numbers]
    parts = np.repeat(np.arange(len(voxels)), [len(found[name]) for name in voxels]).tolist()
    rows = make_rows(
        session="training",
        run=run,
        block=blocks_in_order(run, tags, None if runs else parts, back_to_back, intake),
        stimulus_id=[ids[trial - 1] for trial in shown],
        category=tags,
    )
    brain = BrainData(x.astype(np.float32), rows, {"all": np.ones(x.shape[1], dtype=bool)})
    return check(brain, path), grey


def _upright(values: np.ndarray) -> np.ndarray:
    """Turn (1, trials) and (trials, 1) into (trials,); MATLAB has no vectors."""
    if not isinstance(values, np.ndarray):  # as a sparse matrix, which is refused later
        return values
    return values.reshape(-1) if values.ndim == 2 and 1 in values.shape else values


def _check_rows(
    found: Mapping[str, np.ndarray],
    voxels: Sequence[str],
    x: np.ndarray,
    names: Sequence[str],
    other: np.ndarray,
    path: StrPath,
) -> None:
    """Refuse variables that have other rows than the voxels, together or each."""
    if len(other) != len(x):
        raise NeuroLoopError(
            f"{path}: {', '.join(voxels)} have {len(x)} rows, {', '.join(names)} {len(other)}: "
            "every trial needs one of each"
        )
    for first, second in zip(voxels, names, strict=True) if len(names) == len(voxels) else ():
        if len(found[first]) != len(found[second]):
            raise NeuroLoopError(
                f"{path}: {first} has {len(found[first])} rows, {second} "
                f"{len(found[second])}: variables listed at the same position must hold the "
                "same trials: fix their order"
            )


def _first_trials(grey: np.ndarray, tags: Sequence[str], path: StrPath) -> list[int]:
    """Find for each trial the first one, counted from 1, that shows the same pixels."""
    seen: dict[bytes, int] = {}
    shown = [seen.setdefault(image.tobytes(), trial) for trial, image in enumerate(grey, start=1)]
    for trial, (first, tag) in enumerate(zip(shown, tags, strict=True), start=1):
        if tag != tags[first - 1]:
            raise NeuroLoopError(
                f"{path}: rows {first} and {trial} show one image, which is labelled "
                f"{tags[first - 1]} and {tag}: give it one label, or tell the images apart"
            )
    return shown


def _ids(values: np.ndarray, names: Sequence[str], path: StrPath) -> list[str]:
    """Ids of images as texts, none of them missing."""
    found = [_text(value).strip() for value in values]
    for row, text in enumerate(found, start=1):
        if text.lower() in ("", "nan", "none"):
            raise NeuroLoopError(
                f"{path}: {', '.join(names)}: row {row} has no id ({text}): name the image of "
                "every trial, or leave stimulus_id out: equal pixels are one image then"
            )
    return found


def _check_ids(ids: Sequence[str], shown: Sequence[int], path: StrPath) -> None:
    """Refuse ids that tell other images apart than pixels do."""
    image: dict[str, int] = {}
    for trial, (name, first) in enumerate(zip(ids, shown, strict=True), start=1):
        if name != ids[first - 1]:
            raise NeuroLoopError(
                f"{path}: rows {first} and {trial} show one image, under the ids "
                f"{ids[first - 1]} and {name}: give it one, since no fold may learn what it tests"
            )
        if image.setdefault(name, first) != first:
            raise NeuroLoopError(
                f"{path}: rows {image[name]} and {trial} have one id, {name}, and show different "
                "images: fix the ids or the images"
            )


def _load(path: StrPath) -> dict[str, np.ndarray]:
    """Read the variables of the file."""
    with outside(path, "a .mat or .npz file") as file:
        if file.suffix == ".npz":
            return read_npz(file)
        from scipy.io import loadmat, whosmat

        read_apart(file, "from scipy.io import loadmat; loadmat(path)")
        try:
            for name, shape, _ in whosmat(file):
                check_stated_size(file, shape, 1, f".mat file, variable {name},")
            return {k: v for k, v in loadmat(file).items() if not k.startswith("__")}
        except NotImplementedError as error:
            raise NeuroLoopError(
                f"{path} is a MATLAB file of version 7.3: save it with -v7, or as .npz"
            ) from error


def _join(found: Mapping[str, np.ndarray], names: Sequence[str], path: StrPath) -> np.ndarray:
    missing = [name for name in names if name not in found]
    bare = [name for name in names if name in found and not np.ndim(found[name])]
    if bare:
        raise NeuroLoopError(f"{path}: {bare[0]} is a single value: it needs a row for each trial")
    objects = [name for name in names if name in found and found[name].dtype.kind in "OV"]
    if objects:
        raise NeuroLoopError(
            f"{path}: {objects[0]} is a cell, struct or object array: save it as a plain array of "
            "numbers or texts"
        )
    if missing:
        raise NeuroLoopError(
            f"{path} has no variable {', '.join(missing)}: it has {', '.join(sorted(found))}"
        )
    for name in names:
        values = found[name]
        if not isinstance(values, np.ndarray) or values.dtype.kind not in "biufSU":
            kind = getattr(values, "dtype", type(values).__name__)
            raise NeuroLoopError(
                f"{path}: {name} is {kind}, not an array of real numbers or texts: save it as one"
            )
        if not values.ndim or not values.size:
            raise NeuroLoopError(f"{path}: {name} has the shape {values.shape}: it needs trials")
    shapes = {found[name].shape[1:] for name in names}
    if len(shapes) > 1:
        raise NeuroLoopError(
            f"{path}: rows of {', '.join(names)} have the shapes "
            f"{', '.join(map(str, sorted(shapes)))}: they cannot be joined"
        )
    return np.concatenate([found[name] for name in names])


def _column(values: np.ndarray, names: Sequence[str], path: StrPath) -> np.ndarray:
    """Flatten (trials, 1); MATLAB has no vectors."""
    if values.size != len(values):
        raise NeuroLoopError(
            f"{path}: {', '.join(names)} have the shape {values.shape}, but one value per trial is "
            "needed"
        )
    return values.reshape(-1)


def _check_runs(numbers: np.ndarray, names: Sequence[str], path: StrPath) -> None:
    for row, text in enumerate(map(_text, numbers), start=1):
        if text.strip().lower() in ("", "nan", "inf", "-inf", "none"):
            raise NeuroLoopError(
                f"{path}: {', '.join(names)}: row {row} has no run ({text}): give every trial one"
            )


def _text(value: object) -> str:
    """Write a label or run as text, without decimals of the doubles that MATLAB stores."""
    number = isinstance(value, np.floating | float) and float(value).is_integer()
    return str(int(float(value))) if number else str(value)  # type: ignore[arg-type]


def _as_images(
    pixels: np.ndarray, shape: Sequence[int], order: str, names: Sequence[str], path: StrPath
) -> tuple[np.ndarray, int]:
    """Grey values 0 to 255, and the level of white in the file."""
    size = tuple(shape)
    flat = int(np.prod(size))
    if pixels.shape[1:] not in ((flat,), size):
        raise NeuroLoopError(
            f"{path}: {', '.join(names)} have images of shape {pixels.shape[1:]}, image_shape is "
            f"{' x '.join(map(str, size))}: fix the key (height, width, and 3 for colour images)"
        )
    if pixels.dtype.kind not in "fiub":
        raise NeuroLoopError(f"{path}: {', '.join(names)} are {pixels.dtype}, not grey values")
    if pixels.ndim == 2 and order == "F":
        pixels = pixels.reshape(-1, *size[::-1]).transpose(0, *range(len(size), 0, -1))
    pixels = pixels.reshape(-1, *size).astype(np.float64)
    where = f"{path}: {', '.join(names)}"
    lowest, highest = pixels.min(), pixels.max()
    if not (np.isfinite(pixels).all() and lowest >= -ROUNDING and highest <= 255 + ROUNDING):
        raise NeuroLoopError(f"{where} have values outside 0 to 255: store grey values")
    white = _white(pixels, where)
    grey = np.ascontiguousarray(np.rint(np.clip(pixels / white, 0, 1) * 255)).astype(np.uint8)
    return grey, white


def _white(pixels: np.ndarray, where: str) -> int:
    """Find the level of white, 1 or 255, of finite pixels (trials, height, width, ...)."""
    inside = tuple(range(1, pixels.ndim))
    maxima = pixels.max(axis=inside)
    highest = maxima.max()
    if highest <= 1 + ROUNDING:
        return 1
    fractions = (np.abs(pixels - np.rint(pixels)) > ROUNDING).any(axis=inside)
    if fractions.any() and highest < LEAST_WHITE:
        raise NeuroLoopError(
            f"{where} are fractions up to {highest:g}: neither 0 to 1 nor 0 to 255: store them as "
            "one of these"
        )
    small = np.flatnonzero(fractions & (maxima <= 1 + ROUNDING))
    if len(small):
        raise NeuroLoopError(
            f"{where}: row {small[0] + 1} has fractions up to {maxima[small[0]]:g}, other rows "
            f"values up to {highest:g}: store all from 0 to 1 or from 0 to 255"
        )
    return 255
