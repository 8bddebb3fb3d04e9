"""Looks at the embedding of a network: what lies close in it, and a plane that shows it."""

import numpy as np

from neuroloop.explain.attribution.layers import embedding
from neuroloop.explain.attribution.not_applicable import NotApplicable
from neuroloop.explain.figures.pictures import image_classes
from neuroloop.explain.looks.look import Look
from neuroloop.explain.looks.neighbours import SameClass, nearest, same_class
from neuroloop.explain.looks.projection import preservation, random_projection, tsne, umap
from neuroloop.explain.models.image_rows import small_copies
from neuroloop.explain.models.model_file import OpenedModel
from neuroloop.jobs.seeds import derive_seed
from neuroloop.statistics.units import scope, varied

#: Random planes that a projection is compared with.
RANDOM_PLANES = 10

#: Values of an image that raw pixels are compared by: 64 x 64 grey ones.
PIXELS = 4096

TITLES = {"tsne": "t-SNE", "umap": "UMAP"}


def look_at_neighbours(opened: OpenedModel, k: int) -> Look:
    """Find the nearest other images of each image in the network's embedding, by cosine.

    The share of neighbours of the image's class is compared with chance and with the same share
    among raw pixels, by Euclidean distance: the network adds what exceeds both. Images of more than
    `PIXELS` values are downscaled for that, since 10,000 large ones would not fit into memory.

    Parameters
    ----------
    opened : OpenedModel
    k : int
        Neighbours; at most all other images.

    Returns
    -------
    Look
        Arrays ``embedding`` (n, features), ``neighbour`` (n, k), rows of the model's images,
        ``distance`` (n, k) and ``image`` (n,), ids.

    Raises
    ------
    NotApplicable
        If the network has no embedding, or there is only one image.
    NeuroLoopError
        If an embedding is not finite.
    """
    images = opened.images.images
    if len(images) < 2:
        raise NotApplicable("neighbours need two images at least: give the model more of them")
    k = min(k, len(images) - 1)
    vectors = embedding(opened.network, images)
    rows, distances = nearest(vectors, k)
    labels = image_classes(opened)
    numbers: dict[str, object] = {"k": k, "metric": "cosine", "features": vectors.shape[1]}
    summary = f"{k} nearest of {len(images)} images by the cosine of {vectors.shape[1]} features"
    if labels is not None:
        same = same_class(rows, labels)
        pixels = small_copies(images, PIXELS)
        among_pixels, _ = nearest(pixels, k, "euclidean")
        raw = same_class(among_pixels, labels)
        numbers |= {**_share("same_class", same), **_share("same_class_pixels", raw)}
        numbers |= {"chance": same.chance, "pixels": pixels.shape[1]}
        numbers |= {"unit": varied(["image"]), "scope": scope(["image"], ["network"])}
        copies = "" if pixels.shape[1] == np.prod(images.shape[1:]) else " of smaller copies"
        summary += (
            f". Of the neighbours, {_told(same)} are of the image's class; by chance "
            f"{100 * same.chance:.0f} %, among raw pixels{copies} {_told(raw)}. "
            f"Intervals speak of {numbers['scope']}"
        )
    return Look(
        arrays={
            "embedding": vectors,
            "neighbour": rows,
            "distance": distances,
            "image": opened.images.ids,
        },
        axes={
            "embedding": ("image", "feature"),
            "neighbour": ("image", "rank"),
            "distance": ("image", "rank"),
            "image": ("image",),
        },
        units={"neighbour": "row of the model's images", "distance": "1 - cosine"},
        n=len(images),
        counts={"without_class": 0 if labels is not None else len(images)},
        numbers=numbers,
        summary=summary + ".",
    )


def look_at_projection(
    opened: OpenedModel, method: str, seed: int, perplexity: float = 30.0
) -> Look:
    """Project the embedding onto a plane, and measure how much of its neighbourhoods is kept.

    Parameters
    ----------
    opened : OpenedModel
    method : {"tsne", "umap"}
    seed : int
    perplexity : float
        Of t-SNE; for UMAP, neighbours of an image, rounded. At most a third of the other images.

    Returns
    -------
    Look
        Arrays ``points`` (n, 2) and ``image`` (n,), ids. Numbers: share of neighbours kept and
        trustworthiness, beside the mean of random planes' and, for the first, chance.

    Raises
    ------
    NotApplicable
        If the network has no embedding, there are fewer than 5 different images, or UMAP is not
        installed.
    """
    vectors = embedding(opened.network, opened.images.images)
    near = min(perplexity, (len(vectors) - 1) / 3)
    made = (
        tsne(vectors, seed, near) if method == "tsne" else umap(vectors, seed, max(2, round(near)))
    )
    kept = preservation(vectors, made)
    planes = [
        preservation(vectors, random_projection(vectors, derive_seed(seed, "plane", number)))
        for number in range(RANDOM_PLANES)
    ]
    random_kept, random_trust = (
        float(np.mean([getattr(plane, name) for plane in planes]))
        for name in ("kept", "trustworthiness")
    )
    numbers = {
        "k": kept.k,
        "perplexity": near,
        "neighbours_kept": kept.kept,
        "neighbours_kept_random": random_kept,
        "neighbours_kept_chance": kept.k / (len(vectors) - 1),
        "trustworthiness": kept.trustworthiness,
        "trustworthiness_random": random_trust,
    }
    summary = (
        f"{TITLES[method]} of {len(vectors)} images keeps {100 * kept.kept:.0f} % of the {kept.k} "
        f"nearest neighbours (random planes {100 * random_kept:.0f} %, chance "
        f"{100 * kept.k / (len(vectors) - 1):.0f} %); trustworthiness {kept.trustworthiness:.2f} "
        f"(random planes {random_trust:.2f})."
    )
    return Look(
        arrays={"points": made, "image": opened.images.ids},
        axes={"points": ("image", "axis"), "image": ("image",)},
        units={"points": "arbitrary"},
        n=len(vectors),
        counts={},
        numbers=numbers,
        summary=summary,
    )


def _share(name: str, same: SameClass) -> dict[str, float | None]:
    share = same.share
    return {name: share.value, f"{name}_ci_low": share.ci_low, f"{name}_ci_high": share.ci_high}


def _told(same: SameClass) -> str:
    share = same.share
    told = f"{100 * share.value:.0f} %"
    if share.ci_low is None or share.ci_high is None:
        return told
    return f"{told} (95 %: {100 * share.ci_low:.0f} to {100 * share.ci_high:.0f} %)"
