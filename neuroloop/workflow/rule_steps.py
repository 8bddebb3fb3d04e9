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
    candidates = by_last_part(rules)
    makers: dict[str, Any] = {}
    counts: dict[Any, int] = {}
    asked: list[tuple[Any, dict[str, str]]] = []
    seen: set[tuple[Any, str, str]] = set()
    for files in {files[0]: files for files in made}.values():
        likely = candidates.get(files[0].rpartition("/")[2], candidates[""])
        maker = next(rule for rule in likely if rule.is_producer(files[0]))
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


def by_last_part(rules: Sequence[Any]) -> dict[str, list[Any]]:
    """Rules that can make a file, by what stands behind the last slash of its path.

    Snakemake matches paths by regular expressions, rule by rule, which costs thousands of jobs more
    than anything else here. Under the empty name are rules of which a wildcard stands there; they
    are among those of every name, and all lists are in the order of the workflow.
    """
    names = {rule: {str(path).rpartition("/")[2] for path in rule.output} for rule in rules}
    wild = {rule for rule, parts in names.items() if any(set(part) & set("{}") for part in parts)}
    known = {""}.union(*names.values())
    return {name: [rule for rule in rules if rule in wild or name in names[rule]] for name in known}
