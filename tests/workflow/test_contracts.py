"""What the results of a full run promise to those who read them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open

from tests.project import Finished

pytestmark = pytest.mark.workflow

#: Formats that results may have.
FORMATS = {".h5", ".html", ".json", ".npy", ".npz", ".png", ".safetensors", ".svg", ".tsv"}
METRICS = {"accuracy", "chance", "n", "ci_low", "ci_high", "p"}
VOXELS = {"tiny": {"V1": 30, "HVC": 30}, "plain": {"V4": 5000}}


@pytest.fixture
def results(finished: Finished) -> Path:
    return finished.project.folder / "results"


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def facts(path: Path) -> dict[str, Any]:
    """Sidecar of an array."""
    return json.loads(path.with_suffix(".json").read_text())


def soft_label_files(results: Path) -> list[Path]:
    found = sorted(results.glob("fmri/*/*/*/*/soft_labels.npy"))
    assert len(found) == 5
    return found


def test_files_are_whole_and_in_open_formats(results: Path) -> None:
    marks = ".snakemake_timestamp"  # in folders that are outputs
    files = [path for path in results.rglob("*") if path.is_file() and path.name != marks]
    assert {path.suffix for path in files} == FORMATS
    assert not [path for path in files if path.name.startswith(".") or not path.stat().st_size]
    assert not list((results.parent / ".neuroloop").rglob("*.safetensors"))


def test_logs_and_benchmarks_mirror_results(results: Path) -> None:
    """A record of a run, a log and a benchmark for every job."""

    def folders(top: str, pattern: str) -> list[str]:
        paths = (results.parent / top).rglob(pattern)
        return sorted(path.parent.relative_to(results.parent / top).as_posix() for path in paths)

    assert folders("logs", "*.log") == folders("results", "*run.json")
    assert folders("benchmarks", "*.tsv") == folders("results", "*run.json")


def test_arrays_agree_with_their_sidecars(results: Path) -> None:
    arrays = sorted([*results.rglob("*.npy"), *results.rglob("*.npz")])
    assert len(arrays) > 20
    for path in arrays:
        said = facts(path)
        loaded = np.load(path, allow_pickle=False)
        single = path.suffix == ".npy"
        assert "numpy" in said["versions"]
        described = {"": said} if single else said["arrays"]
        assert described.keys() == ({""} if single else set(loaded.files))
        for name, of_array in described.items():
            array = loaded[name] if name else loaded
            assert of_array["shape"] == list(array.shape), path
            assert of_array["dtype"] == str(array.dtype), path
            assert len(of_array["axes"]) == array.ndim, path
            assert of_array["units"], path
        for axis, ids in said.get("ids", {}).items():
            assert len(ids) == len(set(ids)) == loaded.shape[said["axes"].index(axis)], path


def test_bdpy_opens_the_brain_data(results: Path) -> None:
    from bdpy import BData

    files = sorted(results.glob("fmri/*/*/bdata.h5"))
    assert len(files) == 3
    for path in files:
        data = BData(str(path))
        for roi, size in VOXELS[path.parts[-3]].items():
            assert data.select(f"ROI_{roi} = 1").shape == (90, size)
        codes, counts = np.unique(data.get("DataType"), return_counts=True)
        assert dict(zip(codes.tolist(), counts.tolist(), strict=True)) == {1: 60, 2: 20, 3: 10}
        assert facts(path)["shape"] == list(data.dataset.shape)
        voxels = data.select("ROI_V4 = 1" if path.parts[-3] == "plain" else "ROI_V1 = 1")
        region = path.parent / ("V4" if path.parts[-3] == "plain" else "V1") / "voxels.npz"
        taken = np.load(region)
        rows = [int(name.removeprefix("s")) for name in taken["sample"]]
        np.testing.assert_array_equal(taken["x"], voxels[rows].astype(np.float32))


def test_folds_keep_runs_whole_and_are_shared(results: Path) -> None:
    for path in sorted(results.glob("fmri/*/*/folds.tsv")):
        folds = table(path)
        assert (folds["session"] == "training").all()
        assert (folds["unit"] == "trial").all()
        assert folds.groupby("run")["fold"].nunique().max() == 1
        assert set(folds["fold"]) == {"0", "1"}
        for region in path.parent.glob("*/voxels.npz"):
            assert np.load(region)["sample"].tolist() == folds["sample"].tolist()


def test_soft_labels_are_distributions_of_named_stimuli(results: Path) -> None:
    for path in soft_label_files(results):
        soft = np.load(path)
        logits = np.load(path.with_name("logits.npy"))
        assert soft.dtype == logits.dtype == np.float32
        np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
        exponential = np.exp(logits.astype(np.float64))
        np.testing.assert_allclose(soft, exponential / exponential.sum(axis=1, keepdims=True), 1e-5)
        stimuli = table(path.parents[3] / "stimuli.tsv")
        shown = stimuli.loc[stimuli["session"] == "training", "stimulus_id"].tolist()
        for name in ("soft_labels", "logits"):
            ids = facts(path.with_name(f"{name}.npy"))["ids"]
            assert ids == {"stimulus": shown, "class": [f"digit{n}" for n in range(10)]}


def test_soft_labels_are_of_the_samples_that_showed_the_stimulus(results: Path) -> None:
    """Joined by id: samples were presented in another order than stimuli.tsv lists them."""
    for path in soft_label_files(results):
        samples = np.load(path.with_name("samples.npz"))
        folds = table(path.parents[2] / "folds.tsv").set_index("sample")
        shown = folds.loc[samples["sample"], "stimulus_id"].tolist()
        ids = facts(path)["ids"]["stimulus"]
        assert shown != ids
        logits = pd.DataFrame(samples["logits"], index=shown)
        expected = logits.groupby(level=0).mean().loc[ids].to_numpy()
        np.testing.assert_allclose(np.load(path.with_name("logits.npy")), expected, rtol=1e-5)


def test_each_sample_is_predicted_by_the_fold_that_holds_it_out(results: Path) -> None:
    for path in soft_label_files(results):
        samples = np.load(path.with_name("samples.npz"))
        folds = table(path.parents[2] / "folds.tsv")
        assert samples["fold"].tolist() == folds["fold"].astype(int).tolist()
        assert samples["run"].tolist() == folds["run"].tolist()


def test_metrics_have_the_same_keys_everywhere(results: Path) -> None:
    files = sorted(results.rglob("metrics.json"))
    assert len(files) == 5 + 6
    for path in files:
        found = json.loads(path.read_text())
        assert found.keys() >= METRICS | {"null", "interval", "balanced_accuracy", "log_loss"}
        if "fmri" in path.parts:
            assert 0 <= found["ci_low"] <= found["accuracy"] <= found["ci_high"] <= 1, path
        else:
            assert found["ci_low"] is found["ci_high"] is None
            assert found["reason"] == "2 seeds do not tell how seeds differ: 3 are needed"
        assert found["chance"] == 0.1
        assert found["n"] == (60 if "fmri" in path.parts else 50)
        assert 0 < found["p"] <= 1


def test_a_headline_is_what_its_predictions_say(results: Path) -> None:
    for path in sorted(results.glob("fmri/*/*/*/*/metrics.json")):
        samples = np.load(path.with_name("samples.npz"))
        hits = samples["logits"].argmax(axis=1) == samples["truth"]
        assert json.loads(path.read_text())["accuracy"] == pytest.approx(hits.mean())
        assert samples["confusion"].trace() == hits.sum()
        null, said = np.load(path.with_name("null.npy")), json.loads(path.read_text())["null"]
        assert len(null) == said["permutations"]
        assert said["mean"] == pytest.approx(null.mean())
    for path in sorted(results.glob("distill/**/predictions.npz")):
        arrays = np.load(path)
        hits = arrays["logits"].argmax(axis=2) == arrays["truth"]
        found = json.loads(path.with_name("metrics.json").read_text())
        assert found["accuracy"] == pytest.approx(hits.mean())


def test_students_are_tested_on_the_test_images_and_no_others(results: Path) -> None:
    images = table(results / "distill/tiny/images.tsv").set_index("image_id")
    test = images[images["split"] == "test"]
    assert facts(results / "distill/tiny/images.npy")["ids"]["image"] == images.index.tolist()
    assert (
        test["stimulus_id"].isin(images.loc[images["split"] == "train", "stimulus_id"])
    ).sum() == 0
    files = sorted(results.glob("distill/**/predictions.npz"))
    assert len(files) == 6
    for path in files:
        arrays = np.load(path)
        assert arrays["image"].tolist() == test.index.tolist()
        classes = facts(path)["classes"]
        assert [classes[number] for number in arrays["truth"]] == test["category"].tolist()
        assert arrays["seed"].tolist() == [0, 1]


def test_images_get_the_soft_labels_of_their_own_stimulus(results: Path, tmp_path: Path) -> None:
    """However the rows and columns of the soft labels are ordered: by id, not by position."""
    from neuroloop.distill.image_set import load_image_set
    from neuroloop.distill.teacher_logits import teacher_logits
    from neuroloop.files.formats import load_array, save_array

    images = load_image_set(
        results / "distill/tiny/images.npy", results / "distill/tiny/images.tsv"
    )
    path = results / "fmri/tiny/S1/V1/ridge/logits.npy"
    logits, said = load_array(path)
    ids = said["ids"]
    rows, columns = (np.random.default_rng(1).permutation(size) for size in logits.shape)
    save_array(
        tmp_path / "logits.npy",
        logits[np.ix_(rows, columns)],
        axes=said["axes"],
        units=said["units"],
        ids={
            "stimulus": [ids["stimulus"][row] for row in rows],
            "class": [ids["class"][column] for column in columns],
        },
    )
    taught = [teacher_logits(images, p, "brain", 4.0, [0], 1) for p in (path, tmp_path / path.name)]
    assert taught[0] is not None
    np.testing.assert_array_equal(taught[0], taught[1])
    stimuli = images.table["stimulus_id"].iloc[images.train]
    for row, stimulus in zip(taught[0][0], stimuli, strict=True):
        np.testing.assert_array_equal(row, logits[ids["stimulus"].index(stimulus)])


def test_the_ablation_has_a_row_a_student(results: Path) -> None:
    rows = table(results / "distill/tiny/ablation.tsv")
    keys = ["subject", "roi", "decoder", "teacher", "student", "seed"]
    assert not rows.duplicated(keys).any()
    assert len(rows) == (2 + 2 * 2) * 2
    for row in rows.itertuples():
        folders = ("reference",) if row.subject == "reference" else row[1:4]
        path = results.joinpath("distill/tiny", *folders, row.teacher, row.student)
        arrays = np.load(path / "predictions.npz")
        hits = arrays["logits"][int(row.seed)].argmax(axis=1) == arrays["truth"]
        assert float(row.accuracy) == pytest.approx(hits.mean())


def test_students_leave_their_history_and_weights(results: Path) -> None:
    for path in results.glob("distill/tiny/**/weights.safetensors"):
        with safe_open(path, framework="np") as weights:
            assert weights.get_tensor("fc.weight").shape[0] == 10
    histories = [table(path) for path in results.glob("distill/tiny/**/metrics.tsv")]
    assert len(histories) == 6
    for history in histories:
        steps = history[["epoch", "seed"]].to_numpy().tolist()
        assert steps == [["1", "0"], ["1", "1"], ["2", "0"], ["2", "1"]]


def test_the_report_stands_alone(results: Path) -> None:
    page = (results / "report/index.html").read_text()
    assert "http" not in page
    assert "<link" not in page
    assert page.count('src="data:image/svg+xml;base64,') == 2 * 4 + 3
    assert page.count('class="leaf-page"') > 4 * 8  # brains at work, image by image
    for name in ("tiny", "plain"):
        assert name in page
