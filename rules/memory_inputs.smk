"""Functions that count what jobs are about, for their memory (neuroloop/workflow/memory.py). No rule stands here."""

from types import SimpleNamespace

from neuroloop.cxr.simulated_settings import CLASSES as SIMULATED_CLASSES
from neuroloop.workflow import (
    bdata_size,
    memory,
    network_size,
    scan_size,
)

#: Images that simulated subjects may see, and classes of students where the config does not list them, at most.
DIGITS, MOST_CLASSES = 1797, 200

#: Categories of digits.
TEN_DIGITS = 10

#: Pairs of radiograph and view that a case learns from, for each radiograph, where the largest class
#: has half again its share of them: half of three classes.
PAIRS = {
    **{"case1": 1, "case2": 2, "case3": 3, "case4": 1.5, "case5": 3},
    **{"undersampled": 1, "affine": 3},
}

#: Radiographs that are predicted or mapped at once, and those that lie beside a network.
LEAST_BATCH, LOOKED_AT = 16, 60


def needed(rule, items):
    """Memory of the rule's jobs by its law, of the items that a function of the wildcards counts."""

    @with_signature
    def megabytes(wildcards, attempt):
        return attempt * memory.request(rule, items(wildcards))

    return megabytes


@cache
def radiographs_in(dataset):
    """Radiographs of a set, copies and such as cannot be used included."""
    block = config["radiographs"][dataset]
    if block["source"] == "simulated":
        return len(SIMULATED_CLASSES) * block["simulation"]["radiographs_per_class"]
    path = data_input(block["path"], f"radiographs.{dataset}.path")
    if not path:
        return 0
    return len(
        images_below(Path(path)) if Path(path).is_dir() else images_listed(Path(path))
    )


def simulated_radiograph_items(wildcards):
    """Radiographs of a simulated set, and their pixels."""
    count = radiographs_in(wildcards.dataset)
    size = config["radiographs"][wildcards.dataset]["size"]
    return {"radiograph": count, "radiograph pixel": count * size**2}


def radiograph_items(wildcards):
    """Radiographs of a set."""
    return {"radiograph": radiographs_in(wildcards.dataset)}


def two_sets_items(wildcards):
    """Radiographs of a set, and of one that tests its classifiers."""
    other = radiographs_in(wildcards.other)
    return radiograph_items(wildcards) | {"other radiograph": other}


def masked_items(wildcards):
    """As `radiograph_items`, and bytes of the masks of simulated ones: lungs and lesions."""
    block = config["radiographs"][wildcards.dataset]
    counted = radiograph_items(wildcards)
    drawn = 2 * counted["radiograph"] if block["source"] == "simulated" else 1
    return counted | {"mask byte": drawn * block["size"] ** 2}


def read_side(dataset, classifier):
    """Side of the images that a classifier's backbone reads, in pixels."""
    return classifier["input_size"] or config["radiographs"][dataset]["size"]


def map_bytes(dataset, classifier, images):
    """Bytes of the largest section's maps, of so many images."""
    largest = max(one.kept for one in network_size.sections(classifier))
    return images * largest * read_side(dataset, classifier) ** 2


def all_weights(classifier):
    """Parameters of a classifier's backbone."""
    return sum(one.weights for one in network_size.sections(classifier))


def feature_items(wildcards):
    """Radiographs and masks, maps of one image, and weights."""
    front = front_setting(wildcards)
    classifier = front | {"input_size": front["side"]}
    return masked_items(wildcards) | {
        "map byte": map_bytes(wildcards.dataset, classifier, 1),
        "weight": all_weights(classifier),
    }


def classifier_items(wildcards):
    """What a classifier learns from and predicts, and what its networks keep."""
    block = config["radiographs"][wildcards.dataset]
    classifier = config["classifiers"][wildcards.classifier]
    counted = masked_items(wildcards)
    folds = block["folds"]
    held_out = 1 / folds if isinstance(folds, int) else 0
    share = PAIRS[wildcards.case] * (1 - held_out)
    pairs = share * counted["radiograph"]
    trained = network_size.trained(classifier)
    batch = max(classifier["batch_size"], LEAST_BATCH)
    kept = sum(one.kept for one in trained)
    return counted | {
        "pair": pairs,
        "prediction": counted["radiograph"] * (2 + block["repeats"]),
        "logistic value": (
            pairs * network_size.read(classifier) if classifier["C"] else 0
        ),
        "kept byte": batch * kept * read_side(wildcards.dataset, classifier) ** 2,
        "weight": all_weights(classifier),
        "own weight": sum(one.weights for one in trained),
    }


def external_items(wildcards):
    """Radiographs of the other set, maps of a batch, and weights of all folds' networks."""
    other = SimpleNamespace(dataset=wildcards.other)
    classifier = config["classifiers"][wildcards.classifier]
    trained = network_size.trained(classifier)
    return masked_items(other) | {
        "map byte": map_bytes(wildcards.dataset, classifier, LEAST_BATCH),
        "weight": all_weights(classifier),
        "own weight": sum(one.weights for one in trained),
    }


def mapped_items(wildcards):
    """Radiographs that are judged, pixels of those that are mapped, maps of a batch, and weights."""
    classifier = config["classifiers"][wildcards.classifier]
    return radiograph_items(wildcards) | {
        "looked pixel": LOOKED_AT * read_side(wildcards.dataset, classifier) ** 2,
        "map byte": map_bytes(wildcards.dataset, classifier, LEAST_BATCH),
        "weight": all_weights(classifier),
    }


def audited_items(wildcards):
    """Radiographs of a set, its masks, and the radiographs of all sets that test it."""
    others = config["radiographs"][wildcards.dataset]["external"]
    return masked_items(wildcards) | {
        "other radiograph": sum(map(radiographs_in, others))
    }


@cache
def images_in(dataset):
    """Images of a dataset's students, at most, and their channels."""
    source, block = image_entry(dataset), config["datasets"][dataset]
    folders = source.inputs(block)
    paths = [data_input(path, f"datasets.{dataset}.{key}") for key, path in folders]
    if not folders:
        return DIGITS, 1
    if hasattr(source, "listed"):
        listed = [
            source.listed(block, key, Path(path))
            for (key, _), path in zip(folders, paths)
            if path
        ]
        return sum(map(len, listed)), 3
    size = block["teaching"]["images"]["size"]
    stored = sum(Path(path).stat().st_size for path in paths if path)
    return (
        stored // size**2 + 1,
        3,
    )  # the files hold voxels as well, and may be compressed


def image_items(wildcards):
    """Images of a dataset's students, and their levels."""
    count, channels = images_in(wildcards.dataset)
    size = config["datasets"][wildcards.dataset]["teaching"]["images"]["size"]
    return {"image": count, "image level": count * channels * size**2}


def student_items(wildcards):
    """Images, logits and networks of a group of students, as many at once as a CPU trains."""
    teaching = config["datasets"][wildcards.dataset]["teaching"]
    student = config["students"][wildcards.student]
    classes = len(teaching["images"].get("classes") or range(MOST_CLASSES))
    counted = image_items(wildcards)
    logits = teaching["seeds"] * counted["image"] * classes
    networks = memory.network_items(student, student["batched_networks"])
    if keeps_every_seed():  # of 4 of the 20 bytes that a weight takes in training
        one = memory.network_items(student, 1)["weight"]
        networks["weight"] += teaching["seeds"] * one * 4 / 20
    return counted | {"logit": logits} | networks


def cnn_teacher_items(wildcards):
    """As of students, of the depth of the CNN that teaches."""
    teaching = config["datasets"][wildcards.dataset]["teaching"]
    student = config["students"][wildcards.student]
    deeper = student | {"depth": teaching["cnn_depth"]}
    return student_items(wildcards) | memory.network_items(deeper, 1)


@cache
def photographs_in(dataset):
    """Images in the folders of each kind that simulated subjects look at."""
    named = SimpleNamespace(dataset=dataset)
    return [images_below(Path(folder)) for folder in photograph_input(named)]


@cache
def simulated_kinds(dataset):
    """Categories that teach simulated subjects, and those that test them."""
    found = photographs_in(dataset)
    taught = len({path.partition("/")[0] for path in found[0]}) if found else TEN_DIGITS
    shown = config["datasets"][dataset]["photographs"] or {}
    taught = shown.get("categories") or taught
    return taught, shown.get("perception_categories") or taught


@cache
def simulated_rows(dataset, training):
    """Samples of a simulated subject, of training or of all sessions."""
    block = config["datasets"][dataset]
    pools, times = block["images"], block["presentation"]
    taught, tested = simulated_kinds(dataset)
    seen = pools["perception_per_category"] * times["perception_repeats"]
    tests = 0 if training else tested * (seen + times["imagery_repeats"])
    return taught * pools["train_per_category"] + tests


def simulated_region_items(wildcards):
    """Numbers of a simulated region: samples of all sessions, times voxels; and photographs."""
    dataset = wildcards.dataset
    voxels = config["datasets"][dataset]["rois"][wildcards.roi]["size"]
    return {
        "simulated value": simulated_rows(dataset, False) * voxels,
        "photograph": sum(map(len, photographs_in(dataset))),
    }


def scan_items(bold):
    """Bytes of the longest run, and volumes of all."""
    paths = [Path(path) for path in bold]
    return {
        "run byte": max(map(scan_size.bytes_of, paths), default=0),
        "scanned volume": sum(map(scan_size.volumes_of, paths)),
    }


@with_signature
def import_memory(wildcards, attempt):
    """Memory of importing a subject: by its law of BData files and of images, else a constant of the source."""
    found = subject_input(wildcards)
    if fmri_source(wildcards) == ["bdata"]:
        values = sum(bdata_size.values_of(Path(file)) for file in found["file"])
        items = {"brain value": values} | scan_items([])
    elif fmri_source(wildcards) == ["nifti"]:
        items = {"brain value": 0} | scan_items(found["bold"])
    else:
        return attempt * source_needs(wildcards, "MEMORY", 4000)
    return attempt * memory.request("import_subject", items)


@with_signature
def region_memory(wildcards, attempt):
    """Memory of extracting a region: by its law of NIfTI images, else a constant of the source."""
    if fmri_source(wildcards) != ["nifti"]:
        return attempt * region_needs(wildcards, "MEMORY", 1000)
    return attempt * memory.request("extract_region", region_items(wildcards))


def region_items(wildcards):
    """Bytes of the longest run, and values of the region's voxels in all runs."""
    found = region_input(wildcards)
    dataset = config["datasets"][wildcards.dataset]
    roi = dataset["rois"][wildcards.roi]
    voxels = [
        scan_size.voxels_of(Path(path), roi.get("label"), roi.get("threshold"))
        for path in found.get("mask", [])
    ]
    items = scan_items(found.get("bold", []))
    return {
        "run byte": items["run byte"],
        "series value": items["scanned volume"] * sum(voxels),
    }
