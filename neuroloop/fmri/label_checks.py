"""Whether the labels of a subject fit what was measured, told in sentences."""

from dataclasses import dataclass

import pandas as pd

from neuroloop.files.formats import StrPath, load_arrays
from neuroloop.files.intake import Intake
from neuroloop.fmri.label_shifts import ShiftCurve, shift_curve
from neuroloop.fmri.run_consistency import RunFit, run_fit
from neuroloop.fmri.scan import Scan


@dataclass(frozen=True, eq=False)
class LabelChecks:
    """What was found of a subject.

    Attributes
    ----------
    curve : ShiftCurve or None
        Where there is the course of a scan.
    fit : RunFit or None
    """

    curve: ShiftCurve | None
    fit: RunFit | None


def check_labels(
    subject: str,
    largest: StrPath,
    folds: pd.DataFrame,
    scan: Scan | None,
    intake: Intake,
) -> LabelChecks:
    """Shift a subject's labels, compare its runs, and warn of what does not fit.

    Parameters
    ----------
    subject : str
    largest : path
        voxels.npz of the region with the most voxels: runs are compared in it.
    folds : DataFrame
        folds.tsv: ``sample``, ``run``, ``block``, ``category``.
    scan : Scan or None
    intake : Intake
        Gets the warnings.
    """
    curve = shift_curve(scan.series, scan.volumes) if scan is not None and scan.followed else None
    if curve is not None and curve.better is not None and scan is not None:
        _warn_of_shift(subject, curve, scan, intake)
    arrays = load_arrays(largest)
    of_sample = {sample: index for index, sample in enumerate(arrays["sample"].tolist())}
    order = [of_sample[sample] for sample in folds["sample"]]
    labels, runs, blocks = (folds[key].tolist() for key in ("category", "run", "block"))
    fit = run_fit(arrays["x"][order], labels, runs, blocks)
    if fit is not None:
        _warn_of_runs(subject, fit, intake)
    return LabelChecks(curve, fit)


def _warn_of_shift(subject: str, curve: ShiftCurve, scan: Scan, intake: Intake) -> None:
    assert curve.better is not None
    step = float(scan.volumes.groupby("run")["start"].diff().median())
    best = curve.accuracy[curve.shifts.index(curve.better)]
    as_they_are = curve.accuracy[curve.shifts.index(0)]
    intake.warn(
        f"{subject}: labels may be shifted: accuracy is highest at {curve.better:+d} TR "
        f"({curve.better * step:+g} s), {best:.2f} against {as_they_are:.2f} as they are: compare "
        "the onsets, the repetition time and the key shift with the protocol."
    )


def _warn_of_runs(subject: str, fit: RunFit, intake: Intake) -> None:
    for row in fit.table[fit.table["wrong"]].itertuples():
        others = fit.table[fit.table["run"] != row.run]
        other = fit.fits.get(str(row.run))
        cause = (
            f"its events may have been exchanged with those of {other}, whose labels fit it"
            if other
            else "its events may belong to another run, or the subject did not see the images"
        )
        intake.warn(
            f"{subject}, {row.run}: {row.right} of {row.blocks} blocks are decoded right, in the "
            f"other runs {others['right'].sum()} of {others['blocks'].sum()}: {cause}."
        )
