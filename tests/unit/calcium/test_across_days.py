"""A network of one session that reads the frames of another."""

import torch

from neuroloop.calcium.across_days import across_days
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
