"""Each flaw says something false, or replaces a step: seen by hand on a few rows."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.decoding import decode
from neuroloop.fmri.linear_fit import linear_fit
from neuroloop.published import decoding, world
from neuroloop.published.protocol import Protocol, flaws

SESSION = world.session(np.random.default_rng(0))


def posed(*switched_on):
    return decoding.posed(SESSION, Protocol(switched_on), 0)


def shared(problem, names):
    """How many names stand on both sides of a split."""
    return sum(
        len(np.intersect1d(names[split.train], names[split.test])) for split in problem.splits
    )


def test_the_strict_protocol_is_the_products_own():
    problem, rows = posed(), SESSION.rows
    assert (problem.x == SESSION.x).all()
    pd.testing.assert_frame_equal(problem.rows[rows.columns], rows)
    assert [shared(problem, rows[name].to_numpy()) for name in ("run", "block", "image")] == [0] * 3
    own = decode(problem, linear_fit(problem, decoding.DECODER, decoding.KEPT), 4).logits
    assert (Protocol().decode(decoding.out_of_fold, problem) == own).all()
    assert Protocol().name == "strict"


def test_rows_joined_by_position():
    rows = pd.DataFrame({"sample": ["0", "1", "2", "3"], "run": ["1", "1", "2", "2"]})
    rows["stimulus_id"] = rows["image"] = ["b", "a", "b", "a"]
    rows["category"] = ["dog", "cat", "dog", "cat"]
    told = Protocol(("position",)).told(rows)
    assert told["stimulus_id"].tolist() == told["image"].tolist() == ["a", "a", "b", "b"]
    assert told["category"].tolist() == ["cat", "cat", "dog", "dog"]
    assert told[["sample", "run"]].equals(rows[["sample", "run"]])


def test_blocks_split():
    blocks, images = (SESSION.rows[name].to_numpy() for name in ("block", "image"))
    problem = posed("blocks_split")
    assert shared(problem, blocks) > 40  # of 48 blocks
    assert shared(problem, images) == 0


def test_repeated_stimuli_on_both_sides():
    runs, images = (SESSION.rows[name].to_numpy() for name in ("run", "image"))
    problem = posed("repeated")
    assert shared(problem, images) == 4 * 36  # all that a fold's two runs show
    assert shared(problem, runs) == 0
    assert problem.rows["image"].equals(SESSION.rows["image"])  # by which soft labels are joined


def test_scaling_by_test_rows():
    strict, problem = posed(), posed("test_scaling")
    for split in problem.splits:
        rows = problem.x[split.test].astype(float)
        assert rows.mean(axis=0) == pytest.approx(0, abs=1e-5)
        assert rows.std(axis=0) == pytest.approx(1, abs=1e-5)
        assert abs(strict.x[split.test].mean(axis=0)).max() > 0.5


def test_voxels_selected_with_test_rows():
    problem = posed("selection")
    assert problem.x.shape[1] == decoding.KEPT
    y, x = problem.y, SESSION.x
    between = np.array([x[y == one].mean(axis=0) for one in range(6)]).var(axis=0)
    within = np.array([x[y == one].var(axis=0) for one in range(6)]).mean(axis=0)
    best = np.sort(np.argsort(-between / within)[: decoding.KEPT])  # classes are of one size
    assert (problem.x == x[:, best]).all()


def test_in_sample_labels_know_by_heart_what_cannot_be_known():
    generator = np.random.default_rng(1)
    rows = SESSION.rows
    noise = world.Session(generator.standard_normal(SESSION.x.shape).astype(np.float32), rows)
    problem = decoding.posed(noise, Protocol(), 0)
    logits = Protocol(("in_sample",)).decode(decoding.out_of_fold, problem)
    assert (logits.argmax(axis=1) == problem.y).mean() > 0.7
    assert (decoding.out_of_fold(problem).argmax(axis=1) == problem.y).mean() < 0.3


def test_an_unknown_flaw_is_refused():
    with pytest.raises(NeuroLoopError, match="no flaw 'hope': there are position, blocks_split"):
        Protocol(("hope",))


def test_every_flaw_spoils_a_step_and_is_told():
    steps = {name for name in vars(Protocol) if not name.startswith("_")} - {"name"}
    for name, flaw in flaws().items():
        assert steps & set(vars(flaw)), name
        assert flaw.TITLE
        assert flaw.DONE
    orders = [flaw.ORDER for flaw in flaws().values()]
    assert orders == sorted(set(orders))
