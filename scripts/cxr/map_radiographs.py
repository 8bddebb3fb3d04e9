"""Map where a classifier looked on radiographs that it never saw."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.cxr.chance import at_chance
from neuroloop.cxr.map_checks import check_maps, summaries
from neuroloop.cxr.radiograph_map_figure import draw_radiograph_maps
from neuroloop.cxr.radiograph_maps import map_predicted, point, some_of_each
from neuroloop.cxr.radiograph_tables import read_predictions
from neuroloop.errors import NeuroLoopError
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import StrPath, save_arrays, save_table
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.execution import Execution
from neuroloop.jobs.job import job
from neuroloop.registry import add_plugins

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: Radiographs of each class in the figure.
DRAWN = 3


def map_radiographs(
    *,
    model: StrPath,
    predictions: StrPath,
    outputs: Mapping[str, StrPath],
    source: str,
    seed: int,
    device: str,
) -> dict[str, Any]:
    """Write maps of the predicted class of each radiograph, and draw some.

    Parameters
    ----------
    model : path
        model.json, with radiographs that its network never saw.
    predictions : path
        predictions.tsv of the classifier: whether it is above chance.
    outputs : mapping
        ``maps``, ``pointing``, ``checks``, ``figure``, ``figure_svg``.
    source : str
        Where the radiographs come from: the figure says of simulated ones that they are.
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
    radiographs, truth = opened.images, opened.images.truth
    if truth is None:
        raise NeuroLoopError(f"{model} has no labels of its radiographs")
    predicted = read_predictions(predictions, opened.classes)
    shown = predicted[predicted["shown"] == "whole"]
    chance = at_chance(shown, opened.classes, seed)
    made = map_predicted(opened)
    save_arrays(
        outputs["maps"],
        {**made.by_method, "radiograph": radiographs.ids, "named": made.named},
        axes={
            **{
                name: ("radiograph", f"row of {name}", f"column of {name}")
                for name in made.by_method
            },
            "radiograph": ("radiograph",),
            "named": ("radiograph",),
        },
        units=dict.fromkeys(made.by_method, "logit of the named class"),
        classes=list(opened.classes),
        counts=made.counts(),
        balanced_accuracy=chance._asdict(),
        at_chance=chance.told(),
    )
    pointing = point(made.maps, radiographs.mask, seed)
    save_table(outputs["pointing"], pointing)
    checks = check_maps(opened, made.methods, made.maps, made.named, seed)
    save_table(outputs["checks"], checks)
    chosen = some_of_each(truth, len(opened.classes), DRAWN)
    names = np.array(opened.classes)
    draw_radiograph_maps(
        radiographs.images[:, 0][chosen],
        {title: values[chosen] for title, values in made.maps.items()},
        names[truth[chosen]].tolist(),
        names[made.named[chosen]].tolist(),
        made.probabilities()[chosen],
        None if radiographs.mask is None else radiographs.mask[chosen],
        outputs["figure"],
        outputs["figure_svg"],
        warning=chance.told(),
        told=summaries(checks, pointing),
        simulated=source == "simulated",
    )
    return {"device": str(torch_device)}


if __name__ == "__main__":
    how = Execution.from_config(snakemake.config)
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads, how) as record:
        add_plugins(snakemake.params.plugins)
        record |= map_radiographs(
            model=snakemake.input.model,
            predictions=snakemake.input.predictions,
            outputs=snakemake.output,
            source=snakemake.params.source,
            seed=snakemake.params.seed,
            device=snakemake.config["device"],
        )
