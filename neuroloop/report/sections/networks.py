"""Networks that were looked into: their galleries, and whether to trust each method on them."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

ORDER = 8
TITLE = "Inside the networks"
ASSETS = ("networks.html.j2",)


def of_config(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a network of what is run, or one's own, that `explain` has looked into."""
    found = {}
    for name, model in config.get("explain", {}).get("models", {}).items():
        folder = f"results/explain/{name}"
        known = _is_run(PurePosixPath(model), config["run"])
        if known and Path(folder, "gallery.json").is_file():
            found[name] = {
                "gallery": f"{folder}/gallery.html",
                "facts": f"{folder}/gallery.json",
                "sanity": f"{folder}/sanity.tsv",
            }
    return found


def _is_run(model: PurePosixPath, run: list[str]) -> bool:
    """Whether a network is of a data set that is run, or no result of this workflow."""
    return model.parts[:1] != ("results",) or model.parts[2] in run


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """What the network is, and a line for each method."""
    from neuroloop.files.formats import read_json
    from neuroloop.report.answers.networks import read_tests, trusted

    lines = trusted(read_tests(files["sanity"]))
    return {"facts": read_json(files["facts"]), "lines": lines}
