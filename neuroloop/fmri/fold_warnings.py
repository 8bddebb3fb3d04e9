"""What folds cannot tell of the data that they cut, in sentences."""

import pandas as pd

from neuroloop.fmri.alike import cut_runs

#: Chi-square p below which categories are told apart by their runs.
UNEVEN = 0.001


def fold_warnings(folds: pd.DataFrame) -> list[str]:
    """Tell where folds cut through runs, and where the run then tells the category.

    Parameters
    ----------
    folds : DataFrame
        folds.tsv: ``run``, ``block``, ``category``, ``fold``.
    """
    runs = folds["run"].to_numpy(dtype=str)
    cut, every = len(cut_runs(runs, folds["fold"].to_numpy())), folds["run"].nunique()
    if every == 1 or not cut:
        return []
    told = [
        f"folds cut through {cut} of {every} runs: what is tested shares its run with what taught, "
        "so that accuracies speak of these runs alone; fold_by: run tests on other runs."
    ]
    if (share := share_told_by_run(folds)) is not None:
        told.append(
            "categories are not spread evenly over runs, and folds cut through runs: the run alone "
            f"tells the category of {100 * share[0]:.0f} % of blocks (the largest has "
            f"{100 * share[1]:.0f} %), whatever brains do: set fold_by: run."
        )
    return told


def share_told_by_run(folds: pd.DataFrame) -> tuple[float, float] | None:
    """Share of blocks of the commonest category of their run, and of the commonest of all.

    None where runs differ in their categories no more than chance has it (chi-square test).

    Parameters
    ----------
    folds : DataFrame
        ``run``, ``block`` and ``category``.
    """
    from scipy.stats import chi2_contingency

    blocks = folds.drop_duplicates("block")
    counts = pd.crosstab(blocks["run"], blocks["category"]).to_numpy()
    if min(counts.shape) < 2 or chi2_contingency(counts).pvalue >= UNEVEN:
        return None
    return counts.max(axis=1).sum() / counts.sum(), counts.sum(axis=0).max() / counts.sum()
