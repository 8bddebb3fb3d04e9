"""Keys that had another name once: a config that still has it is told the new one."""

from collections.abc import Sequence

#: New name of each old key, below its block; ``*`` stands for any name or number in a list. A new
#: name with a dot starts from the top.
RENAMED = {
    "films": "radiographs",
    "areas.*.exchanges": "permutations",
    "radiographs.*.committees": "ensembles",
    "decoders.*.ensemble": "batched_networks",
    "students.*.ensemble": "batched_networks",
    "radiographs.*.simulation.films_per_class": "radiographs_per_class",
    "radiographs.*.simulation.most_films": "max_radiographs_per_patient",
    "radiographs.*.leak": "leakage",
    "radiographs.*.white": "white_level",
    "areas.*.near": "exclusion_radius",
    "readers.*.share": "augmented_share",
    "readers.*.hidden": "hidden_units",
    "readers.*.last": "last_trials",
    "readers.*.untrained": "untrained_networks",
    "classifiers.*.cut": "train_from",
    "classifiers.*.taps": "feature_layers",
    "classifiers.*.units": "hidden_units",
    "classifiers.*.side": "input_size",
    "classifiers.*.start_share": "initial_weights_share",
    "classifiers.*.validation": "validation_share",
    "classifiers.*.factor": "reduce_factor",
    "datasets.*.rois.*.side": "hemisphere",
    "explain.settings.integration_steps": "explain.options.integrated_gradients.steps",
    "explain.settings.occlusion_window": "explain.options.occlusion.window",
    "explain.settings.occlusion_stride": "explain.options.occlusion.stride",
    "explain.settings.neighbours": "explain.options.neighbours.count",
    "explain.settings.perplexity": "explain.options.tsne.perplexity",
    "explain.settings.units": "explain.options.activations.units",
    "explain.settings.patches_top": "explain.options.patches.patches_per_unit",
    "explain.settings.steps": "explain.options.class_images.steps",
}

#: Keys that became several: what else to set.
ALSO = {
    "explain.settings.perplexity": "explain.options.umap.neighbours",
    "explain.settings.units": "patches.units and unit_images.units",
    "explain.settings.steps": "explain.options.unit_images.steps",
}


def new_name(path: Sequence[str | int]) -> str:
    """What is said of a key that had another name once; nothing of any other."""
    for old, new in RENAMED.items():
        parts = old.split(".")
        if len(parts) == len(path) and all(
            part in ("*", key) for part, key in zip(parts, path, strict=True)
        ):
            also = f" (and {ALSO[old]})" if old in ALSO else ""
            return f"`{path[-1]}` is called `{new}`{also} now"
    return ""
