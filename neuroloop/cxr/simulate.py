"""Simulated chest radiographs with known truth: classes, patients, lungs and opacities.

A patient has one anatomy and one disease, and radiographs that differ in pose, breath, exposure and
noise. What was drawn for a patient or a radiograph depends on the seed and on its name alone.
"""

from typing import NamedTuple

import numpy as np

from neuroloop.cxr.radiograph_anatomy import Anatomy, attenuation, draw_anatomy, lungs
from neuroloop.cxr.radiograph_opacities import Disease, draw_disease, opacity
from neuroloop.cxr.simulated_settings import CLASSES, RadiographSettings
from neuroloop.errors import NeuroLoopError
from neuroloop.files.natural_order import natural_key
from neuroloop.jobs.seeds import numpy_generator

#: Where each class's side marker is if it gives the class away: letter, and middle of it as parts
#: of the radiograph's height and width. The body's right is at the radiograph's left.
PLACES = (("R", 0.08, 0.08), ("R", 0.36, 0.07), ("L", 0.08, 0.92))

#: Letters, in rows of points.
LETTERS = {
    "R": ("1111.", "1...1", "1...1", "1111.", "1.1..", "1..1.", "1...1"),
    "L": ("1....", "1....", "1....", "1....", "1....", "1....", "11111"),
}


class SimulatedRadiographs(NamedTuple):
    """Radiographs and their truth, in natural order of their ids.

    Attributes
    ----------
    images : ndarray of float32, shape (radiographs, size, size)
        Grey levels in [0, 1].
    labels, patients, radiographs : ndarray of str, shape (radiographs,)
        Class, patient and id (``person3_virus_1``) of each radiograph.
    lesions, lungs : ndarray of bool, shape (radiographs, size, size)
        Where opacities are, nowhere in a normal radiograph; and the lungs, opacities included.
    sites : ndarray of str, shape (radiographs,)
        Where each was taken.
    """

    images: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    radiographs: np.ndarray
    lesions: np.ndarray
    lungs: np.ndarray
    sites: np.ndarray


class Detector(NamedTuple):
    """What the radiographs of a site have in common: logarithms of their gamma and grain."""

    gamma: float
    grain: float


def simulate_radiographs(
    seed: int, settings: RadiographSettings | None = None
) -> SimulatedRadiographs:
    """Draw radiographs.

    Parameters
    ----------
    seed : int
        Root seed.
    settings : RadiographSettings, optional
        The default ones if None.

    Returns
    -------
    SimulatedRadiographs

    Raises
    ------
    NeuroLoopError
        If a setting is out of range.
    """
    settings = settings or RadiographSettings()
    _check(settings)
    planned = _plan(numpy_generator(seed, "cxr", "persons"), settings)
    planned.sort(key=lambda radiograph: natural_key(radiograph[0]))
    drawn, sites = [], []
    detectors = [_detector(seed, number, settings.sites) for number in range(settings.sites)]
    bodies: dict[str, tuple[Anatomy, Disease]] = {}
    for radiograph, patient, label in planned:
        if patient not in bodies:
            stream = numpy_generator(seed, "cxr", patient)
            bodies[patient] = draw_anatomy(stream), draw_disease(stream)
        site = int(numpy_generator(seed, "cxr", "site of", patient).integers(settings.sites))
        sites.append(f"site{site + 1}")
        drawn.append(
            _draw_radiograph(
                numpy_generator(seed, "cxr", radiograph),
                *bodies[patient],
                label,
                settings,
                detectors[site],
            )
        )
    images, lesions, in_lungs = (np.stack(parts) for parts in zip(*drawn, strict=True))
    radiographs, patients, labels = (np.array(parts) for parts in zip(*planned, strict=True))
    return SimulatedRadiographs(
        images, labels, patients, radiographs, lesions, in_lungs, np.array(sites)
    )


def _detector(seed: int, number: int, sites: int) -> Detector:
    """Draw a site's detector; a single site has the usual one."""
    if sites == 1:
        return Detector(0.0, 0.0)
    gamma, grain = numpy_generator(seed, "cxr", "site", number).standard_normal(2)
    return Detector(0.3 * float(gamma), 0.7 * float(grain))


def _plan(
    generator: np.random.Generator, settings: RadiographSettings
) -> list[tuple[str, str, str]]:
    """Id, patient and class of each radiograph."""
    sizes: dict[str, list[int]] = {}
    for label in CLASSES:
        numbers: list[int] = []
        while sum(numbers) < settings.radiographs_per_class:
            most = min(
                settings.max_radiographs_per_patient, settings.radiographs_per_class - sum(numbers)
            )
            numbers.append(int(generator.integers(1, most + 1)))
        sizes[label] = numbers
    total = sum(map(len, sizes.values()))
    names = [f"person{number}" for number in generator.permutation(total) + 1]
    patients: dict[str, list[str]] = {}
    begin = 0
    for label, numbers in sizes.items():
        patients[label] = names[begin : begin + len(numbers)]
        begin += len(numbers)
    both = round(settings.shared * len(patients["bacteria"]))
    both = min(both, len(patients["virus"]))
    patients["virus"][:both] = patients["bacteria"][:both]
    return [
        (f"{patient}_{label}_{number + 1}", patient, label)
        for label in CLASSES
        for patient, count in zip(patients[label], sizes[label], strict=True)
        for number in range(count)
    ]


def _draw_radiograph(
    generator: np.random.Generator,
    patient: Anatomy,
    disease: Disease,
    label: str,
    settings: RadiographSettings,
    detector: Detector,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Image, lesion and lungs of one radiograph."""
    x, y = _pose(generator, settings)
    breath = settings.pose * generator.standard_normal()
    severity = max(0.2, 1 + settings.severity_spread * generator.standard_normal())
    filled, region = opacity(disease, label, x, y)
    air = lungs(patient, x, y, breath)
    lost = attenuation(patient, x, y, breath)
    lost = lost + 0.42 * settings.contrast * severity * filled * air
    gamma = np.exp(settings.exposure * generator.standard_normal() + detector.gamma)
    image = (1 - np.exp(-1.5 * lost)) ** gamma
    image = 0.03 + 0.95 * image
    image += settings.noise * np.exp(detector.grain) * generator.standard_normal(image.shape)
    chosen = int(generator.integers(len(PLACES)))
    if generator.random() < settings.shortcut:
        chosen = CLASSES.index(label)
    image = np.maximum(image, _marker(PLACES[chosen], settings.size))
    in_lungs = air > 0.5
    return np.clip(image, 0, 1).astype(np.float32), region & in_lungs, in_lungs


def _pose(
    generator: np.random.Generator, settings: RadiographSettings
) -> tuple[np.ndarray, np.ndarray]:
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
    """Radiograph that shows a letter of lead, and nothing else."""
    letter, down, right = place
    points = np.array([[point == "1" for point in row] for row in LETTERS[letter]])
    pixel = max(1, round(size / 96))
    points = np.kron(points, np.ones((pixel, pixel)))
    height, width = points.shape
    top = int(np.clip(round(down * size - height / 2), 0, size - height))
    left = int(np.clip(round(right * size - width / 2), 0, size - width))
    radiograph = np.zeros((size, size))
    radiograph[top : top + height, left : left + width] = points
    return radiograph


def _check(settings: RadiographSettings) -> None:
    low, high = 32, 1024
    if not low <= settings.size <= high:
        raise NeuroLoopError(
            f"simulated radiographs: size is {settings.size}: give {low} to {high}"
        )
