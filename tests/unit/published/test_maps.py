"""Flaws of maps of readers, each by hand; without one, the product's own functions."""

from functools import cache

import numpy as np
import pandas as pd
import torch

from neuroloop.calcium.mapped_trials import map_items, pattern_maps
from neuroloop.calcium.reader import Reader, multi_hot
from neuroloop.calcium.reader_maps import held_out_maps, method_of
from neuroloop.calcium.reader_training import train_readers
from neuroloop.calcium.reading_metrics import reading_metrics
from neuroloop.calcium.session_readers import gather_maps
from neuroloop.calcium.trial_splits import trial_splits
from neuroloop.calcium.untrained import untrained_maps
from neuroloop.calcium.zncc_nulls import PERMUTED, UNTRAINED, null_table
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from neuroloop.published.maps import (
    BESIDE,
    BLOCK,
    CELLS,
    beside_untrained,
    explained,
    mapped,
    movie,
)
from neuroloop.published.protocol import Protocol
from neuroloop.statistics.folds import Split

NULLS = (UNTRAINED, PERMUTED)
DRAWN = movie(np.random.default_rng(0), signal=6.0)


@cache
def strict():
    return explained(DRAWN, Protocol(), 3)


def test_the_strict_protocol_is_the_products_own():
    rows, reader, device = DRAWN.rows, Reader.from_block(BLOCK), torch.device("cpu")
    splits, items = trial_splits(rows, "leave_one_trial_out"), map_items(rows, CELLS)
    frames, method = DRAWN.frames.__getitem__, method_of("flatten")

    def harvest(network, places):
        made = held_out_maps(network, places, frames, rows, items, splits, method)
        return [{"maps": maps} for maps in made]

    targets, seeds = multi_hot(rows["pattern"], CELLS), [derive_seed(3, "reader")]
    how = {"members_at_once": len(splits), "harvest": harvest}
    read = train_readers(frames, targets, splits, reader, seeds, device, **how)
    random = [derive_seed(3, "untrained", number) for number in range(BESIDE)]
    of = (frames, rows, items, splits, reader, len(CELLS) + 1, random, method, device)
    logits, trained, untrained, listed = strict()
    assert (logits == read.logits).all()
    assert (trained == gather_maps(read, rows, items, splits)).all()
    assert (untrained == untrained_maps(*of)).all()
    pd.testing.assert_frame_equal(listed, items)
    # What is said of them is the product's table and its rule of readers at chance.
    (by_trial, names), (beside, _) = pattern_maps(trained, items), pattern_maps(untrained, items)
    null = numpy_generator(3, "ZNCC nulls")
    table = null_table(by_trial, beside, names, ["g"] * len(names), null, 19)
    row = table[(table["kind"] == "split_half") & (table["statistic"] == "sharing_excess")]
    row = row[row["null"] == UNTRAINED].iloc[0]
    reading = reading_metrics(read.logits, targets, rows["trial_row"].astype(str))
    above = reading.set_index(["subset", "measure"]).loc["stimulated", "recall"]["p"] <= 0.05
    said = mapped(DRAWN, Protocol(), 3)
    assert said.points == 100 * (row["value"] - row["null_mean"])
    assert said.found == (above and row["p"] <= 0.05)


def test_maps_of_training_frames():
    splits = [Split(np.array([2, 3]), np.array([0, 1])), Split(np.array([0, 1]), np.array([2, 3]))]
    assert all(mine is own for mine, own in zip(Protocol().mapped(splits), splits, strict=True))
    (only,) = Protocol(("training_frames",)).mapped(splits)
    assert only.train.tolist() == only.test.tolist() == [0, 1, 2, 3]
    logits = explained(DRAWN, Protocol(("training_frames",)), 3)[0]
    targets = multi_hot(DRAWN.rows["pattern"], CELLS)
    ranks = np.argsort(-logits[0], axis=1)
    single = targets.sum(axis=1) == 1
    assert targets[single, ranks[single, 0]].mean() > 0.9  # learned by heart


def test_the_top_class_alone():
    rows = pd.DataFrame({"trial_row": [0, 1], "pattern": ["c1+c2", "c2"]})
    for name in ("recording", "trial", "group"):
        rows[name] = "1"
    logits = np.array([[0.0, 1.0, 3.0, 0.0, -1.0], [0.0, 1.0, 0.0, 0.0, 2.0]])
    listed = map_items(rows, CELLS)
    assert Protocol().items(listed, logits) is listed
    assert listed["output"].tolist() == [0, 1, 1]
    top = Protocol(("top_class",)).items(listed, logits)
    assert top["trial_row"].tolist() == [0, 1]
    assert top["output"].tolist() == [2, 4]


def test_maps_scaled_a_frame_at_a_time():
    maps = np.array([[[[0.0, 2.0], [4.0, 8.0]], [[3.0, 3.0], [3.0, 3.0]]]])
    assert Protocol().maps(maps) is maps
    scaled = Protocol(("scaled_frames",)).maps(maps)
    assert scaled.tolist() == [[[[0, 0.25], [0.5, 1]], [[0, 0], [0, 0]]]]


def table(**changed):
    row = {"patterns": 10, "value": 40.0, "null_mean": 0.25, "p": 0.02, "ci_low": 3.0}
    of = [("zncc", "sum", UNTRAINED), *(("split_half", "sharing_excess", one) for one in NULLS)]
    rows = [row | dict(zip(("kind", "statistic", "null"), one, strict=True)) for one in of]
    rows[1] |= {"value": 0.75, **changed}
    rows[0] |= changed
    return pd.DataFrame(rows)


def test_the_sum_of_zncc():
    spoilt = Protocol(("zncc_sum",))
    assert Protocol().likeness(beside_untrained, table(), True) == (0.5, True)
    assert Protocol().likeness(beside_untrained, table(), False) == (0.5, False)
    assert Protocol().likeness(beside_untrained, table(p=0.1), True) == (0.5, False)
    # Of a reader at chance too, and whatever untrained networks have.
    assert spoilt.likeness(beside_untrained, table(p=0.9), False) == (0.4, True)
    assert spoilt.likeness(beside_untrained, table(ci_low=-1.0), True) == (0.4, False)


def test_maps_of_noise_say_nothing_under_the_strict_protocol_and_a_sum_does():
    seeds = [derive_seed(0, "published", "maps", "noise", number) for number in range(5)]
    drawn = [movie(numpy_generator(seed, "movie")) for seed in seeds]
    made = {
        on: [mapped(each, Protocol(on), seed) for each, seed in zip(drawn, seeds, strict=True)]
        for on in ((), ("zncc_sum",))
    }
    assert not any(one.found for one in made[()])
    assert np.mean([one.points for one in made[()]]) < 0
    assert np.mean([one.points for one in made["zncc_sum",]]) > 15
    assert mapped(DRAWN, Protocol(), 3).points > 0
