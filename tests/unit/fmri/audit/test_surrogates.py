"""Surrogates of a region: what they keep and lose, and that a leak is significant in them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import save_arrays, save_table
from neuroloop.fmri.audit import surrogates as module
from neuroloop.fmri.audit.surrogates import (
    RANDOMISED,
    SHIFTED,
    Drawn,
    Settings,
    decode_surrogate,
    draw,
    judge,
    kept,
)
from neuroloop.fmri.dealing import deal
from neuroloop.fmri.decoding import Problem, pose
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.audit import read_checks, read_surrogates
from scripts.fmri.audit_decoding import audit_decoding
from tests.unit.fmri.audit.test_rows import stretches

RIDGE = {"method": "ridge", "alphas": [10.0]}
STIMULI = pd.DataFrame({"stimulus_id": list("abc"), "category": list("abc")}).assign(
    session="training", held_out=0
)


def how(fold_by: str = "run", n_folds: int = 3) -> Settings:
    return Settings(RIDGE, None, 2, n_folds, fold_by, "trial", 19, seed=1)


def region(seed: int, runs: int = 6, signal: float = 2.0) -> Problem:
    """Twelve trials a run, of three classes in any order; the region tells them."""
    generator = np.random.default_rng(seed)
    names = np.concatenate([generator.permutation(list("abc" * 4)) for _ in range(runs)])
    return posed(names, np.repeat(np.arange(runs), 12), generator, signal)


def posed(
    names: np.ndarray,
    runs: np.ndarray,
    generator: np.random.Generator,
    signal: float,
    fold_by: str = "run",
) -> Problem:
    rows = pd.DataFrame(
        {
            "sample": [f"s{number:06d}" for number in range(len(names))],
            "unit": "trial",
            "run": [f"training-{run + 1}" for run in runs],
            "block": [f"block-{number}" for number in range(len(names))],
            "stimulus_id": names,
            "category": names,
        }
    )
    patterns = dict(zip("abc", signal * generator.standard_normal((3, 10)), strict=True))
    x = np.stack([patterns[name] for name in names]) + generator.standard_normal((len(names), 10))
    folds = deal(rows, "trial", 3, fold_by, numpy_generator(1, "folds"))
    samples = rows["sample"].to_numpy(dtype=str)
    return pose(x.astype(np.float32), samples, rows.assign(fold=folds), STIMULI)


def test_half_are_shifted_and_half_randomised() -> None:
    problem = region(1)
    drawn, not_done = draw(problem, STIMULI, how(), 5)
    assert not not_done
    assert [one.kind for one in drawn] == [SHIFTED] * 3 + [RANDOMISED] * 2
    shifted, randomised = drawn[0].problem, drawn[3].problem
    np.testing.assert_array_equal(shifted.x, problem.x)
    assert (shifted.y != problem.y).any()
    for run in set(problem.runs):
        here = problem.runs == run
        blocks, moved = problem.blocks[here].tolist(), shifted.blocks[here].tolist()
        by = moved.index(blocks[0])
        assert by > 0
        assert moved[by:] + moved[:by] == blocks  # in their order, labels with their blocks
        label = dict(zip(problem.blocks, problem.y, strict=True))
        assert [label[name] for name in moved] == shifted.y[here].tolist()
    np.testing.assert_array_equal(randomised.y, problem.y)
    assert not np.allclose(randomised.x, problem.x)
    np.testing.assert_allclose(
        pd.DataFrame(randomised.x).groupby(problem.runs).mean(),
        pd.DataFrame(problem.x).groupby(problem.runs).mean(),
        atol=1e-5,
    )


def test_what_labels_keep_is_chi_squared() -> None:
    """Equal labels keep K - 1; two of four rows of two classes exchanged keep nothing."""
    y = np.array([0, 0, 1, 1])
    assert kept(y, y) == pytest.approx(1)
    assert kept(y, 1 - y) == pytest.approx(1)  # as well told, by the other name
    assert kept(y, np.array([0, 1, 0, 1])) == pytest.approx(0)
    assert kept(np.arange(3), np.arange(3)) == pytest.approx(2)


def test_data_lose_what_they_have_to_do_with_labels() -> None:
    """The region itself is significant; of ten surrogates at most three are, and most are not."""
    problem = region(2)
    drawn, _ = draw(problem, STIMULI, how(), 10)
    rows = [judge(one, decode_surrogate(one, how()), how(), "S1, V1, ridge") for one in drawn]
    assert sum(int(row["significant"]) for row in rows) <= 3  # more: p < 0.001 at 5 %
    assert all(row["value"] < 0.6 for row in rows)
    real = Drawn("as it is", 0, problem)
    itself = judge(real, decode_surrogate(real, how()), how(), "")
    assert (itself["significant"], itself["p"], itself["allowed"]) == (1, 0.05, 0.05)


def test_a_shift_whose_labels_no_fold_can_have_is_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem, turn = region(2), iter(range(9))

    def refuse_some(*arguments):
        if next(turn) in (0, 2):
            raise NeuroLoopError("class a has 1 block: ask for fewer folds")
        return deal(*arguments)

    monkeypatch.setattr(module, "deal", refuse_some)
    drawn, not_done = draw(problem, STIMULI, how(), 3, [SHIFTED])
    assert [one.number for one in drawn] == [0, 1, 2]
    assert not not_done


def test_an_order_that_returns_allows_no_shift() -> None:
    """Two classes in turn: a shift by an odd number exchanges their names, another changes none."""
    names = np.array(list("ab" * 12))
    problem = posed(names, np.zeros(24, int), np.random.default_rng(0), 2.0, "trial")
    drawn, not_done = draw(problem, STIMULI, how("trial"), 4)
    assert {one.kind for one in drawn} == {RANDOMISED}
    assert "none of 100 shifts within runs" in not_done[0]


def test_short_runs_allow_no_surrogates() -> None:
    names = np.array(list("abcabc") * 3)
    problem = posed(names, np.repeat([0, 1, 2], 6), np.random.default_rng(0), 2.0)
    drawn, not_done = draw(problem, STIMULI, how(), 4)
    assert not drawn
    assert not_done == [
        f"{kind}: a run has 6 samples, 8 are needed." for kind in (SHIFTED, RANDOMISED)
    ]


def test_folds_that_split_blocks_are_significant_in_shifted_surrogates(tmp_path: Path) -> None:
    """Noise in stretches of a class, every row called a block: decoding knows the neighbours."""
    brain, stimuli = stretches(blocked=False)
    rows = brain.rows.assign(unit="trial")
    folds = deal(rows, "trial", 3, "trial", numpy_generator(1, "folds"))
    save_table(tmp_path / "folds.tsv", rows.assign(fold=folds))
    save_table(tmp_path / "stimuli.tsv", stimuli)
    arrays = {"x": brain.voxels, "sample": rows["sample"].to_numpy(dtype=str)}
    save_arrays(
        tmp_path / "voxels.npz",
        arrays,
        axes={"x": ("sample", "voxel"), "sample": ("sample",)},
        units={"x": "1"},
    )
    audit_decoding(
        voxels=tmp_path / "voxels.npz",
        folds=tmp_path / "folds.tsv",
        stimuli=tmp_path / "stimuli.tsv",
        surrogates=tmp_path / "surrogates.tsv",
        notes=tmp_path / "notes.json",
        of="S1, V1, ridge",
        n_surrogates=6,
        permutations=19,
        decoder=RIDGE,
        n_voxels=20,
        calibration_folds=2,
        n_folds=3,
        fold_by="trial",
        seed=1,
        device="cpu",
    )
    table = read_surrogates(tmp_path / "surrogates.tsv")
    assert table["kind"].tolist() == [SHIFTED] * 3 + [RANDOMISED] * 3
    assert table.loc[table["kind"] == SHIFTED, "significant"].tolist() == [1, 1, 1]
    assert set(table["of"]) == {"S1, V1, ridge"}
    assert "as if in time's order" in read_checks(tmp_path / "notes.json")[1][0]
