"""Labels that are volumes late or early: decoding is best where they are shifted back.

The same curve that the passport of a data set shows (`label_shifts.shift_curve`).
"""

from neuroloop.fmri.label_shifts import LEVEL, TOLERATED, shift_curve
from neuroloop.fmri.scan import Scan
from neuroloop.report.audit import Check

SHIFTED = "labels late or early"


def shifted_labels(subject: str, scan: Scan) -> Check | str:
    """Whether labels that are shifted against the volumes are decoded better than as they are.

    Parameters
    ----------
    subject : str
    scan : Scan
        Whose volumes were followed in time.

    Returns
    -------
    Check or str
        A sentence where there are too few runs or categories.
    """
    curve = shift_curve(scan.series, scan.volumes)
    if curve is None:
        return f"{subject}, {SHIFTED}: two runs and two categories are needed."
    as_they_are = float(curve.accuracy[curve.shifts.index(0)])
    if curve.better is None:
        best = curve.shifts[int(curve.accuracy.argmax())]
        return Check(
            SHIFTED,
            subject,
            False,
            f"Volumes are named right in {100 * as_they_are:.1f} % under labels as they are; no "
            f"shift of more than {TOLERATED} volume is better (p < {LEVEL:g}); the highest is at "
            f"{best:+d}.",
            value=as_they_are,
            chance=curve.chance,
            p=curve.p,
        )
    step = float(scan.volumes.groupby("run")["start"].diff().median())
    shifted = float(curve.accuracy[curve.shifts.index(curve.better)])
    return Check(
        SHIFTED,
        subject,
        True,
        f"Volumes are named right in {100 * as_they_are:.1f} % under labels as they are, and in "
        f"{100 * shifted:.1f} % under labels {curve.better:+d} volumes ({curve.better * step:+g} "
        f"s) from there (chance {100 * curve.chance:.1f} %; p = {curve.p:.2g}).",
        "Compare onsets, the repetition time and the key shift with the protocol: volumes have the "
        "label of what was shown before or after them.",
        value=as_they_are,
        chance=curve.chance,
        p=curve.p,
    )
