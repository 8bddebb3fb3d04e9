"""A network of one session that reads the frames of another."""

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.calcium import across_days as module
from neuroloop.calcium.across_days import across_days, across_table
from neuroloop.calcium.reader import Reader, build
from neuroloop.files.formats import save_table, save_weights

BLOCK = {
    "input": "dff",
    "masked": True,
    "head": "gap",
    "widths": [2, 2],
    "hidden_units": 4,
    "coordinates": False,
}


def test_a_network_that_always_says_one_cell(study):
    """By hand: right of c2 alone, half right of the pair, and wrong where no cell is stimulated."""
    rows = study.store()
    network = build(Reader.from_block(BLOCK), 3, (10, 12), [0], torch.ones(10, 12).bool().numpy())
    with torch.no_grad():
        network.head.fc.weight.zero_()
        network.head.fc.bias.copy_(torch.tensor([3.0, -3, -3]).reshape_as(network.head.fc.bias))
    save_weights(study.folder / "weights.safetensors", network.state_dict())
    save_table(study.folder / "cells.tsv", study.cells)
    frames = study.folder / "frames"
    scores = across_days(
        {
            "cells": study.folder / "cells.tsv",
            "weights": study.folder / "weights.safetensors",
        },
        {"frames": frames / "frames.h5", "table": frames / "frames.tsv"},
        BLOCK,
    ).set_index(["subset", "measure"])
    every = scores.loc[("all", "any_hit")]
    assert every["frames"] == (rows["kind"] == "stimulated").sum()
    assert every["trials"] == 9
    expected = {"single": 1.0, "pair": 0.0, "none": 0.0}
    for subset, value in expected.items():
        assert scores.loc[(subset, "exact_threshold"), "value"] == value
    assert scores.loc[("pair", "any_hit"), "value"] == 1


def test_both_directions_are_one_family(monkeypatch: pytest.MonkeyPatch) -> None:
    p = {("one", "two"): [0.01, np.nan], ("two", "one"): [0.2, 0.03]}

    def read(trained: str, tested: str, reader: object) -> pd.DataFrame:
        return pd.DataFrame({"p": p[trained, tested]})

    monkeypatch.setattr(module, "across_days", read)
    table = across_table(["one", "two"], ["before", "after"], {})
    assert table["trained"].tolist() == ["before"] * 2 + ["after"] * 2
    assert table["tested"].tolist() == ["after"] * 2 + ["before"] * 2
    # Holm by hand: 3 x 0.01, 2 x 0.03, 1 x 0.2.
    np.testing.assert_allclose(table["q"], [0.03, np.nan, 0.2, 0.06])
    assert table["family"].tolist() == ["reading across days", "", *["reading across days"] * 2]
