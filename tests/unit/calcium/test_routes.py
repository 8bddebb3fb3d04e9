"""Routes from two sessions' trials to what changed."""

import numpy as np
import pandas as pd
import pytest

from scripts.lib.calcium.routes import Responses, compare_coupling, compare_likeness
from scripts.lib.calcium.trace_similarity import noiseless_cosine
from scripts.lib.core.errors import NeuroLoopError

NAMES = ["a", "b", "c", "d"]
CELLS = pd.DataFrame(
    {
        "cell": NAMES,
        "row": [0.0, 0.0, 50.0, 50.0],
        "column": [0.0, 20.0, 0.0, 20.0],
        "radius": 2.0,
        "group": ["g1", "g1", "g2", "g2"],
    }
)
OPTIONS = {"exchanges": 99, "bootstraps": 99}


def session(coupling: np.ndarray, seed: int, trials: int = 8, noise: float = 0.05) -> Responses:
    """Responses of four cells to stimulation, each recording with a trial of each."""
    generator = np.random.default_rng(seed)
    rows = [
        {"recording": f"r{trial}", "trial": number, "pattern": name, "group": group}
        for trial in range(1, trials + 1)
        for number, (name, group) in enumerate(zip(NAMES, CELLS["group"], strict=True), start=1)
    ]
    table = pd.DataFrame(rows)
    place = table["pattern"].map(NAMES.index).to_numpy()
    values = (np.eye(4) + coupling)[place] + noise * generator.standard_normal((len(rows), 4))
    return Responses(values, table)


def changed(strength: float) -> np.ndarray:
    coupling = np.zeros((4, 4))
    coupling[0, 1] = strength
    return coupling


def test_coupling_that_grows_in_one_group_is_found_there() -> None:
    made = compare_coupling(
        session(changed(0.1), 2),
        session(changed(0.5), 3),
        CELLS,
        5.0,
        np.random.default_rng(0),
        **OPTIONS,
    )
    panels = made.panels.set_index("panel")
    assert panels.index.tolist() == ["all", "g1", "g2"]
    assert panels["entries"].tolist() == [12, 2, 2]
    assert panels.loc["g1", "change"] == pytest.approx(0.2, abs=0.05)
    assert panels.loc["g1", "p"] == 0.01
    assert panels.loc["g2", "p"] > 0.05
    assert made.matrix[0, 1] == pytest.approx(0.4, abs=0.08)
    assert made.ci_low[0, 1] < 0.4 < made.ci_high[0, 1]


def test_cells_too_near_are_left_out() -> None:
    with pytest.raises(NeuroLoopError, match="panel g1 has no coupling"):
        compare_coupling(
            session(changed(0.1), 0),
            session(changed(0.5), 1),
            CELLS,
            25.0,
            np.random.default_rng(0),
            **OPTIONS,
        )


def test_one_group_has_no_panel_of_its_own() -> None:
    made = compare_coupling(
        session(changed(0.1), 0),
        session(changed(0.5), 1),
        CELLS.assign(group="g"),
        5.0,
        np.random.default_rng(0),
        **OPTIONS,
    )
    assert made.panels["panel"].tolist() == ["all"]


@pytest.mark.parametrize("route", ["cosine", "zncc"])
def test_patterns_that_grow_alike_are_found(route: str) -> None:
    """By hand: the cosine of (1, s) and (0, 1) is s / sqrt(1 + s^2)."""
    made = compare_likeness(
        session(changed(0.0), 0, 40),
        session(changed(1.0), 1, 40),
        route,
        np.random.default_rng(0),
        shape=(2, 2),
        **OPTIONS,
    )
    panels = made.panels.set_index("panel")
    assert panels["entries"].tolist() == [2, 1, 1]  # a with b, and c with d
    assert panels.loc["g1", "p"] == 0.01
    if route == "cosine":
        assert panels.loc["g1", "change"] == pytest.approx(1 / np.sqrt(2), abs=0.03)
    else:
        maps = np.array([[1, 1, 0, 0], [0, 1, 0, 0]], float), np.eye(4)[:2]
        expected = np.corrcoef(maps[0])[0, 1] - np.corrcoef(maps[1])[0, 1]
        assert panels.loc["g1", "change"] == pytest.approx(expected, abs=0.05)


def test_noise_is_taken_off_the_norms_of_cosines() -> None:
    """Else days of unlike SNR would differ. (1, 0.75) and (0, 1) have 0.6 without noise."""
    noisy, clean = (session(changed(0.75), 0, 40, noise=noise) for noise in (1.0, 0.0))
    made = compare_likeness(noisy, clean, "cosine", np.random.default_rng(0), **OPTIONS)
    row = made.panels.set_index("panel").loc["g1"]
    by_cosine = noiseless_cosine(noisy.responses, noisy.trials["pattern"].tolist())
    assert row["first"] == pytest.approx(by_cosine[0, 1])
    assert row["second"] == pytest.approx(0.6)
