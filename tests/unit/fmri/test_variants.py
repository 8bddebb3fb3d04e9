"""Variants of decoding: what each leaves as it is, and what it takes away."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from neuroloop import registry
from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.decoding import Problem, decode_parts, pose
from neuroloop.fmri.linear import fit_linear
from neuroloop.fmri.variant import Asked, Region, Varied, varied, varied_again
from neuroloop.fmri.variants import voxelnull
from neuroloop.statistics import metrics

CLASSES, RUNS = 4, 6
RIDGE = {"method": "ridge", "alphas": [10.0]}


def region(
    signal: float,
    voxels: int = 30,
    seed: int = 0,
    lengths: tuple[int, ...] = (2,),
    runs: int = RUNS,
) -> Problem:
    """Blocks of images that are shown once, in runs that hold all classes equally often."""
    generator = np.random.default_rng(seed)
    image = generator.permuted(np.tile(np.arange(2 * runs), (CLASSES, 1)), axis=1)
    rows = []
    for run in range(runs):
        shown = [(c, image[c, run * 2 + k]) for c in range(CLASSES) for k in range(2)]
        for place in generator.permutation(len(shown)):
            category, number = shown[place]
            name, block = f"c{category}-{number}", f"{run}-{place}"
            rows += [(name, f"c{category}", f"r{run}", block)] * lengths[len(rows) % len(lengths)]
    folds = pd.DataFrame(rows, columns=["stimulus_id", "category", "run", "block"])
    folds["sample"] = [f"s{number:04d}" for number in range(len(folds))]
    folds["fold"] = [int(name[1:]) * 3 // runs for name in folds["run"]]
    patterns = dict(zip(folds["category"].unique(), np.eye(4), strict=True))
    of_class = generator.normal(size=(CLASSES, voxels))
    known = np.stack([patterns[name] for name in folds["category"]]) @ of_class
    of_block = generator.normal(size=(runs * 8, voxels))[pd.factorize(folds["block"])[0]]
    x = signal * known + of_block + 0.3 * generator.normal(size=(len(folds), voxels))
    listed = folds.drop_duplicates("stimulus_id")[["stimulus_id", "category"]]
    stimuli = listed.assign(session="training", held_out=0)
    return pose(x.astype(np.float32), folds["sample"].to_numpy(dtype=str), folds, stimuli)


def asked(regions: dict[str, Region] | None = None, n_voxels: int | None = None) -> Asked:
    return Asked(RIDGE, n_voxels, 2, regions or {}, 7)


def vary(problem: Problem, name: str, how: Asked, of: str = "S1/V1") -> Varied:
    return varied(problem, {"name": name, "of": of, "regions": {}}, how)


def decoded(made: Varied):
    fit = partial(fit_linear, "ridge", n_voxels=made.n_voxels, alphas=RIDGE["alphas"])
    return decode_parts(made.parts, partial(fit, blocks=made.parts[0].blocks), 2).logits


def right(made: Varied) -> float:
    return float(metrics.hits(decoded(made), made.parts[0].y).mean())


def unchanged(made: Problem, problem: Problem) -> None:
    """Whether all but the voxels is as it was."""
    for name in ("rows", "classes", "y", "stimuli", "splits", "stimulus_ids"):
        assert getattr(made, name) is getattr(problem, name), name
    assert made.x.dtype == problem.x.dtype
    assert len(made.x) == len(problem.x)


def test_without_a_variant_the_voxels_are_those_of_the_region() -> None:
    problem = region(1.0)
    made = varied(problem, None, asked(n_voxels=5))
    assert made == ([problem], 5, {})
    assert varied_again(problem, None) == [problem]


@pytest.mark.parametrize("name", registry.names("variant"))
def test_chance_is_of_the_subject_and_the_region_and_the_same_again(name: str) -> None:
    problem = region(2.0)
    how = asked({"V1": Region(problem, None), "small": Region(region(1.0, 20), None)})
    made = vary(problem, name, how)
    again = varied_again(problem, made.facts["variant"])
    for one, other in zip(made.parts, again, strict=True):
        np.testing.assert_array_equal(one.x, other.x)
    other = vary(problem, name, how, of="S2/V1")
    assert other.facts["variant"]["seed"] != made.facts["variant"]["seed"]
    assert not np.array_equal(other.parts[0].x, made.parts[0].x)
    assert made.facts["variant"]["name"] == name
    assert registry.entry("variant", name).LEGEND


# ------------------------------------------------------------------------------- voxelnull


def test_voxels_are_dealt_anew_within_runs_by_whole_blocks() -> None:
    problem = region(1.0)
    (made,) = vary(problem, "voxelnull", asked()).parts
    unchanged(made, problem)
    source = voxelnull.dealt(problem.permutable, np.random.default_rng(3))
    assert sorted(source) == list(range(len(source))), "every row is given once"
    np.testing.assert_array_equal(problem.runs[source], problem.runs)
    pairs = {(a, b) for a, b in zip(problem.blocks, problem.blocks[source], strict=True)}
    assert len(pairs) == len(set(problem.blocks)), "a block is given the voxels of one block"
    assert (problem.blocks[source] != problem.blocks).mean() > 0.5
    for run in set(problem.runs):
        inside = problem.runs == run
        np.testing.assert_allclose(
            made.x[inside].mean(axis=0), problem.x[inside].mean(axis=0), 1e-4
        )


def test_a_decoder_of_voxels_dealt_anew_is_at_chance_on_data_with_signal() -> None:
    hits = []
    for seed in range(12):
        problem = region(1.5, seed=seed)
        assert right(varied(problem, None, asked())) > 0.9
        hits.append(right(vary(problem, "voxelnull", asked(), of=f"S{seed}/V1")))
    error = np.std(hits, ddof=1) / np.sqrt(len(hits))
    assert abs(np.mean(hits) - 1 / CLASSES) < 2.5 * error
    assert error < 0.05


def test_images_of_a_class_are_given_voxels_of_a_class_no_more_often_than_others() -> None:
    """Else their soft labels would be alike: a code of the class, though of the wrong one."""
    problem = region(1.0, lengths=(1,))
    y, run, units = problem.y, problem.runs, problem.permutable
    generator = np.random.default_rng(0)
    apart, same = run[:, None] != run, y[:, None] == y
    given = [y[voxelnull.dealt(units, generator)] for _ in range(400)]
    agree = np.mean([one[:, None] == one for one in given], axis=0)
    assert agree[apart & same].mean() == pytest.approx(1 / CLASSES, abs=0.01)
    assert agree[apart & ~same].mean() == pytest.approx(1 / CLASSES, abs=0.01)
    kept = np.mean([one == y for one in given])
    assert kept == pytest.approx(1 / CLASSES, abs=0.02), "its own class as often as any"


def test_blocks_of_other_lengths_give_what_they_have() -> None:
    problem = region(1.0, lengths=(4, 5))
    units = problem.permutable
    source = voxelnull.dealt(units, np.random.default_rng(0))
    for unit in range(len(units.label)):
        rows = np.flatnonzero(units.unit == unit)
        given = source[rows]
        assert len(set(units.unit[given])) == 1
        assert (np.diff(given) >= 0).all(), "in the order of time"
        length = (units.unit == units.unit[given[0]]).sum()
        assert len(set(given)) == min(len(rows), length)


def test_a_design_without_anything_to_deal_is_refused() -> None:
    problem = region(1.0)
    rows = problem.rows.assign(run=problem.rows["category"], fold=problem.y)
    with pytest.raises(NeuroLoopError, match="variant voxelnull: there is nothing to permute"):
        vary(replace(problem, rows=rows), "voxelnull", asked())


# ------------------------------------------------------------------------------ equalvoxels


def test_every_region_is_cut_to_the_smallest_ones_voxels() -> None:
    sizes, wanted = {"V1": 90, "V2": 30, "V3": 55}, {"V1": 40, "V2": None, "V3": 25}
    regions = {
        name: Region(region(1.0, size, seed), wanted[name])
        for seed, (name, size) in enumerate(sizes.items())
    }
    for name, (problem, n_voxels) in regions.items():
        made = vary(problem, "equalvoxels", asked(regions, n_voxels), of=f"S1/{name}")
        (part,) = made.parts
        unchanged(part, problem)
        assert part.x.shape[1] == 30
        assert made.n_voxels == 25
        facts = made.facts["variant"]
        assert (facts["regions"], facts["candidates"], facts["selected"]) == (sizes, 30, 25)
        columns = [np.flatnonzero((one == problem.x.T).all(axis=1))[0] for one in part.x.T]
        assert columns == sorted(set(columns)), "voxels of the region, each once, in their order"
        if name == "V2":
            np.testing.assert_array_equal(part.x, problem.x)
        else:
            assert columns != list(range(30))


# ---------------------------------------------------------------------------- equalaccuracy

SIGNALS = {"weak": 0.45, "middle": 0.8, "strong": 2.0, "none": 0.0}


def subject(**changes: np.ndarray) -> dict[str, Region]:
    """Regions of a subject, which differ in how much they know."""
    problems = {name: region(signal, lengths=(1,), runs=18) for name, signal in SIGNALS.items()}
    return {name: Region(replace(problem, **changes), None) for name, problem in problems.items()}


def test_every_region_decodes_as_the_weakest_one_above_chance() -> None:
    regions = subject()
    made = {
        name: vary(regions[name].problem, "equalaccuracy", asked(regions), of=name)
        for name in regions
    }
    before = {name: right(varied(one.problem, None, asked())) for name, one in regions.items()}
    after = {name: right(one) for name, one in made.items()}
    n = len(regions["weak"].problem.y)
    half = 1.96 * np.sqrt(before["weak"] * (1 - before["weak"]) / n)
    assert before["middle"] - before["weak"] > half
    assert before["strong"] - before["weak"] > 3 * half
    for name in ("middle", "strong"):
        assert abs(after[name] - before["weak"]) < half, name
    for name in ("weak", "none"):
        facts = made[name].facts["variant"]
        assert after[name] == before[name], "the weakest, and what is at chance, get no noise"
        assert facts["noise"] == [0.0] * 3
        assert facts["reached"] == facts["before"]
    facts = made["strong"].facts["variant"]
    assert facts["weakest"] == ["weak"] * 3
    assert facts["aimed"] == made["weak"].facts["variant"]["before"]
    np.testing.assert_allclose(facts["reached"], facts["aimed"], atol=0.03)
    assert min(facts["before"]) > max(facts["aimed"]) + 0.2
    for part, split in zip(made["strong"].parts, regions["strong"].problem.splits, strict=True):
        assert part.splits == [split]
        unchanged(replace(part, splits=regions["strong"].problem.splits), regions["strong"].problem)


def test_folds_decoded_apart_say_what_they_say_together() -> None:
    problem = region(1.0, lengths=(1,))
    parts = varied_again(problem, {"name": "equalaccuracy", "seed": 5, "noise": [0.0] * 3})
    one, other = (decoded(Varied(made, None, {})) for made in ([problem], parts))
    np.testing.assert_array_equal(one, other)
    fit = partial(fit_linear, "ridge", blocks=problem.blocks, alphas=RIDGE["alphas"])
    found = decode_parts(parts, fit, 2)
    np.testing.assert_array_equal(found.split, problem.folds)
    for fold, temperature in enumerate(found.temperatures):
        rows = found.split == fold
        np.testing.assert_allclose(found.logits[rows], found.scores[rows] / temperature)


def test_noise_is_in_standard_deviations_of_the_training_rows() -> None:
    problem = region(1.0, voxels=20, lengths=(1,), runs=18)
    facts = {"name": "equalaccuracy", "seed": 5, "noise": [0.0, 1.5, 3.0]}
    parts = varied_again(problem, facts)
    np.testing.assert_array_equal(parts[0].x, problem.x)
    for part, level in zip(parts[1:], facts["noise"][1:], strict=True):
        unit = problem.x[part.splits[0].train].std(axis=0)
        noise = (part.x - problem.x) / unit
        assert noise.std() == pytest.approx(level, rel=0.05)
        assert abs(np.corrcoef(noise.ravel(), problem.x.ravel())[0, 1]) < 0.05


def test_what_a_fold_tests_changes_no_noise_of_it() -> None:
    """Labels and voxels of the test rows of fold 0, in every region of the subject."""
    regions = subject()
    problem = regions["strong"].problem
    test = problem.splits[0].test
    y = problem.y.copy()
    y[test] = np.random.default_rng(1).permutation(y[test])
    assert (y != problem.y).any()
    changed = subject(y=y)
    for one in changed.values():
        one.problem.x[test] *= 3
    facts = [
        vary(some["strong"].problem, "equalaccuracy", asked(some)).facts["variant"]
        for some in (regions, changed)
    ]
    for name in ("noise", "before", "reached", "aimed", "weakest"):
        assert facts[0][name][0] == facts[1][name][0], name
    assert facts[0]["noise"][1:] != facts[1]["noise"][1:], "other folds learn from these rows"


def test_where_no_region_is_above_chance_there_is_no_noise() -> None:
    regions = {"none": subject()["none"]}
    facts = vary(regions["none"].problem, "equalaccuracy", asked(regions)).facts["variant"]
    assert facts["noise"] == [0.0] * 3
    assert facts["weakest"] == facts["aimed"] == [None] * 3
