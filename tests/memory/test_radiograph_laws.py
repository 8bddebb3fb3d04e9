"""Laws of the rules of radiographs, after they are listed, beside what their calls take."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
import sklearn.preprocessing  # noqa: F401 - so that no call imports it
import torch

from neuroloop.config.classifiers import Classifier
from neuroloop.cxr.audit import marks, told_classes
from neuroloop.cxr.chance import at_chance
from neuroloop.cxr.classifier import Classifier as Chosen
from neuroloop.cxr.features import Features
from neuroloop.cxr.lungs import lung_template
from neuroloop.cxr.radiograph_tables import read_predictions
from neuroloop.cxr.transfer import Fold, train_fold
from neuroloop.files.formats import save_arrays, save_rows, save_table
from neuroloop.networks.transfer_network import transfer_network
from neuroloop.workflow import network_size
from neuroloop.workflow.memory import LAWS, PLAIN, TORCH
from scripts.cxr.audit_classifier import audit_classifier
from scripts.cxr.audit_radiographs import audit_radiographs
from scripts.cxr.extract_features import extract_features
from scripts.cxr.map_radiographs import map_radiographs
from scripts.cxr.predict_external import predict_external
from scripts.cxr.train_classifier import train_classifier
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: Radiographs of the largest set, a side of them, and its folds.
FILMS, SIDE, FOLDS = 100_000, 224, 5

#: The classifiers of the default config.
BASELINE: dict[str, Any] = {"backbone": "efficientnet_lite0", "C": 0.001}
TAPS = ["block7", "block10", "block11", "block12", "block14", "block15"]
FINE: dict[str, Any] = {
    "backbone": "efficientnet_lite0",
    "train_from": "block12",
    "batch_size": 32,
    "epochs": 5,
}

#: A network so small that tables are what is measured.
TINY: dict[str, Any] = {"backbone": "resnet18", "weights": None, "width": 1, "stem": "small"}


def names(count: int) -> list[str]:
    return [f"person{row // 2:06d}-{row % 2}" for row in range(count)]


@cache
def stored(folder: Path, count: int, side: int = 16) -> Path:
    """Radiographs of files, two a patient, as rules leave them."""
    made = folder / f"{count}-{side}"
    made.mkdir()
    drawn = np.random.default_rng(1)
    ids = names(count)
    save_rows(
        made / "radiographs.npy",
        (drawn.integers(0, 256, (side, side), dtype=np.uint8) for _ in ids),
        count,
        axes=("radiograph", "row", "column"),
        units="1",
        ids={"radiograph": ids},
    )
    lungs = {"lungs": lung_template(side)}
    save_arrays(made / "regions.npz", lungs, axes={"lungs": ("row", "column")})
    patients = [name.split("-")[0] for name in ids]
    listed = pd.DataFrame({"radiograph": ids, "patient": patients})
    listed["label"] = [("bacteria", "normal")[row // 2 % 2] for row in range(count)]
    folds = np.arange(count) // 2 % 3
    save_table(made / "folds.tsv", listed.assign(patient_fold=folds, image_fold=folds))
    files = listed.assign(file=[f"{name}.jpeg" for name in ids])
    save_table(made / "file_properties.tsv", files)
    dropped = pd.DataFrame(columns=["file", "label", "patient", "reason", "same_as"])
    save_table(made / "dropped.tsv", dropped)
    return made


def features(made: Path, count: int, channels: int) -> Path:
    views = ["whole", "view1", "view2", "lungs", "background"]
    row = np.random.default_rng(1).normal(size=(len(views), channels)).astype(np.float32)
    path = made / "features.npy"
    save_rows(
        path,
        (row + number % 7 for number in range(count)),
        count,
        axes=("radiograph", "view", "channel"),
        units="1",
        ids={"radiograph": names(count), "view": views},
    )
    return path


def block(**changes: Any) -> dict[str, Any]:
    return Classifier(**changes).model_dump()


def inputs(made: Path) -> dict[str, Path]:
    given = {"radiographs": "radiographs.npy", "regions": "regions.npz", "table": "folds.tsv"}
    return {name: made / file for name, file in given.items()}


def training(folder: Path, count: int, case: str = "case1", width: int = 1, **changes: Any) -> int:
    """Bytes that training a classifier on so many radiographs takes, of 8 channels a width."""
    made = stored(folder, count)
    given = features(made, count, 8 * width)
    return training_on(made, given, case, **TINY | {"width": width} | changes)


def training_on(made: Path, given: Path, case: str = "case1", **changes: Any) -> int:
    """Bytes that training a classifier on stored features takes."""
    return peak_bytes(lambda: train_on(made, given, case, **changes))


def train_on(made: Path, given: Path, case: str = "case1", **changes: Any) -> None:
    """Train a classifier on stored features; its files lie in a folder ``o``."""
    files = {"history": "h.tsv", "predictions": "p.tsv", "repeats": "r.tsv", "model": "model.json"}
    files |= {"classifier": "c.json", "networks": "n.safetensors"}
    train_classifier(
        **inputs(made),
        features=given,
        start=None,
        classifier=block(**changes),
        case=case,
        split="patient",
        folds=3,
        max_view=2,
        repeats=1,
        seed=0,
        device="cpu",
        outputs={name: made / "o" / file for name, file in files.items()},
        checkpoints=made / "states",
        code="",
    )


def sizes(chosen: Mapping[str, Any], case: str) -> dict[str, float]:
    """What laws count of a classifier on the largest set."""
    pairs = {"case1": 1, "case5": 3}[case] * FILMS * (1 - 1 / FOLDS)
    trained = network_size.trained(chosen)
    return {
        "radiograph": FILMS,
        "mask byte": SIDE**2,
        "pair": pairs,
        "prediction": FILMS * 7,
        "logistic value": pairs * network_size.read(chosen) if chosen["C"] else 0,
        "kept byte": chosen["batch_size"] * sum(one.kept for one in trained) * SIDE**2,
        "weight": sum(one.weights for one in network_size.sections(chosen)),
        "own weight": sum(one.weights for one in trained),
    }


def test_classifiers_hold_tables_of_radiographs(tmp_path: Path) -> None:
    of_none, a_film = fitted(
        [2000, 4000, 6000, 8000], lambda count: training(tmp_path, count, epochs=1)
    )
    taken = TORCH + (of_none + FILMS * a_film) / 1e6
    check("train_classifier", sizes(block(**FINE), "case5"), taken)


def test_a_logistic_regression_holds_its_values_twice() -> None:
    """Of so many that little else is measured."""
    channels = 192
    chosen = Chosen.from_block(block(**TINY | {"width": channels // 8, "C": 0.01}), None)

    def learning(count: int) -> int:
        values = np.zeros((count, 1, channels), np.float32)
        values[:, 0, 0] = labels = np.arange(count) % 2
        values[:, 0, 1] = np.arange(count) % 7
        learned = pd.DataFrame({"row": np.arange(count), "view": 0})
        fold = Fold(learned, np.empty(0, int), np.empty(0, int))
        network, given = chosen.network(2, 0), Features(values, ["whole"])
        return peak_bytes(lambda: train_fold(network, given, labels, fold, chosen, 0))

    _, a_film = fitted([20_000, 30_000, 40_000, 50_000], learning)
    a_value = a_film / channels
    for layers, case in (([], "case1"), (TAPS, "case1"), (TAPS, "case5")):
        full = sizes(block(**BASELINE, feature_layers=layers), case)
        taken = TORCH + 130 + (a_value * full["logistic value"] + 800 * FILMS) / 1e6
        check("train_classifier", full, taken)


def test_training_holds_what_its_network_keeps_of_a_batch(tmp_path: Path) -> None:
    """Of a backbone that is trained whole: its images are what is stored of it."""
    batches = [120, 160, 200, 240]
    chosen: dict[str, Any] = TINY | {"width": 8, "train_from": "layer1", "epochs": 1}
    made = stored(tmp_path, 380, 32)
    front: dict[str, Any] = {"cut": "layer1", "side": None, "taps": [], **TINY, "width": 8}
    extract_features(
        **inputs(made),
        start=None,
        features=made / "kept.npy",
        front=front,
        views=2,
        kind="study",
        seed=0,
        device="cpu",
    )
    _, an_image = fitted(
        batches, lambda size: training_on(made, made / "kept.npy", **chosen, batch_size=size)
    )
    kept = sum(one.kept for one in network_size.trained(block(**chosen))) * 32**2
    assert 0.4 < an_image / kept < LAWS["train_classifier"].terms["kept byte"]


@pytest.mark.parametrize("backbone", list(network_size.BACKBONES))
@pytest.mark.parametrize("stem", ["imagenet", "small"])
def test_sizes_of_backbones_are_those_of_the_networks(backbone: str, stem: str) -> None:
    if backbone == "efficientnet_lite0" and stem == "small":
        pytest.skip("it has one stem")
    side = 128 if backbone == "efficientnet_lite0" else 64
    options: dict[str, Any] = {"backbone": backbone, "stem": stem, "width": 64}
    network = transfer_network(classes=2, cut="stem", frozen_norm=True, **options).train()
    own = {one.untyped_storage().data_ptr() for one in network.state_dict().values()}
    images, held = network._normalised(torch.zeros(1, 1, side, side)), {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            held[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    for section in network_size.sections(options):
        before = len(held)
        with torch.autograd.graph.saved_tensors_hooks(note, lambda kept: kept):
            images = network._through([section.name], images)
        kept = sum(one.untyped_storage().nbytes() for one in [*held.values()][before:])
        assert kept / side**2 == pytest.approx(section.kept, rel=0.15), section.name
        assert images.shape[1] == section.channels
        modules = [network.backbone.get_submodule(name) for name in network.sections[section.name]]
        weights = sum(one.numel() for module in modules for one in module.parameters())
        assert weights == section.weights


def test_features_are_made_radiograph_by_radiograph(tmp_path: Path) -> None:
    front: dict[str, Any] = {"cut": "head", "side": None, "taps": [], **TINY}

    def making(count: int) -> int:
        made = stored(tmp_path, count)
        return peak_bytes(
            lambda: extract_features(
                **inputs(made),
                start=None,
                features=made / "f.npy",
                front=front,
                views=0,
                kind="study",
                seed=0,
                device="cpu",
            )
        )

    of_none, a_film = fitted([100, 200, 300, 400], making)
    assert of_none < 80e6
    front = block(**BASELINE)
    largest = max(one.kept for one in network_size.sections(front))
    full = {"radiograph": FILMS, "mask byte": SIDE**2, "map byte": largest * SIDE**2}
    full |= {"weight": sum(one.weights for one in network_size.sections(front))}
    check("extract_features", full, TORCH + (of_none + FILMS * a_film) / 1e6)


def test_classifiers_on_dealt_classes_hold_resamples_of_patients(tmp_path: Path) -> None:
    def dealing(count: int) -> int:
        made = stored(tmp_path, count)
        given = features(made, count, 8)
        return peak_bytes(
            lambda: audit_classifier(
                **inputs(made),
                features=given,
                start=None,
                surrogates=made / "a" / "s.tsv",
                notes=made / "a" / "n.json",
                classifier=block(**TINY, epochs=1),
                case="case1",
                folds=3,
                max_view=2,
                contrast=("bacteria", "normal"),
                bootstraps=200,
                surrogate_count=1,
                seed=0,
                device="cpu",
                checkpoints=made / "states",
                code="",
            )
        )

    of_none, a_film = fitted([1000, 2000, 3000, 4000], dealing)
    taken = TORCH + (of_none + FILMS * a_film) / 1e6
    check("audit_classifier", sizes(block(**TINY), "case1"), taken)


def test_the_audit_of_radiographs_looks_at_some_places_of_all(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With few deals of classes, of which the true number is added: 3 bytes a radiograph each."""
    deals = told_classes.DEALS
    monkeypatch.setattr("neuroloop.files.array_rows.BATCH", 2**15)
    monkeypatch.setattr(marks, "BATCH", 2**15)
    monkeypatch.setattr(marks, "TILE", 2**14)
    monkeypatch.setattr(told_classes, "TILE", 2**14)
    monkeypatch.setattr(told_classes, "DEALS", 4)

    def looking(count: int) -> int:
        made = stored(tmp_path, count)
        given = {name: made / f"{name}.tsv" for name in ("folds", "dropped")}
        return peak_bytes(
            lambda: audit_radiographs(
                source=None,
                radiographs=made / "radiographs.npy",
                regions=made / "regions.npz",
                **given,
                properties=made / "file_properties.tsv",
                other_radiographs=[],
                other_tables=[],
                known=[],
                flags=made / "flags.json",
                seed=0,
            )
        )

    of_none, a_film = fitted([500, 1000, 1500, 2000], looking)
    # Rows of 64 places in place of 16, of which five copies are held.
    a_film += 3 * deals + 5 * 4 * (64 - 16)
    full = {"radiograph": FILMS, "other radiograph": 0, "mask byte": SIDE**2}
    check("audit_radiographs", full, PLAIN + 60 + (of_none + FILMS * a_film) / 1e6)
    assert of_none + 5 * 2**25 < 1e6 * (LAWS["audit_radiographs"].base - PLAIN)


@cache
def classifier(folder: Path) -> Path:
    """The files of a small classifier, of radiographs of 16 pixels."""
    made = stored(folder, 40)
    train_on(made, features(made, 40, 8), **TINY, epochs=1)
    return made / "o"


def predicting_others(folder: Path, count: int) -> Callable[[], object]:
    """What tests a classifier on so many radiographs of another set."""
    own, other = classifier(folder), stored(folder, count)
    table = pd.DataFrame(columns=["radiograph", "reason"])
    save_table(other / "known.tsv", table)
    out = {"predictions": "e.tsv", "dropped": "d.tsv", "facts": "f.json"}
    return lambda: predict_external(
        radiographs=other / "radiographs.npy",
        regions=other / "regions.npz",
        table=other / "folds.tsv",
        known=other / "known.tsv",
        networks=own / "n.safetensors",
        weights=own / "weights.safetensors",
        classifier=own / "c.json",
        model=own / "model.json",
        device="cpu",
        outputs={name: other / file for name, file in out.items()},
    )


def test_other_radiographs_pass_in_batches(tmp_path: Path) -> None:
    of_none, a_film = fitted(
        [600, 1200, 1800, 2400], lambda count: peak_bytes(predicting_others(tmp_path, count))
    )
    full = sizes(block(**FINE), "case1")
    largest = max(one.kept for one in network_size.sections(block(**FINE)))
    counted = {name: full[name] for name in ("radiograph", "mask byte", "weight", "own weight")}
    counted["map byte"] = 16 * largest * SIDE**2
    taken = TORCH + (of_none + FILMS * a_film + counted["map byte"]) / 1e6
    check("predict_external", counted, taken)


def test_maps_are_of_the_radiographs_beside_a_network_and_judged_by_all(tmp_path: Path) -> None:
    predicting_others(tmp_path, 600)()
    made, predictions = tmp_path / "m", stored(tmp_path, 600) / "e.tsv"
    files = {"maps": "m.npz", "pointing": "p.tsv", "checks": "c.tsv", "figure": "f.png"}
    of_maps = peak_bytes(
        lambda: map_radiographs(
            model=classifier(tmp_path) / "model.json",
            predictions=predictions,
            outputs={name: made / file for name, file in files.items()}
            | {"figure_svg": made / "f.svg"},
            source="folder",
            seed=0,
            device="cpu",
        )
    )
    classes, listed = ["bacteria", "normal"], predictions.read_text().splitlines()

    def judging(count: int) -> int:
        many = tmp_path / f"{count}.tsv"
        rows = (f"f{row}{listed[1 + row % 600]}" for row in range(count))
        many.write_text("\n".join([listed[0], *rows]))
        return peak_bytes(lambda: at_chance(read_predictions(many, classes), classes, 0))

    _, a_film = fitted([1000, 2000, 3000, 4000], judging)
    law = LAWS["map_radiographs"]
    assert of_maps / 1e6 < law.base - TORCH
    every = network_size.sections(block(**FINE))
    counted = {
        "radiograph": FILMS,
        "looked pixel": 60 * SIDE**2,
        "map byte": 16 * max(one.kept for one in every) * SIDE**2,
        "weight": sum(one.weights for one in every),
    }
    held = 28 * counted["looked pixel"] + counted["map byte"] + 12 * counted["weight"]
    check("map_radiographs", counted, TORCH + (of_maps + FILMS * a_film + held) / 1e6)
