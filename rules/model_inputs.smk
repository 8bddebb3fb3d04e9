"""Functions that the rules of looking inside share: networks and methods. No rule stands here."""

import json

from neuroloop.report.chapters import SIMULATED, source_of_network


def model_input(wildcards):
    """Input function: the model.json of a network, made here or the user's own."""
    path = config["explain"]["models"][wildcards.model]
    if path.startswith("results/"):
        return path
    return data_input(path, f"explain.models.{wildcards.model}")


def own_description(wildcards):
    """What the user's own model.json says, or nothing where it cannot be read."""
    found = model_input(wildcards)
    try:
        said = json.loads(Path(found).read_text()) if found else {}
    except (OSError, ValueError):
        return {}  # the job says what is wrong with it
    return said if isinstance(said, dict) else {}


def own_model(wildcards):
    """What the user's own model.json says of weights and images: two paths, or none."""
    path = config["explain"]["models"][wildcards.model]
    found = model_input(wildcards)
    if not found or path.startswith("results/"):
        return []
    try:
        said = own_description(wildcards)
        images = said["images"]
        shown = images["folder"] if isinstance(images, dict) else images
        parts = [Path(found).parent / said["weights"], Path(found).parent / shown]
    except (KeyError, TypeError):
        return []  # the job says what is wrong with it
    return [part for part in parts if part.exists()]


def model_parts(wildcards):
    """Input function: weights and images of a network, whose changes its model.json does not show.

    A folder says nothing of the images below it: `model_content` does.
    """
    path = config["explain"]["models"][wildcards.model]
    if path.startswith("results/"):
        folder = Path(path).parent
        return [f"{folder}/weights.safetensors", f"{folder}/images.npz"]
    return [users(part) for part in own_model(wildcards)]


@cache
def folder_content(folder):
    """Digest of all images below a folder."""
    return images_digest(folder, images_below)


def model_content(wildcards):
    """What the folder of images of the user's own network holds, for params."""
    return [folder_content(part) for part in own_model(wildcards) if part.is_dir()]


def model_backbone(wildcards):
    """Backbone of a network that is looked into, if it has one."""
    path = config["explain"]["models"][wildcards.model]
    if path.startswith("results/cxr/"):
        classifier = config["classifiers"].get(Path(path).parts[4], {})
        return [classifier["backbone"]] if classifier else []
    said = {} if path.startswith("results/") else own_description(wildcards)
    backbone = (said.get("options") or {}).get("backbone")
    return [backbone] if backbone in registry.names("backbone") else []


def trained_backbones(wildcards):
    """Backbones of all networks that this config trains."""
    return sorted(
        {
            config["classifiers"][classifier]["backbone"]
            for name in running("radiographs")
            for classifier in config["radiographs"][name]["classifiers"]
        }
    )


def one_method(wildcards):
    """The wildcards' method."""
    return [wildcards.method]


def all_methods(wildcards):
    """All methods that networks are looked into with."""
    return config["explain"]["methods"]


def method_options(wildcards):
    """Settings of the wildcards' method."""
    return config["explain"]["options"].get(wildcards.method, {})


def explained_files(model, name):
    """One file of every method that a network is looked into with."""
    return [
        f"results/explain/{model}/{method}/{name}"
        for method in config["explain"]["methods"]
    ]


def explained_folders(wildcards):
    """Input function: the folder of every method that the wildcards' network is looked into with."""
    return [*map(ancient, explained_files(wildcards.model, "files"))]


def trained_models():
    """The model.json of every network that this config trains."""
    return (
        [network_files(name, "model.json") for name in running("datasets")]
        + [student_files(name, "model.json") for name in running("datasets")]
        + [reader_files(name, "model.json") for name in running("areas")]
        + [
            classifier_files(name, "model.json", False)
            for name in running("radiographs")
        ]
    )


def model_simulated(wildcards):
    """Whether the data of a network are simulated, wholly or in part."""
    return source_of_network(config, wildcards.model) in SIMULATED
