"""Map where a classifier looked on radiographs that it never saw."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from neuroloop.cxr.radiograph_map_figure import draw_radiograph_maps
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.attribution.cam import class_maps, count_maps
from neuroloop.explain.models.model_file import OpenedModel, open_model
from neuroloop.explain.sanity.pointing import Pointing, pointing_game
from neuroloop.files.formats import StrPath, save_arrays, save_table
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins
from neuroloop.training.loop import predict

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

METHODS = {"CAM": "cam", "Grad-CAM": "grad_cam"}
#: Radiographs of each class in the figure.
DRAWN = 3


def map_radiographs(
    *, model: StrPath, outputs: Mapping[str, StrPath], seed: int, device: str
) -> dict[str, Any]:
    """Write maps of the predicted class of each radiograph, and draw some.

    Parameters
    ----------
    model : path
        model.json, with radiographs that its network never saw.
    outputs : mapping
        ``maps``, ``pointing``, ``figure``, ``figure_svg``.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    torch_device = pick_device(device)
    opened = open_model(Path(model), torch_device)
    radiographs = opened.images
    images, truth = radiographs.images[:], radiographs.truth
    if truth is None:
        raise NeuroLoopError(f"{model} has no labels of its radiographs")
    logits = predict(opened.network, images, 16)[:, 0]
    named = logits.argmax(axis=1)
    methods = {
        title: method
        for title, method in METHODS.items()
        if method != "cam" or opened.network.is_linear
    }
    maps = {title: maps_of(opened, method, named) for title, method in methods.items()}
    save_arrays(
        outputs["maps"],
        {
            **{methods[title]: values for title, values in maps.items()},
            "radiograph": radiographs.ids,
            "named": named,
        },
        axes={
            **dict.fromkeys(methods.values(), ("radiograph", "row", "column")),
            "radiograph": ("radiograph",),
            "named": ("radiograph",),
        },
        units=dict.fromkeys(methods.values(), "logit of the named class"),
        classes=list(opened.classes),
        counts={methods[title]: count_maps(values)._asdict() for title, values in maps.items()},
    )
    save_table(outputs["pointing"], point(maps, radiographs.mask, seed))
    shown = images[:, 0]
    of_class = [np.flatnonzero(truth == number) for number in range(len(opened.classes))]
    chosen = np.concatenate([rows[:: -(-len(rows) // DRAWN) or 1] for rows in of_class])
    names = np.array(opened.classes)
    scores = torch.from_numpy(logits).double().softmax(dim=1).numpy()
    draw_radiograph_maps(
        shown[chosen],
        {title: values[chosen] for title, values in maps.items()},
        names[truth[chosen]].tolist(),
        names[named[chosen]].tolist(),
        scores[chosen, named[chosen]],
        None if radiographs.mask is None else radiographs.mask[chosen],
        outputs["figure"],
        outputs["figure_svg"],
    )
    return {"device": str(torch_device)}


def maps_of(opened: OpenedModel, method: str, named: np.ndarray) -> np.ndarray:
    """Maps of the predicted class of each radiograph, shape (radiographs, h, w)."""
    parts = []
    for start in range(0, len(named), 16):
        images = torch.from_numpy(opened.images.images[start : start + 16])
        classes = torch.from_numpy(named[start : start + 16, None])
        made = class_maps(opened.network, opened.layer, images, classes, method)
        parts.append(made[:, 0, 0].cpu().numpy())
    return np.concatenate(parts)


def point(maps: Mapping[str, np.ndarray], lesions: np.ndarray | None, seed: int) -> pd.DataFrame:
    """How often the highest place of a map lies in a lesion; no rows if none is known."""
    if lesions is None or not lesions.any():
        return pd.DataFrame(columns=["method", *Pointing._fields])
    return pd.DataFrame(
        [
            {
                "method": title,
                **pointing_game(values, lesions, seed=seed)._asdict(),
            }
            for title, values in maps.items()
        ]
    )


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads) as record:
        add_plugins(snakemake.params.plugins)
        record |= map_radiographs(
            model=snakemake.input.model,
            outputs=snakemake.output,
            seed=snakemake.params.seed,
            device=snakemake.params.device,
        )
