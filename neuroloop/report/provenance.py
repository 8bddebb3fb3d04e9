"""Where a report's numbers come from: version, commit, packages, config, seeds, and files read."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from neuroloop import __version__
from neuroloop.files.formats import versions
from neuroloop.report.chapters import data_blocks
from neuroloop.report.columns import Column, ShownTable, shown
from neuroloop.report.passport import Passport

#: Columns of the files that were read.
FILES = {
    "file": Column("File"),
    "bytes": Column("Bytes", kind="count"),
    "sha256": Column("SHA-256"),
}


def commit() -> str:
    """Commit of the library's checkout, with ``-dirty`` if files differ from it; or nothing."""
    folder = Path(__file__).parents[1]
    asked = [
        "git",
        "-C",
        str(folder),
        "describe",
        "--always",
        "--dirty",
        "--abbrev=10",
        "--exclude=*",
    ]
    try:
        found = subprocess.run(asked, capture_output=True, text=True, check=True)
        tracked = ["git", "-C", str(folder), "ls-files", "--error-unmatch", "__init__.py"]
        subprocess.run(tracked, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()


def software() -> str:
    """NeuroLoop's version and commit, and the versions of the packages that results depend on."""
    made = commit()
    own = f"NeuroLoop {__version__}" + (f" (commit {made})" if made else "")
    packages = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"{own}; {packages}"


def completed(config: Mapping[str, Any]) -> str:
    """The config as YAML."""
    return yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True, width=100)


def citations(config: Mapping[str, Any]) -> list[str]:
    """How to cite the software (of CITATION.cff), and the data that this config runs on.

    Of simulated data there is nobody to cite; others whose block states no `citation` are named.
    """
    cited = [_own_citation()]
    blocks = data_blocks(config)
    for name in config["run"]:
        block = blocks[name]
        if block.get("citation"):
            cited.append(block["citation"])
        elif block["source"] != "simulated":
            cited.append(f"{name}: the study that published these data (key citation states it).")
    return list(dict.fromkeys(cited))


def _own_citation() -> str:
    file = Path(__file__).parents[2] / "CITATION.cff"
    if not file.is_file():
        return f"NeuroLoop {__version__}."
    stated = yaml.safe_load(file.read_text(encoding="utf-8"))
    authors = ", ".join(one["name"] for one in stated["authors"])
    return f"{authors}. {stated['title']} {stated['version']}. Software, {stated['license']}."


def inputs(passports: Sequence[Passport], files: Sequence[str]) -> list[ShownTable]:
    """Files that were read of each data set, with their SHA-256.

    Parameters
    ----------
    passports : sequence of Passport
    files : sequence of str
        Their paths, in the same order.
    """
    return [
        shown(
            f"Files of {passport.name}",
            pd.DataFrame([vars(one) for one in passport.intake.files], columns=list(FILES)),
            FILES,
            file,
        )
        for passport, file in zip(passports, files, strict=True)
        if passport.intake.files
    ]
