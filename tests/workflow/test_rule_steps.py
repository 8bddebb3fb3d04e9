"""Which rule makes a file, found by what stands behind the last slash of its path."""

from types import SimpleNamespace

from snakemake.iocontainers import Namedlist

from neuroloop.workflow.rule_steps import by_last_part


class Rule(SimpleNamespace):
    """As much of a rule as is asked for; two are the same if they are one object."""

    __hash__ = object.__hash__


def rule(*output: str) -> Rule:
    """A rule with these outputs."""
    return Rule(output=Namedlist(output))


def test_rules_are_sorted_by_the_end_of_their_paths_in_the_order_of_the_workflow() -> None:
    fixed = rule("a/{subject}/metrics.json", "a/{subject}/null.npy")
    open_end = rule("a/{subject}/{name}.json")
    slash = rule("b/{path,[^/]+/x}")
    other = rule("c/metrics.json")
    found = by_last_part([fixed, open_end, slash, other])
    assert found["metrics.json"] == [fixed, open_end, slash, other]
    assert found["null.npy"] == [fixed, open_end, slash]
    assert found[""] == [open_end, slash], "what no path ends in may be a wildcard"
