"""Which pattern's map each is most alike, by name."""

import numpy as np

from neuroloop.calcium.alike_patterns import alike_patterns

PATTERNS = ["b", "a", "a+b", "c"]
ZNCC = np.array(
    [[1.0, 0.9, 0.3, 0.1], [0.9, 1.0, 0.5, 0.2], [0.3, 0.5, 1.0, 0.4], [0.1, 0.2, 0.4, 1.0]]
)


def test_each_pattern_has_those_that_are_most_alike_sharing_and_apart():
    table = alike_patterns(ZNCC, PATTERNS, ["g2", "g1", "g1", "g2"])
    assert table["pattern"].tolist() == ["a", "a+b", "b", "c"]  # as the figure brings them together
    assert table["place"].tolist() == [1, 2, 3, 4]
    assert table["sharing"].tolist() == ["a+b", "a", "a+b", ""]
    assert table["zncc_sharing"].tolist()[:3] == [0.5, 0.5, 0.3]
    assert np.isnan(table["zncc_sharing"].iloc[3])
    assert table["apart"].tolist() == ["b", "c", "a", "a+b"]
    assert table["zncc_apart"].tolist() == [0.9, 0.4, 0.9, 0.4]


def test_undefined_maps_are_like_none():
    lacking = ZNCC.copy()
    lacking[0] = lacking[:, 0] = np.nan
    table = alike_patterns(lacking, PATTERNS, ["g"] * 4).set_index("pattern")
    assert table.loc["b", ["sharing", "apart"]].tolist() == ["", ""]
    assert table.loc["a", "apart"] == "c"


def test_a_single_pattern_is_alone():
    table = alike_patterns(np.ones((1, 1)), ["a"], ["g"])
    assert table[["sharing", "apart"]].to_numpy().tolist() == [["", ""]]
