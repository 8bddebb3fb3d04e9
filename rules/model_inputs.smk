"""Functions that the rules of looking inside share: networks and methods. No rule stands here."""

import json

#: Methods that attribute the named class to pixels, and others.
ATTRIBUTIONS = [
    "saliency",
    "guided_backprop",
    "integrated_gradients",
    "occlusion",
    "cam",
    "grad_cam",
    "grad_cam_plus_plus",
    "hires_cam",
]
LOOKS = [
    "neighbours",
    "tsne",
    "umap",
    "activations",
    "patches",
    "class_images",
    "unit_images",
]


def model_input(wildcards):
    """Input function: the model.json of a network, made here or the user's own."""
    path = config["explain"]["models"][wildcards.model]
    if path.startswith("results/"):
        return path
    return data_input(path, f"explain.models.{wildcards.model}")


def model_parts(wildcards):
    """Input function: weights and images of a network, whose changes its model.json does not show."""
    path = model_input(wildcards)
    if not path:
        return []
    folder = Path(path).parent
    if path.startswith("results/"):
        return [f"{folder}/weights.safetensors", f"{folder}/images.npz"]
    try:
        said = json.loads(Path(path).read_text())
        images = said["images"]
        shown = images["folder"] if isinstance(images, dict) else images
        parts = [folder / said["weights"], folder / shown]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # the job says what is wrong with it
    return [str(part) for part in parts if part.exists()]


def explained_files(model, name):
    """One file of every method that a network is looked into with."""
    return [
        f"results/explain/{model}/{method}/{name}"
        for method in config["explain"]["methods"]
    ]


def trained_models():
    """The model.json of every network that this config trains."""
    return (
        [student_files(name, "model.json") for name in running("datasets")]
        + [reader_files(name, "model.json") for name in running("areas")]
        + [classifier_files(name, "model.json", False) for name in running("films")]
    )
