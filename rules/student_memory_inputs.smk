"""Functions that count what students answered and kept, for the memory of jobs that ask it. No rule stands here."""

from neuroloop.distill.gabor_features import ORIENTATIONS, PLACES, WAVELENGTHS
from neuroloop.files.array_rows import BATCH as ROW_BATCH
from neuroloop.workflow.student_size import TABLES

#: Images that pass a network at once where brains are looked for, and places along a side of a
#: stage's maps, over which they are averaged (`neuroloop/distill/loop/features.py`).
LOOP_BATCH, LOOP_PLACES = 256, 4

#: Images that a page shows of a brain at most.
WATCHED_IMAGES = 16


def tests_of(dataset):
    """Images that test the students of a dataset, at most."""
    block = config["datasets"][dataset]
    if block["source"] == "simulated":
        return block["images"]["test_images"]
    count, held_out = images_in(dataset)[0], block["held_out_per_category"]
    return min(count, held_out * classes_of(dataset)) if held_out else count


def answers_of(dataset):
    """Answers of the students of a group: of each seed to each image that tests."""
    return config["datasets"][dataset]["teaching"]["seeds"] * tests_of(dataset)


def outcome_items(wildcards):
    """Numbers of all outcomes of all groups of students."""
    dataset = wildcards.dataset
    tables = 2 + sum(TABLES[name] for name in outcomes_of(dataset))
    answers = answers_of(dataset)
    pairs = 2 * config["datasets"][dataset]["teaching"]["seeds"]  # of error consistency
    return {
        "answer": tables * answers * len(student_files(dataset)),
        "logit": answers * max(classes_of(dataset), pairs),
    }


def compared_items(wildcards):
    """Answers of all groups of students, and logits of one."""
    answers = answers_of(wildcards.dataset)
    return {
        "answer": answers * len(student_files(wildcards.dataset)),
        "logit": answers * classes_of(wildcards.dataset),
    }


def largest_student(dataset, images, seeds=1):
    """What the largest network of a dataset's students keeps of some images, and its weights."""
    blocks = config["datasets"][dataset]["teaching"]["students"]
    each = [
        memory.network_items(config["students"][name] | {"batch_size": images}, seeds)
        for name in blocks
    ]
    return {name: max(one[name] for one in each) for name in each[0]}


def watched_items(wildcards):
    """Images, logits of one group of students, and what its network keeps of those that are shown."""
    dataset = wildcards.dataset
    return {
        "image": images_in(dataset)[0],
        "logit": answers_of(dataset) * classes_of(dataset),
        "answer": len(watched_brains(dataset))
        * tests_of(dataset)
        * classes_of(dataset),
    } | largest_student(dataset, WATCHED_IMAGES)


def loop_items(wildcards):
    """Images that nobody learned from, their features, and what brains answered to them."""
    dataset = wildcards.dataset
    block = config["datasets"][dataset]
    sizes = {
        (subject, roi): voxels_of(dataset, subject, roi)
        for subject in block["subjects"]
        for roi in block["rois"]
    }
    rows = {one: rows_of(dataset, one, training=False) for one in block["subjects"]}
    images = min(max(rows.values()) // 2, images_in(dataset)[0])
    size = block["teaching"]["images"]["size"]
    widest = max(
        config["students"][name]["width"] for name in block["teaching"]["students"]
    )
    layer = block["teaching"]["loop"]["layer"]
    places = 1 if layer == "penultimate" else LOOP_PLACES**2
    kept = largest_student(dataset, min(images, LOOP_BATCH))
    return {
        "image level": images * images_in(dataset)[1] * size**2,
        "feature": images * 8 * widest * places,
        "predicted answer": images * sum(sizes.values()),
        "row value": max(
            rows[subject] * voxels for (subject, _), voxels in sizes.items()
        ),
        **kept,
    }


def gabor_items(wildcards):
    """Bytes of decoding the features of the images that teach, and pixels of those filtered at once."""
    dataset = wildcards.dataset
    count, channels = images_in(dataset)
    teaching = config["datasets"][dataset]["teaching"]
    size = teaching["images"]["size"]
    fitting = [length for length in WAVELENGTHS if 2 * length <= size] or WAVELENGTHS[
        :1
    ]
    features = len(fitting) * ORIENTATIONS * PLACES**2
    images = Region(
        count, features, features, classes_of(dataset), teaching["cnn_folds"]
    )
    at_once = min(count, ROW_BATCH // (channels * size**2) + 1)
    return {
        "decoder byte": decoding_size.decoding_bytes({"method": "ridge"}, images),
        "padded pixel": at_once * (size + 2 * round(fitting[-1])) ** 2,
    }
