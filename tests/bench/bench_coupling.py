"""How often sessions are called different, and how well couplings are found, on simulated truth.

Run as ``python -m tests.bench.bench_coupling --traces 200 --networks 40``. Every experiment draws
an area of 8 cells (all 28 pairs, 5 trials a pattern, single-trial peak SNR 3) with a session before
and two after it: one with the same coupling, one with the change below. Both sessions after have
another brightness, SNR and fatigue. The tables are kept in ``docs/calcium_coupling.md``.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import stats

from scripts.lib.calcium import influence, sessions, trace_similarity, traces
from scripts.lib.calcium.agreement import agreement
from scripts.lib.calcium.coupling import input_gain, trial_evidence
from scripts.lib.calcium.frame_plan import Selection
from scripts.lib.calcium.frame_store import FrameStore
from scripts.lib.calcium.frames import write_frames
from scripts.lib.calcium.local_evidence import local_evidence
from scripts.lib.calcium.pattern_pairs import sharing
from scripts.lib.calcium.patterns import pattern_cells, pattern_name
from scripts.lib.calcium.reader import RECIPE, Reader, multi_hot
from scripts.lib.calcium.reader_training import Arrays, Place, train_readers
from scripts.lib.calcium.simulate import Area, Session, draw_area, draw_session
from scripts.lib.calcium.simulated_movie import write_session
from scripts.lib.calcium.simulated_settings import AreaSettings, SessionSettings
from scripts.lib.calcium.windows import cell_windows
from scripts.lib.calcium.zncc import zncc
from scripts.lib.core.calcium_network import CalciumNetwork
from scripts.lib.core.folds import Split
from scripts.lib.core.seeds import derive_seed, numpy_generator
from scripts.lib.explain.cam import hires_cam
from scripts.lib.explain.evidence import Division, gather_evidence

AREA = AreaSettings(groups=1, cells_per_group=8, pairs=None, strength=0.5)
BEFORE = SessionSettings(snr=3.0)
SAME = replace(BEFORE, snr=2.4, brightness=1.5, brightness_spread=0.2, fatigue_trials=0.1)
CHANGED = replace(SAME, coupling_gain=1.2, new_density=0.2)
AFTER = {"same": SAME, "changed": CHANGED}
#: Smaller than the study's, so that many can be trained; with two folds of trials.
READER = Reader(
    widths=(8, 16, 32),
    hidden=64,
    recipe=replace(RECIPE, epochs=20, batch_size=8, learning_rate=1e-3),
)
FOLDS = 2
#: Frames after an onset that networks learn from: later ones hold little of a response.
LEARNED = 3
#: Cells nearer than this get spilled light, pixels; exchanges and resamples.
DISTANCE, DRAWS = 10.0, 199
INPUT = "dff_scaled"


@dataclass(frozen=True, eq=False)
class Recorded:
    """A session's truth and what was measured of it.

    Attributes
    ----------
    truth : Session
    rows, trials : DataFrame
        Frames, and trials in the order of ``trial_row``.
    images : ndarray of float32, shape (rows, height, width)
    gains : ndarray of float64, shape (rows,)
        See `coupling.input_gain`.
    stimulated : ndarray of bool, shape (trials, cells)
    responses : ndarray of float64, shape (trials, cells)
        Of traces.
    """

    truth: Session
    rows: pd.DataFrame
    trials: pd.DataFrame
    images: np.ndarray
    gains: np.ndarray
    stimulated: np.ndarray
    responses: np.ndarray


def record(seed: int, area: Area, name: str, settings: SessionSettings) -> Recorded:
    """Simulate movies, store their frames, and take traces, as the workflow does."""
    truth = draw_session(seed, area, name, settings)
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        paths = write_session(seed, area, truth, folder)
        names = [pattern_name(pattern_cells(cells)) for cells in truth.stimulations["cells"]]
        selection = Selection()
        frames, table = folder / "frames.h5", folder / "frames.tsv"
        write_frames(
            frames,
            table,
            truth.recordings,
            truth.stimulations.assign(pattern=names),
            area.cells,
            dict(zip(truth.recordings["recording"], [[path] for path in paths], strict=True)),
            selection,
        )
        with FrameStore(frames, table) as store:
            courses = traces.rebase(traces.cell_courses(store, area.cells), selection.baseline)
            images = store.read(store.rows["row"].to_numpy(), INPUT)
            rows = store.rows
            gains = input_gain(store.brightness, INPUT)[rows["trial_row"]]
    stimulated = influence.stimulated_cells(
        courses.trials["pattern"].tolist(), area.cells["cell"].tolist()
    )
    template = traces.direct_course(courses, stimulated)
    responses = traces.trial_responses(courses, template)
    return Recorded(truth, rows, courses.trials, images, gains, stimulated, responses)


def compared(
    area: Area,
    pair: Sequence[Recorded],
    values: Sequence[np.ndarray],
    generator: np.random.Generator,
) -> dict[str, float]:
    """Row of the comparison of influence (or evidence) between two sessions."""
    matched = sessions.match_trials(pair[0].trials, pair[1].trials)
    sides = [
        sessions.common_scale(one, influence.least_squares(side.stimulated))[..., rows, :]
        for one, side, rows in zip(values, pair, matched[:2], strict=True)
    ]
    hidden = influence.too_near(area.cells, DISTANCE) | np.eye(len(area.cells), dtype=bool)
    design = influence.least_squares(pair[0].stimulated[matched.first])
    measure = sessions.influence_measure(design, hidden)
    return _row(sides, matched.patterns, measure, ~hidden, generator)


def compared_cosine(
    pair: Sequence[Recorded], generator: np.random.Generator, raw: bool = False
) -> dict[str, float]:
    """Row of the comparison of cosines between traces' responses; raw, as published."""
    matched = sessions.match_trials(pair[0].trials, pair[1].trials)
    scaled = [
        side.responses
        if raw
        else sessions.common_scale(side.responses, influence.least_squares(side.stimulated))
        for side in pair
    ]
    sides = [one[rows] for one, rows in zip(scaled, matched[:2], strict=True)]
    names = trace_similarity.pattern_order(matched.patterns)
    cosine = trace_similarity.mean_cosine if raw else trace_similarity.noiseless_cosine
    measure = partial(cosine, patterns=matched.patterns)
    return _row(sides, matched.patterns, measure, _disjoint(names), generator)


def compared_zncc(
    pair: Sequence[Recorded], maps: Sequence[np.ndarray], generator: np.random.Generator
) -> dict[str, float]:
    """Row of the comparison of ZNCC, summed as published; maps of a session have one scale."""
    matched = sessions.match_trials(pair[0].trials, pair[1].trials)
    keep = np.array([name != "none" for name in matched.patterns])
    patterns = [name for name in matched.patterns if name != "none"]
    sides = [
        (one / np.sqrt((one**2).mean()))[rows[keep]]
        for one, rows in zip(maps, matched[:2], strict=True)
    ]
    names = trace_similarity.pattern_order(patterns)
    weights = trace_similarity.averaging(patterns, names)

    def measure(values: np.ndarray) -> np.ndarray:
        return zncc((weights @ values)[:, None]).matrix

    return _row(sides, patterns, measure, ~np.eye(len(names), dtype=bool), generator)


def _row(
    sides: Sequence[np.ndarray],
    patterns: Sequence[str],
    measure: sessions.Measure,
    panel: np.ndarray,
    generator: np.random.Generator,
) -> dict[str, float]:
    made = sessions.compare_sessions(
        sides[0],
        sides[1],
        patterns,
        measure,
        {"all": panel},
        generator,
        n_exchange=DRAWS,
        n_boot=DRAWS,
    )
    row = made.panels.iloc[0]
    return {name: float(row[name]) for name in ("change", "ci_low", "ci_high", "p", "p_any")}


def _disjoint(names: Sequence[str]) -> np.ndarray:
    return np.triu(~sharing(names), k=1)


def found(
    area: Area, side: Recorded, values: np.ndarray, generator: np.random.Generator
) -> dict[str, float]:
    """Agreement of an influence matrix with the truth, and how often 0 is in the interval."""
    made = influence.estimate_influence(
        values,
        side.trials["pattern"].tolist(),
        area.cells,
        generator,
        distance=DISTANCE,
        n_boot=DRAWS,
    )
    coupling = side.truth.coupling
    edge = np.isfinite(made.matrix) & (coupling > 0)
    none = np.isfinite(made.matrix) & (coupling == 0)
    apart = none & (side.truth.influence < 1e-3)
    covers = (made.ci_low <= 0) & (made.ci_high >= 0)
    truth = (made.ci_low <= coupling) & (coupling <= made.ci_high)
    return {
        **agreement(made.matrix, coupling)._asdict(),
        "slope": float((made.matrix * coupling)[edge].sum() / (coupling[edge] ** 2).sum()),
        "covers_0": int(covers[none].sum()),
        "bias": float(made.matrix[apart].mean()),
        "covers_truth": int(truth[edge].sum()),
        "unbounded": int(np.isnan(made.ci_low[edge | none]).sum()),
    }


def found_pairs(area: Area, side: Recorded, likeness: np.ndarray) -> dict[str, float]:
    """Agreement of a likeness of single patterns with what couples them either way."""
    both = side.truth.coupling + side.truth.coupling.T
    hidden = influence.too_near(area.cells, DISTANCE) | np.tri(len(both), dtype=bool)
    return dict(agreement(np.where(hidden, np.nan, likeness), both)._asdict())


def read(
    seed: int, area: Area, pair: Sequence[Recorded]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Evidence (rows, cells) and maps (trials, places) of both sessions, from networks of both."""
    cells = area.cells["cell"].tolist()
    rows = pd.concat([side.rows for side in pair], ignore_index=True)
    images = np.concatenate([side.images for side in pair])
    targets = multi_hot(rows["pattern"], cells)
    learned = rows["offset"].between(0, LEARNED - 1).to_numpy()
    fold = _fold(rows)
    splits = [
        Split(np.flatnonzero((fold != one) & learned), np.flatnonzero(fold == one))
        for one in range(FOLDS)
    ]
    windows = cell_windows(area.cells, area.shape)

    def harvest(network: CalciumNetwork, places: Sequence[Place]) -> list[Arrays]:
        test = splits[places[0].fold].test
        evidence = local_evidence(network, images[test], windows)
        maps = _maps(network, images[test], targets[test, :-1])
        return [{"evidence": evidence[0], "maps": maps}]

    made = train_readers(
        lambda wanted: images[wanted],
        targets,
        splits,
        READER,
        [derive_seed(seed, "bench reader")],
        torch.device("cpu"),
        harvest=harvest,
    )
    evidence = np.empty((len(rows), len(cells)))
    maps = np.empty((len(rows), *next(iter(made.harvest.values()))["maps"].shape[1:]))
    for place, kept in made.harvest.items():
        evidence[splits[place.fold].test] = kept["evidence"]
        maps[splits[place.fold].test] = kept["maps"]
    ends = np.cumsum([len(side.rows) for side in pair])[:-1]
    of_trials = [
        np.stack(
            [
                one[(side.rows["trial_row"] == t) & (side.rows["offset"] >= 0)].mean(axis=0)
                for t in range(len(side.trials))
            ]
        )
        for one, side in zip(np.split(maps, ends), pair, strict=True)
    ]
    return np.split(evidence, ends), of_trials


def _fold(rows: pd.DataFrame) -> np.ndarray:
    return (rows["trial"] - 1).to_numpy() * FOLDS // int(rows["trial"].max())


def _maps(network: CalciumNetwork, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """HiResCAM above 0 of the stimulated cells, their mean; 0 without any. (rows, places)."""
    division = Division(network.front, network.head)
    parts = []
    for start in range(0, len(images), 64):
        shown = torch.from_numpy(images[start : start + 64])[:, None]
        wanted = targets[start : start + 64]
        first, last = wanted.argmax(axis=1), wanted.shape[1] - 1 - wanted[:, ::-1].argmax(axis=1)
        classes = torch.from_numpy(np.stack([first, last], axis=1))
        seen = gather_evidence(network, division, shown, classes)
        maps = hires_cam(seen.activations, seen.gradients)[:, :, 0].clamp(min=0).mean(dim=0)
        parts.append(maps.flatten(1).numpy() * wanted.any(axis=1, keepdims=True))
    return np.concatenate(parts)


def trace_experiment(number: int) -> list[dict[str, float | str]]:
    """Trace routes of one experiment: rows of `report`."""
    torch.set_num_threads(1)
    seed = derive_seed(0, "bench coupling", number)
    area = draw_area(seed, "A1", AREA)
    before = record(seed, area, "before", BEFORE)
    rows = [
        {"route": "influence", "condition": "truth"}
        | found(area, before, before.responses, numpy_generator(seed, "found"))
    ]
    patterns = before.trials["pattern"].tolist()
    names = trace_similarity.pattern_order(patterns)
    single = [names.index(cell) for cell in area.cells["cell"]]
    likeness = trace_similarity.mean_cosine(before.responses, patterns)[np.ix_(single, single)]
    rows.append({"route": "cosine raw", "condition": "truth"} | found_pairs(area, before, likeness))
    for condition, settings in AFTER.items():
        after = record(seed, area, f"after-{condition}", settings)
        pair, values = (before, after), (before.responses, after.responses)
        generator = numpy_generator(seed, condition, "compare")
        changes = {
            "influence": compared(area, pair, values, generator),
            "cosine": compared_cosine(pair, generator),
            "cosine raw": compared_cosine(pair, generator, raw=True),
        }
        rows += [{"route": r, "condition": condition} | change for r, change in changes.items()]
    return rows


def network_experiment(number: int) -> list[dict[str, float | str]]:
    """Network routes of one experiment; one network reads both sessions."""
    torch.set_num_threads(1)
    seed = derive_seed(0, "bench coupling", number)
    area = draw_area(seed, "A1", AREA)
    before = record(seed, area, "before", BEFORE)
    patterns = before.trials["pattern"].tolist()
    names = trace_similarity.pattern_order(patterns)
    single = [names.index(cell) for cell in area.cells["cell"]]
    weights = trace_similarity.averaging(patterns, names)
    rows: list[dict[str, float | str]] = []
    for condition, settings in AFTER.items():
        after = record(seed, area, f"after-{condition}", settings)
        pair = (before, after)
        evidence, maps = read(derive_seed(seed, condition), area, pair)
        values = [
            trial_evidence(
                one[None], side.rows, side.stimulated, _fold(side.rows), side.gains
            ).responses
            for one, side in zip(evidence, pair, strict=True)
        ]
        if condition == "same":
            made = found(area, before, values[0], numpy_generator(seed, "found maps"))
            rows.append({"route": "maps", "condition": "truth"} | made)
            likeness = zncc((weights @ maps[0])[:, None]).matrix[np.ix_(single, single)]
            made = found_pairs(area, before, likeness)
            rows.append({"route": "ZNCC raw", "condition": "truth"} | made)
        generator = numpy_generator(seed, condition, "compare maps")
        changes = {
            "maps": compared(area, pair, values, generator),
            "ZNCC raw": compared_zncc(pair, maps, generator),
        }
        rows += [{"route": r, "condition": condition} | change for r, change in changes.items()]
    return rows


def report(table: pd.DataFrame) -> None:
    """Print rates with exact binomial intervals, and agreement with the truth."""
    for (route, condition), part in table.groupby(["route", "condition"], sort=False):
        if condition == "truth":
            continue
        for name in ("p", "p_any"):
            hits = int((part[name] <= 0.05).sum())
            span = stats.binomtest(hits, len(part)).proportion_ci()
            print(
                f"{route:<10} {condition:<8} {name:<6} {hits:>4} of {len(part):<4} "
                f"{hits / len(part):6.1%}  [{span.low:.1%}, {span.high:.1%}]"
                + (
                    f"  change {part['change'].mean():.4f} +- {part['change'].std():.4f}"
                    f", 0 in interval {((part.ci_low <= 0) & (part.ci_high >= 0)).mean():.1%}"
                    if name == "p"
                    else ""
                )
            )
    for route, part in table[table["condition"] == "truth"].groupby("route", sort=False):
        line = (
            f"{route:<10} AUC mean {part['auc'].mean():.3f} (5 % of experiments below "
            f"{part['auc'].quantile(0.05):.3f}), Pearson mean {part['pearson'].mean():.3f} "
            f"(5 % below {part['pearson'].quantile(0.05):.3f}), n {len(part)}"
        )
        if part["covers_0"].notna().all() if "covers_0" in part else False:
            covers = part["covers_0"].sum() / part["others"].sum()
            line += (
                f"; 0 in the interval of {covers:.1%} of {int(part['others'].sum())} uncoupled "
                f"pairs, truth in that of {part['covers_truth'].sum() / part['edges'].sum():.1%} "
                f"of {int(part['edges'].sum())} edges, bias without coupling "
                f"{part['bias'].mean():.4f} +- {part['bias'].sem():.4f} (SE), slope "
                f"{part['slope'].mean():.2f}, unbounded {int(part['unbounded'].sum())}"
            )
        print(line)


def run(
    work: Callable[[int], list[dict[str, float | str]]], numbers: range, workers: int, path: Path
) -> pd.DataFrame:
    """Run experiments side by side; what is done is kept in `path`, should the run be stopped."""
    rows: list[dict[str, float | str]] = []
    with ProcessPoolExecutor(workers) as pool:
        for number, made in zip(numbers, pool.map(work, numbers), strict=True):
            rows += [{"experiment": number} | row for row in made]
            pd.DataFrame(rows).to_csv(path, sep="\t", index=False)
    return pd.DataFrame(rows)


def main() -> int:
    """Run the experiments asked for and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=0, help="experiments of the trace routes")
    parser.add_argument("--networks", type=int, default=0, help="experiments of the CNN's routes")
    parser.add_argument("--first", type=int, default=0, help="number of the first experiment")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()))
    chosen = parser.parse_args()
    for name, work, number in (
        ("traces", trace_experiment, chosen.traces),
        ("networks", network_experiment, chosen.networks),
    ):
        if number:
            start = time.perf_counter()
            numbers = range(chosen.first, chosen.first + number)
            made = run(work, numbers, chosen.workers, chosen.out / f"bench_coupling_{name}.tsv")
            report(made)
            print(f"{number} experiments of {name}: {time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
