"""The reader that is kept: frames that it never saw, with what is true of them."""

import numpy as np
import pandas as pd

from neuroloop.calcium.kept_reader import save_reader
from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.reader import Reader, build
from neuroloop.explain.models.model_file import open_model
from neuroloop.statistics.folds import Split

CELLS = pd.DataFrame(
    {"cell": ["a", "b"], "row": [4.0, 11.0], "column": [4.0, 10.0], "radius": 1.5, "group": "g"}
)
BLOCK = {"input": "dff", "head": "gap", "widths": [2, 3], "hidden_units": 4, "coordinates": False}


class Store:
    """Frames that tell their row and the kind of input that was asked for."""

    shape = (16, 16)
    baseline = np.arange(256, dtype=np.float32).reshape(16, 16)

    def read(self, rows, kind):
        assert kind == "dff"
        return np.broadcast_to(rows[:, None, None], (len(rows), 16, 16)).astype(np.float32)


def test_held_out_frames_their_cells_and_where_these_are(tmp_path):
    rows = pd.DataFrame({"row": [10, 20, 30, 40], "pattern": ["a", "a+b", "none", "b"]})
    network = build(Reader.from_block(BLOCK), 3, (16, 16), [0])
    path = tmp_path / "neurons" / "before" / "small" / "model.json"
    path.parent.mkdir(parents=True)
    split = Split(np.array([0]), np.array([1, 2, 3]))
    save_reader(path, network.state_dict(), rows, split, Store(), CELLS, BLOCK)
    opened = open_model(path)
    assert opened.classes == ("a", "b", "none")
    assert opened.labels == "multi"
    images = opened.images
    np.testing.assert_array_equal(images.context, Store.baseline)
    assert opened.facts["held_out"] == "Frames of trials that the network was not trained on."
    order = np.argsort(images.ids)
    assert images.ids[order].tolist() == ["20", "30", "40"]
    assert images.images[order][:, 0, 0, 0].tolist() == [20, 30, 40]
    assert images.truth[order].astype(int).tolist() == [[1, 1, 0], [0, 0, 1], [0, 1, 0]]
    first, second = cell_masks(CELLS, (16, 16))
    np.testing.assert_array_equal(
        images.mask[order], [first | second, np.zeros_like(first), second]
    )
    np.testing.assert_array_equal(
        opened.network.state_dict()["head.fc.weight"], network.state_dict()["head.fc.weight"]
    )
