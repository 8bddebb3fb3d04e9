"""Count the studies of claims, batch by batch, on several cores."""

import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.calibrate.claim import Claim, Outcome, Tally
from tests.calibrate.kept_studies import KeptStudies

#: Seconds that a batch takes, about: what a kill costs.
BATCH = 4.0

#: Claims for the processes forked later.
PREPARED: dict[str, Claim] = {}

#: Claim, numbers of its studies, their outcomes, seconds, and what went wrong.
Batch = tuple[str, list[int], list[Outcome], float, str]


def count(
    claims: list[Claim],
    folder: Path,
    most: int | None = None,
    jobs: int = 1,
    minutes: float = float("inf"),
    say: Callable[[str], None] = print,
) -> tuple[list[Tally], list[str]]:
    """Count what is missing of the studies of claims; see `outcomes`.

    Returns
    -------
    tallies : list of Tally
        One a claim, in their order.
    errors : list of str
        Last lines of what studies raised; they are not counted.
    """
    found, errors = outcomes(claims, folder, most, jobs, minutes, say)
    return [Tally.of(claim, found[claim.name]) for claim in claims], errors


def outcomes(
    claims: list[Claim],
    folder: Path,
    most: int | None = None,
    jobs: int = 1,
    minutes: float = float("inf"),
    say: Callable[[str], None] = print,
) -> tuple[dict[str, list[Outcome]], list[str]]:
    """Run what is missing of the studies of claims, or of what has the same attributes.

    All claims go on side by side, so that a run that is cut off has the same share of each.

    Parameters
    ----------
    claims : list of Claim
    folder : Path
        Where studies are kept.
    most : int, optional
        Studies of each claim, if fewer than its full number.
    jobs : int
        Processes; no number depends on it.
    minutes : float
        Stop after these.
    say : callable
        Told of progress.

    Returns
    -------
    found : dict of str to list
        Outcomes of each claim's studies, in their order.
    errors : list of str
        Last lines of what studies raised; they are not counted.
    """
    kept = {claim.name: KeptStudies(folder, claim) for claim in claims}
    wanted = {claim.name: min(claim.studies, most or claim.studies) for claim in claims}
    batches = _batches(claims, kept, wanted)
    begun = told = time.monotonic()
    errors: list[str] = []
    for name, numbers, made, seconds, error in _run(claims, batches, jobs):
        if error:
            errors.append(error)
            say(error)
        else:
            kept[name].keep(numbers, made, seconds)
        now = time.monotonic()
        if now - told > 30:
            say(_progress(claims, kept, wanted, now - begun, jobs))
            told = now
        if now - begun > 60 * minutes:
            say(f"stopped after {minutes:g} min; the same command goes on from here")
            break
    found = {
        name: [made for number, made in sorted(kept[name].outcomes.items()) if number < most_of]
        for name, most_of in wanted.items()
    }
    return found, errors


def _batches(
    claims: list[Claim], kept: dict[str, KeptStudies], wanted: dict[str, int]
) -> list[tuple[str, list[int]]]:
    """Numbers of missing studies in batches, ordered by the share of their claim that is behind."""
    made = []
    for claim in claims:
        known = kept[claim.name].outcomes
        missing = [number for number in range(wanted[claim.name]) if number not in known]
        size = max(1, min(100, round(BATCH / claim.seconds)))
        for start in range(0, len(missing), size):
            numbers = missing[start : start + size]
            made.append((numbers[0] / wanted[claim.name], claim.name, numbers))
    return [(name, numbers) for _, name, numbers in sorted(made)]


def _run(claims: list[Claim], batches: list[tuple[str, list[int]]], jobs: int) -> Iterator[Batch]:
    PREPARED.clear()
    PREPARED.update({claim.name: claim for claim in claims})
    if jobs == 1:
        yield from map(_run_batch, batches)
    elif batches:
        with multiprocessing.get_context("fork").Pool(jobs) as pool:
            yield from pool.imap_unordered(_run_batch, batches)


def _run_batch(batch: tuple[str, list[int]]) -> Batch:
    name, numbers = batch
    begun = time.monotonic()
    outcomes: list[Outcome] = []
    for number in numbers:
        try:
            outcomes.append(PREPARED[name].run(number))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            said = f"{name}, study {number}: {type(error).__name__}: {error} ({where})"
            return name, [], [], 0.0, said
    return name, numbers, outcomes, time.monotonic() - begun, ""


def _progress(
    claims: list[Claim],
    kept: dict[str, KeptStudies],
    wanted: dict[str, int],
    seconds: float,
    jobs: int,
) -> str:
    done = sum(min(len(kept[name].outcomes), most) for name, most in wanted.items())
    left = 0.0
    for claim in claims:
        mine = kept[claim.name]
        counted = len(mine.outcomes)
        each = mine.seconds / counted if counted else claim.seconds
        left += max(0, wanted[claim.name] - counted) * each
    return (
        f"{done} of {sum(wanted.values())} studies after {seconds / 60:.1f} min; "
        f"about {left / jobs / 60:.1f} min left"
    )
