"""Dry-run of the Generic Object Decoding grid beside an empty workflow with as many jobs.

The empty workflow has the same number of jobs in as many layers, each with as many files, a log, a
benchmark, an environment and a script, but no config, params or functions: what is measured is
what our rules add to Snakemake's own cost. Further rows are for information: beside jobs that have
one output and nothing else. The grid has 1, 5 (the study's), 15 and 50 subjects.
"""

import os
import re
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import yaml

from tests.bench.measured import Bench, in_turn

ROOT = Path(__file__).parents[2]
SUBJECTS = (1, 5, 15, 50)
#: By subjects: a dry-run of 50 takes minutes.
ROUNDS = {15: 3, 50: 1}
USUAL_ROUNDS = 5
MEASURES = (("dry-run", "empty workflow"), ("dry-run", "one-output jobs"))
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


def grid(subjects: int, file: Path) -> None:
    """Write the study's config with as many subjects."""
    config = yaml.safe_load((ROOT / "config/god.yaml").read_text(encoding="utf-8"))
    config["datasets"]["god"]["subjects"] = {
        f"Subject{number}": {"file": f"god/Subject{number}.h5"} for number in range(1, subjects + 1)
    }
    file.write_text(yaml.safe_dump(config), encoding="utf-8")


def empty(jobs: int, files: int, folder: Path) -> None:
    """Write an empty workflow: about as many jobs, of so many files; of one file, and no more."""
    text = EMPTY.format(width=(jobs - 1) // 4, files=files)
    if files == 1:
        text = re.sub(r"    (log|benchmark|conda):\n.*\n", "", text)
        text = text.replace('script:\n        "empty.py"', 'shell:\n        "true"')
    (folder / "Snakefile").write_text(text)
    (folder / "empty.py").write_text("")
    (folder / "empty.yaml").write_text("dependencies: [python]\n")


def dry_run(folder: Path, *arguments: str) -> int:
    """Number of jobs of a dry-run."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "NEUROLOOP_DATA"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    total = re.search(r"^total\s+(\d+)", done.stdout + done.stderr, flags=re.MULTILINE)
    assert total, done.stdout
    return int(total[1])


def measure(subjects: int, folder: Path, bench: Bench) -> None:
    """Add the rows of one size."""
    folders = [folder / kind for kind in ("grid", "empty", "bare")]
    for one in folders:
        one.mkdir(parents=True)
    grid(subjects, folder / "grid.yaml")
    config = ("all", "--configfile", str(folder / "grid.yaml"), "--directory", str(folders[0]))
    ours = partial(dry_run, ROOT, *config)
    jobs = ours()  # and remembers what code means, as every run after the first finds it
    works = {"ours": ours}
    for one, files in zip(folders[1:], (FILES, 1), strict=True):
        empty(jobs, files, one)
        works[one.name] = partial(dry_run, one)
    seconds, _ = in_turn(works, rounds=ROUNDS.get(subjects, USUAL_ROUNDS), warm=0)
    bench.row("dry-run", "empty workflow", jobs, seconds["ours"], seconds["empty"])
    bench.row("dry-run", "one-output jobs", jobs, seconds["ours"], seconds["bare"])


def main() -> int:
    """Print the rows; return 1 if the goal is missed."""
    bench = Bench("dryrun", MEASURES)
    with tempfile.TemporaryDirectory() as name:
        for subjects in SUBJECTS:
            measure(subjects, Path(name) / str(subjects), bench)
    for one in MEASURES:
        bench.growth(*one)
    return bench.close()


if __name__ == "__main__":
    sys.exit(main())
