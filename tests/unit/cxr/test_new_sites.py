"""Sites that are left out: by hand, and what a site cannot tell."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from neuroloop.cxr.new_sites import differences_of_sites, over_sites, scores_of_sites

CLASSES = ["bacteria", "virus"]


def predicted(right):
    """Four radiographs a site, of four patients; so many of each site named right."""
    rows = []
    for site, count in right.items():
        for number in range(4):
            truth = number % 2
            share = 0.9 if (number < count) == (truth == 0) else 0.1
            rows.append(
                {
                    "radiograph": f"{site}{number}",
                    "patient": f"{site}{number}",
                    "label": CLASSES[truth],
                    "fold": site,
                    "p_bacteria": share,
                    "p_virus": 1 - share,
                    "site": site,
                }
            )
    return pd.DataFrame(rows)


def test_the_mean_over_sites_by_hand():
    rows = predicted({"north": 4, "south": 2, "west": 3})
    scored = scores_of_sites(rows, rows["site"], CLASSES, None, 0, 50)
    accuracy = scored[scored["metric"] == "accuracy"].set_index("split")
    each = [1.0, 0.5, 0.75]
    assert accuracy.loc[["site north", "site south", "site west"], "value"].tolist() == each
    mean = accuracy.loc["site"]
    assert mean["value"] == 0.75
    error = np.sqrt((1 / 3 + 1 / 2) * 0.0625)
    low, high = t.interval(0.95, 2, 0.75, error)
    assert mean[["ci_low", "ci_high"]].tolist() == [max(low, 0), min(high, 1)]
    assert mean[["n", "patients", "unit"]].tolist() == [12, 12, "sites"]
    assert mean["scope"] == "other sites and other patients"
    assert set(accuracy["unit"][1:]) == {"patients"}


def test_the_drop_at_new_sites_is_over_sites():
    left_out = predicted({"north": 3, "south": 2, "west": 2, "east": 4})
    within = predicted({"north": 4, "south": 3, "west": 2, "east": 4})
    made = differences_of_sites(left_out, within, left_out["site"], CLASSES, None)
    row = made.set_index("metric").loc["accuracy"]
    gaps = np.array([-0.25, -0.25, 0, 0])
    assert row["difference"] == gaps.mean()
    error = np.sqrt((1 / 4 + 1 / 3) * gaps.var(ddof=1))
    assert row["p"] == pytest.approx(2 * t.sf(0.125 / error, 3))


def test_two_sites_have_no_interval_and_a_site_without_a_class_is_left_out():
    assert np.isnan(over_sites(np.array([0.5, 0.7]))).all()
    assert np.isnan(over_sites(np.array([0.5, 0.7, np.nan]))).all()
    assert over_sites(np.array([0.5, 0.7, 0.6, np.nan])) == over_sites(np.array([0.5, 0.7, 0.6]))
    rows = predicted({"north": 4, "south": 2})
    scored = scores_of_sites(rows, rows["site"], CLASSES, None, 0, 50)
    assert scored[scored["split"] == "site"][["ci_low", "ci_high"]].isna().all(axis=None)
