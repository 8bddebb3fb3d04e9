"""The register of trained networks that can be explained."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.model_file import open_model

#: Columns of the table: name, model.json, kind, outputs, weights and images to look at.
COLUMNS = ("model", "path", "kind", "classes", "parameters", "images")


def register(paths: Sequence[Path]) -> pd.DataFrame:
    """List networks, opening each to check that it can be opened.

    Parameters
    ----------
    paths : sequence of Path
        Of model.json files.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row per file in the order given.

    Raises
    ------
    NeuroLoopError
        If one cannot be opened, or two have the same name; the message names the file.
    """
    rows: list[dict[str, object]] = []
    for path in paths:
        opened = open_model(path)
        row = {
            "model": opened.name,
            "path": Path(path).as_posix(),
            "kind": opened.kind,
            "classes": len(opened.classes),
            "parameters": sum(values.numel() for values in opened.network.parameters()),
            "images": len(opened.images.images),
        }
        same = [other["path"] for other in rows if other["model"] == opened.name]
        if same:
            raise NeuroLoopError(
                f"{path} and {same[0]} both describe a network named {opened.name}: change the key "
                "name in one of them"
            )
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))
