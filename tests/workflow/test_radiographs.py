"""The chest X-ray branch: one run of tiny simulated images, and the same images as a user's own."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from neuroloop.cxr.radiograph_set import load_radiograph_set
from neuroloop.explain.models.model_file import open_model
from neuroloop.files.formats import load_weights
from neuroloop.report.passport import PAGE, read_passport
from neuroloop.training.loop import predict
from tests.project import Project, once, preset

pytestmark = pytest.mark.workflow

RADIOGRAPHS = "results/cxr/few"
TRAINED = f"{RADIOGRAPHS}/case5/deep/patient"
CLASSES = ["bacteria", "normal", "virus"]


def radiographs_config() -> dict[str, Any]:
    """45 radiographs of 32 pixels, two folds, a network of width 4 and a logistic regression."""
    default = preset("config")
    network = {"backbone": "resnet18", "weights": None, "width": 4, "stem": "small"}
    return preset("test") | {
        "run": ["few"],
        "classifiers": {
            "linear": default["classifiers"]["layers"]
            | network
            | {"input_size": 48, "feature_layers": ["layer2", "layer4"]},
            "deep": default["classifiers"]["fine"]
            | network
            | {"train_from": "layer3", "epochs": 2, "batch_size": 8},
        },
        "radiographs": {
            "few": default["radiographs"]["chests"]
            | {
                "simulation": {
                    "radiographs_per_class": 15,
                    "max_radiographs_per_patient": 2,
                    "shared": 0.3,
                    "sites": 3,
                },
                "size": 32,
                "folds": 2,
                "classifiers": ["linear", "deep"],
                "baseline": ["case1", "linear"],
                "ensembles": [["linear", "deep"]],
                "leakage": [["case1", "deep"]],
                "new_sites": [["case1", "linear"]],
                "repeats": 2,
                "maps": [["case5", "deep"]],
                "external": ["elsewhere"],
                "bootstraps": 100,
            },
            "elsewhere": default["radiographs"]["chests"]
            | {
                "simulation": {"radiographs_per_class": 25, "max_radiographs_per_patient": 2},
                "size": 32,
            },
        },
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """All results of the radiographs, shared: for looking only."""

    def make(folder: Path) -> None:
        Project.make(folder / "project").write_config("own.yaml", radiographs_config()).run("all")

    return Project(once(tmp_path_factory, "radiographs", make) / "project", "own.yaml")


def table(project: Project, path: str) -> pd.DataFrame:
    return pd.read_csv(project.folder / path, sep="\t", na_values="n/a", keep_default_na=False)


def test_all_is_made_and_told(project: Project) -> None:
    assert "few" in (project.folder / "results/report/index.html").read_text()
    planned = project.plan()
    assert not any(planned.values())
    count = Counter(job.split()[0] for job in planned)
    assert count == {
        "check_radiographs": 1,  # of the set and of the other, in one folder
        "exclude_known": 1,
        "extract_features": 2,  # one a front, whatever the number of cases and folds
        "map_radiographs": 1,
        "predict_external": 4,
        "simulate_radiographs": 2,
        "split_radiographs": 1,
        "summarise_classifiers": 1,
        "train_classifier": 6,
        "write_report": 1,
    }


def predictions(project: Project) -> dict[tuple[str, str, str], pd.DataFrame]:
    """Predicted radiographs of every case, classifier and split."""
    paths = sorted((project.folder / RADIOGRAPHS).glob("*/*/*/predictions.tsv"))
    return {path.parts[-4:-1]: pd.read_csv(path, sep="\t") for path in paths}


def apart(radiographs: pd.DataFrame, column: str) -> bool:
    """Whether all radiographs of a patient have one value."""
    return not radiographs[["patient", column]].drop_duplicates()["patient"].duplicated().any()


def test_no_patient_is_on_two_sides(project: Project) -> None:
    folds = table(project, f"{RADIOGRAPHS}/folds.tsv").set_index("radiograph")
    assert apart(folds, "patient_fold")
    assert apart(folds, "side")
    assert not apart(folds, "image_fold")
    assert not apart(folds, "label")  # a patient in two classes is one patient
    tested = predictions(project)
    assert len(tested) == 6
    for (_, _, split), rows in tested.items():
        for _, of in rows.groupby("shown"):
            assert sorted(of["radiograph"]) == sorted(folds.index)
            assert (of["fold"] == folds.loc[of["radiograph"], f"{split}_fold"].to_numpy()).all()
            assert (of["patient"] == folds.loc[of["radiograph"], "patient"].to_numpy()).all()
        assert apart(rows, "fold") == (split != "image")


def test_every_radiograph_is_named_whole_and_in_parts(project: Project) -> None:
    for rows in predictions(project).values():
        assert rows["shown"].value_counts().to_dict() == dict.fromkeys(
            ("whole", "lungs", "background"), 45
        )
        named = rows[[f"p_{name}" for name in CLASSES]]
        assert np.allclose(named.sum(axis=1), 1)
        assert named.nunique().min() > 40
        whole, lungs = (
            rows[rows["shown"] == shown].set_index("radiograph")["p_virus"]
            for shown in ("whole", "lungs")
        )
        assert (whole != lungs[whole.index]).all()


@pytest.mark.parametrize(
    ("classifier", "trained"),
    [("deep", "backbone.layer3.0.conv1.weight"), ("linear", "head.fc.weight")],
)
def test_stored_networks_name_radiographs_as_they_were_named(
    project: Project, classifier: str, trained: str
) -> None:
    """From pixels to probabilities, without stored features, with each fold's own network."""
    folder = project.folder / RADIOGRAPHS / "case1" / classifier / "patient"
    network = open_model(folder / "model.json", torch.device("cpu")).network
    stored = load_weights(folder / "networks.safetensors")
    radiographs = load_radiograph_set(
        *(
            project.folder / RADIOGRAPHS / name
            for name in ("radiographs.npy", "regions.npz", "folds.tsv")
        )
    )
    rows = pd.read_csv(folder / "predictions.tsv", sep="\t").query("shown == 'whole'")
    place = {radiograph: row for row, radiograph in enumerate(radiographs.table["radiograph"])}
    probabilities = []
    for fold, of in rows.groupby("fold"):
        own = {
            name.removeprefix(f"fold{fold}/"): values
            for name, values in stored.items()
            if name.startswith(f"fold{fold}/")
        }
        assert trained in own
        assert not any(name.startswith("backbone.layer2") for name in own)
        network.load_state_dict(own, strict=False)
        images = radiographs.read(np.array([place[radiograph] for radiograph in of["radiograph"]]))[
            :, None
        ]
        logits = torch.from_numpy(predict(network, images)[:, 0]).double()
        probabilities.append(logits.softmax(dim=1).numpy())
        assert np.allclose(
            probabilities[-1], of[[f"p_{name}" for name in CLASSES]], rtol=1e-3, atol=1e-5
        )
    assert len(probabilities) == 2


def test_model_json_has_radiographs_that_its_network_never_saw(project: Project) -> None:
    opened = open_model(project.folder / TRAINED / "model.json", torch.device("cpu"))
    folds = table(project, f"{RADIOGRAPHS}/folds.tsv").set_index("radiograph")
    assert (folds.loc[opened.images.ids, "patient_fold"] == 0).all()
    truth = np.array(opened.classes)[opened.images.truth]
    assert truth.tolist() == folds.loc[opened.images.ids, "label"].tolist()
    assert opened.images.mask is not None


def test_scores_stand_with_their_intervals(project: Project) -> None:
    metrics = table(project, f"{RADIOGRAPHS}/metrics.tsv")
    sites = {f"site site{number}" for number in (1, 2, 3)}
    assert set(metrics["split"]) == {"patient", "image", "external elsewhere", "site", *sites}
    assert {"accuracy", "macro_f1", "auc", "calibration_error", "recall"} <= set(metrics["metric"])
    known = metrics.dropna(subset=["ci_low"])
    assert len(known) > 200
    assert ((known["ci_low"] <= known["value"]) & (known["value"] <= known["ci_high"])).mean() > 0.9
    compared = table(project, f"{RADIOGRAPHS}/comparisons.tsv")
    keys = ["kind", "case", "classifier", "split"]
    runs = compared.drop_duplicates(keys)
    assert sorted(runs[keys].itertuples(index=False, name=None)) == [
        ("baseline", "case1", "deep", "external elsewhere"),
        ("baseline", "case1", "deep", "patient"),
        ("baseline", "case1", "linear + deep", "patient"),
        ("baseline", "case5", "deep", "external elsewhere"),
        ("baseline", "case5", "deep", "patient"),
        ("baseline", "case5", "linear", "external elsewhere"),
        ("baseline", "case5", "linear", "patient"),
        ("baseline", "case5", "linear + deep", "patient"),
        ("leak", "case1", "deep", "image"),
        ("site", "case1", "deep", "external elsewhere"),
        ("site", "case1", "linear", "external elsewhere"),
        ("site", "case1", "linear", "site"),
        ("site", "case5", "deep", "external elsewhere"),
        ("site", "case5", "linear", "external elsewhere"),
    ]


def test_each_comparison_says_what_it_varies(project: Project) -> None:
    compared = table(project, f"{RADIOGRAPHS}/comparisons.tsv")
    anew = compared["partitions"] == 2
    assert set(compared["classifier"][anew & (compared["kind"] == "baseline")]) == {"linear"}
    varied = compared[anew].drop_duplicates("unit")
    assert varied["unit"].tolist() == ["patients x partitions"]
    assert varied["scope"].str.contains("other partitions into folds; these sites alone").all()
    # A deep network was trained on one partition: no p, and why.
    single = compared[(compared["partitions"] == 1) & compared["split"].isin(["patient", "image"])]
    assert single["p"].isna().all()
    assert single["reason"].str.startswith("one partition").all()
    assert single["scope"].str.contains("these networks, this partition into folds").all()
    sites = compared[compared["split"] == "site"]
    assert set(sites["unit"]) == {"sites"}
    assert set(sites["scope"]) == {"other sites and other patients"}
    tested = compared[compared["p"].notna()]
    assert (tested["q"] >= tested["p"]).all()
    assert (tested["family"] != "").all()
    assert compared[compared["p"].isna()]["q"].isna().all()


def test_partitions_are_all_different_and_keep_patients_whole(project: Project) -> None:
    again = table(project, f"{RADIOGRAPHS}/case1/linear/patient/repeats.tsv")
    first = predictions(project)["case1", "linear", "patient"].query("shown == 'whole'")
    assert again["repeat"].unique().tolist() == [1]
    assert sorted(again["radiograph"]) == sorted(first["radiograph"])
    assert apart(again, "fold")
    folds = [rows.set_index("radiograph")["fold"].sort_index() for rows in (first, again)]
    assert pd.crosstab(*folds).to_numpy().min() > 0
    assert len(table(project, f"{RADIOGRAPHS}/case1/deep/patient/repeats.tsv")) == 0


def test_nobody_of_a_left_out_site_is_learned_from(project: Project) -> None:
    folds = table(project, f"{RADIOGRAPHS}/folds.tsv").set_index("radiograph")
    rows = predictions(project)["case1", "linear", "site"]
    sites = folds.loc[rows["radiograph"], "site"].to_numpy()
    pairs = set(zip(sites, rows["fold"], strict=True))
    assert pairs == {("site1", 0), ("site2", 1), ("site3", 2)}


def test_patients_that_were_learned_from_are_no_external_test(project: Project) -> None:
    folder = project.folder / RADIOGRAPHS / "case5/deep/external/elsewhere"
    named = pd.read_csv(folder / "predictions.tsv", sep="\t")
    own = set(table(project, f"{RADIOGRAPHS}/folds.tsv")["patient"])
    others = table(project, "results/cxr/elsewhere/radiographs.tsv")
    assert set(named["patient"]) == set(others["patient"]) - own
    assert 5 < len(named) < len(others) == 75
    facts = json.loads((folder / "facts.json").read_text())
    assert facts["radiographs_left_out"] == len(others) - len(named)
    assert facts["networks"] == 2
    dropped = table(project, f"{RADIOGRAPHS}/case5/deep/external/elsewhere/dropped.tsv")
    assert sorted([*dropped["radiograph"], *named["radiograph"]]) == sorted(others["radiograph"])
    assert (dropped["reason"] == "copy").sum() == facts["copies_left_out"]


def test_maps_are_of_every_radiograph_that_was_kept(project: Project) -> None:
    with np.load(project.folder / RADIOGRAPHS / "case5/deep/maps/maps.npz") as archive:
        assert archive["cam"].shape == archive["grad_cam"].shape
        assert archive["cam"].shape[1:] == (4, 4)  # 32 pixels, halved three times
        assert archive["layer_cam"].shape[1:] == (16, 16)
        assert len(archive["radiograph"]) == len(archive["named"]) == len(archive["cam"])
    pointing = table(project, f"{RADIOGRAPHS}/case5/deep/maps/pointing.tsv")
    assert set(pointing["method"]) == {"CAM", "Grad-CAM", "LayerCAM"}
    checks = table(project, f"{RADIOGRAPHS}/case5/deep/maps/checks.tsv").set_index("method")
    assert checks.loc["CAM", "verdict"] == "too coarse to judge"


def waiting(project: Project, folder: Path, path: str, value: Any) -> set[str]:
    """Jobs that a change of one value asks for."""
    config = radiographs_config()
    *parents, last = path.split(".")
    block = config
    for parent in parents:
        block = block[parent]
    assert block[last] != value
    block[last] = value
    return project.write_config(str(folder / "own.yaml"), config).waiting()


def test_a_learning_rate_reruns_training_not_features(project: Project, tmp_path: Path) -> None:
    jobs = waiting(project, tmp_path, "classifiers.deep.learning_rate", 0.01)
    assert jobs == {
        "train_classifier cxr/few/case1/deep/patient",
        "train_classifier cxr/few/case1/deep/image",
        "train_classifier cxr/few/case5/deep/patient",
        "predict_external cxr/few/case1/deep/external/elsewhere",
        "predict_external cxr/few/case5/deep/external/elsewhere",
        "map_radiographs cxr/few/case5/deep/maps",
        "summarise_classifiers cxr/few",
        "write_report report",
    }


def test_a_deeper_cut_reruns_its_own_features(project: Project, tmp_path: Path) -> None:
    jobs = waiting(project, tmp_path, "classifiers.deep.train_from", "layer4")
    features = [job for job in jobs if job.startswith("extract_features")]
    assert features == ["extract_features cxr/few/features/resnet18-random-small4-layer4"]
    assert not [job for job in jobs if "/linear/" in job or job.startswith("simulate")]


def test_other_taps_of_a_frozen_network_rerun_its_own_features(
    project: Project, tmp_path: Path
) -> None:
    jobs = waiting(project, tmp_path, "classifiers.linear.feature_layers", ["layer3"])
    features = [job for job in jobs if job.startswith("extract_features")]
    assert features == [
        "extract_features cxr/few/features/resnet18-random-small4-head-side48-layer3"
    ]
    assert not [job for job in jobs if "/deep/" in job or job.startswith("simulate")]


def test_a_figures_baseline_reruns_the_summary_alone(project: Project, tmp_path: Path) -> None:
    assert waiting(project, tmp_path, "radiographs.few.baseline", ["case5", "linear"]) == {
        "summarise_classifiers cxr/few",
        "write_report report",
    }


@pytest.mark.parametrize(
    ("key", "value"), [("contrast", None), ("bootstraps", 200), ("ensembles", [])]
)
def test_intervals_rerun_the_summary_alone(
    project: Project, tmp_path: Path, key: str, value: Any
) -> None:
    assert waiting(project, tmp_path, f"radiographs.few.{key}", value) == {
        "summarise_classifiers cxr/few",
        "write_report report",
    }


def test_bytes_do_not_depend_on_the_number_of_jobs(project: Project, tmp_path: Path) -> None:
    again = Project.make(tmp_path / "project").write_config("own.yaml", radiographs_config())
    again.run(
        f"{TRAINED}/predictions.tsv", f"{RADIOGRAPHS}/case1/linear/patient/predictions.tsv", cores=1
    )
    made = again.results()
    assert f"{TRAINED}/predictions.tsv" in made
    assert f"{TRAINED}/networks.safetensors" in made
    assert f"{RADIOGRAPHS}/case1/linear/patient/predictions.tsv" in made
    assert len(made) > 20
    assert [path for path in made if made[path] != project.results()[path]] == []


@pytest.fixture
def kaggle(project: Project, tmp_path: Path) -> Project:
    """The simulated radiographs in Kaggle's folders, under Kermany's names, as a user's own.

    Kaggle's split is by radiograph: it puts patients on two sides, and is not used.
    """
    radiographs = load_radiograph_set(
        *(
            project.folder / RADIOGRAPHS / name
            for name in ("radiographs.npy", "regions.npz", "folds.tsv")
        )
    )
    folder = tmp_path / "data" / "chest_xray"
    for number, (radiograph, label) in enumerate(
        zip(radiographs.table["radiograph"], radiographs.table["label"], strict=True)
    ):
        patient, _, count = radiograph.split("_")
        name = f"{radiograph}.png"
        if label == "normal":
            name = f"IM-{int(patient.removeprefix('person')):04d}-000{count}.png"
        side = ("train", "test", "val")[number % 3]
        path = folder / side / ("NORMAL" if label == "normal" else "PNEUMONIA") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(radiographs.pixels[number]).save(path)
    return own_project(tmp_path, "chest_xray")


def own_project(folder: Path, path: str, **options: Any) -> Project:
    """A project without results whose radiographs are the user's own."""
    config = radiographs_config()
    block = config["radiographs"]["few"]
    del block["simulation"]
    block |= {"source": "files", "path": path, "classes": {}, "external": []} | options
    made = Project.make(folder / "project", data=folder / "data")
    return Project(made.write_config("own.yaml", config).folder, "own.yaml", made.data)


def same_radiographs(own: Project, project: Project) -> None:
    """Own radiographs are those that were simulated: pixels, classes, and who shares a patient."""
    found, expected = (
        load_radiograph_set(*(of.folder / RADIOGRAPHS / name for name in names))
        for of in (own, project)
        for names in [("radiographs.npy", "regions.npz", "folds.tsv")]
    )
    origin = {pixels.tobytes(): row for row, pixels in enumerate(expected.pixels)}
    rows = [origin[pixels.tobytes()] for pixels in found.pixels]
    assert sorted(rows) == list(range(45))
    truth = expected.table.iloc[rows].reset_index(drop=True)
    assert found.table["label"].tolist() == truth["label"].tolist()
    together = found.table["patient"].to_numpy()[:, None] == found.table["patient"].to_numpy()
    patients = truth["patient"].to_numpy()
    assert (together == (patients[:, None] == patients)).all()
    fold = found.table["patient_fold"].to_numpy()
    assert (fold[:, None] == fold)[together].all()
    assert found.lesions is None


def test_own_radiographs_in_kaggles_folders(project: Project, kaggle: Project) -> None:
    """A copy under another name is dropped, and the whole chain runs without known lesions."""
    source = next((kaggle.data / "chest_xray").rglob("IM-*.png"))
    shutil.copy(source, source.with_name(f"NORMAL2-{source.name}"))
    kaggle.run(f"{RADIOGRAPHS}/case1/deep/maps/maps.png", f"{RADIOGRAPHS}/fold_balance.tsv")
    same_radiographs(kaggle, project)
    dropped = table(kaggle, f"{RADIOGRAPHS}/dropped.tsv")
    assert dropped["reason"].tolist() == ["copy"]
    named = table(kaggle, f"{RADIOGRAPHS}/case1/deep/patient/predictions.tsv")
    assert apart(named, "fold")
    assert table(kaggle, f"{RADIOGRAPHS}/case1/deep/maps/pointing.tsv").empty


def write_manifest(data: Path) -> pd.DataFrame:
    """manifest.tsv of Kaggle's folders, with classes and patients of the manifest's own names."""
    rows = []
    for path in sorted((data / "chest_xray").rglob("*.png")):
        label = next((name for name in ("bacteria", "virus") if name in path.name), "healthy")
        patient = re.search(r"person0*(\d+)|IM-0*(\d+)", path.name)
        rows.append(
            {
                "file": path.relative_to(data).as_posix(),
                "label": label,
                "patient": f"P{patient[1] or patient[2]}",
                "age": "3",
            }
        )
    manifest = pd.DataFrame(rows)
    manifest.to_csv(data / "manifest.tsv", sep="\t", index=False)
    return manifest


def test_own_radiographs_in_a_manifest_and_a_hot_pixel_in_one_class(
    project: Project, kaggle: Project
) -> None:
    write_manifest(kaggle.data)
    config = radiographs_config()
    block = config["radiographs"]["few"]
    del block["simulation"]
    names = {"healthy": "normal", "bacteria": "bacteria", "virus": "virus"}
    block |= {"source": "files", "path": "manifest.tsv", "classes": names, "external": []}
    made = kaggle.write_config("own.yaml", config)
    made.run("check")
    same_radiographs(kaggle, project)
    facts = kaggle.folder / "results/check/cxr/few.json"
    sound = read_passport(facts)
    assert not sound.intake.warnings
    assert len(sound.intake.files) == 46, "45 radiographs and their manifest"
    for path in (kaggle.data / "chest_xray").rglob("*bacteria*.png"):
        pixels = np.array(Image.open(path))
        pixels[3, 4] = 255
        Image.fromarray(pixels).save(path)
    said = made.run("check", "--quiet", "rules", "reason", "host")
    assert f"\nfew: {sound.line}; 1 warning, see {PAGE}\n" in said.err
    (warning,) = read_passport(facts).intake.warnings
    assert "stands out at row 3, column 4 (counted from 0)" in warning
    assert re.search(r"bacteria 1\d, normal 0, virus 0", warning)
    assert warning in unescape((kaggle.folder / PAGE).read_text())


def test_copies_in_another_set_are_refused_before_anything_is_trained(kaggle: Project) -> None:
    """The same pixels under other names, patients and folders, and no radiograph besides."""
    other = kaggle.data / "elsewhere"
    for number, path in enumerate(sorted((kaggle.data / "chest_xray").rglob("*.png"))):
        kinds = [kind for kind in ("bacteria", "virus") if kind in path.name]
        copied = other / (kinds[0] if kinds else "normal") / f"{number}.png"
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copied)
    config = radiographs_config()
    block = config["radiographs"]["few"]
    del block["simulation"]
    block |= {"source": "files", "path": "chest_xray", "classes": {}, "external": ["copies"]}
    config["radiographs"]["copies"] = block | {"path": "elsewhere", "external": []}
    said = kaggle.write_config("own.yaml", config).call("check", "--cores", "2")
    assert said.status != 0
    assert re.search(r"Error: \S+ has no radiograph left to test: of 45, 45 are copies", said.err)
    assert not list((kaggle.folder / "results").rglob("networks.safetensors"))
    told = json.loads((kaggle.folder / RADIOGRAPHS / "intake.json").read_text())
    assert len(told["files"]) == 45
    assert any("(test, train, val) are taken for splits" in text for text in told["recognised"])


def spoil_pixels(data: Path) -> str:
    path = next(data.rglob("*bacteria*.png"))
    path.write_bytes(path.read_bytes()[:200])
    return rf"radiograph \S+{path.name} cannot be read \(.+\): replace or remove it"


def spoil_empty(data: Path) -> str:
    path = next(data.rglob("*virus*.png"))
    path.write_bytes(b"")
    return rf"\S+{path.name} is empty \(0 bytes\), not an image: replace or remove it"


def spoil_colours(data: Path) -> str:
    path = next(data.rglob("IM-*.png"))
    Image.merge("RGB", [Image.effect_noise((32, 32), 60) for _ in range(3)]).save(path)
    return (
        rf"radiograph \S+{path.name} cannot be read \(it has colours, .+%.+\): replace or remove it"
    )


def spoil_depth(data: Path) -> str:
    path = next(data.rglob("*virus*.png"))
    Image.fromarray(np.asarray(Image.open(path)).astype(np.uint16) * 16).save(path)
    return (
        rf"1 radiographs have more than 8 bits, .+{path.name} none.+: "
        "set `white_level` of this set, .+"
    )


def spoil_name(data: Path) -> str:
    path = next(data.rglob("*virus*.png"))
    path.rename(path.with_name("person1.png"))
    return (
        r"radiograph \S+person1\.png: its name tells neither bacteria nor virus: rename it, or .+"
    )


def spoil_manifest(data: Path) -> str:
    file = write_manifest(data)["file"][7]
    (data / file).unlink()
    return rf"\S+{Path(file).name} is missing: add it, or take it out of the list"


def unknown_class(data: Path) -> str:
    write_manifest(data)
    return r"\S+manifest\.tsv has no radiographs of 'tuberculosis', which classes names: it has .+"


@pytest.mark.parametrize(
    ("spoil", "options"),
    [
        (spoil_pixels, {}),
        pytest.param(spoil_empty, {}, marks=pytest.mark.long),
        pytest.param(spoil_colours, {}, marks=pytest.mark.long),
        pytest.param(spoil_depth, {}, marks=pytest.mark.long),
        pytest.param(spoil_name, {}, marks=pytest.mark.long),
        (spoil_manifest, {"path": "manifest.tsv"}),
        (
            unknown_class,
            {"path": "manifest.tsv", "classes": {"tuberculosis": "sick"}, "contrast": None},
        ),
    ],
)
def test_bad_radiographs_are_one_line_and_leave_nothing(
    kaggle: Project, spoil: Callable[[Path], str], options: dict[str, Any]
) -> None:
    message = spoil(kaggle.data)
    config = radiographs_config()
    block = config["radiographs"]["few"]
    del block["simulation"]
    block |= {"source": "files", "path": "chest_xray", "classes": {}, "external": []} | options
    said = kaggle.write_config("own.yaml", config).call("check", "--cores", "1")
    assert said.status != 0
    lines = [line for line in said.err.splitlines() if re.fullmatch(f"Error: {message}", line)]
    assert lines, said.text
    assert "Traceback" not in said.text
    left = [path for path in (kaggle.folder / "results").rglob("*") if path.is_file()]
    assert not left


def test_radiographs_that_are_not_there_stop_the_run_before_its_first_job(kaggle: Project) -> None:
    shutil.rmtree(kaggle.data / "chest_xray")
    said = kaggle.call("all", "--cores", "1")
    assert said.status != 0
    assert re.search(r"chest_xray is missing \(config, radiographs\.few\.path\): ", said.text)
    assert "Traceback" not in said.text
    assert not (kaggle.folder / "results/cxr").exists()
