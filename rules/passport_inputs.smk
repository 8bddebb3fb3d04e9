"""Functions that the rules of passports share: what is checked, what was read of it. No rule stands here."""

#: Folder of the passports of each kind of data set: a JSON file a name, and a folder of figures.
PASSPORTS = {
    "datasets": "results/check",
    "areas": "results/check/calcium",
    "radiographs": "results/check/cxr",
    "explain": "results/check/explain",
}


def checked(kind):
    """Names of a kind that are checked: those that run, sets that these are tested on, own networks."""
    if kind == "explain":
        models = config["explain"]["models"]
        return [name for name in models if not models[name].startswith("results/")]
    names = running(kind)
    for name in running("radiographs") if kind == "radiographs" else []:
        names += config["radiographs"][name]["external"]
    return list(dict.fromkeys(names))


def passports(ending, kinds=tuple(PASSPORTS)):
    """A file of every data set's passport: ``.json``, or the folder ``.figures``."""
    return [
        f"{PASSPORTS[kind]}/{name}{ending}" for kind in kinds for name in checked(kind)
    ]


def dataset_scans(wildcards):
    """Input function: what was kept of the scans of the wildcards' subjects, if they were read."""
    source = config["datasets"][wildcards.dataset]["source"]
    read = source in registry.having("fmri_source", "read")
    return subject_files(wildcards.dataset, "scan.npz") if read else []


def student_images(name):
    """Input function: a file of the images of the wildcards' dataset, if it teaches students."""

    def file(wildcards):
        folder = f"results/distill/{wildcards.dataset}"
        return f"{folder}/{name}" if taught(wildcards.dataset) else []

    return file


def dataset_intakes(wildcards):
    """Input function: what was read of the wildcards' subjects, regions and images."""
    images = f"results/distill/{wildcards.dataset}/intake.json"
    return [
        *subject_files(wildcards.dataset, "intake.json"),
        *region_files(wildcards.dataset, "intake.json"),
        *([images] if taught(wildcards.dataset) else []),
    ]


def area_intakes(wildcards):
    """Input function: what was read of the wildcards' area: its tables, if any, and its movies."""
    tables = config["areas"][wildcards.area]["source"] == "tiff"
    return [
        *(session_files(wildcards.area, "intake.json") if tables else []),
        *session_files(wildcards.area, "frames_intake.json"),
    ]


def radiograph_intakes(wildcards):
    """Input function: what was read of the wildcards' radiographs and of those they are tested on."""
    found = [f"results/cxr/{wildcards.dataset}/intake.json"]
    if wildcards.dataset in running("radiographs"):
        found += known_files(wildcards.dataset, "intake.json")
    return found


def radiograph_folds(wildcards):
    """Input function: the folds of the wildcards' set of radiographs, if it is split."""
    split = wildcards.dataset in running("radiographs")
    return f"results/cxr/{wildcards.dataset}/folds.tsv" if split else []
