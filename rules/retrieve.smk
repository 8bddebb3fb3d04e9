"""Public data, fetched only on request: `all` asks for no rule of this file."""

import time

from neuroloop.workflow.retrieval import configured_files, destinations


rule retrieve:
    """Fetch or verify every public file that the configured datasets read."""
    input:
        receipts=expand(
            "results/retrieve/{file}.json", file=configured_files(config, SOURCES)
        ),
    localrule: True


rule retrieve_file:
    """Download one file of the registry into the data folder and verify its size and MD5.

    The file itself is no output: Snakemake would delete it before a rerun, and `all` would fetch
    what it misses. A param that is never the same makes every `retrieve` look at it again.
    """
    input:
        registry=REGISTRY,
    output:
        receipt="results/retrieve/{file}.json",
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
        destination=destinations(config, SOURCES, MISSING),
        asked=time.time_ns(),
        threads=config["threads"],
    script:
        "../scripts/retrieve/retrieve_file.py"
