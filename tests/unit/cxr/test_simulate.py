"""Simulated films and their truth."""

from collections import Counter

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_sorted
from neuroloop.cxr.film_splits import image_folds, person_folds
from neuroloop.cxr.simulate import CLASSES, PLACES, FilmSettings, simulate_films

SIZE = 48
STILL = {"noise": 0.0, "exposure": 0.0, "rotation": 0.0, "pose": 0.0, "severity_spread": 0.0}


def small(**options):
    return FilmSettings(**{"size": SIZE, "films_per_class": 12} | options)


@pytest.fixture(scope="module")
def films():
    return simulate_films(1, small(films_per_class=30))


def test_shapes_and_counts(films):
    assert films.images.shape == films.lesions.shape == films.lungs.shape == (90, SIZE, SIZE)
    assert films.images.dtype == np.float32
    assert films.lesions.dtype == films.lungs.dtype == bool
    assert films.images.min() >= 0
    assert films.images.max() <= 1
    assert Counter(films.labels.tolist()) == dict.fromkeys(CLASSES, 30)
    assert len(set(films.films)) == 90
    assert films.films.tolist() == natural_sorted(films.films)
    of_person = Counter(zip(films.persons.tolist(), films.labels.tolist(), strict=True))
    assert set(of_person.values()) == {1, 2, 3}
    several = Counter(person for person, _ in of_person)
    sick = {person for person, label in of_person if label == "bacteria"}
    both = {person for person, count in several.items() if count == 2}
    assert len(both) == round(0.1 * len(sick)) > 0
    assert both == {p for p, label in of_person if label == "virus"} & sick
    for film, person, label in zip(films.films, films.persons, films.labels, strict=True):
        assert film.startswith(f"{person}_{label}_")


def test_same_seed_same_bytes():
    first, again, other = (simulate_films(seed, small(films_per_class=2)) for seed in (1, 1, 2))
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first, again, strict=True))
    assert (first.images != other.images).mean() > 0.5


def test_truth_of_lesions(films):
    normal = films.labels == "normal"
    assert not films.lesions[normal].any()
    assert (films.lesions[~normal].mean(axis=(1, 2)) > 0.002).all()
    assert not (films.lesions & ~films.lungs).any()
    part = films.lesions.sum(axis=(1, 2)) / films.lungs.sum(axis=(1, 2))
    assert part[films.labels == "virus"].min() > 0.6
    assert part[films.labels == "bacteria"].max() < 0.6
    halves = (
        films.lesions[..., : SIZE // 2].any((1, 2)),
        films.lesions[..., SIZE // 2 :].any((1, 2)),
    )
    assert (halves[0] & halves[1])[films.labels == "virus"].all()
    assert not (halves[0] & halves[1])[films.labels == "bacteria"].any()


def test_opacities_are_where_the_truth_says():
    healthy = simulate_films(3, small(contrast=0, **STILL))
    ill = simulate_films(3, small(contrast=1, **STILL))
    brighter = ill.images - healthy.images
    assert (brighter >= 0).all()
    assert not brighter[ill.labels == "normal"].any()
    for label, least in (("bacteria", 0.05), ("virus", 0.02)):
        of_class = ill.labels == label
        inside = brighter[of_class][ill.lesions[of_class]].mean()
        outside = brighter[of_class][~ill.lungs[of_class]].mean()
        assert inside > least
        assert outside < 0.1 * inside


def test_lungs_are_dark_and_on_two_sides(films):
    for image, lung in zip(films.images, films.lungs, strict=True):
        assert 0.1 < lung.mean() < 0.4
        assert lung[:, : SIZE // 2].any()
        assert lung[:, SIZE // 2 :].any()
        rows = np.flatnonzero(lung.any(axis=1))
        middle = image[rows[0] : rows[-1], SIZE // 2 - 2 : SIZE // 2 + 2]
        assert image[lung].mean() < middle.mean()


def test_films_of_a_person_are_alike(films):
    pixels = films.images.reshape(90, -1)
    similar = np.corrcoef(pixels)
    same = films.persons[:, None] == films.persons
    class_alike = films.labels[:, None] == films.labels
    upper = np.triu(np.ones_like(same), 1)
    assert similar[same & upper].mean() > similar[~same & class_alike & upper].mean() + 0.01
    assert similar[same & upper].max() < 0.9999


def places(films):
    """Which of `PLACES` shows the marker, the only thing as bright as that there."""
    found = []
    for image in films.images:
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
        films = simulate_films(2, small(films_per_class=30, most_films=15, shortcut=shortcut))
        number = np.array([CLASSES.index(label) for label in films.labels])
        expected[shortcut] = (places(films) == number).mean()
    assert expected[1.0] == 1
    assert expected[0.5] == pytest.approx(2 / 3, abs=0.13)
    assert expected[0.0] == pytest.approx(1 / 3, abs=0.13)


def accuracy(films, folds):
    """Of the class of the nearest film in another fold, by the pixels of the lower lungs."""
    x = films.images[:, 12:36, 6:-6].reshape(len(films.images), -1)
    x = x - x.mean(axis=1, keepdims=True)
    far = ((x[:, None] - x[None]) ** 2).sum(axis=2)
    far[folds[:, None] == folds] = np.inf
    return (films.labels[far.argmin(axis=1)] == films.labels).mean()


def test_an_image_level_split_leaks_persons():
    """With classes that look alike, persons are all that can be known."""
    films = simulate_films(4, small(films_per_class=40, contrast=0, pose=0.01, rotation=1))
    stream = np.random.default_rng(0)
    by_image = accuracy(films, image_folds(films.labels, 5, stream))
    by_person = accuracy(films, person_folds(films.labels, films.persons, 5, stream))
    assert by_image > 0.6
    assert by_person < 0.46  # chance 1/3, standard error 0.04


@pytest.mark.parametrize(
    "options",
    [{"size": 8}, {"films_per_class": 0}, {"shared": 1.1}, {"shortcut": -1}, {"noise": -0.1}],
)
def test_settings_out_of_range(options):
    with pytest.raises(NeuroLoopError, match=f"{next(iter(options))} is .*: give"):
        simulate_films(0, small(**options))
    with pytest.raises(NeuroLoopError, match="contrast is nan"):
        simulate_films(0, small(contrast=np.nan))
