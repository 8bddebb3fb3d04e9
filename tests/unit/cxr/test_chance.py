"""Classifiers at chance, and what is said of their maps."""

import numpy as np
import pandas as pd

from neuroloop.cxr.chance import at_chance

CLASSES = ["bacteria", "virus"]


def predicted(skill, n=40):
    stream = np.random.default_rng(3)
    truth = np.arange(n) % 2
    share = 1 / (1 + np.exp(skill * (2 * truth - 1) + stream.normal(size=n)))
    return pd.DataFrame(
        {
            "radiograph": [f"r{number}" for number in range(n)],
            "patient": [f"p{number // 2}" for number in range(n)],
            "label": np.array(CLASSES)[truth],
            "fold": 0,
            "p_bacteria": share,
            "p_virus": 1 - share,
        }
    )


def test_at_chance_the_maps_are_marked_with_the_numbers():
    chance = at_chance(predicted(0.0), CLASSES, 0, 200)
    assert chance.marked
    assert chance.ci_low < chance.chance == 0.5 < chance.ci_high
    told = chance.told()
    assert told.startswith(f"AT CHANCE: balanced accuracy {chance.value:.2f} [")
    assert "chance 0.50: these maps say nothing of what tells the classes apart" in told


def test_above_chance_nothing_is_said():
    chance = at_chance(predicted(3.0), CLASSES, 0, 200)
    assert not chance.marked
    assert chance.told() == ""


def test_without_an_interval_a_classifier_is_at_chance():
    """A single patient of each class: nothing is known of others."""
    rows = predicted(3.0, 2).assign(patient=["p0", "p1"])
    assert at_chance(rows, CLASSES, 0, 200).marked
