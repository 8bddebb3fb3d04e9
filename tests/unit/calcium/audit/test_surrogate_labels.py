"""Labels of surrogates: which trials exchange their patterns."""

import numpy as np
import pandas as pd

from neuroloop.calcium.audit.surrogate_labels import (
    dealt_patterns,
    exchanged_patterns,
    holds_several,
)


def rows(several: bool) -> pd.DataFrame:
    """Four recordings of three trials, two frames each, in two groups."""
    of_recording = {"r1": "a", "r2": "b", "r3": "c", "r4": "d"}
    made = [
        (name, trial, "abc"[trial - 1] if several else pattern, "g1" if name < "r3" else "g2")
        for name, pattern in of_recording.items()
        for trial in (1, 2, 3)
        for _ in range(2)
    ]
    table = pd.DataFrame(made, columns=["recording", "trial", "pattern", "group"])
    number = table.groupby(["recording", "trial"], sort=False).ngroup()
    return table.assign(trial_row=number, cells=table["pattern"], row=range(len(table)))


def test_a_recording_of_one_pattern_exchanges_trials_with_its_group() -> None:
    table = rows(several=False)
    assert not holds_several(table.drop_duplicates("trial_row"))
    dealt = dealt_patterns(table, np.random.default_rng(0))
    assert dealt.groupby("trial_row")["pattern"].nunique().max() == 1
    for keys in (["group", "trial"], ["group"]):
        before, after = (
            each.groupby(keys)["pattern"].apply(lambda one: sorted(one)) for each in (table, dealt)
        )
        assert before.equals(after)
    assert not dealt["pattern"].equals(table["pattern"])
    assert dealt["cells"].equals(dealt["pattern"])


def test_trials_of_a_recording_of_several_patterns_exchange_theirs() -> None:
    table = rows(several=True)
    assert holds_several(table.drop_duplicates("trial_row"))
    dealt = dealt_patterns(table, np.random.default_rng(0))
    assert (
        dealt.groupby("recording")["pattern"].apply(lambda one: "".join(sorted(one))) == ("aabbcc")
    ).all()
    assert not dealt["pattern"].equals(table["pattern"])


def test_names_are_exchanged_and_who_is_alike_stays() -> None:
    table = rows(several=False)
    exchanged = exchanged_patterns(table, np.random.default_rng(3))
    pairs = set(zip(table["pattern"], exchanged["pattern"], strict=True))
    assert len(pairs) == 4
    assert {two for one, two in pairs if one in "ab"} == {"a", "b"}
