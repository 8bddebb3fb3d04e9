"""Loading a config file as Snakemake's command line does."""

from pathlib import Path
from typing import Any

from snakemake.common.configfile import load_configfile

from neuroloop.config.check import ConfigError
from snakemake.exceptions import WorkflowError


def load(path: Path) -> dict[str, Any]:
    """What a file given by --configfile holds; errors that Snakemake tells in one line are ours."""
    try:
        return dict(load_configfile(str(path)))
    except WorkflowError as error:
        raise ConfigError(" ".join(str(error).split())[:2000]) from error
