"""Functions that count what jobs are about, for their memory (neuroloop/workflow/memory.py). No rule stands here."""

from neuroloop.cxr.simulated_settings import CLASSES as SIMULATED_CLASSES
from neuroloop.workflow import memory, scan_size

#: Images that simulated subjects may see, and classes of students where the config does not list them, at most.
DIGITS, MOST_CLASSES = 1797, 200


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


@cache
def images_in(dataset):
    """Images of a dataset's students, at most, and their channels."""
    source, block = image_entry(dataset), config["datasets"][dataset]
    folders = source.inputs(block)
    paths = [data_input(path, f"datasets.{dataset}.{key}") for key, path in folders]
    if hasattr(source, "listed"):
        listed = [
            source.listed(block, key, Path(path))
            for (key, _), path in zip(folders, paths)
            if path
        ]
        return sum(map(len, listed)), 3
    if not folders:
        return DIGITS, 1
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
    return counted | {"logit": logits} | networks


def cnn_teacher_items(wildcards):
    """As of students, of the depth of the CNN that teaches."""
    teaching = config["datasets"][wildcards.dataset]["teaching"]
    student = config["students"][wildcards.student]
    deeper = student | {"depth": teaching["cnn_depth"]}
    return student_items(wildcards) | memory.network_items(deeper, 1)


def run_items(bold, voxels):
    """Bytes of the longest run, and values of so many voxels in all runs."""
    paths = [Path(path) for path in bold]
    return {
        "run byte": max(map(scan_size.bytes_of, paths), default=0),
        "series value": sum(map(scan_size.volumes_of, paths)) * voxels,
    }


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
    return run_items(found.get("bold", []), sum(voxels))
