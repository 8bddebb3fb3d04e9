"""Labels that can be read from what is no response: time, motion, brightness, rest, the outside.

Each check reads the labels of blocks by `reading.read_labels`: all classes, and each against all
others. Whether what is read is more than
the responses themselves explain is asked where these could shine through: motion must be of a size
that matters, and the global signal must tell more than random sums of the same voxels whose weights
cancel out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neuroloop.fmri.audit.blocks import Blocks
from neuroloop.fmri.audit.courses import FEWEST, Courses
from neuroloop.fmri.audit.reading import (
    LEVEL,
    Reading,
    View,
    components,
    reached,
    read_labels,
    standardised,
    whitened,
)
from neuroloop.fmri.audit.windows import Windows, amplitudes, before_onset, detrended, means
from neuroloop.fmri.scan import Scan
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.audit import Check

#: Readings of a subject at most: their p are multiplied by this.
READINGS = 5

#: Least spread of the classes' mean displacements, in voxels (mm of tables of confounds).
LEAST_MOTION = 0.02

#: Random sums that the global signal is compared with.
PROJECTIONS = 999

#: Most positions in a run that are told apart.
POSITIONS = 60

#: Share of blocks with rest before them from which on rest is read.
RESTED = 0.9

#: Voxels outside the brain that are looked at where an artefact is local.
FEW = 8

TIME, MOTION, GLOBAL, REST, OUTSIDE = (
    "labels from time in the run",
    "labels from motion",
    "labels from the global signal",
    "labels from rest before the onset",
    "labels from outside the brain",
)

REMEDIES = {
    TIME: (
        "Show the classes in an order of its own in each run; with these data, decode only classes "
        "whose order differs between runs, or take slow drifts out (high_pass) and doubt what is "
        "left."
    ),
    MOTION: (
        "Regress motion out before the import, or leave out the blocks with most of it, and see "
        "whether decoding stands; responses of a large part of the brain can look like motion: "
        "compare with realignment parameters."
    ),
    GLOBAL: (
        "Regress the global signal out before the import and see whether decoding stands; a class "
        "that excites the whole brain more than others looks the same, and is then the finding."
    ),
    REST: (
        "Nothing had been shown: compare onsets, repetition time and shift with the protocol, look "
        "for classes that always follow the same class, and lengthen rest or model the responses."
    ),
    OUTSIDE: (
        "No brain is there: look for an artefact that follows the stimulus (motion, the projector, "
        "preprocessing with labels at hand), and do not trust decoding before it is explained."
    ),
}


@dataclass(frozen=True, eq=False)
class Scanned:
    """What is known of a subject's scan.

    Attributes
    ----------
    scan : Scan
    courses : Courses
    windows : Windows
    """

    scan: Scan
    courses: Courses
    windows: Windows

    @property
    def runs(self) -> np.ndarray:
        """Run of each volume."""
        return self.courses.runs

    def flat(self, course: np.ndarray) -> np.ndarray:
        """Course without slow fluctuations, (volumes, columns)."""
        return detrended(course, self.runs, self.scan.volumes["start"].to_numpy(float))

    def amplitudes(self, course: np.ndarray, windows: Sequence[np.ndarray]) -> np.ndarray:
        """See `windows.amplitudes`."""
        seconds = self.scan.volumes["start"].to_numpy(float)
        return amplitudes(course, self.runs, seconds, windows)

    def views(
        self,
        course: np.ndarray,
        look: Callable[[np.ndarray, Sequence[np.ndarray]], np.ndarray] = means,
    ) -> list[np.ndarray]:
        """Means of a course while each block has its label and, if that differs, was shown."""
        found = [look(course, self.windows.labelled)]
        if any(
            not np.array_equal(one, other)
            for one, other in zip(self.windows.labelled, self.windows.shown, strict=True)
        ):
            found.append(look(course, self.windows.shown))
        return found


def from_time(subject: str, blocks: Blocks, seed: int) -> Check:
    """Whether a block's place in its run tells its class."""
    places = _places(blocks.positions)
    reading = read_labels(places, blocks, _stream(seed, subject, TIME))
    told = f"From the place of blocks in their run alone {_read(reading)}"
    return _check(TIME, subject, reading, told)


def from_motion(subject: str, blocks: Blocks, scanned: Scanned, seed: int) -> Check:
    """Whether displacement tells the class."""
    views = scanned.views(scanned.flat(scanned.courses.motion))
    kinds = scanned.courses.motion_kinds
    each = [View(whitened(view[:, kinds == kind])) for view in views for kind in np.unique(kinds)]
    reading = read_labels(each, blocks, _stream(seed, subject, MOTION))
    moved = max(float(_class_means(view, blocks.y).std(axis=0).max()) for view in views)
    told = (
        f"From motion, as {scanned.courses.motion_from} tell it, {_read(reading)}; the classes' "
        f"means differ by a standard deviation of {moved:.2g} (voxels, or mm) at most"
    )
    return _check(MOTION, subject, reading, told, moved >= LEAST_MOTION)


def from_global_signal(
    subject: str, blocks: Blocks, x: np.ndarray, scanned: Scanned | None, seed: int
) -> Check:
    """Whether the mean of voxels tells more of the class than random sums of them do."""
    if scanned is not None and scanned.courses.brain.shape[1] >= FEWEST:
        brain = _relative(scanned.courses.brain)
        views = [*scanned.views(scanned.flat(brain)), *scanned.views(brain, scanned.amplitudes)]
        what = f"{views[0].shape[1]} voxels of the brain outside the regions"
    else:
        views = [blocks.means(_centred(x, blocks.problem.runs))]
        what = f"all {x.shape[1]} voxels"
    generator = _stream(seed, subject, GLOBAL)
    sums = [View(whitened(view.mean(axis=1, keepdims=True))) for view in views]
    reading = read_labels(sums, blocks, generator)
    better = 0
    for _ in range(PROJECTIONS if reading.matters else 0):
        weights = generator.standard_normal((views[0].shape[1], 1))
        weights -= weights.mean()
        others = [View(whitened(view @ weights)) for view in views]
        better += reached(reading, others, blocks)
    told = f"From the mean of {what} {_read(reading)}"
    if reading.matters:
        told += f"; {better} of {PROJECTIONS} random sums, whose weights cancel out, tell as much"
    return _check(GLOBAL, subject, reading, told, better == 0)


def from_rest(subject: str, blocks: Blocks, scanned: Scanned, seed: int) -> Check | str:
    """Whether the region knows the class before it is shown; a sentence where there is no rest."""
    rest = scanned.windows.rest
    share = float(np.mean([len(volumes) > 0 for volumes in rest]))
    if share < RESTED:
        return (
            f"{subject}, {REST}: {100 * share:.0f} % of the blocks have rest before their onset, "
            f"{100 * RESTED:.0f} % are needed."
        )
    series = scanned.courses.regions.astype(np.float64)
    seconds = scanned.scan.volumes["start"].to_numpy(float)
    patterns = standardised(before_onset(series, rest, seconds, blocks))
    patterns -= patterns.mean(axis=1, keepdims=True)
    reading = read_labels([View(components(patterns))], blocks, _stream(seed, subject, REST))
    told = (
        f"From the pattern of {series.shape[1]} voxels of the regions in the volumes of rest "
        f"before each onset {_read(reading)}"
    )
    return _check(REST, subject, reading, told)


def from_outside(subject: str, blocks: Blocks, scanned: Scanned, seed: int) -> Check | str:
    """Whether voxels outside the brain tell the class; a sentence where there are none."""
    outside = scanned.courses.outside
    if outside.shape[1] < FEWEST:
        return (
            f"{subject}, {OUTSIDE}: the images have {outside.shape[1]} voxels there that vary, "
            f"{FEWEST} are needed."
        )
    flat = scanned.flat(outside)
    flat /= np.maximum(flat.std(axis=0), 1e-300)
    away = scanned.courses.away
    each: list[View] = []
    for view in scanned.views(flat):
        for some in (view, view[:, away]) if away.sum() >= FEWEST else (view,):
            each.append(View(whitened(some.mean(axis=1, keepdims=True))))
            each.append(View(components(some)))
        each += [View(standardised(view), few) for few in (1, FEW)]
    reading = read_labels(each, blocks, _stream(seed, subject, OUTSIDE))
    told = f"From {outside.shape[1]} {scanned.courses.outside_what} {_read(reading)}"
    return _check(OUTSIDE, subject, reading, told)


def _places(positions: np.ndarray) -> list[View]:
    """Bumps over the places of a run, narrow ones and broad ones."""
    count = int(positions.max()) + 1
    centres = np.linspace(0, count - 1, min(count, POSITIONS))
    away = positions[:, None] - centres
    narrow = max(0.35, 0.35 * count / POSITIONS)
    widths = (narrow, max(count / 8, narrow))
    return [View(np.exp(-0.5 * (away / width) ** 2)) for width in widths]


def _relative(course: np.ndarray) -> np.ndarray:
    """Course in parts of each voxel's mean, if all have one: a gain is then the same for all."""
    mean = course.mean(axis=0, dtype=np.float64)
    return np.asarray(course / mean if (mean > 0).all() else course)


def _class_means(features: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([features[y == name].mean(axis=0) for name in np.unique(y)])


def _centred(x: np.ndarray, runs: np.ndarray) -> np.ndarray:
    made = x.astype(np.float64)
    for run in dict.fromkeys(runs.tolist()):
        made[runs == run] -= made[runs == run].mean(axis=0)
    return made


def _stream(seed: int, *names: str) -> np.random.Generator:
    return numpy_generator(seed, "audit", *names)


def _read(reading: Reading) -> str:
    chance = f"chance {100 * reading.chance:.1f} %"
    if reading.views > 1 or reading.name:
        chance += ", what the best of as many ways of looking reaches with permuted labels"
    told = f"in {100 * reading.accuracy:.1f} % ({chance}; p = {reading.p:.2g})"
    if reading.name:
        return f"a block of {reading.name} is told from one of another class {told}"
    return f"blocks are named right {told}"


def _check(name: str, of: str, reading: Reading, told: str, also: bool = True) -> Check:
    found = reading.matters and reading.p * READINGS <= LEVEL * (1 + 1e-9) and also
    return Check(
        name,
        of,
        bool(found),
        f"{told}.",
        REMEDIES[name] if found else "",
        reading.accuracy,
        reading.chance,
        reading.p,
    )


def all_leaks(
    subject: str, blocks: Blocks, x: np.ndarray, scanned: Scanned | None, seed: int
) -> tuple[list[Check], list[str]]:
    """Make all checks of this kind that the data allow.

    Parameters
    ----------
    subject : str
    blocks : Blocks
    x : ndarray, (rows, voxels)
        Responses.
    scanned : Scanned or None
        Where the source has images of a scan.
    seed : int

    Returns
    -------
    checks : list of Check
    not_done : list of str
    """
    impossible = blocks.problem.permutable.impossible
    if impossible:
        return [], [f"{subject}, labels from time, motion, ...: {impossible}."]
    if blocks.ways * LEVEL < READINGS:
        return [], [
            f"{subject}, labels from time, motion, ...: labels can be exchanged in "
            f"{blocks.ways:.0f} ways, {READINGS / LEVEL:.0f} are needed for a test."
        ]
    made: Sequence[Check | str] = [
        from_time(subject, blocks, seed),
        from_global_signal(subject, blocks, x, scanned, seed),
    ]
    if scanned is None:
        made = [
            *made,
            f"{subject}, {MOTION}, {REST}, {OUTSIDE}: there are no images of a scan (source: "
            "nifti), but responses of regions alone.",
        ]
    else:
        made = [
            *made,
            from_motion(subject, blocks, scanned, seed),
            from_rest(subject, blocks, scanned, seed),
            from_outside(subject, blocks, scanned, seed),
        ]
    checks = [one for one in made if isinstance(one, Check)]
    return checks, [one for one in made if isinstance(one, str)]
