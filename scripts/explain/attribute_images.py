"""Explain a model's images by one attribution method, with the method's sanity tests beside it."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuroloop.contracts.method import check_attribution as check_contract
from neuroloop.explain.attribution.attribution import in_batches
from neuroloop.explain.attribution.cam import count_maps
from neuroloop.explain.attribution.methods import attribution_method, attribution_of, runs_of
from neuroloop.explain.attribution.outcome import write_outcome
from neuroloop.explain.figures.attribution_figure import attribution_figure
from neuroloop.explain.figures.sanity_figure import sanity_figure
from neuroloop.explain.models.explained import Explained, explained_images
from neuroloop.explain.models.model_file import OpenedModel, open_model
from neuroloop.explain.sanity.sanity import Checks, Permuted, check_attribution
from neuroloop.files.formats import StrPath, read_json, save_arrays, save_table
from neuroloop.jobs.device import pick_device
from neuroloop.jobs.job import job
from neuroloop.jobs.seeds import derive_seed
from neuroloop.networks.states import load_state, read_state
from neuroloop.registry import add_plugins
from neuroloop.report.figures import save

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

#: Keys of the settings that the sanity tests take.
CHECK_KEYS = {
    "layer_groups": "groups",
    "randomisation_megapixels": "megapixels",
    "curve_steps": "curve_steps",
    "random_orders": "random_orders",
    "batch": "batch",
}


def attribute_images(
    *,
    model: StrPath,
    method: str,
    randomised: StrPath,
    settings: Mapping[str, Any],
    options: Mapping[str, Any],
    seed: int,
    device: str,
    result: StrPath,
    folder: StrPath,
) -> dict[str, Any]:
    """Explain images and test the method.

    Parameters
    ----------
    model : path
        model.json.
    method : str
        An attribution method.
    randomised : path
        ``weights.safetensors`` of `train_randomised`, with its ``metrics.json`` beside it.
    settings : mapping
        ``images``, ``sanity_images``, and what `CHECK_KEYS` names.
    options : mapping
        Settings of the method; its defaults where left out.
    seed : int
        Root seed.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    result : path
        JSON: what was found, or why the method does not apply.
    folder : path
        Arrays, tables and figures; or ``not_applicable.json`` alone.

    Returns
    -------
    dict
        Facts for the record of the run.
    """
    check_contract(method, **options)
    torch_device = pick_device(device)
    opened = open_model(Path(model), torch_device)

    def find(made: Path) -> dict[str, Any]:
        return explain(opened, method, randomised, settings, options, seed, made)

    write_outcome(opened, method, result, folder, find)
    return {"device": str(torch_device)}


def explain(
    opened: OpenedModel,
    method: str,
    randomised: StrPath,
    settings: Mapping[str, Any],
    options: Mapping[str, Any],
    seed: int,
    folder: Path,
) -> dict[str, Any]:
    """Write what is shown and what the tests found; return its numbers."""
    own = derive_seed(seed, "explain", opened.name)
    entry = attribution_method(method)
    checks = Checks(**{name: settings[key] for key, name in CHECK_KEYS.items()})
    shown, tested = settings["images"], settings["sanity_images"]
    asked = explained_images(opened, max(shown, tested), own, checks.batch)
    attribution = attribution_of(opened, method, **options)
    maps = in_batches(attribution, opened.network, asked.images, asked.classes, checks.batch)
    sanity = check_attribution(
        opened.network,
        method,
        attribution,
        maps[:tested],
        asked.first(tested),
        checks,
        multi_label=opened.labels == "multi",
        runs_a_map=runs_of(opened, method, **options),
        permuted=permuted_network(opened, randomised),
        seed=own,
    )
    drawn = asked.first(shown)
    save_maps(folder / "arrays.npz", opened, method, maps, asked)
    for name, table in (
        ("randomisation", sanity.randomisation),
        ("curves", sanity.curves),
        ("sanity", sanity.table),
    ):
        save_table(folder / f"{name}.tsv", table)
    figure = attribution_figure(
        maps[:shown],
        drawn.display,
        [opened.classes[number] for number in drawn.classes.tolist()],
        drawn.probabilities,
        true_names(opened, drawn),
        drawn.right,
        model=opened.name,
        description=entry.LEGEND,
        units=entry.UNITS,
        signed=entry.SIGNED,
        masks=drawn.masks,
    )
    save(figure, folder / "figure.png", folder / "figure.svg")
    figure = sanity_figure(sanity, model=opened.name, method=method)
    save(figure, folder / "sanity.png", folder / "sanity.svg")
    right = None if asked.right is None else asked.right[:tested]
    return {
        "n": len(maps),
        "counts": count_maps(maps)._asdict(),
        "sanity_n": len(maps[:tested]),
        "named_wrong": None if right is None else int((~right).sum()),
        "verdict": sanity.verdict._asdict(),
        "sanity": sanity.table.to_dict("records"),
        "settings": {**options, **vars(checks)},
    }


def permuted_network(opened: OpenedModel, randomised: StrPath) -> Permuted:
    """The network that learned permuted labels."""
    weights = Path(randomised)
    network = copy.deepcopy(opened.network)
    load_state(network, read_state(weights), weights, "run train_randomised again")
    return Permuted(network, bool(read_json(weights.with_name("metrics.json"))["memorised"]))


def save_maps(
    path: Path, opened: OpenedModel, method: str, maps: np.ndarray, asked: Explained
) -> None:
    """Write maps at their own resolution, and what they explain."""
    save_arrays(
        path,
        {
            "maps": maps,
            "image": asked.ids,
            "named": asked.classes.numpy(),
            "probability": asked.probabilities,
        },
        axes={
            "maps": ("image", "row", "column"),
            "image": ("image",),
            "named": ("image",),
            "probability": ("image",),
        },
        units={"maps": attribution_method(method).UNITS},
        method=method,
        classes=list(opened.classes),
        image_shape=list(asked.images.shape[1:]),
    )


def true_names(opened: OpenedModel, asked: Explained) -> list[str] | None:
    """Names of the true classes of each image, joined where there are several."""
    if asked.truth is None:
        return None
    if asked.truth.ndim == 1:
        return [opened.classes[number] for number in asked.truth.tolist()]
    return [
        "+".join(opened.classes[number] for number in np.flatnonzero(row)) or "none of them"
        for row in asked.truth
    ]


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.output.run, snakemake.params.threads) as record:
        add_plugins(snakemake.params.plugins)
        record |= attribute_images(
            model=snakemake.input.model,
            method=snakemake.wildcards.method,
            randomised=snakemake.input.randomised,
            settings=snakemake.params.settings,
            options=snakemake.params.options,
            seed=snakemake.params.seed,
            device=snakemake.params.device,
            result=snakemake.output.result,
            folder=snakemake.output.folder,
        )
