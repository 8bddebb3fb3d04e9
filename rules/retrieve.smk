"""Public data, fetched only on request: `all` asks for no rule of this file."""

from scripts.lib.core.errors import NeuroLoopError
from scripts.lib.core.registry import read_registry

try:
    SOURCES = read_registry(ROOT / "config/datasets.tsv")
except NeuroLoopError as error:
    raise WorkflowError(str(error)) from None


def configured_paths(block):
    """All strings in a block of the config, paths of input data among them."""
    if isinstance(block, dict):
        block = block.values()
    if isinstance(block, str):
        return {block}
    if hasattr(block, "__iter__"):
        return set().union(*map(configured_paths, block))
    return set()


def configured_files():
    """Names of the files in the registry that the configured datasets read."""
    paths = configured_paths([config["datasets"][name] for name in config["run"]])
    return [
        name for name, source in SOURCES.items() if source.url and source.path in paths
    ]


def destination(wildcards):
    """Where a file of the registry belongs; a run without a data folder ends in one line."""
    try:
        return str(expand_path(SOURCES[wildcards.file].path, config["data_folder"]))
    except ConfigError as error:
        raise WorkflowError(str(error)) from None


rule retrieve:
    """Fetch or verify every public file that the configured datasets read."""
    input:
        receipts=expand("results/retrieve/{file}.json", file=configured_files()),
    localrule: True


rule retrieve_file:
    """Download one file of the registry into the data folder and verify its size and MD5.

    The file itself is no output: Snakemake would delete it before a rerun, and `all` would fetch
    what it misses. The receipt is temporary, so that every `retrieve` verifies what is there.
    """
    input:
        registry=ROOT / "config/datasets.tsv",
    output:
        receipt=temp("results/retrieve/{file}.json"),
        run="results/retrieve/{file}.run.json",
    log:
        "logs/retrieve/{file}.log",
    benchmark:
        "benchmarks/retrieve/{file}.tsv"
    wildcard_constraints:
        file=only(SOURCES),
    localrule: True
    conda:
        "../envs/neuroloop.yaml"
    threads: 1
    resources:
        mem_mb=scaled(500),
        runtime=minutes(600),
    params:
        code=code_version("retrieve/retrieve_file.py"),
        destination=destination,
    script:
        "../scripts/retrieve/retrieve_file.py"
