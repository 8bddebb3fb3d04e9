"""Functions that the rules share: config look-ups, paths, targets. No rule stands here."""

from copy import deepcopy
from functools import cache, partial
from inspect import signature

from snakemake.common.configfile import load_configfile
from snakemake.logging import logger
from snakemake.utils import update_config

from neuroloop import registry
from neuroloop.workflow import hash_record
from neuroloop.workflow.code_version import code_version as hash_code
from neuroloop.workflow.parsed_code import keep_in
from neuroloop.workflow.configuration import (
    ConfigError,
    complete,
    expand_path,
    settle,
)
from neuroloop.images.listing import images_below
from neuroloop.workflow.look_up import looking_up
from neuroloop.workflow.retrieval import origin
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
WILDCARDS |= {"split": "patient|image|site", "kind": "study|affine"}

keep_in(Path(".neuroloop"))
if workflow.is_main_process:
    hash_record.keep_in(Path(".neuroloop"))

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


def student_settings(wildcards):
    """What training reads of the wildcards' student: without a teacher it is labels alone."""
    unread = ("how", "temperature", "alpha") if wildcards.teacher == "none" else ()
    return setting("students", "student", but=unread)(wildcards)


def teachers(wildcards):
    """All teachers of the wildcards' dataset."""
    return config["datasets"][wildcards.dataset]["teaching"]["teachers"]


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


def sources_of_teachers(dataset):
    """What a dataset's teachers are made of: brain, cnn, gabor."""
    teaching = config["datasets"][dataset].get("teaching") or {"teachers": []}
    entries = [registry.entry("teacher", name) for name in teaching["teachers"]]
    found = {
        part for one in entries for part in (one.NEEDS, getattr(one, "BESIDE", None))
    }
    return found - {None}


def reported(path, category, caption, **labels):
    """A result that Snakemake's own report shows: its category, caption and labels."""
    return report(
        path, category=category, labels=labels, caption=f"captions/{caption}.rst"
    )


def scaled(megabytes):
    """Memory that grows with each attempt."""
    return with_signature(lambda wildcards, attempt: megabytes * attempt)


def minutes(count):
    """Run time that grows with each attempt, up to what a cluster allows."""
    return with_signature(
        lambda wildcards, attempt: min(
            count * attempt, config["longest_job"] or count * attempt
        )
    )


def fmri_source(wildcards):
    """Source of the wildcards' dataset."""
    return [config["datasets"][wildcards.dataset]["source"]]


def source_entry(wildcards):
    """What the registry knows of the source of the wildcards' dataset."""
    return registry.entry("fmri_source", *fmri_source(wildcards))


def source_needs(wildcards, name, usual):
    """Memory or time that an import from the source of the wildcards' dataset needs."""
    return getattr(source_entry(wildcards), name, usual)


def subject_files(dataset, name):
    """One file of every subject of a dataset."""
    subjects = config["datasets"][dataset]["subjects"]
    return [f"results/fmri/{dataset}/{subject}/{name}" for subject in subjects]


def without_variant(decoders):
    """Names of those decoders that are no variants, which are controls themselves."""
    return [name for name in decoders if not config["decoders"][name]["variant"]]


def teaching_variants(wildcards):
    """Of the decoders that teach and are variants: which one each is."""
    teaching = config["datasets"][wildcards.dataset]["teaching"]
    blocks = {name: config["decoders"][name] for name in teaching["decoders"]}
    return {
        name: block["variant"] for name, block in blocks.items() if block["variant"]
    }


def varied_decoders(wildcards):
    """Of the decoders that teach and are variants: the one of equal settings without it."""
    teaching = config["datasets"][wildcards.dataset]["teaching"]
    blocks = config["decoders"]
    return {
        name: other
        for name in teaching_variants(wildcards)
        for other in without_variant(teaching["decoders"])
        if blocks[name] | {"variant": None} == blocks[other]
    }


def decoded_files(dataset, name, decoders=None):
    """One file of every subject, region and decoder of a dataset, or of these of its decoders."""
    block = config["datasets"][dataset]
    return expand(
        "results/fmri/{dataset}/{subject}/{roi}/{decoder}/{name}",
        dataset=dataset,
        subject=block["subjects"],
        roi=block["rois"],
        decoder=block["decoders"] if decoders is None else decoders,
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
    if "cnn" in sources_of_teachers(dataset):
        found += expand(
            "results/distill/{dataset}/cnn/{student}/{name}",
            dataset=dataset,
            student=block["teaching"]["students"],
            name=name,
        )
    return found


#: What the report has, in its order.
CHAPTERS = chapters(config)


def sections_shown(wildcards):
    """Sections of the report that have a chapter."""
    return sorted({chapter.section for chapter in CHAPTERS})
