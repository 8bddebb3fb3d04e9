"""Functions that count samples, voxels and students' answers, for the memory of brains' jobs. No rule stands here."""

from neuroloop.workflow import decoding_size
from neuroloop.workflow.decoding_size import Region

#: Samples of a subject where no header tells them, and voxels.
USUAL_ROWS, USUAL_VOXELS = 4000, 10_000

#: Voxels that an audit looks at, and those whose courses are kept of a region; voxels of each of
#: three kinds of which it keeps courses; rows of a BData file that are read at a time.
AUDITED_VOXELS, COURSE_VOXELS, COURSES, CHUNK_ROWS = 2000, 2000, 3 * 500, 512

#: Permutations of an audit, and numbers of them that are told at a time, at most.
AUDITED_PERMUTATIONS, TOLD_AT_ONCE = 4999, 20_000_000


@cache
def rows_of(dataset, subject, training=True):
    """Samples of a subject, of training or all, at most."""
    block = config["datasets"][dataset]
    source = block["source"]
    if source == "simulated":
        return simulated_rows(dataset, training)
    files = subject_input(SimpleNamespace(dataset=dataset, subject=subject))
    if source == "bdata":
        column = block.get("bdata", {}).get("columns", {}).get("data_type")
        paths = [Path(file) for file in files["file"]]
        if training:
            return sum(bdata_size.training_rows(path, column) for path in paths)
        return sum(bdata_size.shape_of(path)[0] for path in paths)
    if source == "nifti":
        return sum(scan_size.volumes_of(Path(path)) for path in files["bold"])
    return USUAL_ROWS


@cache
def voxels_of(dataset, subject, roi):
    """Voxels of a region, at most."""
    block = config["datasets"][dataset]
    region, source = block["rois"][roi], block["source"]
    if source == "simulated":
        return region["size"]
    wildcards = SimpleNamespace(dataset=dataset, subject=subject, roi=roi)
    if source == "bdata":
        paths = [Path(file) for file in subject_input(wildcards)["file"]]
        flag = region.get("flag") or roi
        return max((bdata_size.voxels_of(path, flag) for path in paths), default=0)
    if source == "nifti":
        masks = [Path(path) for path in region_input(wildcards)["mask"]]
        part = region.get("label"), region.get("threshold")
        return sum(scan_size.voxels_of(path, *part) for path in masks)
    files = flat(subject_input(wildcards))
    stored = sum(Path(path).stat().st_size for path in files if Path(path).is_file())
    return stored // USUAL_ROWS or USUAL_VOXELS  # one byte a value at least


def all_voxels(dataset, subject):
    """Voxels of all regions of a subject."""
    return sum(
        voxels_of(dataset, subject, roi) for roi in config["datasets"][dataset]["rois"]
    )


def classes_of(dataset):
    """Classes of a dataset's images, at most."""
    block = config["datasets"][dataset]
    if block["source"] == "simulated":
        return simulated_kinds(dataset)[0]
    images = (block["teaching"] or {}).get("images") or {}
    return len(images.get("classes") or range(MOST_CLASSES))


def region_of(wildcards):
    """What decoders find of the wildcards' region."""
    dataset, roi = wildcards.dataset, wildcards.roi
    block = config["datasets"][dataset]
    voxels = voxels_of(dataset, wildcards.subject, roi)
    return Region(
        rows_of(dataset, wildcards.subject),
        voxels,
        min(block["rois"][roi].get("voxels") or voxels, voxels),
        classes_of(dataset),
        block["folds"],
    )


def varied_bytes(wildcards):
    """Bytes of what the variant of the wildcards' decoder keeps beside the region: regions, and copies."""
    region = region_of(wildcards)
    copies = (
        region.folds + 4
        if compares_regions(wildcards)
        else len(decoder_variant(wildcards))
    )
    others = (
        all_voxels(wildcards.dataset, wildcards.subject)
        if compares_regions(wildcards)
        else 0
    )
    return 4 * region.rows * (copies * region.voxels + others)


def linear_items(wildcards):
    """Bytes of decoding a region by a linear decoder."""
    decoder = config["decoders"][wildcards.decoder]
    held = decoding_size.decoding_bytes(decoder, region_of(wildcards))
    return {"decoder byte": held + varied_bytes(wildcards)}


def decoding_network_items(wildcards):
    """Bytes of the rows of a region, and of its networks of one dimension, as many as a CPU trains at once."""
    decoder, region = config["decoders"][wildcards.decoder], region_of(wildcards)
    members = decoder.get("batched_networks", 1)
    held = decoding_size.network_bytes(region, members) + varied_bytes(wildcards)
    return {"decoder byte": held} | memory.line_network_items(
        decoder, region.kept, members
    )


def null_items(wildcards, permutations=None):
    """Bytes of a null, and labels of all permutations."""
    decoder, region = config["decoders"][wildcards.decoder], region_of(wildcards)
    linear = wildcards.decoder in decoders_with("decode") and not compares_regions(
        wildcards
    )
    held = decoding_size.null_bytes(decoder, region) if linear else 0
    if permutations is None:
        permutations = config["datasets"][wildcards.dataset]["permutations"]
    return {
        "decoder byte": max(held, 8 * region.rows * region.voxels)
        + varied_bytes(wildcards),
        "permuted label": permutations * region.rows,
    }


def audited_decoding_items(wildcards):
    """As of decoding and of its null, whichever holds more, and the voxels of two surrogates."""
    region = region_of(wildcards)
    counted = null_items(wildcards, config["audit"]["permutations"])
    networks = {"kept byte": 0, "weight": 0}
    if wildcards.decoder in decoders_with("decode"):
        decoded = linear_items(wildcards)
    else:
        decoded = decoding_network_items(wildcards)
        networks = {name: decoded[name] for name in networks}
    held = max(decoded["decoder byte"], counted["decoder byte"])
    drawn = (8 + 32 / region.folds) * region.rows * region.voxels
    return counted | networks | {"decoder byte": held + drawn}


def joined_items(wildcards):
    """Numbers of a subject's regions, where they are joined: where each is read or simulated apart."""
    dataset, subject = wildcards.dataset, wildcards.subject
    apart = config["datasets"][dataset]["source"] != "bdata"
    training = reads_apart(dataset)
    rows = rows_of(dataset, subject, training) if apart else 0
    return {"joined value": rows * all_voxels(dataset, subject)}


def audited_brain_items(wildcards):
    """As of joining, rows and columns that are looked at, and bytes of the longest run."""
    dataset, subject = wildcards.dataset, wildcards.subject
    source = config["datasets"][dataset]["source"]
    rows, columns = rows_of(dataset, subject, False), all_voxels(dataset, subject)
    if source == "bdata":
        files = subject_input(wildcards)["file"]
        columns = max((bdata_size.shape_of(Path(file))[1] for file in files), default=0)
    seen = min(columns, AUDITED_VOXELS)
    bold = [Path(path) for path in scanned("bold")(wildcards)]
    return joined_items(wildcards) | {
        "seen value": rows * seen,
        "seen pair": min(rows, seen) ** 2,
        "chunk value": CHUNK_ROWS * columns if source == "bdata" else 0,
        "told value": min(
            TOLD_AT_ONCE, AUDITED_PERMUTATIONS * classes_of(dataset) * rows
        ),
        "run byte": max(map(scan_size.bytes_of, bold), default=0),
        "course value": sum(map(scan_size.volumes_of, bold)) * COURSES,
    }


def checked_items(wildcards):
    """Numbers of the largest region of a dataset, and what is kept of the courses of all."""
    dataset = wildcards.dataset
    block = config["datasets"][dataset]
    sizes = [
        (subject, voxels_of(dataset, subject, roi))
        for subject in block["subjects"]
        for roi in block["rois"]
    ]
    return {
        "row value": max(
            (rows_of(dataset, subject) * voxels for subject, voxels in sizes), default=0
        ),
        "course value": sum(
            rows_of(dataset, subject) * min(voxels, COURSE_VOXELS)
            for subject, voxels in sizes
            if reads_apart(dataset)
        ),
        "image": images_in(dataset)[0] if taught(dataset) else 0,
    }


def judged_items(wildcards):
    """Scores of all subjects, regions and decoders of a dataset."""
    block = config["datasets"][wildcards.dataset]
    rows = sum(rows_of(wildcards.dataset, subject) for subject in block["subjects"])
    each = rows * len(block["rois"]) * len(block["decoders"])
    return {"score": each * classes_of(wildcards.dataset)}


def repeated_items(wildcards):
    """Numbers of a region in all rows of a subject."""
    rows = rows_of(wildcards.dataset, wildcards.subject, False)
    voxels = voxels_of(wildcards.dataset, wildcards.subject, wildcards.roi)
    return {"row value": rows * voxels}
