"""Functions that the rules of chest radiographs share: look-ups, fronts, paths. No rule stands here."""

import re
import zlib
from pathlib import PurePath

from neuroloop.cxr.trainings import trainings
from neuroloop.workflow.content_digest import images_listed

#: What the frozen part of a classifier's network follows from: argument of the network -> key.
FRONT = {
    **{key: key for key in ("backbone", "weights", "width", "stem")},
    "cut": "train_from",
    "side": "input_size",
}


def radiographs_with_source(*sources):
    """Wildcard constraint of the sets of radiographs that come from these sources."""
    return only(
        name
        for name, block in config["radiographs"].items()
        if block["source"] in sources
    )


def radiograph_input(wildcards):
    """Input function: the folder or manifest of the wildcards' set of radiographs.

    A folder says nothing of the radiographs below it, nor a manifest of those that it lists: `radiograph_content` does.
    """
    block = config["radiographs"][wildcards.dataset]
    return data_input(block["path"], f"radiographs.{wildcards.dataset}.path")


@cache
def radiograph_content_of(dataset):
    """Digest of a set of radiographs, or nothing where it is missing."""
    path = data_input(
        config["radiographs"][dataset]["path"], f"radiographs.{dataset}.path"
    )
    if not path:
        return ""
    if Path(path).is_dir():
        return images_digest(path, images_below)
    return images_digest(Path(path).parent, lambda _: images_listed(Path(path)))


def radiograph_content(wildcards):
    """What a folder of radiographs holds, or the files that a manifest lists, for params."""
    return radiograph_content_of(wildcards.dataset)


def classifier_backbone(wildcards):
    """Backbone of the wildcards' classifier."""
    return [config["classifiers"][wildcards.classifier]["backbone"]]


def front_backbone(wildcards):
    """Backbone of the wildcards' front."""
    return [front_setting(wildcards)["backbone"]]


def taps_below(block):
    """Sections that the head reads and that are frozen: all, or none."""
    return block["feature_layers"] if block["train_from"] == "head" else []


def front_name(classifier):
    """Name of a classifier's frozen part, the same for all that share it."""
    block = config["classifiers"][classifier]
    weights = block["weights"] or "random"
    if weights not in (
        "random",
        "imagenet",
    ):  # files of one name may lie in two folders
        weights = f"{PurePath(weights).stem}-{zlib.crc32(weights.encode()):08x}"
    parts = [
        block["backbone"],
        weights,
        f"{block['stem']}{block['width']}",
        block["train_from"],
    ]
    parts += [f"side{block['input_size']}"] if block["input_size"] else []
    parts += taps_below(block)
    return re.sub(r"[^A-Za-z0-9-]+", "_", "-".join(parts))


def front_setting(wildcards):
    """Backbone, its weights and where it is cut, by the wildcards' front."""
    for name, block in config["classifiers"].items():
        if front_name(name) == wildcards.front:
            front = {argument: block[key] for argument, key in FRONT.items()}
            return front | {"taps": taps_below(block)}
    raise WorkflowError(f"no classifier has the front {wildcards.front}")


def start_of(block, where):
    """The checkpoint that a network starts from, if the block names a file."""
    weights = block["weights"]
    return data_input(weights, where) if weights not in (None, "imagenet") else []


def front_start(wildcards):
    """Input function: the checkpoint that the wildcards' front starts from."""
    return start_of(front_setting(wildcards), "classifiers, weights")


def classifier_start(wildcards):
    """Input function: the checkpoint that the wildcards' classifier starts from."""
    where = f"classifiers.{wildcards.classifier}.weights"
    return start_of(config["classifiers"][wildcards.classifier], where)


def features_kind(case):
    """Kind of the views that radiographs of a case have."""
    return "affine" if case == "affine" else "study"


def classifier_features(wildcards):
    """Input function: features that a classifier of this case is trained on."""
    kind = features_kind(wildcards.case)
    front = front_name(wildcards.classifier)
    return f"results/cxr/{wildcards.dataset}/features/{front}/{kind}.npy"


def classifier_repeats(wildcards):
    """Partitions that the wildcards' classifier is trained on: a deep network on one alone."""
    if wildcards.split == "site":
        return 1
    block = config["radiographs"][wildcards.dataset]
    head = config["classifiers"][wildcards.classifier]["train_from"] == "head"
    return block["repeats_of"].get(
        wildcards.classifier, block["repeats"] if head else 1
    )


def classifier_files(dataset, name, leaky=True):
    """One file of every case, classifier and split of a set of radiographs."""
    block = config["radiographs"][dataset]
    made = [
        f"results/cxr/{dataset}/{case}/{classifier}/patient/{name}"
        for case, classifier in trainings(block)
    ]
    if leaky:
        made += [
            f"results/cxr/{dataset}/{case}/{classifier}/image/{name}"
            for case, classifier in block["leakage"]
        ]
        made += [
            f"results/cxr/{dataset}/{case}/{classifier}/site/{name}"
            for case, classifier in block["new_sites"]
        ]
    return made


def known_files(dataset, name="known.tsv"):
    """One file of each other set of radiographs, of what is left out where it tests classifiers."""
    others = config["radiographs"][dataset]["external"]
    return [f"results/cxr/{dataset}/external/{other}/{name}" for other in others]


def external_files(dataset, name):
    """One file of every case, classifier and other set of radiographs that it is tested on."""
    block = config["radiographs"][dataset]
    return [
        f"results/cxr/{dataset}/{case}/{classifier}/external/{other}/{name}"
        for other in block["external"]
        for case, classifier in trainings(block)
    ]
