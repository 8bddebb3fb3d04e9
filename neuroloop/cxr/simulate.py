"""Simulated chest films with known truth: classes, persons, lungs and opacities.

A person has one anatomy and one disease, and films that differ in pose, breath, exposure and
noise. What was drawn for a person or a film depends on the seed and on its name alone.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_key
from neuroloop.jobs.seeds import numpy_generator
from neuroloop.cxr.film_anatomy import Anatomy, attenuation, draw_anatomy, lungs
from neuroloop.cxr.film_opacities import Disease, draw_disease, opacity

CLASSES = ("bacteria", "normal", "virus")

#: Where each class's side marker is if it gives the class away: letter, and middle of it as parts
#: of the film's height and width. The body's right is at the film's left.
PLACES = (("R", 0.08, 0.08), ("R", 0.36, 0.07), ("L", 0.08, 0.92))

#: Letters, in rows of points.
LETTERS = {
    "R": ("1111.", "1...1", "1...1", "1111.", "1.1..", "1..1.", "1...1"),
    "L": ("1....", "1....", "1....", "1....", "1....", "1....", "11111"),
}


@dataclass(frozen=True)
class FilmSettings:
    """Settings of simulated films.

    Attributes
    ----------
    size : int
        Side in pixels.
    films_per_class : int
        Films of each of `CLASSES`.
    most_films : int
        A person has 1 to this many films of a class, each number as likely.
    shared : float
        Part of the persons with bacterial films who have viral films too.
    contrast : float
        Strength of opacities; 0 makes the classes alike.
    severity_spread : float
        Relative standard deviation of that strength from film to film.
    noise : float
        Standard deviation of grain, of a grey level from 0 to 1.
    exposure : float
        Standard deviation of the logarithm of the film's gamma.
    rotation : float
        Standard deviation of the turn of the body, degrees.
    pose : float
        Standard deviation of shifts (in half sides), of the logarithm of its size, and of breath.
    shortcut : float
        Probability that the side marker is where the film's class has it, and not anywhere.
    """

    size: int = 128
    films_per_class: int = 40
    most_films: int = 3
    shared: float = 0.1
    contrast: float = 1.0
    severity_spread: float = 0.4
    noise: float = 0.012
    exposure: float = 0.15
    rotation: float = 3.0
    pose: float = 0.03
    shortcut: float = 0.0


class SimulatedFilms(NamedTuple):
    """Films and their truth, in natural order of their ids.

    Attributes
    ----------
    images : ndarray of float32, shape (films, size, size)
        Grey levels in [0, 1].
    labels, persons, films : ndarray of str, shape (films,)
        Class, person and id (``person3_virus_1``) of each film.
    lesions, lungs : ndarray of bool, shape (films, size, size)
        Where opacities are, nowhere in a normal film; and the lungs, opacities included.
    """

    images: np.ndarray
    labels: np.ndarray
    persons: np.ndarray
    films: np.ndarray
    lesions: np.ndarray
    lungs: np.ndarray


def simulate_films(seed: int, settings: FilmSettings | None = None) -> SimulatedFilms:
    """Draw films.

    Parameters
    ----------
    seed : int
        Root seed.
    settings : FilmSettings, optional
        The default ones if None.

    Returns
    -------
    SimulatedFilms

    Raises
    ------
    NeuroLoopError
        If a setting is out of range.
    """
    settings = settings or FilmSettings()
    _check(settings)
    planned = _plan(numpy_generator(seed, "cxr", "persons"), settings)
    planned.sort(key=lambda film: natural_key(film[0]))
    drawn = []
    bodies: dict[str, tuple[Anatomy, Disease]] = {}
    for film, person, label in planned:
        if person not in bodies:
            stream = numpy_generator(seed, "cxr", person)
            bodies[person] = draw_anatomy(stream), draw_disease(stream)
        drawn.append(
            _draw_film(numpy_generator(seed, "cxr", film), *bodies[person], label, settings)
        )
    images, lesions, in_lungs = (np.stack(parts) for parts in zip(*drawn, strict=True))
    films, persons, labels = (np.array(parts) for parts in zip(*planned, strict=True))
    return SimulatedFilms(images, labels, persons, films, lesions, in_lungs)


def _plan(generator: np.random.Generator, settings: FilmSettings) -> list[tuple[str, str, str]]:
    """Id, person and class of each film."""
    sizes: dict[str, list[int]] = {}
    for label in CLASSES:
        numbers: list[int] = []
        while sum(numbers) < settings.films_per_class:
            most = min(settings.most_films, settings.films_per_class - sum(numbers))
            numbers.append(int(generator.integers(1, most + 1)))
        sizes[label] = numbers
    total = sum(map(len, sizes.values()))
    names = [f"person{number}" for number in generator.permutation(total) + 1]
    persons: dict[str, list[str]] = {}
    begin = 0
    for label, numbers in sizes.items():
        persons[label] = names[begin : begin + len(numbers)]
        begin += len(numbers)
    both = round(settings.shared * len(persons["bacteria"]))
    both = min(both, len(persons["virus"]))
    persons["virus"][:both] = persons["bacteria"][:both]
    return [
        (f"{person}_{label}_{number + 1}", person, label)
        for label in CLASSES
        for person, count in zip(persons[label], sizes[label], strict=True)
        for number in range(count)
    ]


def _draw_film(
    generator: np.random.Generator,
    person: Anatomy,
    disease: Disease,
    label: str,
    settings: FilmSettings,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, lesion and lungs of one film."""
    x, y = _pose(generator, settings)
    breath = settings.pose * generator.standard_normal()
    severity = max(0.2, 1 + settings.severity_spread * generator.standard_normal())
    filled, region = opacity(disease, label, x, y)
    air = lungs(person, x, y, breath)
    lost = attenuation(person, x, y, breath)
    lost = lost + 0.42 * settings.contrast * severity * filled * air
    gamma = np.exp(settings.exposure * generator.standard_normal())
    image = (1 - np.exp(-1.5 * lost)) ** gamma
    image = 0.03 + 0.95 * image
    image += settings.noise * generator.standard_normal(image.shape)
    chosen = int(generator.integers(len(PLACES)))
    if generator.random() < settings.shortcut:
        chosen = CLASSES.index(label)
    image = np.maximum(image, _marker(PLACES[chosen], settings.size))
    in_lungs = air > 0.5
    return np.clip(image, 0, 1).astype(np.float32), region & in_lungs, in_lungs


def _pose(generator: np.random.Generator, settings: FilmSettings) -> tuple[np.ndarray, np.ndarray]:
    """Place of the body, x and y, that each pixel shows."""
    line = (np.arange(settings.size) + 0.5) * 2 / settings.size - 1
    x, y = np.meshgrid(line, line)
    x = x - settings.pose * generator.standard_normal()
    y = y - settings.pose * generator.standard_normal()
    angle = np.deg2rad(settings.rotation * generator.standard_normal())
    zoom = np.exp(settings.pose * generator.standard_normal())
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    return cos * x + sin * y, -sin * x + cos * y


def _marker(place: tuple[str, float, float], size: int) -> np.ndarray:
    """Film that shows a letter of lead, and nothing else."""
    letter, down, right = place
    points = np.array([[point == "1" for point in row] for row in LETTERS[letter]])
    pixel = max(1, round(size / 96))
    points = np.kron(points, np.ones((pixel, pixel)))
    height, width = points.shape
    top = int(np.clip(round(down * size - height / 2), 0, size - height))
    left = int(np.clip(round(right * size - width / 2), 0, size - width))
    film = np.zeros((size, size))
    film[top : top + height, left : left + width] = points
    return film


def _check(settings: FilmSettings) -> None:
    limits = {
        "size": (32, 1024),
        "films_per_class": (1, 100_000),
        "most_films": (1, 100),
        "shared": (0, 1),
        "shortcut": (0, 1),
    }
    for name, (low, high) in limits.items():
        if not low <= getattr(settings, name) <= high:
            raise NeuroLoopError(
                f"simulated films: {name} is {getattr(settings, name)}: give {low} to {high}"
            )
    for name in ("contrast", "severity_spread", "noise", "exposure", "rotation", "pose"):
        if not 0 <= getattr(settings, name) < np.inf:
            raise NeuroLoopError(
                f"simulated films: {name} is {getattr(settings, name)}: give 0 or more"
            )
