"""The units of a network: how its layers respond to images, and what excites a unit."""

import numpy as np

from neuroloop.explain.attribution.layers import collect
from neuroloop.explain.looks.look import Look
from neuroloop.explain.looks.patches import top_patches
from neuroloop.explain.looks.units import answers, local_layers, pick_layers, telling_units
from neuroloop.explain.looks.up_to import UpTo
from neuroloop.explain.models.explained import explained_images
from neuroloop.explain.models.model_file import OpenedModel


def look_at_activations(opened: OpenedModel, images: int, units: int, seed: int) -> Look:
    """Collect the activations of some units in a layer of each resolution.

    Parameters
    ----------
    opened : OpenedModel
    images : int
        Spread evenly over classes.
    units : int
        Units per layer: those that vary most over the model's images, see `units.telling_units`.
    seed : int
        Of the choice of images.

    Returns
    -------
    Look
        Arrays ``maps0``, ``maps1``, ... (n, units, height, width), the layers' in order, and their
        channels ``units0``, ...; ``image`` (n,), ids, and ``row`` (n,), rows of the model's images.
        Numbers: a list ``layers`` of name, shape, receptive field where it is known, channels, and
        how many of these are silent in all images.

    Raises
    ------
    NotApplicable
        If no layer gives maps of more than one position.
    """
    shown = explained_images(opened, images, seed)
    arrays: dict[str, np.ndarray] = {"image": shown.ids, "row": shown.rows}
    axes: dict[str, tuple[str, ...]] = {"image": ("image",), "row": ("image",)}
    told = []
    for number, layer in enumerate(pick_layers(opened)):
        found = answers(opened, layer)
        chosen = telling_units(found, units)
        short = UpTo(opened.network, layer.name)
        maps = collect(short, short.name, opened.images.images[shown.rows])
        arrays |= {f"maps{number}": maps[:, chosen], f"units{number}": chosen}
        axes |= {f"maps{number}": ("image", "unit", "row", "column"), f"units{number}": ("unit",)}
        told.append({**layer._asdict(), "silent": int(found.silent.sum())})
    silent = ", ".join(f"{one['name']} {one['silent']} of {one['channels']}" for one in told)
    return Look(
        arrays=arrays,
        axes=axes,
        n=len(shown),
        counts={"silent_channels": sum(int(str(one["silent"])) for one in told)},
        numbers={"layers": told, "images_for_units": len(opened.images.images)},
        summary=f"Channels that are 0 everywhere in all {len(opened.images.images)} images: "
        f"{silent}.",
    )


def look_at_patches(opened: OpenedModel, units: int, top: int) -> Look:
    """Find the patches that excite units most, in the deepest layers that see parts of an image.

    Parameters
    ----------
    opened : OpenedModel
    units : int
        Units per layer, as in `look_at_activations`.
    top : int
        Patches per unit, each of another image.

    Returns
    -------
    Look
        For each of up to two layers arrays ``units0`` (units,), ``row0`` (units, top), rows of the
        model's images, ``activation0`` (units, top), ``place0`` (units, top, 2) in the layer and
        ``box0`` (units, top, 4), top, left, bottom and right in the image; ``image``, ids of all.

    Raises
    ------
    NotApplicable
        If no layer gives maps of more than one position, or receptive fields are unknown.
    """
    images = opened.images.images
    arrays: dict[str, np.ndarray] = {"image": opened.images.ids}
    axes: dict[str, tuple[str, ...]] = {"image": ("image",)}
    told = []
    for number, (layer, field) in enumerate(local_layers(opened)):
        chosen = telling_units(answers(opened, layer), units)
        short = UpTo(opened.network, layer.name)
        found = top_patches(short, short.name, images, chosen.tolist(), top)
        named = {
            "units": (found.units, ("unit",)),
            "row": (found.rows, ("unit", "rank")),
            "activation": (found.activations, ("unit", "rank")),
            "place": (found.places, ("unit", "rank", "axis")),
            "box": (found.boxes, ("unit", "rank", "side")),
        }
        arrays |= {f"{name}{number}": array for name, (array, _) in named.items()}
        axes |= {f"{name}{number}": of for name, (_, of) in named.items()}
        told.append({**layer._asdict(), "receptive_field": list(field)})
    fields = ", ".join(
        "{} {} × {} pixels".format(one["name"], *one["receptive_field"]) for one in told
    )
    return Look(
        arrays=arrays,
        axes=axes,
        n=len(images),
        counts={"silent_units": sum(_silent(arrays, number) for number in range(len(told)))},
        numbers={"layers": told},
        summary=f"Receptive field of a unit, height × width: {fields}, "
        f"of images of {images.shape[2]} × {images.shape[3]}.",
    )


def _silent(arrays: dict[str, np.ndarray], number: int) -> int:
    """Units that no image excites."""
    return int((arrays[f"activation{number}"] <= 0).all(axis=1).sum())
