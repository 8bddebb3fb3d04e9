"""Laws of the jobs that ask what students answered, beside what their calls take."""

import json
from pathlib import Path

import matplotlib.pyplot  # noqa: F401 - so that no call imports it
import numpy as np
import sklearn.linear_model
import sklearn.pipeline  # noqa: F401

from neuroloop.distill import gabor_features
from neuroloop.distill.ablation import accuracies
from neuroloop.distill.kept_group import load_group
from neuroloop.distill.loop.encoding import predicted_answers
from neuroloop.distill.loop.features import layer_features
from neuroloop.distill.loop.noise_ceiling import repeated_answers
from neuroloop.distill.outcomes.adversarial import ATTACKS, EPSILONS
from neuroloop.distill.outcomes.corruptions import CORRUPTIONS
from neuroloop.distill.outcomes.measured_students import CALIBRATION
from neuroloop.files import array_rows
from neuroloop.files.formats import save_arrays
from neuroloop.networks.resnet import resnet
from neuroloop.workflow.memory import LAWS, PLAIN, TORCH, network_items
from neuroloop.workflow.student_size import TABLES
from scripts.distill.summarise_outcomes import summarise_outcomes
from tests.memory.fit import check, fitted
from tests.memory.peak import peak_bytes

#: Students of Generic Object Decoding: groups, seeds, images that test, classes.
GROUPS, SEEDS, TESTS, CLASSES = 5 * 10 * 4 * 5 + 3, 10, 150, 150

AXES = {"logits": ("seed", "image", "class"), "truth": ("image",)}
AXES |= {"image": ("image",), "seed": ("seed",)}

#: Answers that are there beside those of a group whose size varies.
FEW = 40


def groups(folder: Path, teachers: int, tests: int, classes: int = 3) -> list[Path]:
    """Files of students of the labels alone, and of a brain's teachers."""
    drawn, found = np.random.default_rng(0), []
    names = ["none", *["brain", "smooth", "rowshuffled", "classmean"][:teachers]]
    for name in names:
        place = "reference" if name == "none" else "S1/V1/ridge"
        made = folder / f"{tests}-{classes}" / "distill" / "d" / place / name / "small"
        found.append(made / "predictions.npz")
        if made.exists():
            continue
        made.mkdir(parents=True)
        arrays = {
            "logits": drawn.normal(size=(SEEDS, tests, classes)).astype(np.float32),
            "truth": np.arange(tests) % classes,
            "image": np.array([f"i{number}" for number in range(tests)]),
            "seed": np.arange(SEEDS),
        }
        save_arrays(found[-1], arrays, axes=AXES)
        (made / "metrics.json").write_text(json.dumps({"chance": 1 / classes, "flag": ""}))
    return found


def test_tables_of_outcomes_are_counted() -> None:
    assert TABLES["calibration"] == len(CALIBRATION)
    assert TABLES["corruptions"] == sum(2 + len(each) for each in CORRUPTIONS.values())
    assert TABLES["adversarial"] == len(ATTACKS) * (2 + len(EPSILONS))


def test_outcomes_are_there_of_all_students(tmp_path: Path) -> None:
    def comparing(tests: int, classes: int = 3) -> int:
        files = groups(tmp_path, 4, tests, classes)
        out = {"table": "t.tsv", "comparisons": "c.tsv", "figure": "f.png", "figure_svg": "f.svg"}
        return peak_bytes(
            lambda: summarise_outcomes(
                predictions=files,
                metrics=[file.with_name("metrics.json") for file in files],
                outcomes=("calibration",),
                source="",
                variants={},
                varied={},
                **{name: tmp_path / file for name, file in out.items()},
            )
        )

    tables, law = 2 + TABLES["calibration"], LAWS["summarise_outcomes"]
    of_none, an_image = fitted([4000, 6000, 8000, 10_000], comparing)
    an_answer = an_image / SEEDS / (5 * tables)
    _, a_class = fitted([10, 20, 30, 40], lambda classes: comparing(2000, classes))
    a_logit = a_class / SEEDS / 2000
    print("outcomes", of_none, an_answer, a_logit)
    full = {"answer": (2 + sum(TABLES.values())) * GROUPS * SEEDS * TESTS}
    full["logit"] = SEEDS * TESTS * CLASSES
    taken = PLAIN + (of_none + an_answer * full["answer"] + a_logit * full["logit"]) / 1e6
    check("summarise_outcomes", full, taken)
    assert a_logit < law.terms["logit"] / 0.85


def test_answers_are_there_of_all_students(tmp_path: Path) -> None:
    """Resamples are drawn some megabytes at a time, whatever their number: they are left out."""

    def reading(tests: int) -> int:
        files = groups(tmp_path, 4, tests)
        return peak_bytes(lambda: accuracies([load_group(file, {"chance": 0.5}) for file in files]))

    of_none, an_image = fitted([4000, 6000, 8000, 10_000], reading)
    an_answer = an_image / SEEDS / 5
    full = {"answer": GROUPS * SEEDS * TESTS, "logit": SEEDS * TESTS * CLASSES}
    taken = PLAIN + 60 + (of_none + an_answer * full["answer"] + 5 * full["logit"]) / 1e6
    check("summarise_ablation", full, taken)


def test_brains_are_predicted_in_double_precision() -> None:
    """Repeats of the largest region, features, and answers of all regions at once."""
    law, drawn = LAWS["close_loop"].terms, np.random.default_rng(0)
    names = [f"i{number}" for number in range(50)]
    folds = np.arange(50) % 5

    def predicting(voxels: int, features: int = 20) -> int:
        given, answers = drawn.normal(size=(50, features)), drawn.normal(size=(50, voxels))
        return peak_bytes(lambda: predicted_answers(given, answers, names, folds)) + answers.nbytes

    predicting(10)
    _, a_voxel = fitted([4000, 6000, 8000, 10_000], predicting)
    _, a_feature = fitted([4000, 6000, 8000, 10_000], lambda count: predicting(10, count))

    def repeating(voxels: int) -> int:
        shown = drawn.normal(size=(150, voxels)).astype(np.float32)
        return peak_bytes(lambda: repeated_answers(shown, names * 3)) + 2 * shown.nbytes

    _, repeated = fitted([4000, 6000, 8000, 10_000], repeating)
    print("loop", a_voxel / 50, a_feature / 50, repeated / 150)
    assert 0.5 * law["feature"] < a_feature / 50 < law["feature"] / 0.85
    full = {
        "image level": 50 * 3 * 256**2,
        "feature": 50 * 512,
        "predicted answer": 50 * 5 * 10 * 1500,
        "row value": 3450 * 4600,
        **network_items(
            {"depth": 18, "width": 64, "stem": "imagenet", "crop": 224, "batch_size": 50}, 10
        ),
    }
    taken = a_voxel / 50 * full["predicted answer"] + repeated / 150 * 1750 * 4600
    taken += 4 * full["weight"] + 0.3 * full["kept byte"]
    asked = LAWS["close_loop"].megabytes(full)
    assert TORCH + 100 + taken / 1e6 < asked < 16_000


def test_students_are_looked_at_in_batches() -> None:
    def looking(side: int) -> int:
        network = resnet(18, in_channels=3, classes=2, width=8, stem="small").eval()
        images = np.zeros((32, 3, side, side), np.float32)
        return peak_bytes(lambda: layer_features(network, images, "penultimate"))

    sides = [16, 24, 32, 40]
    _, a_pixel = fitted([side**2 for side in sides], lambda pixels: looking(round(pixels**0.5)))
    block = {"depth": 18, "width": 8, "stem": "small", "crop": 1, "batch_size": 32}
    a_byte = a_pixel / network_items(block, 1)["kept byte"]
    print("features", a_byte)
    assert 0.05 < a_byte < LAWS["close_loop"].terms["kept byte"]


def test_images_are_filtered_some_at_a_time(monkeypatch) -> None:
    monkeypatch.setattr(array_rows, "BATCH", 2**14)
    sides = [16, 24, 32, 40]

    def filtering(pixels: int) -> int:
        side = round(pixels**0.5)
        images = np.zeros((60, 1, side, side), np.uint8)
        return peak_bytes(lambda: gabor_features.gabor_features(images))

    counted, taken = [], []
    for side in sides:
        rim = max(round(one) for one in gabor_features.WAVELENGTHS if 2 * one <= side)
        counted.append(min(60, 2**14 // side**2) * (side + 2 * rim) ** 2)
        taken.append(filtering(side**2))
    print("gabor", counted, taken)
    a_pixel = float(np.polyfit(counted, taken, 1)[0])
    law = LAWS["train_gabor_teacher"].terms["padded pixel"]
    assert 0.5 * law < a_pixel < law / 0.85
