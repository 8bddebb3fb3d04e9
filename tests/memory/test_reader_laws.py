"""Laws of the networks that read calcium frames, beside what their calls take."""

from typing import Any

import numpy as np
import pytest
import torch

from neuroloop.calcium.reader import Reader
from neuroloop.calcium.reader_training import train_readers
from neuroloop.config.readers import Reader as Block
from neuroloop.statistics.folds import Split
from neuroloop.workflow.memory import LAWS, TORCH
from neuroloop.workflow.reader_size import USUAL, frame_pixels, reader_items
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: The study's reader, and the numbers of its maps: four networks, 960 cells of trials.
STUDY: dict[str, Any] = {"widths": [16, 32, 64], "hidden_units": 300, "batch_size": 10}
PIXELS, MAPS = 512**2, 4 * 960 * 64**2


def block(**changes: Any) -> dict[str, Any]:
    return Block(**STUDY | {"epochs": 1} | changes).model_dump()


def reading(side: int, **changes: Any) -> int:
    """Bytes that a training of a reader takes, and the prediction of a few frames."""
    given = block(**changes)
    frame = np.random.default_rng(0).random((1, side, side), dtype=np.float32)
    batch = given["batch_size"]

    def frames(rows: np.ndarray) -> np.ndarray:
        return frame + rows.astype(np.float32)[:, None, None]

    targets = np.eye(5, dtype=bool)[np.arange(batch + 4) % 5]
    splits = [Split(train=np.arange(batch), test=np.arange(batch, batch + 4))]
    reader, cpu = Reader.from_block(given), torch.device("cpu")
    return peak_bytes(lambda: train_readers(frames, targets, splits, reader, [1], cpu))


def test_readers_hold_what_convolutions_make_of_a_batch_and_four_times_their_weights() -> None:
    law = LAWS["train_reader"].terms
    batches = [8, 12, 16, 20]
    of_none, a_frame = fitted(batches, lambda size: reading(192, head="gap", batch_size=size))
    a_byte = a_frame / reader_items(block(head="gap", batch_size=8), 192**2)["read byte"] * 8
    assert 0.6 * law["read byte"] < a_byte < law["read byte"] / 0.85
    units = [100, 200, 300, 400]
    _, a_unit = fitted(units, lambda count: reading(192, head="flatten", hidden_units=count))
    a_weight = a_unit / reader_items(block(hidden_units=1), 192**2)["reader weight"]
    assert 16 < a_weight < law["reader weight"] / 0.85
    full = reader_items(block(), PIXELS)
    taken = TORCH + (of_none + a_byte * full["read byte"] + a_weight * full["reader weight"]) / 1e6
    taken += 3 * 4 * MAPS / 1e6  # kept of each network, gathered, and those that a split tests
    check("train_reader", full | {"frame pixel": PIXELS, "map value": MAPS}, taken)


@pytest.mark.long
def test_the_studys_reader_at_full_size() -> None:
    full = reader_items(block(), PIXELS) | {"frame pixel": PIXELS, "map value": 0}
    check("train_reader", full, TORCH + reading(512) / 1e6)


def test_frames_are_as_large_as_their_header_says(tmp_path) -> None:
    import tifffile

    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, np.zeros((5, 30, 40), np.uint16))
    assert frame_pixels(path) == 30 * 40
    folder = tmp_path / "frames"
    folder.mkdir()
    tifffile.imwrite(folder / "1.tif", np.zeros((7, 9), np.int16))
    assert frame_pixels(folder) == 63
    (tmp_path / "none.tif").write_bytes(b"no")
    assert frame_pixels(tmp_path / "none.tif") == USUAL
