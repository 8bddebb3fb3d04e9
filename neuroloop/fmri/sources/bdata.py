"""BData files, as bdpy or the authors of Generic Object Decoding write them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from neuroloop.config.settings import Settings as Closed
from neuroloop.config.settings import setting
from neuroloop.config.subjects import Voxels
from neuroloop.fmri.source import Imported, Inputs, named_files

ORDER = 4
LEGEND = "BData: files of each subject, as Generic Object Decoding and bdpy write them"

Paths = Annotated[tuple[str, ...], Field(min_length=1)]


class Columns(Closed):
    """Names of the files' columns, null for the usual ones; value maps are used where there are."""

    data_type: str | None = setting(
        "Column of the kind of row: 1 training, 2 perception test, 3 imagery; null: DataType, and "
        "without it all rows are training.",
        None,
    )
    session: str | None = setting(
        "Column of the visit to the scanner, in which runs are counted; null: Session, if any.",
        None,
    )
    run: str | None = setting("Column of runs; null: Run.", None)
    block: str | None = setting("Column of blocks; null: Block, if there is one.", None)
    label: str | None = setting(
        "Column of categories; null: Label, and without it the synset of the image.", None
    )
    stimulus: str | None = setting(
        "Column of images; null: stimulus_id or stimulus_name; the column of categories: images "
        "are not known.",
        None,
    )


class BData(Closed):
    """How the subjects' files are read."""

    columns: Columns = setting("Names of the files' columns.", Columns())
    back_to_back: Literal["block", "trials"] = setting(
        "What rows of one category back to back in a run are, where no column names blocks: one "
        "block, or trials of their own.",
        "block",
    )


class Settings(Closed):
    """Settings of BData files."""

    bdata: BData = setting("How the subjects' files are read.", BData())


class Subject(Closed):
    """A subject."""

    file: str | Paths = setting(
        "BData file of the subject, or several on the same voxels, below data_folder."
    )


class Roi(Voxels):
    """A region."""

    flag: str | None = setting(
        "What follows ROI_ in the file's flag of the region, or a condition as bdpy selects by, "
        "such as ROI_V1 = 1 | ROI_V2 = 1; null: the region's name.",
        None,
    )


def inputs(dataset: Mapping[str, Any], subject: str) -> Inputs:
    """The subject's ``file``."""
    return {"file": named_files(dataset, subject, "file")}


def options(dataset: Mapping[str, Any], subject: str) -> dict[str, Any]:
    """Names of columns that the config states, and whether rows back to back are trials.

    All regions and sessions of the files are read.
    """
    block = dataset.get("bdata", {})
    columns = {key: name for key, name in block.get("columns", {}).items() if name}
    apart = block.get("back_to_back", "block") == "trials"
    return {"columns": columns, **({"back_to_back": "trials"} if apart else {})}


def read(
    files: Mapping[str, Sequence[Path]],
    columns: Mapping[str, str] | None = None,
    back_to_back: str = "block",
) -> Imported:
    """See `bdata_import.import_files`."""
    from neuroloop.fmri.bdata_import import import_files

    return import_files(files["file"], columns or {}, back_to_back)
