"""Dry-run of the whole Generic Object Decoding grid beside an empty workflow with as many jobs.

The empty workflow has the same number of jobs in the same five layers, without functions, params
or files to look at: what is measured is what our rules add to Snakemake's own cost.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
REPEATS = 5
GOAL = 1.3
EMPTY = """
layers, width = 4, {width}


rule all:
    input:
        expand("out/4/{{i}}", i=range(width)),


rule first:
    output:
        "out/1/{{i}}",
    shell:
        "touch {{output}}"


rule later:
    input:
        lambda wildcards: f"out/{{int(wildcards.layer) - 1}}/{{wildcards.i}}",
    output:
        "out/{{layer}}/{{i}}",
    wildcard_constraints:
        layer="[2-4]",
    shell:
        "touch {{output}}"
"""


def dry_run(folder: Path, *arguments: str) -> tuple[float, int]:
    """Seconds and number of jobs of a dry-run."""
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "NEUROLOOP_DATA"}
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - started
    total = re.search(r"^total\s+(\d+)", done.stdout + done.stderr, flags=re.MULTILINE)
    assert total, done.stdout
    return seconds, int(total[1])


def main() -> int:
    """Print the row; return 1 if the goal is missed."""
    grid = ("all", "--configfile", "config/god.yaml", "--directory")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "grid").mkdir()
        _, jobs = dry_run(ROOT, *grid, str(folder / "grid"))
        (folder / "Snakefile").write_text(EMPTY.format(width=(jobs - 1) // 4))
        ours, empty = [], []
        for _ in range(REPEATS):
            ours.append(dry_run(ROOT, *grid, str(folder / "grid"))[0])
            empty.append(dry_run(folder)[0])
    ratio = median(ours) / median(empty)
    print(f"{'name':<50} {'ours':>9} {'reference':>10} {'ratio':>6} {'goal':>6}")
    name = f"dry-run, {jobs} jobs, beside an empty workflow"
    goal = f"<={GOAL:g}"
    print(f"{name:<50} {median(ours):>7.2f} s {median(empty):>8.2f} s {ratio:>6.2f} {goal:>6}")
    return int(ratio > GOAL)


if __name__ == "__main__":
    sys.exit(main())
