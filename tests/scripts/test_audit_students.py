"""Students of surrogates: judged as the brain's own, and significant where a surrogate knows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from neuroloop.distill.ablation import KEYS, Group, compare_teachers
from neuroloop.distill.kept_group import load_group
from neuroloop.distill.surrogate_students import judge_surrogate
from neuroloop.errors import NeuroLoopError
from neuroloop.files.formats import read_json, read_table, save_arrays, save_table
from neuroloop.fmri.audit.surrogates import SHIFTED, Drawn, Settings, decode_surrogate, draw
from neuroloop.fmri.dealing import deal
from neuroloop.fmri.decoding import load_problem, save_decoding
from neuroloop.fmri.soft_labels import OutOfFold
from neuroloop.fmri.stimuli import STIMULUS_COLUMNS
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.report.audit import read_checks, read_surrogates
from neuroloop.statistics.surrogates import GAIN
from scripts.distill import audit_students as script
from scripts.distill.train_students import train_students
from tests.unit.distill.taught_images import save_images

RIDGE = {"method": "ridge", "alphas": [10.0]}
STUDENT = {
    "depth": 18,
    "width": 2,
    "stem": "small",
    "weights": None,
    "temperature": 4.0,
    "alpha": 0.1,
    "epochs": 30,
    "batch_size": 9,
    "learning_rate": 0.003,
    "momentum": 0.9,
    "crop": 8,
    "pad": 0,
    "flip": False,
    "batched_networks": 3,
}
NAMES = ["S1", "V1", "ridge", "brain", "small"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A region that tells three classes, shown by eighteen images, and pictures of the classes."""
    folder = tmp_path_factory.mktemp("study")
    generator = np.random.default_rng(0)
    shown = [f"{name}{number}" for name in "abc" for number in range(6)]
    order = np.concatenate([generator.permutation(shown) for _ in range(4)])
    rows = pd.DataFrame(
        {
            "sample": [f"s{number:06d}" for number in range(len(order))],
            "unit": "trial",
            "session": "training",
            "run": [f"training-{row // 18 + 1}" for row in range(len(order))],
            "block": [f"block-{row}" for row in range(len(order))],
            "stimulus_id": order,
            "category": [name[0] for name in order],
        }
    )
    patterns = dict(zip("abc", 2 * generator.standard_normal((3, 10)), strict=True))
    x = np.stack([patterns[name[0]] for name in order])
    x += generator.standard_normal(x.shape)
    save_arrays(
        folder / "voxels.npz",
        {"x": x.astype(np.float32), "sample": rows["sample"].to_numpy(dtype=str)},
        axes={"x": ("sample", "voxel"), "sample": ("sample",)},
        units={"x": "1"},
    )
    folds = deal(rows, "trial", 2, "stimulus", numpy_generator(1, "folds"))
    save_table(folder / "folds.tsv", rows.assign(fold=folds))
    stimuli = pd.DataFrame({"stimulus_id": shown, "category": [name[0] for name in shown]})
    save_table(folder / "stimuli.tsv", stimuli.assign(session="training", held_out=0))
    _save_pictures(folder, shown, generator)
    return folder


def _save_pictures(folder: Path, shown: list[str], generator: np.random.Generator) -> None:
    """Noisy pictures: those that were shown teach, 60 others test."""
    ids = [*shown, *(f"{'abc'[number % 3]}-test{number}" for number in range(60))]
    means = dict(zip("abc", generator.integers(60, 196, (3, 1, 8, 8)), strict=True))
    pixels = np.stack([means[name[0]] for name in ids]) + generator.normal(0, 60, (78, 1, 8, 8))
    table = pd.DataFrame(
        {
            "image_id": ids,
            "category": [name[0] for name in ids],
            "split": ["train"] * 18 + ["test"] * 60,
            "stimulus_id": [*shown, *[""] * 60],
        }
    )
    save_images(folder, np.clip(pixels, 0, 255).astype(np.uint8), table)


def taught(study: Path, teacher: str, seeds: int, logits: Path | None = None) -> Path:
    """Folder of students that the product's own job trained."""
    place = "reference/none" if teacher == "none" else "S1/V1/ridge/brain"
    folder = study / f"{seeds}/distill/set/{place}/small"
    if not folder.exists():
        folder.mkdir(parents=True)
        named = {"history": "metrics.tsv", "predictions": "predictions.npz"}
        named |= {"metrics": "metrics.json", "teacher": "teacher.json", "model": "model.json"}
        train_students(
            images=study / "images.npy",
            table=study / "images.tsv",
            logits=logits,
            start=None,
            teacher=teacher,
            student=STUDENT,
            n_seeds=seeds,
            seed=1,
            device="cpu",
            outputs={name: folder / file for name, file in named.items()},
            checkpoints=study / "states",
            code="c",
        )
    return folder


def audit(study: Path, out: Path, seeds: int = 3, count: int = 2) -> tuple[pd.DataFrame, list[str]]:
    alone = taught(study, "none", seeds)
    script.audit_students(
        voxels=study / "voxels.npz",
        folds=study / "folds.tsv",
        stimuli=study / "stimuli.tsv",
        images=study / "images.npy",
        table=study / "images.tsv",
        start=None,
        predictions=alone / "predictions.npz",
        metrics=alone / "metrics.json",
        surrogates=out / "taught_surrogates.tsv",
        notes=out / "notes.json",
        names=NAMES,
        n_surrogates=count,
        decoder=RIDGE,
        n_voxels=None,
        calibration_folds=2,
        n_folds=2,
        fold_by="stimulus",
        student=STUDENT,
        seed=1,
        device="cpu",
        checkpoints=out / "states",
        code="c",
    )
    return read_surrogates(out / "taught_surrogates.tsv"), read_checks(out / "notes.json")[1]


def test_a_surrogate_is_taught_and_judged_as_the_brain_is(study: Path, tmp_path: Path) -> None:
    """Its soft labels as files, through the jobs of `all`, give the same difference and p."""
    table, notes = audit(study, tmp_path)
    assert not notes
    assert table["headline"].tolist() == ["teaching"] * 2
    assert table["of"].tolist() == ["S1, V1, ridge, small"] * 2
    assert table["kind"].tolist() == [SHIFTED] * 2
    assert table["chance"].tolist() == [0.0] * 2
    assert table["significant"].tolist() == [0, 0]
    assert table["allowed"].tolist() == [0.025, 0.025]
    assert not list((tmp_path / "states").glob("*"))
    problem = load_problem(
        *(study / f"{name}" for name in ("voxels.npz", "folds.tsv", "stimuli.tsv"))
    )
    how = Settings(RIDGE, None, 2, 2, "stimulus", "trial", 19, 1)
    drawn, _ = draw(problem, read_table(study / "stimuli.tsv", STIMULUS_COLUMNS), how, 2)
    first = drawn[0]  # the audit of decoding draws the same one
    paths = {name: tmp_path / f"{name}.npy" for name in ("logits", "soft_labels")}
    paths["samples"] = tmp_path / "samples.npz"
    save_decoding(first.problem, decode_surrogate(first, how), paths, {})
    groups = [
        load_group(folder / "predictions.npz", read_json(folder / "metrics.json"))
        for folder in (taught(study, "none", 3), taught(study, "brain", 3, paths["logits"]))
    ]
    expected = compare_teachers(groups, 1).iloc[0]
    assert expected["teacher"] == "brain"
    assert table.loc[0, "value"] == pytest.approx(expected["difference"], abs=1e-9)
    assert table.loc[0, "p"] == pytest.approx(expected["p"], abs=1e-9)


def test_a_surrogate_that_knows_the_labels_is_significant(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied(drawn: Drawn, how: Settings) -> OutOfFold:
        decoded = decode_surrogate(drawn, how)
        return _with(decoded, 12.0 * np.eye(3)[drawn.problem.y])

    monkeypatch.setattr(script, "decode_surrogate", copied)
    table, _ = audit(study, tmp_path, seeds=8)
    assert table["significant"].tolist() == [1, 1]
    assert (table["p"] <= 0.05).all()
    assert (table["value"] > 0).all()


def test_a_surrogate_that_misleads_is_no_finding(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Students that lose by what it says do not claim that brains teach."""

    def turned(drawn: Drawn, how: Settings) -> OutOfFold:
        decoded = decode_surrogate(drawn, how)
        return _with(decoded, 12.0 * np.eye(3)[(drawn.problem.y + 1) % 3])

    monkeypatch.setattr(script, "decode_surrogate", turned)
    table, _ = audit(study, tmp_path, seeds=8, count=1)
    assert table.loc[0, "p"] <= 0.05
    assert table.loc[0, "value"] < 0
    assert table.loc[0, "significant"] == 0


def test_a_surrogate_that_is_refused_is_counted_and_voids_no_other(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_the_first(drawn: Drawn, how: Settings) -> OutOfFold:
        if drawn.number == 0:
            raise NeuroLoopError("fold 1 has no row of class a: ask for fewer folds")
        return decode_surrogate(drawn, how)

    monkeypatch.setattr(script, "decode_surrogate", refuse_the_first)
    table, notes = audit(study, tmp_path)
    assert table["value"].isna().tolist() == [True, False]
    assert notes == [
        f"S1, V1, ridge, small, {SHIFTED}: 1 of the surrogates were refused and count nowhere, the "
        "first one as fold 1 has no row of class a: ask for fewer folds."
    ]


@pytest.mark.long
def test_students_of_equal_teachers_gain_significantly_in_2_5_percent() -> None:
    generator = np.random.default_rng(0)
    images = [f"image{number}" for number in range(200)]
    ease = generator.standard_normal(200)

    def group(*keys: str) -> Group:
        luck = 0.15 * generator.standard_normal((5, 1))
        hits = generator.random((5, 200)) < 1 / (1 + np.exp(-(ease + luck)))
        return Group(dict(zip(KEYS, keys, strict=True)), hits, images, list(range(5)), 1 / 3)

    judged = [
        judge_surrogate(group(*NAMES), group(*["reference"] * 3, "none", "small"), number)
        for number in range(200)
    ]
    gains = sum(int(str(row["significant"])) for row in judged)
    assert binomtest(gains, 200, GAIN, alternative="greater").pvalue > 0.01


def _with(decoded: OutOfFold, logits: np.ndarray) -> OutOfFold:
    return OutOfFold(decoded.scores, logits, decoded.temperatures, decoded.split)


def test_two_seeds_claim_nothing_and_train_nobody(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "train_surrogate", None)
    table, notes = audit(study, tmp_path, seeds=2)
    assert table.empty
    assert notes == [
        "S1, V1, ridge, small, teaching: 2 seeds give no p, 3 are needed (config, teaching.seeds)."
    ]
