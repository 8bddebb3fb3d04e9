"""Which setting changed, and how long what follows takes."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from neuroloop.workflow.rerun_costs import cost, last_seconds
from neuroloop.workflow.rerun_reasons import setting_changes


@pytest.mark.parametrize(
    ("value", "old", "told"),
    [
        (12, [10], ["p: 10 → 12"]),
        (12, [10.5, "a", {"x": 1}], ["p: 10.5 → 12"]),
        (12, [10, 11], ["p"]),
        (True, [10], ["p"]),
        ([1, 2], [(1,)], ["p: (1,) → [1, 2]"]),
        ({"a": 1, "b": 2}, [{"a": 1, "b": 3}, {"c": 1}], ["p.b: 3 → 2"]),
        (
            {"a": {"x": 1, "y": 2}},
            [{"a": {"x": 1, "z": 2}}],
            ["p.a.z: 2 → nothing", "p.a.y: nothing → 2"],
        ),
        ({"a": 1}, [{"a": 2}, {"a": 3}], ["p"]),
        ({"a": 1}, [{"c": 2}], ["p"]),
        ("y" * 60, ["x"], [f"p: 'x' → '{'y' * 36}..."]),
        (None, [], ["p"]),
    ],
)
def test_a_setting_is_told_with_its_values_where_they_are_known(
    value: Any, old: list[Any], told: list[str]
) -> None:
    assert setting_changes("p", value, old) == told


class Job:
    """What `last_seconds` looks at."""

    def __init__(self, folder: Path, rule: str, seconds: float | None) -> None:
        record = folder / f"{rule}{seconds}.run.json"
        if seconds is not None:
            record.write_text(json.dumps({"seconds": seconds}))
        self.rule, self.output = SimpleNamespace(name=rule), ["x.npy", str(record)]


def test_a_job_that_never_ran_takes_what_its_rule_s_jobs_did(tmp_path: Path) -> None:
    jobs = [Job(tmp_path, "a", seconds) for seconds in (1.0, 3.0, 8.0, None)]
    jobs.append(Job(tmp_path, "b", None))
    seconds = last_seconds(jobs)
    assert [seconds.get(one) for one in jobs] == [1.0, 3.0, 8.0, 3.0, None]
    assert cost([61.0, None, 1.0]) == (
        "about 1 min 2 s of work by the times of their last runs, without 1 whose rules never ran "
        "here"
    )
