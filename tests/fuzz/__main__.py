"""Spoil valid files of every reader, read each in a process of its own, and count what happens.

    python -m tests.fuzz --files 10000 --jobs 2

The same seed spoils the same files in the same way. Exits with 1 if anything but values or one
line of an error came back.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # processes are forked: no threads before that

import argparse
import gc
import logging
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.fuzz.mutations import spoil
from tests.fuzz.readers import Reader, all_readers
from tests.fuzz.trial import FAULTS, OUTCOMES, Outcome, attempt

#: Readers with a valid file of each and the digest of its values, for the processes forked later.
PREPARED: dict[str, tuple[Reader, Path, str]] = {}


def main() -> int:
    """Run as the arguments say; the number of faults, at most 1."""
    asked = _arguments()
    logging.disable(logging.CRITICAL)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        readers = [
            reader
            for part, some in all_readers().items()
            for reader in some
            if (not asked.reader or any(word in reader.name for word in asked.reader))
            and (not asked.part or part in asked.part)
        ]
        for number, reader in enumerate(readers):
            _prepare(reader, Path(folder) / f"valid{number}")
        gc.collect()
        gc.freeze()
        cases = [
            (
                readers[number % len(readers)].name,
                number // len(readers),
                asked.seed,
                folder,
                asked.keep,
            )
            for number in range(asked.files)
        ]
        if asked.only is not None:
            cases = [case for case in cases if case[1] == asked.only]
        with multiprocessing.get_context("fork").Pool(asked.jobs) as pool:
            counts = _count(
                pool.imap_unordered(_try, cases, chunksize=8), len(cases), asked.seconds
            )
    return int(_print(counts))


def _prepare(reader: Reader, folder: Path) -> None:
    valid = folder / "files"
    valid.mkdir(parents=True)
    reader.write(valid)
    outcome = attempt(reader.read, valid)
    if outcome.kind != "read":
        raise SystemExit(f"{reader.name}: a valid file is {outcome.kind}: {outcome.said}")
    reader.read(valid)  # here too, so that all it imports is there before the forks
    shutil.rmtree(folder / "out", ignore_errors=True)
    PREPARED[reader.name] = (reader, valid, outcome.digest)


def _try(case: tuple[str, int, int, str, Path | None]) -> tuple[str, int, str, Outcome]:
    name, number, seed, folder, keep = case
    reader, valid, digest = PREPARED[name]
    with tempfile.TemporaryDirectory(dir=folder) as own:
        copy = Path(own) / "files"
        shutil.copytree(valid, copy)
        files = sorted(copy.glob(reader.spoilt))
        path = files[number % len(files)]
        mutation, damage = spoil(path, f"{seed} {name} {number}")
        outcome = attempt(reader.read, copy)
        if outcome.kind == "read" and reader.checked and damage and outcome.digest != digest:
            outcome = replace(outcome, kind="silent", said="other values")
        if keep and outcome.kind in FAULTS:
            kept = keep / f"{name.replace(' ', '_').replace('/', '_')}-{seed}-{number}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(copy, kept, symlinks=True, ignore=_no_pipes)
    return name, number, mutation, outcome


def _no_pipes(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if (Path(folder) / name).is_fifo()}


def _count(results, total: int, seconds: float) -> dict[str, Counter[str]]:  # type: ignore[no-untyped-def]
    """Count outcomes by reader as they come, and print every fault."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in PREPARED}
    begun = time.monotonic()
    for done, (name, number, mutation, outcome) in enumerate(results, 1):
        counts[name][outcome.kind] += 1
        if outcome.kind in FAULTS:
            print(f"{outcome.kind}: {name}, file {number} ({mutation}): {outcome.said}", flush=True)
        if done % 1000 == 0:
            print(f"{done} of {total} files, {time.monotonic() - begun:.0f} s", flush=True)
        if time.monotonic() - begun > seconds:
            print(f"stopped after {seconds:g} s: {done} of {total} files", flush=True)
            break
    return counts


def _print(counts: dict[str, Counter[str]]) -> bool:
    """Print the table; whether there is any fault."""
    whole: Counter[str] = Counter()
    print(f"{'reader':24}{'files':>8}" + "".join(f"{kind:>9}" for kind in OUTCOMES))
    for count in counts.values():
        whole += count
    for name, count in [*counts.items(), ("all", whole)]:
        files = sum(count.values())
        print(f"{name:24}{files:8}" + "".join(f"{count[kind]:9}" for kind in OUTCOMES))
    return any(whole[kind] for kind in FAULTS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000, help="files in all")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--reader", action="append", help="part of a reader's name")
    parser.add_argument("--part", action="append", help="brain, movies, images, networks, results")
    parser.add_argument("--only", type=int, help="number of the file of each reader, alone")
    parser.add_argument("--keep", type=Path, help="folder for files that were faults")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
