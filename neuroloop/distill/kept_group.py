"""Students of one teacher as their files keep them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neuroloop.distill.ablation import KEYS, REFERENCE, Group
from neuroloop.files.formats import load_arrays


def load_group(path: Path, metrics: Mapping[str, Any]) -> Group:
    """Read one group's predictions; its folders name it.

    Parameters
    ----------
    path : Path
        predictions.npz.
    metrics : mapping
        What metrics.json beside it says.
    """
    arrays = load_arrays(path)
    return Group(
        keys=keys_of(path),
        hits=np.argmax(arrays["logits"], axis=2) == arrays["truth"],
        image_ids=arrays["image"].tolist(),
        seeds=arrays["seed"].tolist(),
        chance=metrics["chance"],
        flag=metrics.get("flag", ""),
    )


def keys_of(path: Path) -> dict[str, str]:
    """Who taught the students whose file this is, by `ablation.KEYS`."""
    folders = path.parts[path.parts.index("distill") + 2 : -1]
    if folders[0] == REFERENCE:
        folders = (REFERENCE, REFERENCE, REFERENCE, *folders[1:])
    return dict(zip(KEYS, folders, strict=True))
