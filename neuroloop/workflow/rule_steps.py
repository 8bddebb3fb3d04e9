"""The rules of a run and what each takes, known before a graph of jobs is built."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from snakemake.iocontainers import Wildcards


def rule_steps(
    workflow: Any, made: Iterable[Sequence[str]]
) -> list[tuple[str, str, int, list[str]]]:
    """Rules that make files, in the order of the workflow.

    Inputs are asked of jobs that have a value of a wildcard that none before them has: what takes
    the files of a rule for one value does so whatever the other wildcards are.

    Parameters
    ----------
    workflow : snakemake.workflow.Workflow
    made : iterable of sequence of str
        Files of each job.

    Returns
    -------
    list of (str, str, int, list of str)
        Name, branch (the folder of its script), number of jobs, and rules whose files it takes.
    """
    rules = [rule for rule in workflow.rules if rule.script]
    makers: dict[str, Any] = {}
    counts: dict[Any, int] = {}
    asked: list[tuple[Any, dict[str, str]]] = []
    seen: set[tuple[Any, str, str]] = set()
    for files in {files[0]: files for files in made}.values():
        maker = next(rule for rule in rules if rule.is_producer(files[0]))
        values = maker.get_wildcards(files[0])
        counts[maker] = counts.get(maker, 0) + 1
        makers |= dict.fromkeys(files, maker)
        pairs = {(maker, *pair) for pair in values.items()}
        if counts[maker] == 1 or not pairs <= seen:
            seen |= pairs
            asked.append((maker, values))
    before: dict[Any, set[str]] = {maker: set() for maker in counts}
    for maker, values in asked:
        files = maker.expand_input(Wildcards(fromdict=values))[0]
        before[maker] |= {makers[str(file)].name for file in files if str(file) in makers}
    return [
        (rule.name, Path(rule.script).parent.name, counts[rule], sorted(before[rule] - {rule.name}))
        for rule in rules
        if rule in counts
    ]
