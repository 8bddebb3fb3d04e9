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


def own_model(wildcards):
    """What the user's own model.json says of weights and images: two paths, or none."""
    path = config["explain"]["models"][wildcards.model]
    found = model_input(wildcards)
    if not found or path.startswith("results/"):
        return []
    try:
        said = json.loads(Path(found).read_text())
        images = said["images"]
        shown = images["folder"] if isinstance(images, dict) else images
        parts = [Path(found).parent / said["weights"], Path(found).parent / shown]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # the job says what is wrong with it
    return [part for part in parts if part.exists()]


def model_parts(wildcards):
    """Input function: weights and images of a network, whose changes its model.json does not show.

    A folder's own time says nothing of the images below it: `model_content` does.
    """
    path = config["explain"]["models"][wildcards.model]
    if path.startswith("results/"):
        folder = Path(path).parent
        return [f"{folder}/weights.safetensors", f"{folder}/images.npz"]
    return [
        ancient(str(part)) if part.is_dir() else str(part)
        for part in own_model(wildcards)
    ]


@cache
def folder_content(folder):
    """Digest of all images below a folder."""
    return images_digest(folder, images_below)


def model_content(wildcards):
    """What the folder of images of the user's own network holds, for params."""
    return [folder_content(part) for part in own_model(wildcards) if part.is_dir()]


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
        + [
            classifier_files(name, "model.json", False)
            for name in running("radiographs")
        ]
    )
