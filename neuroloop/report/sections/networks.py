"""Networks that were looked into: their galleries, and whether to trust each method on them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

ORDER = 8
TITLE = "Inside the networks"
ASSETS = ("networks.html.j2",)


def of_config(config: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """One chapter a network of what is run, or one's own, that `explain` has looked into."""
    from neuroloop.report.chapters import is_run

    found = {}
    for name, model in config.get("explain", {}).get("models", {}).items():
        folder = f"results/explain/{name}"
        known = is_run(model, config["run"])
        if known and Path(folder, "gallery.json").is_file():
            found[name] = {
                "gallery": f"{folder}/gallery.html",
                "facts": f"{folder}/gallery.json",
                "sanity": f"{folder}/sanity.tsv",
            }
    return found


def context(files: Mapping[str, str]) -> dict[str, Any]:
    """What the network is, and a line for each method."""
    from neuroloop.files.formats import read_json
    from neuroloop.report.answers.networks import read_tests, trusted

    lines = trusted(read_tests(files["sanity"]))
    return {"facts": read_json(files["facts"]), "lines": lines}
