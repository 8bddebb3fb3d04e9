"""Ensembles of classifiers."""

import pandas as pd
import pytest

from neuroloop.cxr.ensemble import average_predictions
from neuroloop.errors import NeuroLoopError


def named(shares: list[float], **changed: list) -> pd.DataFrame:
    """Two radiographs, the first also with its background alone."""
    columns = {
        "radiograph": ["a", "b", "a"],
        "patient": ["1", "2", "1"],
        "label": ["well", "ill", "well"],
        "fold": [0, 1, 0],
        "shown": ["whole", "whole", "background"],
        "p_ill": shares,
    }
    table = pd.DataFrame(columns | changed)
    return table.assign(p_well=1 - table["p_ill"])


def test_probabilities_are_averaged_by_radiograph_and_what_is_shown_of_it() -> None:
    first, second = named([0.2, 0.8, 0.5]), named([0.4, 0.9, 0.1])
    pooled = average_predictions([first, second.iloc[::-1]], ["ill", "well"])
    assert pooled["p_ill"].tolist() == pytest.approx([0.3, 0.85, 0.3])
    assert pooled["p_well"].tolist() == pytest.approx([0.7, 0.15, 0.7])
    pd.testing.assert_frame_equal(pooled.iloc[:, :5], first.iloc[:, :5])


def test_one_member_is_itself() -> None:
    alone = named([0.2, 0.8, 0.5])
    pd.testing.assert_frame_equal(average_predictions([alone], ["ill", "well"]), alone)


@pytest.mark.parametrize("changed", [{"radiograph": ["a", "c", "a"]}, {"fold": [1, 0, 1]}])
def test_members_must_have_named_the_same_radiographs_in_the_same_folds(changed: dict) -> None:
    with pytest.raises(NeuroLoopError, match="same radiographs in the same folds"):
        average_predictions(
            [named([0.2, 0.8, 0.5]), named([0.2, 0.8, 0.5], **changed)], ["ill", "well"]
        )
