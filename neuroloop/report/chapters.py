"""What a report tells of: the chapters of each section, and the files that they show.

A section is an entry of the registry (kind ``section``): it has a title, and for a block of the
config that is run it names its chapters and their files. One with ``of_config`` names those of
the whole config, of networks, instead. The rule that writes the report takes its
inputs from here, and the report its files, by the same names.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from neuroloop import registry

if TYPE_CHECKING:
    from neuroloop.files.formats import StrPath

#: What a chapter says of sources that simulate.
SIMULATED = {
    "simulated": "All of this is simulated: no number is of a brain, an animal or a patient.",
    "hybrid": "The responses are simulated, in a real movie: no number is of an animal.",
}


class Chapter(NamedTuple):
    """A chapter of a section.

    Attributes
    ----------
    section : str
        Name of the registry's entry.
    of : str
        The block of the config that it tells of.
    title : str
    files : mapping of str to path
        What it shows, by the names that its section gives.
    simulated : str
        That its data are simulated, in sentences; empty of real data.
    """

    section: str
    of: str
    title: str
    files: Mapping[str, "StrPath"]
    simulated: str = ""

    @property
    def outline(self) -> tuple[str, str, str, list[str], str]:
        """Section, block, title, names of files, what is said of simulated data."""
        return self.section, self.of, self.title, list(self.files), self.simulated


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
        if hasattr(entry, "of_config"):
            found += [
                Chapter(
                    section, name, name, files, SIMULATED.get(source_of_network(config, name), "")
                )
                for name, files in entry.of_config(config).items()
            ]
            continue
        blocks = config[entry.BLOCKS]
        for name in config["run"]:
            if name in blocks:
                found += [
                    Chapter(section, name, title, files, _simulated(entry, blocks[name]))
                    for title, files in entry.chapters(name, blocks[name]).items()
                ]
    return found


def source_of_network(config: Mapping[str, Any], name: str) -> str:
    """Where the data of a network under ``explain.models`` are from; empty of one's own."""
    of = (*PurePosixPath(config["explain"]["models"][name]).parts, "", "")[2]
    return str(data_blocks(config).get(of, {}).get("source", ""))


def data_blocks(config: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Blocks of datasets, areas and sets of radiographs by name; of equal names the first."""
    kinds = ("radiographs", "areas", "datasets")
    return {name: block for kind in kinds for name, block in config.get(kind, {}).items()}


def simulated_data(config: Mapping[str, Any]) -> list[str]:
    """Data sets of the run that are simulated, or whose responses are."""
    blocks = data_blocks(config)
    return [name for name in config["run"] if blocks[name]["source"] in SIMULATED]


def is_run(model: str, run: Sequence[str]) -> bool:
    """Whether a network is of a data set that is run, or no result of this workflow."""
    parts = PurePosixPath(model).parts
    return parts[:1] != ("results",) or parts[2] in run


def _simulated(entry: Any, block: Mapping[str, Any]) -> str:
    said = SIMULATED.get(block.get("source", ""), "")
    more = entry.simulated(block) if said and hasattr(entry, "simulated") else ""
    return f"{said} {more}".strip()


def located(
    outlines: Sequence[tuple[str, str, str, Sequence[str], str]], files: Sequence["StrPath"]
) -> list[Chapter]:
    """Chapters by their outlines, with their files where a job finds them.

    Parameters
    ----------
    outlines : sequence of (section, block, title, names of files, simulated)
        See `Chapter.outline`.
    files : sequence of path
        Files of all chapters, in the same order.

    Raises
    ------
    ValueError
        If there are more or fewer files than names.
    """
    names = [name for _, _, _, names, _ in outlines for name in names]
    pairs = iter(list(zip(names, files, strict=True)))
    return [
        Chapter(section, of, title, dict(islice(pairs, len(names))), simulated)
        for section, of, title, names, simulated in outlines
    ]
