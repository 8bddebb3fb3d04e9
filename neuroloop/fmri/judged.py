"""Samples that a decoder judged out of fold, of one subject or of several together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import softmax

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.alike import alike
from neuroloop.fmri.units import named_images, permutation_units


@dataclass(frozen=True, eq=False)
class Judged:
    """What one decoder said of the samples of one region.

    Attributes
    ----------
    subject, roi, decoder : str
    classes : list of str
    truth : ndarray of int, shape (samples,)
    soft_labels : ndarray of float64, shape (samples, classes)
        Out of fold.
    clusters : ndarray of str, shape (samples,)
    crossed : ndarray of str, shape (samples,)
        What samples share, see `alike`.
    over : str
        That in words.
    """

    subject: str
    roi: str
    decoder: str
    classes: list[str]
    truth: np.ndarray
    soft_labels: np.ndarray
    clusters: np.ndarray
    crossed: np.ndarray
    over: str

    @property
    def named(self) -> np.ndarray:
        """Class that each sample was named, int."""
        return self.soft_labels.argmax(axis=1)


def judged(
    place: tuple[str, str, str],
    samples: dict[str, np.ndarray],
    classes: Sequence[str],
    folds: pd.DataFrame,
) -> Judged:
    """Join what a decoder said with what its samples share, by their ids.

    Parameters
    ----------
    place : (str, str, str)
        Subject, region and decoder.
    samples : mapping
        Arrays of samples.npz.
    classes : sequence of str
        Of its sidecar.
    folds : DataFrame
        folds.tsv of the subject.

    Raises
    ------
    NeuroLoopError
        If folds.tsv lacks a sample.
    """
    rows = folds.set_index("sample").reindex(samples["sample"].tolist())
    if rows["category"].isna().any():
        lost = rows.index[rows["category"].isna()][0]
        raise NeuroLoopError(
            f"sample {lost!r} of {'/'.join(place)} is not in folds.tsv: delete the subject's "
            "folder and run again"
        )
    runs, blocks = rows["run"].to_numpy(dtype=str), rows["block"].to_numpy(dtype=str)
    images = named_images(rows["stimulus_id"], rows["category"])
    truth = samples["truth"]
    fold = rows["fold"].to_numpy(dtype=int)
    unit = permutation_units(truth, blocks, runs, images, fold).unit
    shared = alike(unit, runs, blocks, fold)
    return Judged(
        *place,
        list(classes),
        truth,
        softmax(samples["logits"], axis=1),
        shared.clusters,
        shared.crossed,
        shared.over,
    )


def together(members: Sequence[Judged]) -> Judged:
    """Samples of several subjects as those of one: what one of them shares, no other does.

    Parameters
    ----------
    members : sequence of Judged
        Of one region and decoder.

    Raises
    ------
    NeuroLoopError
        If subjects saw other classes.
    """
    first = members[0]
    for one in members[1:]:
        if one.classes != first.classes:
            raise NeuroLoopError(
                f"subjects {first.subject} and {one.subject} saw other classes: run them as two "
                "datasets"
            )
    return Judged(
        "all",
        first.roi,
        first.decoder,
        first.classes,
        np.concatenate([one.truth for one in members]),
        np.concatenate([one.soft_labels for one in members]),
        _of_subjects(members, [one.clusters for one in members]),
        _of_subjects(members, [one.crossed for one in members]),
        " / ".join(dict.fromkeys(one.over for one in members)),
    )


def _of_subjects(members: Sequence[Judged], names: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(
        [
            np.array([f"{one.subject} {name}" for name in of], dtype=str)
            for one, of in zip(members, names, strict=True)
        ]
    )
