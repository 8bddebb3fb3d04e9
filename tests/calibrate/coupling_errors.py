"""How often sessions are called different, and how well couplings are found, on simulated truth.

Run as ``python -m tests.calibrate.coupling_errors --traces 200 --networks 28 --first 100``. Every
experiment is the demo (``config/config.yaml``: area `neurons`, reader `small`) with another seed,
through the workflow's own functions: a session before and two after it, one with the same coupling
and one with the demo's change. Both sessions after have another brightness, SNR and fatigue. The
tables are kept in ``docs/calcium_coupling.md``.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from scipy import stats

from neuroloop.calcium import influence
from neuroloop.calcium.agreement import agreement
from neuroloop.calcium.cell_table import read_cells
from neuroloop.calcium.coupling import TrialEvidence, input_gain, trial_evidence
from neuroloop.calcium.design import stimulated_cells
from neuroloop.calcium.frame_store import FrameStore
from neuroloop.calcium.mapped_trials import map_items, pattern_trials
from neuroloop.calcium.routes import Responses, compare_coupling, compare_likeness
from neuroloop.calcium.session_change import NUMBERS, cell_responses, pattern_responses
from neuroloop.calcium.session_readers import (
    Explained,
    frames_of,
    gather_evidence,
    gather_maps,
    train,
)
from neuroloop.calcium.sessions import Change
from neuroloop.calcium.trace_similarity import averaging, noiseless_cosine, pattern_order
from neuroloop.calcium.zncc import zncc
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import load_arrays
from neuroloop.jobs.seeds import derive_seed, numpy_generator
from scripts.calcium.extract_frames import extract_frames
from scripts.calcium.extract_traces import extract_traces
from scripts.calcium.simulate_session import simulate_session
from tests.project import preset

CONFIG = preset("config")
AREA, READER = CONFIG["areas"]["neurons"], CONFIG["readers"]["small"]
#: The sessions of an experiment. Without a change, all else still differs between the days.
BEFORE, CHANGED = AREA["sessions"]["before"], AREA["sessions"]["after"]
SAME = {name: CHANGED[name] for name in CHANGED if name not in ("coupling_gain", "new_density")}
AFTER = {"same": SAME, "changed": CHANGED}
#: Exchanges and resamples: enough for p of 0.05.
PERMUTATIONS = BOOTSTRAPS = 199

Row = dict[str, float | str]
#: What the trials of a session gave the routes.
Session = Mapping[str, Responses | TrialEvidence]


class Truth(NamedTuple):
    """Cells of an area, and what couples them in a session."""

    cells: pd.DataFrame
    coupling: np.ndarray
    off_target: np.ndarray


def record(
    seed: int, name: str, settings: Mapping[str, object], networks: bool
) -> tuple[Session, Truth]:
    """Simulate a session and take it through the rules up to what is compared."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        side: dict[str, Path] = {
            "movies": folder / "movies",
            "recordings": folder / "recordings.tsv",
            "stimulations": folder / "stimulations.tsv",
            "cells": folder / "cells.tsv",
            "truth": folder / "truth.npz",
            "frames": folder / "frames.h5",
            "table": folder / "frames.tsv",
            "traces": folder / "traces.npz",
            "trials": folder / "trials.tsv",
            "responses": folder / "responses.tsv",
            "figure": folder / "responses.png",
            "figure_svg": folder / "responses.svg",
        }
        simulate_session(
            movie=None,
            regions=None,
            outputs=side,
            area="neurons",
            session=name,
            simulation=AREA["simulation"],
            session_settings=settings,
            seed=seed,
        )
        extract_frames(
            recordings=side["recordings"],
            stimulations=side["stimulations"],
            cells=side["cells"],
            folders=[folder],
            outputs=side,
            selection=AREA["frames"],
            register=AREA["register"],
            reading={},
        )
        extract_traces(
            frames=side["frames"],
            table=side["table"],
            cells=side["cells"],
            outputs=side,
            selection=AREA["frames"],
            session=name,
            simulated=True,
        )
        cells = read_cells(side["cells"])
        names = cells["cell"].tolist()
        made: dict[str, Responses | TrialEvidence] = {
            "influence": cell_responses("influence", side, names),
            "cosine": pattern_responses("cosine", side, names),
        }
        if networks:
            made |= read(derive_seed(seed, name), cells, side)
        true = load_arrays(side["truth"])
    return made, Truth(cells, true["coupling"], true["off_target"])


def read(
    seed: int, cells: pd.DataFrame, side: Mapping[str, Path]
) -> dict[str, Responses | TrialEvidence]:
    """Train the networks of a session as its rule does, less the control; maps and evidence."""
    names = cells["cell"].tolist()
    with FrameStore(side["frames"], side["table"]) as store:
        rows, splits = frames_of(store, "stimulated", READER)
        control, control_splits = frames_of(store, "control", READER)
        items = map_items(rows, names)
        held_out = [
            np.concatenate([rows["row"].to_numpy()[one.test], control["row"].to_numpy()[also.test]])
            for one, also in zip(splits, control_splits, strict=True)
        ]
        found = train(
            rows,
            splits,
            READER["seeds"],
            None,
            Explained(items, held_out),
            store=store,
            cells=cells,
            reader=READER,
            seed=seed,
            device=torch.device("cpu"),
            members_at_once=READER["seeds"],  # faster here, and the same but for rounding
        )
        gains = input_gain(store.brightness, READER["input"])[store.rows["trial_row"]]
        evidence, networks = gather_evidence(found, held_out, len(gains))
        maps, trials = pattern_trials(gather_maps(found, rows, items, splits), items)
        patterns = store.rows.drop_duplicates("trial_row").sort_values("trial_row")["pattern"]
        stimulated = stimulated_cells(patterns.tolist(), names)
        made: dict[str, Responses | TrialEvidence] = {
            "zncc": Responses(maps.reshape(*maps.shape[:2], -1), trials)
        }
        try:
            made["maps"] = trial_evidence(evidence, store.rows, stimulated, networks, gains)
        except NeuroLoopError as error:  # the networks learned nothing: the route is missing
            print(error, file=sys.stderr)
    return made


def compared(
    route: str, pair: tuple[Session, Session], cells: pd.DataFrame, generator: np.random.Generator
) -> Row:
    """Row of the comparison of two sessions by a route, as compare_sessions makes it."""
    try:
        first, second = (side[route] for side in pair)
        change: Change
        if route in ("influence", "maps"):
            change = compare_coupling(
                first, second, cells, AREA["exclusion_radius"], generator, permutations=PERMUTATIONS
            )
        else:
            # Of ZNCC the shape of a map does not matter, only its pixels.
            shape = (1, first.responses.shape[-1])
            change = compare_likeness(
                first, second, route, generator, shape=shape, permutations=PERMUTATIONS
            )
    except (KeyError, NeuroLoopError):
        return dict.fromkeys(NUMBERS, np.nan)
    panel = change.panels.set_index("panel").loc["all"]
    return {name: float(panel[name]) for name in NUMBERS}


def found(made: Session, route: str, truth: Truth, generator: np.random.Generator) -> Row:
    """Agreement of a coupling matrix with the truth, and how often 0 is in the interval."""
    if route not in made:
        return {}
    side = made[route]
    patterns = side.trials["pattern"].tolist()
    matrix = influence.estimate_influence(
        side.responses,
        patterns,
        truth.cells,
        generator,
        distance=AREA["exclusion_radius"],
        n_boot=BOOTSTRAPS,
    )
    coupling = truth.coupling
    edge = np.isfinite(matrix.matrix) & (coupling > 0)
    none = np.isfinite(matrix.matrix) & (coupling == 0)
    apart = none & (truth.off_target < 1e-3)
    covers = (matrix.ci_low <= 0) & (matrix.ci_high >= 0)
    inside = (matrix.ci_low <= coupling) & (coupling <= matrix.ci_high)
    return {
        **agreement(matrix.matrix, coupling)._asdict(),
        "others": int(none.sum()),
        "covers_0": int(covers[none].sum()),
        "covers_truth": int(inside[edge].sum()),
        "bias": float(matrix.matrix[apart].mean()),
    }


def found_pairs(side: Responses, route: str, truth: Truth) -> Row:
    """Agreement of the likeness of single patterns with what couples their cells either way."""
    patterns = side.trials["pattern"].tolist()
    names = pattern_order(patterns)
    values = side.responses.mean(axis=0) if side.responses.ndim == 3 else side.responses
    likeness = (
        noiseless_cosine(values, patterns)
        if route == "cosine"
        else zncc((averaging(patterns, names) @ values)[:, None]).matrix
    )
    single = [names.index(cell) for cell in truth.cells["cell"]]
    both = truth.coupling + truth.coupling.T
    hidden = influence.too_near(truth.cells, AREA["exclusion_radius"]) | np.tri(
        len(both), dtype=bool
    )
    shown = np.where(hidden, np.nan, likeness[np.ix_(single, single)])
    return dict(agreement(shown, both)._asdict())


def experiment(number: int, networks: bool) -> list[Row]:
    """Routes of one experiment: rows of `report`."""
    torch.set_num_threads(1)
    seed = derive_seed(0, "bench coupling", number)
    routes = ("influence", "maps", "cosine", "zncc") if networks else ("influence", "cosine")
    before, truth = record(seed, "before", BEFORE, networks)
    rows: list[Row] = []
    for route in routes:
        generator = numpy_generator(seed, "found", route)
        made = (
            found(before, route, truth, generator)
            if route in ("influence", "maps")
            else found_pairs(before[route], route, truth)
        )
        rows.append({"route": route, "condition": "truth"} | made)
    for condition, settings in AFTER.items():
        after, _ = record(seed, f"after-{condition}", settings, networks)
        for route in routes:
            generator = numpy_generator(seed, condition, route)
            change = compared(route, (before, after), truth.cells, generator)
            rows.append({"route": route, "condition": condition} | change)
    return rows


def trace_experiment(number: int) -> list[Row]:
    """The routes that need no network."""
    return experiment(number, networks=False)


def network_experiment(number: int) -> list[Row]:
    """All routes."""
    return experiment(number, networks=True)


def report(table: pd.DataFrame) -> None:
    """Print rates with Wilson's intervals, and agreement with the truth."""
    for (route, condition), part in table.groupby(["route", "condition"], sort=False):
        if condition == "truth":
            continue
        for name in ("p", "p_any"):
            hits = int((part[name] <= 0.05).sum())
            span = stats.binomtest(hits, len(part)).proportion_ci(method="wilson")
            print(
                f"{route:<10} {condition:<8} {name:<6} {hits:>4} of {len(part):<4} "
                f"{hits / len(part):.3f} [{span.low:.3f}, {span.high:.3f}]"
                f"  change {part['change'].mean():.4f} +- {part['change'].std():.4f}"
                f", undefined {int(part[name].isna().sum())}"
            )
    for route, part in table[table["condition"] == "truth"].groupby("route", sort=False):
        line = (
            f"{route:<10} AUC mean {part['auc'].mean():.4f} (5 % of experiments below "
            f"{part['auc'].quantile(0.05):.3f}), Pearson mean {part['pearson'].mean():.3f} "
            f"(5 % below {part['pearson'].quantile(0.05):.3f}), n {int(part['auc'].count())}"
        )
        if "covers_0" in part and part["covers_0"].notna().any():
            covers = part["covers_0"].sum() / part["others"].sum()
            line += (
                f"; 0 in the interval of {covers:.1%} of {int(part['others'].sum())} uncoupled "
                f"pairs, truth in that of {part['covers_truth'].sum() / part['edges'].sum():.1%} "
                f"of {int(part['edges'].sum())} edges, bias without coupling "
                f"{part['bias'].mean():.4f} +- {part['bias'].sem():.4f} (SE)"
            )
        print(line)


def run(
    work: Callable[[int], list[Row]], numbers: Iterable[int], workers: int, path: Path
) -> pd.DataFrame:
    """Run experiments side by side; what is done is kept in `path`, should the run be stopped."""
    rows: list[Row] = []
    with ProcessPoolExecutor(workers) as pool:
        for number, made in zip(numbers, pool.map(work, numbers), strict=True):
            rows += [{"experiment": number} | row for row in made]
            pd.DataFrame(rows).to_csv(path, sep="\t", index=False)
    return pd.DataFrame(rows)


def main() -> int:
    """Run the experiments asked for and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traces", type=int, default=0, help="experiments of the trace routes")
    parser.add_argument("--networks", type=int, default=0, help="experiments of all routes")
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
            path = chosen.out / f"coupling_errors_{name}_{chosen.first}.tsv"
            report(run(work, numbers, chosen.workers, path))
            print(f"{number} experiments of {name}: {time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
