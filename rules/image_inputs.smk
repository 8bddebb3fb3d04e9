"""Functions that the rules of students share: their images, their files. No rule stands here."""

from neuroloop.distill.outcomes import OF_NETWORKS
from neuroloop.report.sections.distillation import can_be_watched

#: Most brains that a page shows at work, image by image.
MOST_WATCHED = 12


def image_source(wildcards):
    """Source of the images of the wildcards' dataset."""
    return [config["datasets"][wildcards.dataset]["teaching"]["images"]["source"]]


def image_brains(wildcards):
    """Source of brain data that has the images of the wildcards' dataset, if it is one."""
    brain = getattr(image_entry(wildcards.dataset), "BRAIN", None)
    return [brain] if brain else []


def image_entry(dataset):
    """What the registry knows of the source of a dataset's images."""
    images = config["datasets"][dataset]["teaching"]["images"]
    return registry.entry("image_source", images["source"])


def image_options(wildcards):
    """What the source of the wildcards' dataset's images reads them by."""
    dataset = config["datasets"][wildcards.dataset]
    return image_entry(wildcards.dataset).options(dataset)


def image_input(wildcards):
    """Input function: folders or files that hold the students' images.

    A folder says nothing of the images below it: `image_content` does.
    """
    source = image_entry(wildcards.dataset)
    named = source.inputs(config["datasets"][wildcards.dataset])
    where = f"datasets.{wildcards.dataset}"
    paths = [data_input(path, f"{where}.{key}") for key, path in named]
    return [path for path in paths if path]


@cache
def image_content_of(dataset):
    """Digests of the folders of a dataset's images, or nothing where one is missing."""
    source, block = image_entry(dataset), config["datasets"][dataset]
    found = []
    for key, path in source.inputs(block) if hasattr(source, "listed") else []:
        folder = data_input(path, f"datasets.{dataset}.{key}")
        if not folder:
            return []
        found.append(images_digest(folder, partial(source.listed, block, key)))
    return found


def image_content(wildcards):
    """What the folders of students' images hold, for params."""
    return image_content_of(wildcards.dataset)


@with_signature
def start_input(wildcards):
    """Input function: the checkpoint that the wildcards' student starts from, if it names one."""
    weights = config["students"][wildcards.student]["weights"]
    where = f"students.{wildcards.student}.weights"
    return data_input(weights, where) if weights else []


def logits_of(source, wildcards):
    """Logits of a teacher that saw the images of the wildcards' dataset, or none."""
    of = f"results/distill/{wildcards.dataset}"
    files = {
        "cnn": f"{of}/cnn/{wildcards.student}/logits.npy",
        "gabor": f"{of}/gabor/logits.npy",
    }
    return files.get(source, [])


@with_signature
def reference_logits(wildcards):
    """Input function: logits of what the wildcards' teacher needs, if that is no brain."""
    return logits_of(registry.entry("teacher", wildcards.teacher).NEEDS, wildcards)


@with_signature
def logits_beside(wildcards):
    """Input function: logits of what stands beside the wildcards' teacher."""
    entry = registry.entry("teacher", wildcards.teacher)
    return logits_of(getattr(entry, "BESIDE", None), wildcards)


def outcomes_of(dataset):
    """What the students of a dataset are compared by beside accuracy."""
    teaching = config["datasets"][dataset]["teaching"]
    return list(teaching["outcomes"]) if teaching else []


def outcomes_of_networks(wildcards):
    """Outcomes of the wildcards' dataset that take the students' networks."""
    return [name for name in outcomes_of(wildcards.dataset) if name in OF_NETWORKS]


def gabor_decoder(wildcards):
    """Decoder that makes soft labels of Gabor energies."""
    return ["ridge"]


def student_files(dataset, name="predictions.npz"):
    """One file of every group of students of a dataset, the references' included."""
    block = config["datasets"][dataset]
    teaching = block.get("teaching")
    if not teaching:
        return []
    return expand(
        "results/distill/{dataset}/reference/{teacher}/{student}/{name}",
        dataset=dataset,
        teacher=teachers_of(dataset, brains=False),
        student=teaching["students"],
        name=name,
    ) + expand(
        "results/distill/{dataset}/{subject}/{roi}/{decoder}/{teacher}/{student}/{name}",
        dataset=dataset,
        subject=block["subjects"],
        roi=block["rois"],
        decoder=teaching["decoders"],
        teacher=teachers_of(dataset, brains=True),
        student=teaching["students"],
        name=name,
    )


def assignment_values(dataset):
    """Wildcards of the jobs that deal a dataset's soft labels anew; None if there are none."""
    block = config["datasets"][dataset]
    teaching = block["teaching"]
    tested = {"brain", "withinclass"} <= set(teaching["teachers"])
    if not (tested and teaching["assignments"]):
        return None
    return {
        "dataset": [dataset],
        "subject": block["subjects"],
        "roi": [
            roi
            for roi in block["rois"]
            if roi in (teaching["assignment_rois"] or block["rois"])
        ],
        "decoder": teaching["decoders"],
        "student": teaching["students"],
    }


def assignment_files(dataset):
    """Predictions of every group of students whose soft labels were dealt anew."""
    values = assignment_values(dataset)
    pattern = "results/distill/{dataset}/{subject}/{roi}/{decoder}/withinclass/{student}/assignments.npz"
    return expand(pattern, **values) if values else []


def watched_brains(dataset):
    """Folders of the brains that a page shows: the first ones of the first decoder."""
    block = config["datasets"][dataset]
    decoder = block["teaching"]["decoders"][0]
    places = [
        f"{subject}/{roi}/{decoder}"
        for subject in block["subjects"]
        for roi in block["rois"]
    ]
    return places[:MOST_WATCHED]


def watched_students(dataset, *names):
    """Files of the students of the labels alone, then of each brain that a page shows."""
    student = config["datasets"][dataset]["teaching"]["students"][0]
    folders = ["reference/none"] + [
        f"{place}/brain" for place in watched_brains(dataset)
    ]
    return [
        f"results/distill/{dataset}/{folder}/{student}/{name}"
        for folder in folders
        for name in names
    ]


def watched_logits(dataset):
    """Logits of each brain that a page shows."""
    return [
        f"results/fmri/{dataset}/{place}/logits.npy"
        for place in watched_brains(dataset)
    ]


def watched(dataset):
    """Whether a page shows how a dataset's brains teach."""
    return can_be_watched(config["datasets"][dataset])


def taught(dataset):
    """Whether students are taught from a dataset."""
    return config["datasets"][dataset]["teaching"] is not None
