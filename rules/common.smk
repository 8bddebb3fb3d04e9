"""Functions that the rules share: config look-ups, paths, targets. No rule stands here."""

from copy import deepcopy
from functools import cache, partial
from inspect import signature

from snakemake.common.configfile import load_configfile
from snakemake.logging import logger
from snakemake.utils import update_config

from neuroloop import registry
from neuroloop.workflow.code_version import code_version as hash_code
from neuroloop.workflow.parsed_code import keep_in
from neuroloop.workflow.configuration import (
    ConfigError,
    complete,
    expand_path,
    settle,
)
from neuroloop.images.listing import images_below
from neuroloop.workflow.image_digest import digest_files
from neuroloop.workflow.look_up import looking_up
from neuroloop.workflow.retrieval import origin
from neuroloop.calcium.movie_files import files_of_movie
from neuroloop.calcium.movie_paths import movie_paths
from neuroloop.calcium.tables import read_recordings
from neuroloop.errors import NeuroLoopError
from neuroloop.files.download_registry import REGISTRY, read_registry
from neuroloop.report.chapters import chapters

#: What a wildcard may be: no slash, no dot.
NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"
#: What each wildcard may be.
WILDCARDS = dict.fromkeys(
    [
        *["dataset", "subject", "roi", "decoder", "teacher", "student"],
        *["area", "session", "reader", "session_a", "session_b"],
        *["case", "classifier", "front", "other", "model", "method"],
    ],
    NAME,
)
WILDCARDS |= {"split": "patient|image", "kind": "study|affine"}

#: Input files that the jobs at hand need and that are not there.
MISSING = {}

keep_in(Path(".neuroloop"))

if IS_MODULE and workflow.modifier.skip_configfile:
    # What the outer workflow hands over is like a preset: it adds to the default config.
    handed = deepcopy(config)
    config = load_configfile(source("config/config.yaml"))
    complete(config, handed)
    update_config(config, handed)

try:
    SOURCES = read_registry(REGISTRY)
    settle(config, workflow.config_settings.overwrite_config)
except (ConfigError, NeuroLoopError) as error:
    raise WorkflowError(str(error)) from None

#: Function that looks a setting up: `setting("areas", "area", "exclusion_radius")`, for params.
setting = looking_up(config)


def with_signature(function):
    """Keep a function's signature beside it: Snakemake has it made again for every job."""
    function.__signature__ = signature(function)
    return function


@cache  # files do not change while rules are read
def code_version(script, entries=(), shown=False):
    """Hash of a script, of the library modules that it imports, and of entries that its job runs."""
    path = Path(source(f"scripts/{script}"))
    return hash_code(script, entries=entries, shown=shown, file=path)


def code_of(script, shown=False, **runs):
    """Function of the wildcards: hash of a script and of the registries' entries that a job runs.

    `runs` has a kind and a function of the wildcards, which gives names of entries of that kind;
    `shown`: whether the job shows their legends and colours.
    """

    @with_signature
    def version(wildcards):
        files = [
            registry.path(kind, name)
            for kind, names in runs.items()
            for name in names(wildcards)
        ]
        return code_version(script, entries=tuple(files), shown=shown)

    return version


def plugins_of(**runs):
    """Function of the wildcards: files of the plugins among the entries that a job runs."""

    @with_signature
    def files(wildcards):
        return [
            str(plugin)
            for kind, names in runs.items()
            for name in names(wildcards)
            if (plugin := registry.plugin(kind, name))
        ]

    return files


def running(kind):
    """Names under `run:` that are of a kind: the key of their blocks (datasets, areas, radiographs)."""
    return [name for name in config["run"] if name in config[kind]]


def decoder_method(wildcards):
    """Method of the wildcards' decoder."""
    return [config["decoders"][wildcards.decoder]["method"]]


def one_teacher(wildcards):
    """The wildcards' teacher."""
    return [wildcards.teacher]


def teachers(wildcards):
    """All teachers of the wildcards' dataset."""
    return config["datasets"][wildcards.dataset]["teaching"]["teachers"]


@with_signature
@with_signature
def only(names):
    """Wildcard constraint that lets these names through, and nothing if there are none."""
    return "|".join(names) or "(?!)"


def with_source(*sources):
    """Wildcard constraint of the datasets that come from these sources."""
    return only(
        name for name, block in config["datasets"].items() if block["source"] in sources
    )


def area_with_source(*sources):
    """Wildcard constraint of the areas that come from these sources."""
    return only(
        name for name, block in config["areas"].items() if block["source"] in sources
    )


def decoders_with(function, named=None):
    """Names of the decoders whose entry has a function: `decode` if linear, or `fit_splits`."""
    methods = registry.having("decoder", function)
    return [
        name
        for name in (config["decoders"] if named is None else named)
        if config["decoders"][name]["method"] in methods
    ]


def other_networks(named=None):
    """Names of the decoders that are networks and keep none to be looked into."""
    kept = decoders_with("KEEPS_NETWORK", named)
    return [name for name in decoders_with("fit_splits", named) if name not in kept]


def teachers_of(dataset, brains):
    """Names of the teachers of a dataset's students that are made of a brain, or the others."""
    return [
        name
        for name in config["datasets"][dataset]["teaching"]["teachers"]
        if (registry.entry("teacher", name).NEEDS == "brain") == brains
    ]


def scaled(megabytes):
    """Memory that grows with each attempt."""
    return with_signature(lambda wildcards, attempt: megabytes * attempt)


def minutes(count):
    """Run time that grows with each attempt, up to what a cluster allows."""
    return lambda wildcards, attempt: min(
        count * attempt, config["longest_job"] or count * attempt
    )


def data_input(path, key):
    """Input file below the data folder, or nothing if it is missing.

    A missing file is remembered: a dry-run goes on without it, a run stops before its first job
    with one line (`refuse_missing_inputs`).
    """
    try:
        full = expand_path(path, config["data_folder"])
    except ConfigError as error:
        MISSING[path] = f"{error}; {origin(SOURCES, path)}"
        return []
    if not full.exists():
        MISSING[path] = (
            f"{full} is missing (config, {key}): {origin(SOURCES, path)}; put it there, "
            "or change that key or data_folder"
        )
        return []
    if not (full.is_file() or full.is_dir()):  # Snakemake would wait for a pipe
        MISSING[path] = f"{full} is a device or pipe (config, {key}): name a file"
        return []
    return str(full)


def fmri_source(wildcards):
    """Source of the wildcards' dataset."""
    return [config["datasets"][wildcards.dataset]["source"]]


def source_entry(wildcards):
    """What the registry knows of the source of the wildcards' dataset."""
    return registry.entry("fmri_source", *fmri_source(wildcards))


def source_needs(wildcards, name, usual):
    """Memory or time that an import from the source of the wildcards' dataset needs."""
    return getattr(source_entry(wildcards), name, usual)


def subject_input(wildcards):
    """Input function: the files that the source of the wildcards' dataset reads of a subject."""
    dataset = config["datasets"][wildcards.dataset]
    entry = source_entry(wildcards)
    found = entry.inputs(dataset, wildcards.subject)
    files = {
        name: [
            data_input(path, f"datasets.{wildcards.dataset}.{key}")
            for key, path in named
        ]
        for name, named in found.items()
    }
    files = {name: [path for path in paths if path] for name, paths in files.items()}
    return files | (entry.beside(files) if hasattr(entry, "beside") else {})


def images_digest(folder, find):
    """Digest of the images that `find` names in a folder; what a job starts has no use for it."""
    if not workflow.is_main_process:
        return ""
    folder = Path(folder)
    return digest_files(folder, find(folder), Path(".neuroloop/digests"), logger.info)


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

    A folder's own time says nothing of the images below it: `image_content` does.
    """
    source = image_entry(wildcards.dataset)
    named = source.inputs(config["datasets"][wildcards.dataset])
    where = f"datasets.{wildcards.dataset}"
    paths = [data_input(path, f"{where}.{key}") for key, path in named]
    folders = hasattr(source, "listed")
    return [ancient(path) if folders else path for path in paths if path]


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


def area_input(key):
    """Input function: the file that the wildcards' area names under this key, if it does."""

    def file(wildcards):
        block = config["areas"][wildcards.area]
        where = f"areas.{wildcards.area}.{key}"
        return data_input(block[key], where) if key in block else []

    return file


def movie_input(wildcards):
    """Input function: the movies of a session, made here or listed in the area's manifest."""
    block = config["areas"][wildcards.area]
    if block["source"] != "tiff":
        return f"results/calcium/{wildcards.area}/{wildcards.session}/movies"
    manifest = data_input(block["recordings"], f"areas.{wildcards.area}.recordings")
    if not manifest:
        return []
    try:
        listed = read_recordings(manifest)
        of_session = listed[
            (listed["area"] == wildcards.area)
            & (listed["session"] == wildcards.session)
        ]
        found = movie_paths(of_session, movie_folders(wildcards))
    except NeuroLoopError as error:
        MISSING[f"{wildcards.area}/{wildcards.session}"] = str(error)
        return []
    return [
        str(file)
        for paths in found.values()
        for path in paths
        for file in files_of_movie(path)
    ]


def movie_reading(wildcards):
    """Which pages of its movies an area reads, where it says."""
    block = config["areas"][wildcards.area]
    keys = ("channel", "plane", "slices_are_time")
    return {key: block[key] for key in keys if key in block}


def movie_folders(wildcards):
    """Folders that the movies' paths may start from, for the rules and for their scripts."""
    block = config["areas"][wildcards.area]
    if block["source"] != "tiff":
        return [f"results/calcium/{wildcards.area}/{wildcards.session}"]
    manifest = data_input(block["recordings"], f"areas.{wildcards.area}.recordings")
    return [str(Path(manifest).parent), *data_folders()] if manifest else []


def trials_held_out(wildcards):
    """How the readers of an area hold out trials, by their names."""
    blocks = {
        name: config["readers"][name]
        for name in config["areas"][wildcards.area]["readers"]
    }
    return {
        name: {
            "split": block["split"],
            "last": block["last_trials"],
            "folds": block.get("folds"),
        }
        for name, block in blocks.items()
    }


def data_folders():
    """The data folder, if it is known."""
    try:
        return [str(expand_path(".", config["data_folder"]))]
    except ConfigError:
        return []


@with_signature
def start_input(wildcards):
    """Input function: the checkpoint that the wildcards' student starts from, if it names one."""
    weights = config["students"][wildcards.student]["weights"]
    where = f"students.{wildcards.student}.weights"
    return data_input(weights, where) if weights else []


def subject_files(dataset, name):
    """One file of every subject of a dataset."""
    subjects = config["datasets"][dataset]["subjects"]
    return [f"results/fmri/{dataset}/{subject}/{name}" for subject in subjects]


def decoded_files(dataset, name):
    """One file of every subject, region and decoder of a dataset."""
    block = config["datasets"][dataset]
    return expand(
        "results/fmri/{dataset}/{subject}/{roi}/{decoder}/{name}",
        dataset=dataset,
        subject=block["subjects"],
        roi=block["rois"],
        decoder=block["decoders"],
        name=name,
    )


def network_files(dataset, name):
    """One file of every decoder of a dataset that keeps its network, and of its CNN teachers."""
    block = config["datasets"][dataset]
    found = expand(
        "results/fmri/{dataset}/{subject}/{roi}/{decoder}/{name}",
        dataset=dataset,
        subject=block["subjects"],
        roi=block["rois"],
        decoder=decoders_with("KEEPS_NETWORK", block["decoders"]),
        name=name,
    )
    teaching = block.get("teaching")
    needs = [
        registry.entry("teacher", teacher).NEEDS
        for teacher in (teaching["teachers"] if teaching else [])
    ]
    if "cnn" in needs:
        found += expand(
            "results/distill/{dataset}/cnn/{student}/{name}",
            dataset=dataset,
            student=teaching["students"],
            name=name,
        )
    return found


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


def session_files(area, name):
    """One file of every session of an area."""
    sessions = config["areas"][area]["sessions"]
    return [f"results/calcium/{area}/{session}/{name}" for session in sessions]


def truth_input(wildcards):
    """Input function: the truth of a simulated session."""
    simulated = config["areas"][wildcards.area]["source"] != "tiff"
    return (
        f"results/calcium/{wildcards.area}/{wildcards.session}/truth.npz"
        if simulated
        else []
    )


def reader_files(area, name):
    """One file of every session and reader of an area."""
    block = config["areas"][area]
    return expand(
        "results/calcium/{area}/{session}/{reader}/{name}",
        area=area,
        session=block["sessions"],
        reader=block["readers"],
        name=name,
    )


def taught(dataset):
    """Whether students are taught from a dataset."""
    return config["datasets"][dataset]["teaching"] is not None


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
    """Input function: what was read of the wildcards' subjects and of their images."""
    images = f"results/distill/{wildcards.dataset}/intake.json"
    return [
        *subject_files(wildcards.dataset, "intake.json"),
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


#: What the report has, in its order.
CHAPTERS = chapters(config)


def sections_shown(wildcards):
    """Sections of the report that have a chapter."""
    return sorted({chapter.section for chapter in CHAPTERS})
