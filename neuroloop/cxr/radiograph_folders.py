"""Lists of radiographs from a folder that has a folder for each class."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pandas as pd

from neuroloop.cxr.class_names import chosen, spellings
from neuroloop.cxr.patients import told_patients
from neuroloop.errors import NeuroLoopError
from neuroloop.files.data_link import lasting
from neuroloop.files.door import is_there
from neuroloop.files.intake import Intake
from neuroloop.files.natural_order import natural_sorted
from neuroloop.files.spelling import folded
from neuroloop.images.image_file import SUFFIXES
from neuroloop.images.listing import below

#: Folders above those of classes: splits, as on Kaggle and by Roboflow, which are by radiograph and
#: are not used; and Kaggle's folder of them.
SPLIT_FOLDERS = frozenset(
    {"chest_xray", "train", "training", "val", "valid", "validation", "dev", "test", "testing"}
)

#: Folders that are no radiographs' in public data sets.
MASK_FOLDERS = frozenset({"mask", "masks", "segmentation", "segmentations"})

#: Kermany's folder of two classes, which file names tell apart.
MIXED_FOLDER = "pneumonia"
MIXED_CLASSES = ("bacteria", "virus")

#: Bytes of the longest path that a link holds.
LONGEST_LINK = 4096

#: Folders below those of the classes that several classes have in common: views and parts of a
#: set, and whatever is numbered (patients, studies, years, batches).
SHARED_FOLDERS = re.compile(
    r".*\d.*|ap|pa|ll|lat|lateral|frontal|images?|x-?rays?|radiographs?|originals?", re.IGNORECASE
)

#: Names of folders that a sentence lists before it stops.
LISTED = 5


class Place(NamedTuple):
    """Where a radiograph lies.

    Attributes
    ----------
    splits : tuple of str
        Folders above the class's, as they are written.
    folder : str
        The class's, as it is written.
    below : tuple of str
        Folders below it.
    """

    splits: tuple[str, ...]
    folder: str
    below: tuple[str, ...]


def list_folder(folder: Path, classes: Mapping[str, str] | None, intake: Intake) -> pd.DataFrame:
    """List the radiographs below a folder that has a folder for each class.

    Folders named train, val, valid, test and the like may stand above those of the classes, as on
    Kaggle; they are no split here. A folder that `classes` names is always a class, whatever stands
    above it. In a folder
    PNEUMONIA the class is that of the file name (bacteria or virus), unless `classes` names the
    folder. Links are followed; hidden files and other kinds of files are passed over and counted.

    Parameters
    ----------
    folder : Path
    classes : mapping of str to str or None
        Folder (or bacteria, virus), in capitals or not -> class. Radiographs of other folders are
        left out and counted. If None, a class is named as its folder, in small letters.
    intake : Intake
        Gets the layout that was recognised, and what is passed over.

    Returns
    -------
    DataFrame
        ``file`` (path relative to `folder`), ``label``, ``patient`` (see `patients`), ``source``
        (folders above the class's); in natural order of the files.

    Raises
    ------
    NeuroLoopError
        If there are no radiographs, a radiograph lies in no class's folder or its name in PNEUMONIA
        tells no class, a folder may be a class or a split, folders of two levels may be the
        classes, or `classes` names a folder that is not there.
    """
    if not folder.is_dir():
        raise NeuroLoopError(f"radiographs {folder}: there is no such folder: correct the path")
    files = _images(folder, intake)
    wanted = {folded(name): label for name, label in (classes or {}).items()}
    places = [_place(folder, file, frozenset(wanted)) for file in files]
    _check_levels(folder, places)
    if not wanted:
        _check_one_level(folder, places)
    _tell_layout(places, intake)
    labels = [
        _label(folder, file, place, MIXED_FOLDER in wanted)
        for file, place in zip(files, places, strict=True)
    ]
    table = pd.DataFrame(
        {
            "file": files,
            "label": labels,
            "patient": told_patients(files, [place.below for place in places], intake),
            "source": ["/".join(place.splits) for place in places],
        }
    )
    classes_of = table.groupby("patient")["label"].agg(lambda labels: len(set(labels)))
    if (classes_of > 1).all():
        intake.warn(
            f"Each of the {len(classes_of)} patients that folders and names tell has radiographs "
            "of several classes: if they are years, sites or batches, give a manifest with the "
            "column patient."
        )
    return chosen(table, wanted, folder, intake)


def _images(folder: Path, intake: Intake) -> list[str]:
    """Images below a folder in natural order; tells of everything else."""
    found = below(folder)
    for name in found.broken:
        intake.warn(f"{folder / name} leads nowhere or may not be read: it is passed over.")
    shown = [name for name in found.files if not _hidden(name)]
    files = [name for name in shown if PurePosixPath(name).suffix.lower() in SUFFIXES]
    for name in shown:
        _refuse_lost_link(folder / name)
    others = Counter(PurePosixPath(name).suffix.lower() for name in set(shown) - set(files))
    if not files:
        there = ", ".join(f"{number} {suffix}" for suffix, number in sorted(others.items()))
        raise NeuroLoopError(
            f"radiographs {folder} has no images ({' '.join(SUFFIXES)}): fill it"
            + (
                f"; it has files of other kinds ({there}), which may be saved as PNG"
                if there
                else ""
            )
        )
    intake.drop("hidden files", "their names begin with a dot", len(found.files) - len(shown))
    for suffix, number in sorted(others.items()):
        what = f"files {suffix}" if suffix else "files without a suffix"
        intake.drop(what, f"only {' '.join(SUFFIXES)} are read", number)
    for name in natural_sorted(found.links):
        if not _hidden(name):
            intake.recognise(f"The link {name} was followed to {lasting(folder / name)}.")
    return natural_sorted(files)


def _refuse_lost_link(path: Path) -> None:
    """Refuse a text file that names a place, as a link becomes where links are not copied."""
    if path.suffix or not path.is_file() or path.stat().st_size > LONGEST_LINK:
        return
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if "/" in text and len(text.split()) == 1 and is_there(path.parent / text.strip()):
        raise NeuroLoopError(
            f"{path} is a file that names {text.strip()}, as links become where they cannot be "
            "copied: make it a link again, or remove it"
        )


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _place(folder: Path, file: str, wanted: frozenset[str]) -> Place:
    *above, _ = PurePosixPath(file).parts
    named = [number for number, part in enumerate(above) if folded(part) in wanted]
    others = [number for number, part in enumerate(above) if folded(part) not in SPLIT_FOLDERS]
    for number in named or others:
        return Place(tuple(above[:number]), above[number], tuple(above[number + 1 :]))
    taken = f" ({above[-1]} is taken for a split)" if above else ""
    raise NeuroLoopError(
        f"radiograph {folder / file} lies in no class's folder{taken}: move it into one, name its "
        "folder under `classes`, or give a manifest"
    )


def _check_levels(folder: Path, places: Sequence[Place]) -> None:
    """Refuse a folder beside classes that is called like a split but holds none of them."""
    classes: dict[tuple[str, ...], set[str]] = {}
    for place in places:
        classes.setdefault(place.splits, set()).add(folded(place.folder))
    for splits, held in classes.items():
        for number in range(len(splits)):
            beside = classes.get(splits[:number])
            called = folded(splits[number]) in SPLIT_FOLDERS
            if beside and called and not held <= beside:
                raise NeuroLoopError(
                    f"{folder / '/'.join(splits)} stands beside the classes "
                    f"{', '.join(natural_sorted(beside))} and is called like a split, but holds "
                    f"{natural_sorted(held - beside)[0]}: rename it, name it under `classes` if it "
                    "is a class, or give a manifest"
                )


def _check_one_level(folder: Path, places: Sequence[Place]) -> None:
    """Refuse folders that may be sites, folds or batches, each of which holds the same classes."""
    inside: dict[str, set[str]] = {}
    for place in places:
        inside.setdefault(folded(place.folder), set()).update(map(folded, place.below[:1]))
    common = {
        name
        for name in set.intersection(*inside.values())
        if name not in SPLIT_FOLDERS | MASK_FOLDERS and not SHARED_FOLDERS.fullmatch(name)
    }
    if len(inside) > 1 and len(common) > 1:
        raise NeuroLoopError(
            f"radiographs {folder}: {_few(set(inside))} each hold folders {_few(common)}, so that "
            "either may be the classes: name those that are under `classes`"
        )


def _label(folder: Path, file: str, place: Place, whole: bool) -> str:
    """Class of a radiograph, in small letters; `whole`: PNEUMONIA is one class."""
    found = folded(place.folder)
    if found != MIXED_FOLDER or whole:
        return found
    name = PurePosixPath(file).name.lower()
    told = [label for label in MIXED_CLASSES if label in name]
    if len(told) != 1:
        raise NeuroLoopError(
            f"radiograph {folder / file}: its name tells neither bacteria nor virus: rename it, "
            f"or name "
            "a class for the folder PNEUMONIA"
        )
    return told[0]


def _tell_layout(places: Sequence[Place], intake: Intake) -> None:
    written = spellings(place.folder for place in places)
    intake.recognise(f"Folders of classes: {_few([name for name, *_ in written.values()])}.")
    for name, ways in written.items():
        if len(ways) > 1:
            intake.recognise(f"The folders {' and '.join(ways)} are one class, {name}.")
    splits = {part for place in places for part in place.splits}
    if splits:
        intake.recognise(
            f"Folders above the classes ({_few(splits)}) are taken for splits of whoever made the "
            "set; they are not used, all radiographs are split anew."
        )
    inside = Counter(place.below[0] for place in places if place.below)
    if inside:
        intake.recognise(
            f"{inside.total()} radiographs lie in folders below those of the classes "
            f"({_few(inside)})."
        )
    for name in natural_sorted(inside):
        if folded(name) in MASK_FOLDERS:
            intake.warn(
                f"{inside[name]} images in folders {name} are read as radiographs: move them away "
                "if they are masks."
            )


def _few(names: Sequence[str] | set[str] | Counter[str]) -> str:
    ordered = natural_sorted(names)
    more = f" and {len(ordered) - LISTED} more" if len(ordered) > LISTED else ""
    return ", ".join(ordered[:LISTED]) + more
