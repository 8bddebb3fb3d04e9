"""Dry-run of the whole Generic Object Decoding grid beside an empty workflow with as many jobs.

The empty workflow has the same number of jobs in as many layers, each with as many files, a log, a
benchmark, an environment and a script, but no config, params or functions: what is measured is
what our rules add to Snakemake's own cost. A second row is for information: beside jobs that have
one output and nothing else.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
REPEATS = 3
GOAL = 1.5
FILES = 6  # outputs of most of our jobs, their sidecars included
EMPTY = """
layers, width, files = 4, {width}, {files}


rule all:
    input:
        expand("out/4/{{i}}.{{k}}", i=range(width), k=range(files)),


rule first:
    output:
        expand("out/1/{{{{i}}}}.{{k}}", k=range(files)),
    log:
        "log/1/{{i}}.log",
    benchmark:
        "benchmark/1/{{i}}.tsv"
    conda:
        "empty.yaml"
    script:
        "empty.py"


rule later:
    input:
        lambda wildcards: f"out/{{int(wildcards.layer) - 1}}/{{wildcards.i}}.0",
    output:
        expand("out/{{{{layer}}}}/{{{{i}}}}.{{k}}", k=range(files)),
    log:
        "log/{{layer}}/{{i}}.log",
    benchmark:
        "benchmark/{{layer}}/{{i}}.tsv"
    wildcard_constraints:
        layer="[2-4]",
    conda:
        "empty.yaml"
    script:
        "empty.py"
"""


def cpu_seconds() -> float:
    """CPU time of all children so far, which does not depend on what else the machine does."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def dry_run(folder: Path, *arguments: str) -> tuple[float, int]:
    """CPU seconds and number of jobs of a dry-run."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "NEUROLOOP_DATA"}
    started = cpu_seconds()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    seconds = cpu_seconds() - started
    total = re.search(r"^total\s+(\d+)", done.stdout + done.stderr, flags=re.MULTILINE)
    assert total, done.stdout
    return seconds, int(total[1])


def main() -> int:
    """Print the rows; return 1 if the goal is missed."""
    grid = ("all", "--configfile", "config/god.yaml", "--directory")
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / kind for kind in ("grid", "empty", "bare")]
        for folder in folders:
            folder.mkdir()
        _, jobs = dry_run(ROOT, *grid, str(folders[0]))
        for folder, files in zip(folders[1:], (FILES, 1), strict=True):
            text = EMPTY.format(width=(jobs - 1) // 4, files=files)
            if files == 1:
                text = re.sub(r"    (log|benchmark|conda):\n.*\n", "", text)
                text = text.replace('script:\n        "empty.py"', 'shell:\n        "true"')
            (folder / "Snakefile").write_text(text)
            (folder / "empty.py").write_text("")
            (folder / "empty.yaml").write_text("dependencies: [python]\n")
        seconds: list[list[float]] = [[], [], []]
        for _ in range(REPEATS):
            seconds[0].append(dry_run(ROOT, *grid, str(folders[0]))[0])
            seconds[1].append(dry_run(folders[1])[0])
            seconds[2].append(dry_run(folders[2])[0])
    ours, empty, bare = map(median, seconds)
    print(f"{'name':<50} {'ours':>9} {'reference':>10} {'ratio':>6} {'goal':>6}")
    rows = (("an empty workflow", empty, f"<={GOAL:g}"), ("one-output jobs", bare, "-"))
    for reference, time_of_it, goal in rows:
        row = f"dry-run, {jobs} jobs, beside {reference}"
        print(f"{row:<50} {ours:>7.2f} s {time_of_it:>8.2f} s {ours / time_of_it:>6.2f} {goal:>6}")
    return int(ours / empty > GOAL)


if __name__ == "__main__":
    sys.exit(main())
