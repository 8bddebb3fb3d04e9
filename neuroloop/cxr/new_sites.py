"""What a classifier is worth at a site that it never saw: each site is left out in turn.

Radiographs of one site are alike in detector, exposure and children, so that cross-validation
inside a set of radiographs speaks of other patients of its sites and of no other site (Zech et al.
2018, PLoS Med. 15:e1002683).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroloop.cxr.contrast_variance import Test, over_folds, student
from neuroloop.cxr.predictions_table import predictions_table
from neuroloop.cxr.radiograph_comparison import COMPARED
from neuroloop.cxr.radiograph_metrics import radiograph_metrics, scores
from neuroloop.statistics.units import scope, varied

#: Sites that an interval over sites needs.
FEWEST_SITES = 3

#: What an interval over sites speaks of.
OF_SITES = {"unit": varied(["site"]), "scope": scope(["site", "patient"])}


def over_sites(values: np.ndarray) -> Test:
    """Corrected resampled t of a number that each left-out site gives.

    The networks share all sites but two, so that the variance of the mean over S sites is
    (1 / S + 1 / (S - 1)) s^2, with S - 1 degrees of freedom (Nadeau & Bengio 2003, Mach. Learn.
    52:239, whose n_test / n_train is 1 / (S - 1)).

    Parameters
    ----------
    values : ndarray of float, shape (sites,)
        NaN of a site that lacks a class.

    Returns
    -------
    Test
        Without numbers below `FEWEST_SITES`.
    """
    known = values[~np.isnan(values)]
    count = len(known)
    if count < FEWEST_SITES:
        return Test(*(np.nan,) * 4)
    return student(float(known.mean()), over_folds(known, 1))


def scores_of_sites(
    predicted: pd.DataFrame,
    sites: pd.Series,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
    seed: int,
    bootstraps: int,
) -> pd.DataFrame:
    """Metrics of each site by networks of the others, and their mean with an interval over sites.

    Parameters
    ----------
    predicted : DataFrame
        As in `radiograph_metrics`.
    sites : Series of str
        Site of each row.
    classes, contrast, seed, bootstraps
        As in `radiograph_metrics`.

    Returns
    -------
    DataFrame
        Columns of `radiograph_metrics`, ``split``, ``unit`` and ``scope``.
    """
    of_site = {
        site: radiograph_metrics(rows, classes, contrast, seed, bootstraps).assign(
            split=f"site {site}",
            unit=varied(["patient"]),
            scope=scope(["patient"], ["network", "site"]),
        )
        for site, rows in predicted.groupby(sites.to_numpy())
    }
    every = pd.concat(of_site.values(), ignore_index=True)
    means = []
    for key, rows in every.groupby(["metric", "class"], sort=False):
        metric, name = map(str, key)
        values = rows["value"].to_numpy(dtype=float)
        tested = over_sites(values)
        most = {"log_loss": np.inf, "brier": 2.0}.get(metric, 1.0)
        low, high = np.clip(tested[:2], 0.0, most)
        means.append(
            {
                "metric": metric,
                "class": name,
                "value": float(np.nanmean(values)) if np.isfinite(values).any() else np.nan,
                "ci_low": low,
                "ci_high": high,
                "n": int(rows["n"].sum()),
                "patients": int(rows["patients"].sum()),
                "chance": rows["chance"].mean(),
                "left_out": int(np.isnan(values).sum()),
                "split": "site",
                **OF_SITES,
            }
        )
    return pd.concat([pd.DataFrame(means), every], ignore_index=True)


def differences_of_sites(
    left_out: pd.DataFrame,
    within: pd.DataFrame,
    sites: pd.Series,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
) -> pd.DataFrame:
    """Metrics of each site by networks of other sites, less those by networks of all sites.

    Parameters
    ----------
    left_out, within : DataFrame
        Predictions of the same radiographs, in one order: by networks that never saw the site, and
        by those that saw other patients of it.
    sites : Series of str
        Site of each row.
    classes, contrast
        As in `radiograph_metrics`.

    Returns
    -------
    DataFrame
        A row a metric that is compared: ``metric``, ``difference`` (mean over sites), ``ci_low``,
        ``ci_high``, ``p``, ``smallest_effect`` by `over_sites`, ``n``, ``patients``, ``left_out``
        (sites that lack a class).
    """
    groups = sites.to_numpy()
    of_site = {
        site: _values(left_out[groups == site], within[groups == site], classes, contrast)
        for site in np.unique(groups)
    }
    gaps = pd.DataFrame(of_site)
    rows = []
    for metric in COMPARED:
        if metric not in gaps.index:
            continue
        values = gaps.loc[metric].to_numpy(dtype=float)
        tested = over_sites(values)
        rows.append(
            {
                "metric": metric,
                "difference": float(np.nanmean(values)),
                **tested._asdict(),
                "n": len(left_out),
                "patients": left_out["patient"].nunique(),
                "left_out": int(np.isnan(values).sum()),
            }
        )
    return pd.DataFrame(rows)


def _values(
    left_out: pd.DataFrame,
    within: pd.DataFrame,
    classes: Sequence[str],
    contrast: tuple[str, str] | None,
) -> dict[str, float]:
    """Differences of the metrics that are compared, at one site."""
    tables = [predictions_table(rows, classes) for rows in (left_out, within)]
    one, other = (
        scores(table, np.ones((1, table.n_patients)), classes, contrast) for table in tables
    )
    return {
        name: float(one[name, ""][0] - other[name, ""][0]) for name in COMPARED if (name, "") in one
    }
