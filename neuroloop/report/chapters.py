"""What a report tells of: the chapters of each section, and the files that they show.

A section is an entry of the registry (kind ``section``): it has a title, and for a block of the
config that is run it names its chapters and their files. The rule that writes the report takes its
inputs from here, and the report its files, by the same names.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from neuroloop import registry

if TYPE_CHECKING:
    from neuroloop.files.formats import StrPath


class Chapter(NamedTuple):
    """A chapter of a section.

    Attributes
    ----------
    section : str
        Name of the registry's entry.
    title : str
    files : mapping of str to path
        What it shows, by the names that its section gives.
    """

    section: str
    title: str
    files: Mapping[str, "StrPath"]


def chapters(config: Mapping[str, Any]) -> list[Chapter]:
    """All chapters of a config's report, in the order of the page.

    Parameters
    ----------
    config : mapping
        A validated config.
    """
    found = []
    for section in registry.names("section"):
        entry = registry.entry("section", section)
        blocks = config[entry.BLOCKS]
        for name in config["run"]:
            if name in blocks:
                found += [
                    Chapter(section, title, files)
                    for title, files in entry.chapters(name, blocks[name]).items()
                ]
    return found


def located(
    outlines: Sequence[tuple[str, str, Sequence[str]]], files: Sequence["StrPath"]
) -> list[Chapter]:
    """Chapters whose files lie where a job finds them.

    Parameters
    ----------
    outlines : sequence of (section, title, names of files)
        Of every chapter.
    files : sequence of path
        Files of all chapters, in the same order.
    """
    paths = iter(files)
    found = [
        Chapter(section, title, dict(zip(names, [next(paths) for _ in names], strict=True)))
        for section, title, names in outlines
    ]
    if list(paths):
        raise ValueError("there are more files than the chapters name")
    return found
