"""Coupling from maps: none where cells are alone, and that of coupled cells."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch

from neuroloop.calcium.coupling import input_gain, trial_evidence
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.influence import estimate_influence
from neuroloop.calcium.local_evidence import local_evidence
from neuroloop.calcium.masks import cell_masks
from neuroloop.calcium.pattern_pairs import label_overlap
from neuroloop.calcium.patterns import pattern_name
from neuroloop.calcium.reader import Reader, build
from neuroloop.calcium.windows import cell_windows
from neuroloop.errors import NeuroLoopError

SHAPE = (32, 64)
NAMES = [f"c{number + 1}" for number in range(8)]
CELLS = pd.DataFrame(
    {
        "cell": NAMES,
        "row": [8.0] * 4 + [24.0] * 4,
        "column": [8.0, 24, 40, 56] * 2,
        "radius": 3.0,
    }
)
#: 8 single patterns and 28 pairs: the panel whose ZNCC sums up to 283.2.
PATTERNS = [pattern_name(cells) for n in (1, 2) for cells in combinations(NAMES, n)]
TRIALS, OFFSETS = 3, [-2, -1, 0, 1]


def table(patterns) -> pd.DataFrame:
    """Frames of every trial of every pattern, a recording each."""
    trials = [(name, trial) for name in patterns for trial in range(1, TRIALS + 1)]
    rows = [
        {
            "recording": f"r-{name}",
            "trial": trial,
            "offset": offset,
            "pattern": name,
            "group": "g",
            "trial_row": number,
        }
        for number, (name, trial) in enumerate(trials)
        for offset in OFFSETS
    ]
    return pd.DataFrame(rows)


def bright_reader():
    """A network that sees brightness: all weights of convolutions and of the head are equal."""
    net = build(Reader(head="gap", widths=(2, 2, 2)), 9, SHAPE, [0], levels=np.array([[0.0, 1.0]]))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(0.05)
    return net.eval()


def measured(coupling: np.ndarray, noise: float, share: float = 0.0):
    """Influence of evidence in frames of cells as discs, and shared brightness at a border."""
    rows = table(PATTERNS)
    stimulated = stimulated_cells(rows["pattern"].tolist(), NAMES)
    answers = stimulated @ (coupling + np.eye(8)) * (rows["offset"] >= 0).to_numpy()[:, None]
    frames = np.einsum("rc,chw->rhw", answers, cell_masks(CELLS, SHAPE).astype(float))
    generator = np.random.default_rng(0)
    frames += noise * generator.standard_normal(frames.shape)
    frames[:, :4] += share * (rows["offset"] >= 0).to_numpy()[:, None, None]
    evidence = local_evidence(
        bright_reader(), frames.astype(np.float32), cell_windows(CELLS, SHAPE)
    )
    of_trial = stimulated[rows["offset"] == 0]
    made = trial_evidence(evidence, rows, of_trial, rows["trial"].to_numpy())
    patterns = made.trials["pattern"].tolist()
    return estimate_influence(made.responses, patterns, CELLS, generator, n_boot=200)


def test_uncoupled_localised_cells_have_no_coupling_though_zncc_sums_to_283():
    assert label_overlap(PATTERNS).sum() == pytest.approx(283.2, abs=0.05)
    made = measured(np.zeros((8, 8)), noise=0.5, share=3.0)
    off = ~np.eye(8, dtype=bool)
    assert made.silent == 0
    assert np.abs(made.matrix[off]).max() < 0.1
    assert abs(made.matrix[off].mean()) < 0.01
    assert ((made.ci_low <= 0) & (made.ci_high >= 0))[off].mean() > 0.88


def test_coupling_is_found_and_grows_with_the_truth():
    true = np.zeros((8, 8))
    true[0, [1, 2, 3]], true[5, 4] = [0.2, 0.4, 0.6], 0.3
    made = measured(true, noise=0.3)
    edges = true > 0
    np.testing.assert_allclose(made.matrix[edges], true[edges], atol=0.12)
    off = ~np.eye(8, dtype=bool)
    assert made.matrix[edges].min() > made.matrix[off & ~edges].max()
    assert (np.diff(made.matrix[0, 1:4]) > 0).all()


def test_trials_are_weighted_and_scaled_by_hand():
    rows = table(["a", "none"])
    stimulated = np.repeat([[True], [False]], TRIALS, axis=0)
    evidence = np.zeros(len(rows))
    before = (rows["offset"] < 0).to_numpy()
    evidence[before] = np.tile([4.0, 6.0], 2 * TRIALS)  # mean 5, standard deviation 1
    evidence[~before] = np.repeat([[9.0, 7.0], [5.0, 5.0]], TRIALS, axis=0).ravel()
    shuffled = rows.sample(frac=1, random_state=0)
    made = trial_evidence(
        evidence[None, shuffled.index, None], shuffled, stimulated, np.zeros(len(rows))
    )
    np.testing.assert_allclose(made.course, [1, 0.5])
    np.testing.assert_allclose(made.responses[0, :, 0], TRIALS * [4] + TRIALS * [0], atol=1e-12)
    np.testing.assert_allclose(made.responses[0, :, 1], 0, atol=1e-12)
    assert made.trials["pattern"].tolist() == TRIALS * ["a"] + TRIALS * ["none"]


def test_level_and_gain_of_each_network_do_not_count():
    rows = table(["a", "none"])
    stimulated = np.repeat([[True], [False]], TRIALS, axis=0)
    generator = np.random.default_rng(0)
    answer = ((rows["pattern"] == "a") & (rows["offset"] >= 0)).to_numpy()
    evidence = 3.0 * answer + generator.standard_normal(len(rows))
    networks = rows["trial"].to_numpy()
    other = evidence * 2.0**networks + 100 * networks
    made = [
        trial_evidence(one[None, :, None], rows, stimulated, networks).responses
        for one in (evidence, other)
    ]
    np.testing.assert_allclose(made[0], made[1])


def test_brightness_of_a_recording_is_taken_out():
    rows = table(["a", "none"])
    stimulated = np.repeat([[True], [False]], TRIALS, axis=0)
    brightness = np.where(rows["pattern"] == "a", 1.44, 1.0)
    np.testing.assert_allclose(input_gain(brightness, "dff_scaled")[0], 1.2)
    np.testing.assert_allclose(input_gain(brightness, "dff")[0], 1.44)
    np.testing.assert_allclose(input_gain(brightness, "raw"), 1)
    answer = ((rows["pattern"] == "a") & (rows["offset"] >= 0)).to_numpy()
    noise = np.tile([-1.0, 1, 0, 0], 2 * TRIALS)
    gains = input_gain(brightness, "dff_scaled")
    made = trial_evidence(
        (gains * (3 * answer + noise))[None, :, None], rows, stimulated, np.zeros(len(rows)), gains
    )
    spread = np.sqrt((1.44 + 1) / 2)
    np.testing.assert_allclose(made.responses[0, :TRIALS, 0], 3 / spread)


def test_what_cannot_be_read_is_said():
    rows = table(["a", "none"])
    stimulated = np.repeat([[True], [False]], TRIALS, axis=0)
    networks = np.zeros(len(rows))
    evidence = np.random.default_rng(0).standard_normal((1, len(rows), 1))
    answer = ((rows["pattern"] == "a") & (rows["offset"] >= 0)).to_numpy()
    with pytest.raises(NeuroLoopError, match="they learned nothing that coupling"):
        trial_evidence(evidence - 9 * answer[:, None], rows, stimulated, networks)
    with pytest.raises(NeuroLoopError, match="holds out every trial once"):
        trial_evidence(np.full(evidence.shape, np.nan), rows, stimulated, networks)
    late = (rows["offset"] >= 0).to_numpy()
    with pytest.raises(NeuroLoopError, match="at least one control frame"):
        trial_evidence(evidence[:, late], rows[late], stimulated, networks[late])
