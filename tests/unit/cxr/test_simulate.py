"""Simulated radiographs and their truth."""

from collections import Counter

import numpy as np
import pytest
from pydantic import ValidationError

from neuroloop.cxr.radiograph_splits import image_folds, patient_folds
from neuroloop.cxr.simulate import PLACES, simulate_radiographs
from neuroloop.cxr.simulated_settings import CLASSES, RadiographSettings
from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted

SIZE = 48
STILL = {"noise": 0.0, "exposure": 0.0, "rotation": 0.0, "pose": 0.0, "severity_spread": 0.0}


def small(**options):
    return RadiographSettings(**{"size": SIZE, "radiographs_per_class": 12} | options)


@pytest.fixture(scope="module")
def radiographs():
    return simulate_radiographs(1, small(radiographs_per_class=30))


def test_shapes_and_counts(radiographs):
    assert (
        radiographs.images.shape
        == radiographs.lesions.shape
        == radiographs.lungs.shape
        == (90, SIZE, SIZE)
    )
    assert radiographs.images.dtype == np.float32
    assert radiographs.lesions.dtype == radiographs.lungs.dtype == bool
    assert radiographs.images.min() >= 0
    assert radiographs.images.max() <= 1
    assert Counter(radiographs.labels.tolist()) == dict.fromkeys(CLASSES, 30)
    assert len(set(radiographs.radiographs)) == 90
    assert radiographs.radiographs.tolist() == natural_sorted(radiographs.radiographs)
    of_patient = Counter(
        zip(radiographs.patients.tolist(), radiographs.labels.tolist(), strict=True)
    )
    assert set(of_patient.values()) == {1, 2, 3}
    several = Counter(patient for patient, _ in of_patient)
    sick = {patient for patient, label in of_patient if label == "bacteria"}
    both = {patient for patient, count in several.items() if count == 2}
    assert len(both) == round(0.1 * len(sick)) > 0
    assert both == {p for p, label in of_patient if label == "virus"} & sick
    for radiograph, patient, label in zip(
        radiographs.radiographs, radiographs.patients, radiographs.labels, strict=True
    ):
        assert radiograph.startswith(f"{patient}_{label}_")


def test_same_seed_same_bytes():
    first, again, other = (
        simulate_radiographs(seed, small(radiographs_per_class=2)) for seed in (1, 1, 2)
    )
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, again, strict=True))
    assert (first.images != other.images).mean() > 0.5


def test_truth_of_lesions(radiographs):
    normal = radiographs.labels == "normal"
    assert not radiographs.lesions[normal].any()
    assert (radiographs.lesions[~normal].mean(axis=(1, 2)) > 0.002).all()
    assert not (radiographs.lesions & ~radiographs.lungs).any()
    part = radiographs.lesions.sum(axis=(1, 2)) / radiographs.lungs.sum(axis=(1, 2))
    assert part[radiographs.labels == "virus"].min() > 0.6
    assert part[radiographs.labels == "bacteria"].max() < 0.6
    halves = (
        radiographs.lesions[..., : SIZE // 2].any((1, 2)),
        radiographs.lesions[..., SIZE // 2 :].any((1, 2)),
    )
    assert (halves[0] & halves[1])[radiographs.labels == "virus"].all()
    assert not (halves[0] & halves[1])[radiographs.labels == "bacteria"].any()


def test_opacities_are_where_the_truth_says():
    healthy = simulate_radiographs(3, small(contrast=0, **STILL))
    ill = simulate_radiographs(3, small(contrast=1, **STILL))
    brighter = ill.images - healthy.images
    assert (brighter >= 0).all()
    assert not brighter[ill.labels == "normal"].any()
    for label, least in (("bacteria", 0.05), ("virus", 0.02)):
        of_class = ill.labels == label
        inside = brighter[of_class][ill.lesions[of_class]].mean()
        outside = brighter[of_class][~ill.lungs[of_class]].mean()
        assert inside > least
        assert outside < 0.1 * inside


def test_lungs_are_dark_and_on_two_sides(radiographs):
    for image, lung in zip(radiographs.images, radiographs.lungs, strict=True):
        assert 0.1 < lung.mean() < 0.4
        assert lung[:, : SIZE // 2].any()
        assert lung[:, SIZE // 2 :].any()
        rows = np.flatnonzero(lung.any(axis=1))
        middle = image[rows[0] : rows[-1], SIZE // 2 - 2 : SIZE // 2 + 2]
        assert image[lung].mean() < middle.mean()


def test_radiographs_of_a_patient_are_alike(radiographs):
    pixels = radiographs.images.reshape(90, -1)
    similar = np.corrcoef(pixels)
    same = radiographs.patients[:, None] == radiographs.patients
    class_alike = radiographs.labels[:, None] == radiographs.labels
    upper = np.triu(np.ones_like(same), 1)
    assert similar[same & upper].mean() > similar[~same & class_alike & upper].mean() + 0.01
    assert similar[same & upper].max() < 0.9999


def places(radiographs):
    """Which of `PLACES` shows the marker, the only thing as bright as that there."""
    found = []
    for image in radiographs.images:
        scores = []
        for _, down, right in PLACES:
            row, column = round(down * SIZE), round(right * SIZE)
            part = image[max(0, row - 4) : row + 5, max(0, column - 3) : column + 4]
            scores.append((part > 0.99).sum())
        found.append(int(np.argmax(scores)))
    return np.array(found)


def test_shortcut_puts_the_marker_where_the_class_has_it():
    expected = {}
    for shortcut in (0.0, 0.5, 1.0):
        radiographs = simulate_radiographs(
            2, small(radiographs_per_class=30, max_radiographs_per_patient=15, shortcut=shortcut)
        )
        number = np.array([CLASSES.index(label) for label in radiographs.labels])
        expected[shortcut] = (places(radiographs) == number).mean()
    assert expected[1.0] == 1
    assert expected[0.5] == pytest.approx(2 / 3, abs=0.13)
    assert expected[0.0] == pytest.approx(1 / 3, abs=0.13)


def accuracy(radiographs, folds):
    """Of the class of the nearest radiograph in another fold, by the pixels of the lower lungs."""
    x = radiographs.images[:, 12:36, 6:-6].reshape(len(radiographs.images), -1)
    x = x - x.mean(axis=1, keepdims=True)
    far = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    far[folds[:, None] == folds] = np.inf
    return (radiographs.labels[far.argmin(axis=1)] == radiographs.labels).mean()


def test_an_image_level_split_leaks_patients():
    """With classes that look alike, patients are all that can be known."""
    radiographs = simulate_radiographs(
        4, small(radiographs_per_class=40, contrast=0, pose=0.01, rotation=1)
    )
    stream = np.random.default_rng(0)
    by_image = accuracy(radiographs, image_folds(radiographs.labels, 5, stream))
    by_patient = accuracy(
        radiographs, patient_folds(radiographs.labels, radiographs.patients, 5, stream)
    )
    assert by_image > 0.6
    assert by_patient < 0.46  # chance 1/3, standard error 0.04


@pytest.mark.parametrize(
    "options",
    [
        {"radiographs_per_class": 0},
        {"shared": 1.1},
        {"shortcut": -1},
        {"noise": -0.1},
        {"contrast": np.nan},
    ],
)
def test_settings_out_of_range(options):
    with pytest.raises(ValidationError, match=next(iter(options))):
        small(**options)


def test_a_radiograph_too_small_to_draw():
    with pytest.raises(NeuroLoopError, match="size is 8: give 32 to 1024"):
        simulate_radiographs(0, small(size=8))
