"""The presets of the how-to pages, and a project with one and with data that it fits."""

from pathlib import Path
from typing import Any

import yaml
from snakemake.utils import update_config

from tests.documentation.own_data import OWN_DATA
from tests.documentation.pages import pages
from tests.project import Project

#: Kinds of data of one's own: names of the pages in docs/howto.
PRESETS_OF = tuple(OWN_DATA)


def preset_of(kind: str) -> dict[str, Any]:
    """The preset that a page builds up, block by block."""
    config: dict[str, Any] = {}
    for block in pages()[f"docs/howto/{kind}.md"].blocks("yaml"):
        update_config(config, yaml.safe_load(block))
    return config


def own_project(folder: Path, kind: str) -> Project:
    """A project with the page's preset as config/mine.yaml, and small data that it names."""
    OWN_DATA[kind](folder / "data" / "mine")
    made = Project.make(folder / "project", data=folder / "data")
    return made.write_config("config/mine.yaml", preset_of(kind))
