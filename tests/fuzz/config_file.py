"""Loading a config file as Snakemake's command line does.

That part is Snakemake's own, before any code of the workflow runs: whatever it refuses is refused.
"""

from pathlib import Path
from typing import Any

from snakemake.common.configfile import load_configfile

from neuroloop.config.check import ConfigError


def load(path: Path) -> dict[str, Any]:
    """What a file given by --configfile holds."""
    if not path.is_file() or path.stat().st_size > 10**6:
        raise ConfigError("not tried: it is Snakemake that would read it")
    try:
        return dict(load_configfile(str(path)))
    except Exception as error:
        raise ConfigError(" ".join(str(error).split())[:2000]) from error
