"""What the benches share: seconds measured in turn, growth with size, rows of a table.

A bench is a module with ``MEASURES``, what and peer of its rows, and ``main() -> int`` that opens a
`Bench` of them, measures with `in_turn`, adds rows and returns `Bench.close()`: 0, or 1 if a goal
was missed or nothing was measured. CPU seconds are those of this process and of the processes that
it waited for, all threads together; wall seconds are told beside them, since what runs at the same
time on the machine changes them.
"""

import csv
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_info

from tests.bench.goals import least_ratio

#: Where the tables lie, seen from the folder in which a bench is started.
FOLDER = Path("results/bench")

COLUMNS = (
    "what",
    "peer",
    "size",
    "seconds_cpu",
    "seconds_wall",
    "spread",
    "peer_seconds_cpu",
    "peer_seconds_wall",
    "peer_spread",
    "ratio_cpu",
    "note",
)

#: Packages whose versions are told with every table, where they are installed.
PACKAGES = ("numpy", "scipy", "torch", "scikit-learn", "nilearn", "captum", "snakemake", "tifffile")


class Seconds(NamedTuple):
    """Median seconds of some rounds.

    Attributes
    ----------
    cpu, wall : float
        Medians.
    spread : float
        Interquartile range of the CPU seconds as a part of their median; 0 for a single round.
    """

    cpu: float
    wall: float
    spread: float

    def scaled(self, factor: float) -> "Seconds":
        """Seconds of `factor` times the work, where its parts cost the same each."""
        return Seconds(self.cpu * factor, self.wall * factor, self.spread)


def cpu_seconds() -> float:
    """CPU seconds so far, of this process and of those that it waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def once(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """CPU and wall seconds that `work` takes, and its result."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = work()
    return cpu_seconds() - cpu, time.perf_counter() - wall, result


def in_turn(
    works: Mapping[str, Callable[[], Any]], rounds: int = 5, warm: int = 1
) -> tuple[dict[str, Seconds], dict[str, Any]]:
    """Measure works one after another, round by round, so that all see the same machine.

    Parameters
    ----------
    works : mapping of str to callable
    rounds : int
        Rounds that count.
    warm : int
        Rounds before, which do not.

    Returns
    -------
    seconds : dict of str to Seconds
    results : dict of str to object
        What each work returned last, so that a bench can compare them.
    """
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    results = {}
    for number in range(warm + rounds):
        for name, work in works.items():
            cpu, wall, results[name] = once(work)
            if number >= warm:
                taken[name].append((cpu, wall))
    return {name: _median(pairs) for name, pairs in taken.items()}, results


def _median(pairs: Sequence[tuple[float, float]]) -> Seconds:
    cpu, wall = (median(values) for values in zip(*pairs, strict=True))
    if len(pairs) < 2 or cpu <= 0:
        return Seconds(cpu, wall, 0.0)
    low, _, high = quantiles((one for one, _ in pairs), n=4, method="inclusive")
    return Seconds(cpu, wall, (high - low) / cpu)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Exponent b of seconds = a * size^b, by least squares of the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


@dataclass
class Bench:
    """The table of one bench: printed row by row, and written as it is closed.

    Attributes
    ----------
    name : str
        The table is ``results/bench/<name>.tsv``; ``<name>.json`` beside it says on what machine,
        with how many threads and which versions it was measured, and which goals were missed.
    measures : sequence of (str, str)
        What and peer of the rows that it may have.
    """

    name: str
    measures: Sequence[tuple[str, str]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def row(
        self,
        what: str,
        peer: str,
        size: float,
        ours: Seconds,
        theirs: Seconds | None = None,
        *,
        note: str = "",
    ) -> float:
        """Add a row, beside what `goals` asks of it.

        Parameters
        ----------
        what : str
            What is measured.
        peer : str
            Beside what; empty where `theirs` is None.
        size : float
            Of the input: rows of one `what` and `peer` differ in it alone.
        ours, theirs : Seconds
        note : str
            E.g. that a peer was timed on less and scaled.

        Returns
        -------
        float
            The peer's CPU seconds by ours; NaN without a peer.

        Raises
        ------
        ValueError
            If `measures` has no such row.
        """
        if (what, peer) not in self.measures:
            raise ValueError(f"bench {self.name}: its MEASURES lack {what!r} beside {peer!r}")
        goal = least_ratio(self.name, what, peer) if theirs else None
        ratio = theirs.cpu / ours.cpu if theirs and ours.cpu else float("nan")
        if not self.rows:
            print(
                f"{'what':<44} {'peer':<28} {'size':>8} {'CPU':>9} {'peer':>9} {'ratio':>6}  goal"
            )
        told = "" if goal is None else f">={goal:.3g}"
        print(
            f"{what:<44} {peer:<28} {size:>8g} {ours.cpu:>7.3f} s "
            f"{f'{theirs.cpu:.3f} s' if theirs else '':>9} {ratio:>6.2f}  {told:<7} {note}",
            flush=True,
        )
        if goal is not None and not ratio >= goal:
            self.missed.append(f"{what}, {peer}, {size:g}: {ratio:.2f} of {goal:.3g}")
        values = (what, peer, size, *ours, *(theirs or ("", "", "")), ratio if theirs else "", note)
        self.rows.append(dict(zip(COLUMNS, values, strict=True)))
        return ratio

    def growth(self, what: str, peer: str) -> float:
        """Print and note how the seconds of the rows of `what` and `peer` grow with the size.

        The exponent is returned; NaN for fewer than two sizes.
        """
        chosen = [row for row in self.rows if (row["what"], row["peer"]) == (what, peer)]
        sizes = [row["size"] for row in chosen]
        if len(set(sizes)) < 2:
            return float("nan")
        told = f"ours ~ size^{exponent(sizes, [row['seconds_cpu'] for row in chosen]):.2f}"
        if chosen[0]["peer_seconds_cpu"] != "":
            theirs = exponent(sizes, [row["peer_seconds_cpu"] for row in chosen])
            told += f", peer ~ size^{theirs:.2f}"
        print(f"{what}, {peer}: {told}, sizes {min(sizes):g} to {max(sizes):g}")
        chosen[-1]["note"] = "; ".join(filter(None, [chosen[-1]["note"], told]))
        return exponent(sizes, [row["seconds_cpu"] for row in chosen])

    def close(self) -> int:
        """Write the table; return 1 if a goal was missed or there is no row, else 0."""
        if not self.rows:
            print(f"{self.name}: nothing was measured", file=sys.stderr)
            return 1
        FOLDER.mkdir(parents=True, exist_ok=True)
        with open(FOLDER / f"{self.name}.tsv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            for row in self.rows:
                writer.writerow({name: _told(value) for name, value in row.items()})
        facts = {**machine(), "missed": self.missed}
        (FOLDER / f"{self.name}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
        for text in self.missed:
            print(f"missed: {text}")
        return int(bool(self.missed))


def _told(value: object) -> object:
    return f"{value:.5g}" if isinstance(value, float) else value


def machine() -> dict[str, Any]:
    """Processor, threads and versions."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    threads = {one["user_api"]: one["num_threads"] for one in threadpool_info()}
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "load": os.getloadavg()[0],
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "versions": versions,
    }


def processor() -> str:
    """Name of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()
