"""Ways in which a reader of a session could know patterns without a response, each a check."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuroloop.calcium.audit.copies import COPY, copies_across_folds, frame_noise
from neuroloop.calcium.audit.leak_test import (
    CHANCE,
    LEVEL,
    MATTERS,
    PERMUTATIONS,
    Design,
    LeakTest,
    design_of,
    leak_test,
)
from neuroloop.calcium.audit.motion import motion_of
from neuroloop.calcium.audit.order import order_test
from neuroloop.calcium.audit.recording_files import file_properties, whole_recordings
from neuroloop.calcium.audit.scaling import scaled_by_extremes
from neuroloop.calcium.audit.session_trials import (
    Trials,
    far_pixels,
    less_recording,
    light_and_places,
    trials_of,
    views_of,
)
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import StrPath
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.audit import Check
from neuroloop.statistics.folds import fold_of_rows

TIME = "patterns from time in the recording"

#: What is tested, what it is called in a sentence, and what to do.
TESTS = {
    TIME: (
        "The time of a trial in its recording",
        "Draw the order of patterns anew for each recording: bleaching, fatigue and drift follow "
        "time, and so the pattern.",
    ),
    "patterns from motion": (
        "How far the tissue moved",
        "Set register: true for the area, and see that this is found no longer; motion that goes "
        "with the stimulation cannot be told from a response near edges.",
    ),
    "patterns from light": (
        "Light where no cell is near",
        "Light of the stimulation, or of the lamp, goes with the pattern: leave its frames out "
        "(frames: skip), or record the patterns in one light.",
    ),
    "patterns from places far from all cells": (
        "Places where no cell is near",
        "Look at these places in the movies (stray light, a mark, a border): crop them, or set "
        "masked: true for the reader, which then sees cells alone.",
    ),
    "patterns from light before the stimulation": (
        "Light of frames before the stimulation",
        "No response can be in it: responses that have not settled (frames: settle), light of a "
        "recording (input: dff_scaled), or onsets that are too late.",
    ),
    "patterns from frames before the stimulation": (
        "Places in frames before the stimulation",
        "No response can be in them: responses that have not settled (frames: settle), light or "
        "noise of a recording (input: dff_scaled), or onsets that are too late.",
    ),
    "patterns from files": (
        "Size, length, type and tags of the files",
        "Write all movies by one program in one way, and see that no name or tag tells the "
        "pattern.",
    ),
}


def session_leaks(
    store: FrameStore,
    cells: pd.DataFrame,
    rates: Mapping[str, float],
    paths: Mapping[str, Sequence[StrPath]],
    reader: Mapping[str, Any],
    exclusion_radius: float,
    of: str,
    seed: int,
    folder: Path | None = None,
) -> tuple[list[Check], list[str]]:
    """Look for ways in which a reader of a session could know patterns without a response.

    Parameters
    ----------
    store : FrameStore
        Frames of the session.
    cells : DataFrame
        cells.tsv.
    rates : mapping of str to float
        Frame rate of each recording, Hz.
    paths : mapping of str to sequence of path
        Files of each recording.
    reader : mapping
        The reader's block of the config: its input and folds.
    exclusion_radius : float
        The area's, pixels.
    of : str
        Session and reader, for the page.
    seed : int
        Root seed.
    folder : Path, optional
        Where frames wait that may be larger than memory.

    Returns
    -------
    checks : list of Check
    not_done : list of str
        Checks that the data do not allow, a sentence each.
    """
    try:
        trials = trials_of(store, "stimulated", reader)
    except NeuroLoopError as error:
        return [], [f"{of}: nothing is looked at, as the reader cannot be trained: {error}"]
    checks = [_copies(store, cells, trials, reader, of), _scaling(store, of)]
    features, not_done = _features(
        store, cells, rates, paths, trials, reader, exclusion_radius, folder
    )
    design = design_of(trials.table, trials.splits)
    if design.ways < np.log(PERMUTATIONS):
        why = "too few trials of one group and fold could exchange patterns for a p"
        return checks, [
            *(f"{of}: {one}" for one in not_done),
            f"{of}: {why}: {', '.join(features)}",
        ]
    tests = {
        name: leak_test(x, design, numpy_generator(seed, "audit", of, name))
        for name, x in features.items()
        if name != TIME or not trials.several
    }
    if trials.several:
        (seconds,), generator = features[TIME], numpy_generator(seed, "audit", of, TIME)
        names = trials.table["recording"].to_numpy()
        learned = any(set(names[one.train]) & set(names[one.test]) for one in trials.splits)
        tests = {TIME: order_test(trials.table, seconds[:, 0], generator, own=learned), **tests}
    for name, test in tests.items():
        checks.append(_check(name, test, len(tests), of))
    if "patterns from frames before the stimulation" in features:
        checks.append(_of_recording(features, design, trials, len(tests), of, seed))
    return checks, [f"{of}: {sentence}" for sentence in not_done]


def _features(
    store: FrameStore,
    cells: pd.DataFrame,
    rates: Mapping[str, float],
    paths: Mapping[str, Sequence[StrPath]],
    trials: Trials,
    reader: Mapping[str, Any],
    exclusion_radius: float,
    folder: Path | None,
) -> tuple[dict[str, list[np.ndarray]], list[str]]:
    """Numbers that should not know the pattern, by the name of their test; what there is not."""
    table, views, not_done = trials.table, views_of(trials, reader["input"]), []
    seconds = table["onset_frame"].to_numpy() / table["recording"].map(rates).to_numpy()
    found = {TIME: [seconds[:, None]]}
    far, distance = far_pixels(cells, store.shape, exclusion_radius)
    if far.any():
        moved = motion_of(store, trials, far, absolute=reader["input"] == "raw")
        if trials.several:
            absolute = motion_of(store, trials, far, absolute=True)
            moved += [less_recording(one, trials) for one in absolute]
        found["patterns from motion"] = moved
        seen = [light_and_places(store, trials, view, far, folder) for view in views]
        found["patterns from light"] = [light for light, _ in seen]
        found["patterns from places far from all cells"] = [*chain(*(blocks for _, blocks in seen))]
    else:
        not_done.append(
            f"motion, light and places far from all cells: no {distance:.0f} pixels are left "
            "between any place and the cells"
        )
    if (store.rows["kind"] == "control").any():
        before, whole = trials_of(store, "control", reader), np.ones(store.shape, dtype=bool)
        seen = [light_and_places(store, before, view, whole, folder) for view in views]
        early = "before the stimulation"
        found[f"patterns from light {early}"] = [light for light, _ in seen]
        found[f"patterns from frames {early}"] = [*chain(*(blocks for _, blocks in seen))]
    else:
        not_done.append("frames before the stimulation: none is kept (frames: control is 0)")
    if why := whole_recordings(table, trials.splits):
        not_done.append(f"properties of files: {why}")
    else:
        properties = file_properties(paths)
        found["patterns from files"] = [
            properties.loc[table["recording"], [name]].to_numpy() for name in properties
        ]
    return found, not_done


def _check(name: str, test: LeakTest, tests: int, of: str) -> Check:
    """State a test."""
    measured, remedy = TESTS[name]
    verb = "tell" if measured.split()[0] in ("Frames", "Places", "Size,") else "tells"
    found = test.found(tests)
    told = (
        f"{measured} {verb} the patterns of held-out trials apart in {100 * test.value:.0f} % of "
        f"pairs (chance 50 %, p {test.p:.4f}, {test.trials} trials; found from "
        f"{100 * MATTERS:.0f} % and p {LEVEL / tests:.2g} on)."
    )
    return Check(name, of, found, told, remedy if found else "", test.value, CHANCE, test.p)


def _of_recording(
    features: Mapping[str, Sequence[np.ndarray]],
    design: Design,
    trials: Trials,
    tests: int,
    of: str,
    seed: int,
) -> Check:
    """Recordings name patterns where these are dealt unevenly, and frames tell recordings apart."""
    name = "patterns from the recording"
    before = [
        *features["patterns from light before the stimulation"],
        *features["patterns from frames before the stimulation"],
    ]
    of_recording = design_of(trials.table, trials.splits, "recording")
    known = leak_test(before, of_recording, numpy_generator(seed, "audit", of, "recordings"))
    told = (
        f"Frames before the stimulation tell recordings apart in {100 * known.value:.0f} % of "
        f"pairs (chance 50 %, p {known.p:.4f})"
    )
    if not known.found(tests):
        return Check(name, of, False, f"{told}.", "", known.value, CHANCE, known.p)
    recording = pd.get_dummies(trials.table["recording"]).to_numpy(dtype=float)
    test = leak_test([recording], design, numpy_generator(seed, "audit", of, name))
    found = test.found(tests)
    told += f", and recordings tell patterns in {100 * test.value:.0f} % (p {test.p:.4f})."
    remedy = (
        "Record every pattern equally often in every recording, or take what differs between "
        "recordings out of the reader's input (dff_scaled)."
    )
    return Check(name, of, found, told, remedy if found else "", test.value, CHANCE, test.p)


def _copies(
    store: FrameStore, cells: pd.DataFrame, trials: Trials, reader: Mapping[str, Any], of: str
) -> Check:
    tested_by = np.full(int(store.rows["trial_row"].max()) + 1, -1)
    tested_by[trials.table["trial_row"]] = fold_of_rows(trials.splits, len(trials.table))
    copies = copies_across_folds(
        frame_noise(store, cells), store.rows, tested_by, reader["split"] == "last"
    )
    told = (
        f"Of {copies.compared} trials {copies.trials} have a frame whose noise is that of a "
        f"frame that their reader learns (correlation {copies.largest:.2f} at most; found from "
        f"{COPY:g} on)" + (f": {copies.example}." if copies.trials else ".")
    )
    remedy = "Take the copies out of the table of stimulations." if copies.trials else ""
    return Check("copies on both sides of a fold", of, copies.trials > 0, told, remedy)


def _scaling(store: FrameStore, of: str) -> Check:
    extremes = scaled_by_extremes(store)
    name = "values scaled over all frames"
    if extremes is None:
        told = "Recordings do not all reach from one and the same lowest value to one highest."
        return Check(name, of, False, told)
    told = (
        f"All {len(store.scale)} recordings reach from {extremes[0]:g} to {extremes[1]:g}, which "
        "noise does not: each was scaled by its own extremes, those of the frames that test too."
    )
    return Check(name, of, True, told, "Use the movies as the microscope wrote them.")
