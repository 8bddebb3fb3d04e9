"""How much memory the jobs of a rule need: a law of what they are about, known beforehand.

A law has a base, which any job of its rule takes however small (Python, libraries, and what a batch
needs), and bytes for each item of its terms. `tests/memory` measures the calls that make up a job
at four sizes, and fails where a law promises less than a job takes.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

#: Megabytes that a job takes before its work: with NumPy and pandas, and with torch as well.
PLAIN, TORCH = 250, 450

#: Megabytes of the two Snakemakes that start a job on a cluster, which is charged for them too: 150
#: each, some of which they share and the law's base leaves free.
STARTERS = 200

#: Part of a request that is left free: sizes of batches, and what is freed late, differ.
SPARE = 0.15

#: Bytes of what a ResNet keeps of its input for the backward pass, for each channel of its first
#: stage, pixel and image, by its depth; with the stem of ImageNet, which halves sides twice.
KEPT = MappingProxyType({18: 125, 34: 165, 50: 520})
KEPT_OF_SMALL_SIDES = MappingProxyType({18: 13, 34: 21, 50: 42})

#: The same of ResNet18 over a line of voxels, for each channel, voxel and row; and its weights.
KEPT_OF_LINES, WEIGHTS_OF_LINES = 60, 940

#: Megabytes of the jobs that no law is about: they read tables of some thousand rows, deal folds,
#: draw a figure or write a page, whatever the size of the data. Python, pandas and matplotlib take
#: 200 of these; jobs that open networks as well ask for twice as much.
SMALL = 1000

#: Weights of a ResNet whose first stage has one channel, by its depth, in proportion to the square.
WEIGHTS = MappingProxyType({18: 2800, 34: 5300, 50: 5900})


class Law(NamedTuple):
    """Memory of the jobs of a rule.

    Attributes
    ----------
    base : int
        Megabytes that any job takes.
    terms : dict of str to float
        Bytes for each item, by what is counted.
    """

    base: int
    terms: Mapping[str, float]

    def __str__(self) -> str:
        terms = [f"{count:,g} B per {name}" for name, count in self.terms.items()]
        return " + ".join([f"{self.base} MB", *terms])

    def megabytes(self, items: Mapping[str, float]) -> int:
        """The request for a job about so many items, `SPARE` and `STARTERS` included.

        Raises
        ------
        KeyError
            If an item is not counted, or one that is was not given.
        """
        if set(items) != set(self.terms):
            raise KeyError(f"items {sorted(items)} for the terms {sorted(self.terms)}")
        taken = sum(self.terms[name] * count for name, count in items.items()) / 1e6
        return math.ceil((self.base + taken) / (1 - SPARE)) + STARTERS


#: What a term counts, for the table in docs/cluster.md.
COUNTED = MappingProxyType(
    {
        "radiograph": "radiographs of the set",
        "radiograph pixel": "pixels of all radiographs of the set",
        "other radiograph": "radiographs of the set that tests",
        "image": "students' images",
        "image level": "levels (pixels times channels) of all students' images",
        "logit": "logits of teachers (seeds x images x classes)",
        "kept byte": "bytes that networks keep of a batch, for the backward pass",
        "weight": "weights of the networks that train at once",
        "mask byte": "bytes of drawn lungs and lesions: of the pixels of simulated radiographs",
        "pair": "radiographs and views that a case learns from, of all folds but one",
        "prediction": "radiographs that are predicted, of all partitions and parts",
        "logistic value": "numbers that the head reads of all pairs, of classifiers with `C`",
        "map byte": "bytes of the largest section's maps, of the images that are read at once",
        "own weight": "weights that are trained, of one network",
        "looked pixel": "pixels of the images that lie beside a network",
        "read byte": "bytes of what convolutions of readers make of a batch",
        "reader weight": "weights of the readers that train at once",
        "frame pixel": "pixels of a frame",
        "trial pair": "trials that stimulate cells, squared",
        "movie byte": "bytes of a session's movies",
        "cell pixel": "pixels of a frame, of each cell",
        "map value": "numbers of all maps (networks x cells of trials x places)",
        "simulated value": "numbers of a simulated region, of all sessions (samples x voxels)",
        "photograph": "images in the folders that simulated subjects look at",
        "brain value": "numbers of a subject's BData files (rows x columns)",
        "run byte": "bytes of the longest run, unpacked and as its header scales it",
        "series value": "values of the voxels that are kept, in all runs (voxels x volumes)",
        "scanned volume": "volumes of all runs",
        "decoder byte": "bytes of the step that holds most (`neuroloop/workflow/decoding_size.py`)",
        "permuted label": "labels of all permutations (permutations x samples)",
        "joined value": "numbers of a subject's regions (samples x voxels), where they are joined",
        "seen value": "numbers of the voxels that are looked at (samples x voxels)",
        "seen pair": "samples, or voxels that are looked at if these are fewer, squared",
        "chunk value": "numbers of the rows that are read at a time",
        "told value": "samples of permutations that are told at a time, of each class",
        "course value": "numbers of courses that are kept (frames or volumes x cells or voxels)",
        "row value": "numbers of the largest region (samples x voxels)",
        "score": "scores of all subjects, regions and decoders (samples x classes)",
        "answer": "answers of students (seeds x images that test x groups of students, a table)",
        "predicted answer": "answers of brains that are predicted (images x voxels of all regions)",
        "feature": "features of these images in a student",
        "padded pixel": "pixels of the images that are filtered at once",
        "evidence value": "what networks say of cells (networks x frames x cells)",
        "resampled pair": "pairs of cells, in all resamples",
        "left-out pair": "pairs of cells and of patterns, each recording left out",
        "frame": "frames of a session that are kept",
    }
)

#: Of students, whatever the rule that trains them: each image once, in 256 levels.
STUDENTS = Law(
    TORCH + 60,
    {"image": 1000, "image level": 1, "logit": 12, "kept byte": 1, "weight": 20},
)

#: Of classifiers on stored features. What a logistic regression learns from is there in double
#: precision, and once again while its means are looked for.
CLASSIFIERS = Law(
    TORCH + 80,
    {
        **{"radiograph": 700, "mask byte": 1.3, "pair": 60, "prediction": 100},
        **{"logistic value": 19, "kept byte": 1.6, "weight": 20, "own weight": 40},
    },
)

#: Of readers of calcium frames. Their maps are of an eighth of a frame's side or less.
READERS = Law(
    TORCH + 120,
    {"read byte": 2.3, "reader weight": 21, "frame pixel": 800, "map value": 16},
)

#: Of courses of cells, each the sum of pixels by its own weights.
TRACES = Law(PLAIN + 150, {"cell pixel": 12, "frame pixel": 900})

#: Of networks that are looked into.
EXPLAINED = Law(TORCH + 200, {"kept byte": 1.5, "looked pixel": 40, "weight": 24})

#: Of linear decoders and their null.
DECODERS = Law(PLAIN + 60, {"decoder byte": 1})

#: Laws by rule.
LAWS: Mapping[str, Law] = MappingProxyType(
    {
        "simulate_radiographs": Law(PLAIN, {"radiograph": 2000, "radiograph pixel": 24}),
        "list_radiographs": Law(PLAIN + 60, {"radiograph": 7_000}),
        "exclude_known": Law(PLAIN + 20, {"radiograph": 6000, "other radiograph": 6000}),
        "prepare_images": Law(PLAIN + 60, {"image": 2000, "image level": 1}),
        "train_cnn_teacher": STUDENTS,
        "train_students": STUDENTS,
        "train_assignments": STUDENTS,
        "audit_students": STUDENTS,
        "simulate_region": Law(PLAIN + 60, {"simulated value": 50, "photograph": 80_000}),
        "import_subject": Law(
            PLAIN + 60, {"brain value": 17, "run byte": 2.4, "scanned volume": 55_000}
        ),
        "correlate_maps": Law(PLAIN + 300, {"map value": 11, "trial pair": 40}),
        "extract_frames": Law(
            PLAIN + 60, {"frame pixel": 500, "cell pixel": 2, "movie byte": 0.02}
        ),
        "extract_traces": TRACES,
        "check_area": TRACES,
        "train_reader": READERS,
        "train_surrogate_readers": READERS,
        "extract_region": Law(PLAIN + 40, {"run byte": 2.2, "series value": 30}),
        "extract_features": Law(
            TORCH + 80, {"radiograph": 2500, "mask byte": 1.3, "map byte": 1.3, "weight": 10}
        ),
        "train_classifier": CLASSIFIERS,
        "audit_classifier": Law(CLASSIFIERS.base, {**CLASSIFIERS.terms, "radiograph": 6500}),
        "predict_external": Law(
            TORCH + 60,
            {"radiograph": 900, "mask byte": 1.3, "map byte": 1.3, "weight": 12, "own weight": 24},
        ),
        "map_radiographs": Law(
            TORCH + 160, {"radiograph": 6500, "looked pixel": 40, "map byte": 1.3, "weight": 20}
        ),
        "audit_radiographs": Law(
            PLAIN + 200,
            {"radiograph": 9000, "other radiograph": 6000, "mask byte": 2.5},
        ),
        "export_bdata": Law(PLAIN + 60, {"joined value": 30}),
        "decode_linear": DECODERS,
        "decode_network": Law(TORCH + 60, {"decoder byte": 1, "kept byte": 1, "weight": 20}),
        "assess_decoding": Law(DECODERS.base, {"decoder byte": 1, "permuted label": 55}),
        "audit_decoding": Law(
            TORCH + 60, {"decoder byte": 1, "permuted label": 55, "kept byte": 1, "weight": 20}
        ),
        "audit_brain": Law(
            PLAIN + 150,
            {
                **{"joined value": 16, "seen value": 48, "seen pair": 32, "chunk value": 14},
                "told value": 52,
                **{"run byte": 6, "course value": 60},
            },
        ),
        "summarise_decoding": Law(PLAIN + 150, {"score": 18}),
        "extract_repeats": Law(PLAIN + 40, {"row value": 14}),
        "train_gabor_teacher": Law(DECODERS.base, {"decoder byte": 1, "padded pixel": 90}),
        "watch_teaching": Law(
            TORCH + 160, {"image": 1000, "logit": 40, "answer": 24, "kept byte": 1.5, "weight": 16}
        ),
        "summarise_ablation": Law(PLAIN + 150, {"answer": 4, "logit": 5}),
        "summarise_outcomes": Law(PLAIN + 150, {"answer": 9, "logit": 40}),
        "close_loop": Law(
            TORCH + 200,
            {
                **{"image level": 2, "feature": 32, "predicted answer": 86, "row value": 42},
                **{"kept byte": 0.5, "weight": 4},
            },
        ),
        "find_reader_leaks": Law(
            PLAIN + 100, {"frame": 45_000, "frame pixel": 300, "cell pixel": 10}
        ),
        "estimate_coupling": Law(
            PLAIN + 200, {"course value": 10, "evidence value": 12, "resampled pair": 70}
        ),
        "compare_sessions": Law(
            TORCH + 200,
            {
                **{"course value": 10, "evidence value": 12, "map value": 15, "trial pair": 60},
                **{"left-out pair": 40, "read byte": 1, "reader weight": 8},
            },
        ),
        "train_randomised": EXPLAINED,
        "attribute_images": EXPLAINED,
        "look_inside": EXPLAINED,
        "check_network": EXPLAINED,
        "check_dataset": Law(PLAIN + 200, {"row value": 40, "course value": 6, "image": 2000}),
    }
)


def request(rule: str, items: Mapping[str, float]) -> int:
    """Megabytes that the first attempt at a job of a rule asks for.

    Parameters
    ----------
    rule : str
        One of `LAWS`.
    items : mapping of str to float
        How many of each that the law counts.
    """
    return LAWS[rule].megabytes(items)


def table() -> str:
    """Laws of all rules as docs/cluster.md has them, in Markdown."""
    least = {rule: law.megabytes(dict.fromkeys(law.terms, 0)) for rule, law in LAWS.items()}
    rows = [f"| {rule} | {law} | {least[rule]} |" for rule, law in LAWS.items()]
    return "\n".join(["| rule | its jobs take | least request, MB |", "|---|---|---|", *rows])


def line_network_items(
    decoder: Mapping[str, object], voxels: int, members: int
) -> dict[str, float]:
    """The same of networks over a line of voxels, of 18 layers and the stem of ImageNet.

    Parameters
    ----------
    decoder : mapping
        The decoder's block of the config: ``width``, ``batch_size``.
    voxels : int
    members : int
        Networks that train at once.
    """
    width, batch = int(str(decoder.get("width", 64))), int(str(decoder.get("batch_size", 64)))
    return {
        "kept byte": KEPT_OF_LINES * width * voxels * batch * members,
        "weight": WEIGHTS_OF_LINES * width**2 * members,
    }


def network_items(student: Mapping[str, object], members: int) -> dict[str, float]:
    """What networks of students keep of a batch, and their weights.

    Parameters
    ----------
    student : mapping
        The student's block of the config: ``depth``, ``width``, ``stem``, ``crop``, ``batch_size``.
    members : int
        Networks that train at once.
    """
    depth, width = int(str(student["depth"])), int(str(student["width"]))
    crop, batch = int(str(student["crop"])), int(str(student["batch_size"]))
    kept = KEPT if student["stem"] == "small" else KEPT_OF_SMALL_SIDES
    return {
        "kept byte": kept[depth] * width * crop**2 * batch * members,
        "weight": WEIGHTS[depth] * width**2 * members,
    }
