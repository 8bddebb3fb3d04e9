"""What targets stand for: every file of every job, made again if it is gone. No rule stands here."""

from itertools import chain, product


def jobs(rule, **values):
    """Files of each job of a rule, for all combinations of its wildcards' values."""
    patterns = [str(path) for path in getattr(rules, rule).output]
    for combination in product(*values.values()):
        wildcards = dict(zip(values, combination))
        yield [pattern.format(**wildcards) for pattern in patterns]


def sample_jobs(dataset):
    """Files of the jobs that read or simulate a dataset's brain data."""
    block = config["datasets"][dataset]
    reads = block["source"] in registry.having("fmri_source", "read")
    made_by = "import_subject" if reads else "simulate_subject"
    yield from jobs(made_by, dataset=[dataset], subject=block["subjects"])


def region_jobs(dataset):
    """Files of the jobs from a dataset's brain data to the voxels of its regions."""
    block = config["datasets"][dataset]
    each = {"dataset": [dataset], "subject": block["subjects"]}
    yield from sample_jobs(dataset)
    yield from jobs("assign_folds", **each)
    if block["source"] == "simulated":
        yield from jobs("simulate_region", **each, roi=block["rois"])
    yield from jobs("extract_region", **each, roi=block["rois"])


def stimulus_jobs(dataset):
    """Files of the jobs that list what subjects saw."""
    if config["datasets"][dataset]["source"] == "simulated":
        yield from jobs("draw_stimuli", dataset=[dataset])
    else:
        yield from sample_jobs(dataset)
        yield from jobs("list_stimuli", dataset=[dataset])


def decoding_jobs(dataset, decoders=None):
    """Files of the jobs from a dataset's brain data to its soft labels."""
    block = config["datasets"][dataset]
    if decoders is None:
        decoders = block["decoders"]
    each = {"dataset": [dataset], "subject": block["subjects"]}
    region = each | {"roi": block["rois"]}
    yield from stimulus_jobs(dataset)
    yield from region_jobs(dataset)
    for made_by, chosen in (
        ("decode_linear", decoders_with("decode", decoders)),
        ("decode_network", decoders_with("KEEPS_NETWORK", decoders)),
        ("decode_other_network", other_networks(decoders)),
    ):
        yield from jobs(made_by, **region, decoder=chosen)


def assessment_jobs(dataset):
    """Files of the jobs that score a dataset's decoders."""
    block = config["datasets"][dataset]
    yield from jobs(
        "assess_decoding",
        dataset=[dataset],
        subject=block["subjects"],
        roi=block["rois"],
        decoder=block["decoders"],
    )


def soft_label_jobs():
    """Files of the jobs from all brain data to soft labels and their metrics."""
    for name in running("datasets"):
        yield from decoding_jobs(name)
        yield from assessment_jobs(name)


def teaching_jobs(dataset):
    """Files of the jobs from a dataset's images, and the soft labels that teach, to its students."""
    if not taught(dataset):
        return
    block = config["datasets"][dataset]
    teaching = block["teaching"]
    references = teachers_of(dataset, brains=False)
    brains = teachers_of(dataset, brains=True)
    one = {"dataset": [dataset]}
    students = {"student": teaching["students"]}
    if brains:
        yield from decoding_jobs(dataset, teaching["decoders"])
    else:
        yield from stimulus_jobs(dataset)
    yield from jobs("prepare_images", **one)
    sources = sources_of_teachers(dataset)
    if "cnn" in sources:
        yield from jobs("train_cnn_teacher", **one, **students)
    if "gabor" in sources:
        yield from jobs("train_gabor_teacher", **one)
    yield from jobs("train_reference_students", **one, teacher=references, **students)
    yield from jobs(
        "train_students",
        **one,
        subject=block["subjects"],
        roi=block["rois"],
        decoder=teaching["decoders"],
        teacher=brains,
        **students,
    )
    assigned = assignment_values(dataset)
    if assigned:
        yield from jobs("train_assignments", **assigned)


def dataset_jobs(dataset):
    """Files of all jobs of a dataset."""
    yield from decoding_jobs(dataset)
    yield from assessment_jobs(dataset)
    subjects = config["datasets"][dataset]["subjects"]
    yield from jobs("export_bdata", dataset=[dataset], subject=subjects)
    yield from jobs("check_dataset", dataset=[dataset])
    yield from jobs("summarise_decoding", dataset=[dataset])
    yield from teaching_jobs(dataset)
    if taught(dataset):
        yield from jobs("summarise_ablation", dataset=[dataset])
    if outcomes_of(dataset):
        yield from jobs("summarise_outcomes", dataset=[dataset])
    if watched(dataset):
        yield from jobs("watch_teaching", dataset=[dataset])
    if closes_loop(dataset):
        yield from loop_jobs(dataset)


def loop_jobs(dataset):
    """Files of the jobs that look for a dataset's brains in their students."""
    block = config["datasets"][dataset]
    region = {"subject": block["subjects"], "roi": block["rois"]}
    yield from jobs("extract_repeats", dataset=[dataset], **region)
    yield from jobs("close_loop", dataset=[dataset])


def movie_jobs(area):
    """Files of the jobs that read or simulate an area's recordings."""
    block = config["areas"][area]
    first = "list_recordings" if block["source"] == "tiff" else "simulate_session"
    for step in (first, "extract_frames"):
        yield from jobs(step, area=[area], session=block["sessions"])


def recording_jobs(area):
    """Files of the jobs that read or simulate an area's recordings, and show them."""
    yield from movie_jobs(area)
    yield from jobs("check_area", area=[area])


def area_jobs(area):
    """Files of all jobs of an area."""
    yield from recording_jobs(area)
    block = config["areas"][area]
    sessions = {"area": [area], "session": block["sessions"]}
    readers = {"reader": block["readers"]}
    yield from jobs("extract_traces", **sessions)
    for step in ("train_reader", "correlate_maps", "estimate_coupling"):
        yield from jobs(step, **sessions, **readers)
    for earlier, later in block["comparisons"]:
        pair = {"session_a": [earlier], "session_b": [later]}
        yield from jobs("compare_sessions", area=[area], **pair, **readers)
    yield from jobs("draw_reading", area=[area], **readers)


def film_jobs(dataset):
    """Files of the job that reads or simulates a set of radiographs."""
    simulated = config["radiographs"][dataset]["source"] == "simulated"
    made_by = "simulate_radiographs" if simulated else "list_radiographs"
    yield from jobs(made_by, dataset=[dataset])


def reading_jobs(dataset):
    """Files of the jobs that read or simulate a set of radiographs, and show it."""
    yield from film_jobs(dataset)
    yield from jobs("check_radiographs", dataset=[dataset])


def feature_jobs(dataset):
    """Files of the jobs that run what stays frozen of a set's classifiers."""
    pairs = trainings(config["radiographs"][dataset])
    for front, kind in {
        (front_name(name), features_kind(case)) for case, name in pairs
    }:
        yield from jobs(
            "extract_features", dataset=[dataset], front=[front], kind=[kind]
        )


def radiograph_jobs(dataset):
    """Files of all jobs of a set of radiographs."""
    block = config["radiographs"][dataset]
    one = {"dataset": [dataset]}
    pairs = trainings(block)
    for name in [dataset, *block["external"]]:
        yield from reading_jobs(name)
    yield from jobs("split_radiographs", **one)
    yield from jobs("exclude_known", **one, other=block["external"])
    yield from feature_jobs(dataset)
    for case, name in pairs:
        pair = {"case": [case], "classifier": [name]}
        also = {"image": "leakage", "site": "new_sites"}
        splits = [
            "patient",
            *(s for s, key in also.items() if [case, name] in block[key]),
        ]
        yield from jobs("train_classifier", **one, **pair, split=splits)
        yield from jobs("predict_external", **one, **pair, other=block["external"])
    for case, name in block["maps"]:
        yield from jobs("map_radiographs", **one, case=[case], classifier=[name])
    yield from jobs("summarise_classifiers", **one)


def explain_jobs():
    """Files of the jobs that look into networks."""
    methods, models = config["explain"]["methods"], config["explain"]["models"]
    attributions, looks = (
        [name for name in methods if name in registry.having("method", function)]
        for function in ("attribute", "look")
    )
    yield from jobs("register_models")
    if attributions:
        yield from jobs("train_randomised", model=models)
    yield from jobs("attribute_images", model=models, method=attributions)
    yield from jobs("look_inside", model=models, method=looks)
    yield from jobs("write_gallery", model=models)


def all_jobs():
    """Files of all jobs of this config up to the report."""
    for kind, made in {
        "datasets": dataset_jobs,
        "areas": area_jobs,
        "radiographs": radiograph_jobs,
    }.items():
        for name in running(kind):
            yield from made(name)
    yield from jobs("write_report")


def passport_jobs():
    """Files of the jobs that read all inputs and show them."""
    for name in running("datasets"):
        yield from stimulus_jobs(name)
        yield from region_jobs(name)
        if taught(name):
            yield from jobs("prepare_images", dataset=[name])
        yield from jobs("check_dataset", dataset=[name])
    for name in running("areas"):
        yield from recording_jobs(name)
    for name in checked("radiographs"):
        yield from reading_jobs(name)
    for name in running("radiographs"):
        yield from jobs("split_radiographs", dataset=[name])
    yield from jobs("check_network", model=checked("explain"))
    yield from jobs("write_passport")


def reader_audit_jobs(area):
    """Files of the jobs that audit an area's readers."""
    block = config["areas"][area]
    each = {
        "area": [area],
        "session": block["sessions"],
        "reader": block["readers"],
    }
    yield from jobs("find_reader_leaks", **each)
    if config["audit"]["surrogates"]:
        yield from jobs("train_surrogate_readers", **each)


def audit_jobs():
    """Files of the jobs that audit all data, and of those that read them."""
    for name in running("datasets"):
        yield from stimulus_jobs(name)
        yield from brain_audit_jobs(name)
    for name in running("areas"):
        yield from movie_jobs(name)
        yield from reader_audit_jobs(name)
    for name in running("radiographs"):
        yield from film_audit_jobs(name)
    yield from jobs("write_audit")


def brain_audit_jobs(dataset):
    """Files of the jobs that audit a dataset of brain data, and of those between."""
    block = config["datasets"][dataset]
    each = {"dataset": [dataset], "subject": block["subjects"]}
    imported = block["source"] != "simulated" and not reads_apart(dataset)
    if imported and not config["audit"]["surrogates"]:
        yield from sample_jobs(dataset)
        yield from jobs("assign_folds", **each)
    else:
        yield from region_jobs(dataset)
    yield from jobs("audit_brain", **each)
    if config["audit"]["surrogates"]:
        region = each | {"roi": block["rois"]}
        audited = without_variant(block["decoders"])
        yield from jobs("audit_decoding", **region, decoder=audited)
    if taught_by := surrogate_teaching(dataset):
        one = {"dataset": [dataset]}
        students = {"student": block["teaching"]["students"]}
        yield from jobs("prepare_images", **one)
        yield from jobs("train_reference_students", **one, teacher=["none"], **students)
        yield from jobs("audit_students", **taught_by)


def film_audit_jobs(dataset):
    """Files of the jobs that audit a set of radiographs, and of those that read it."""
    block = config["radiographs"][dataset]
    one = {"dataset": [dataset]}
    for name in [dataset, *block["external"]]:
        yield from film_jobs(name)
    yield from jobs("split_radiographs", **one)
    yield from jobs("exclude_known", **one, other=block["external"])
    yield from jobs("audit_radiographs", **one)
    if config["audit"]["surrogates"]:
        yield from feature_jobs(dataset)
        for case, name in trainings(block):
            yield from jobs("audit_classifier", **one, case=[case], classifier=[name])


#: What the targets are made of.
CHECKED = whole(
    [
        *rules.write_passport.output,
        *[
            path
            for name in running("areas")
            for path in session_files(name, "recordings.tsv")
        ],
    ],
    passport_jobs,
)
FINAL = [
    *rules.write_report.output,
    *[path for name in running("datasets") for path in subject_files(name, "bdata.h5")],
    *[
        f"results/distill/{name}/loop.tsv"
        for name in filter(closes_loop, running("datasets"))
    ],
]
EVERYTHING = whole(FINAL, all_jobs)
STATUS = whole(FINAL, all_jobs, mend=False)
SOFT_LABELS = whole(
    [
        path
        for name in running("datasets")
        for file in ("soft_labels.npy", "metrics.json")
        for path in decoded_files(name, file)
    ],
    soft_label_jobs,
)
STUDENTS = whole(
    [path for name in running("datasets") for path in student_files(name)],
    lambda: chain(*map(teaching_jobs, running("datasets"))),
)
