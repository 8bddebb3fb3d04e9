"""Anatomy of a simulated child's chest, and what an X-ray beam loses on its way through it.

Places are in half sides of a radiograph: x from -1 at the radiograph's left (the body's right) to
1, y from -1 at the top to 1. Attenuation adds up along the beam (Beer-Lambert), so organs are
summed, and air in the lungs is taken off. The numbers are drawn by eye after frontal radiographs of
children.
"""

from dataclasses import dataclass

import numpy as np

from neuroloop.cxr.radiograph_textures import Texture, edge

#: Pairs of ribs.
RIBS = 10

#: Places of the lungs' roots: distance from the midline, and height.
HILUM = (0.2, 0.0)


@dataclass(frozen=True, eq=False)
class Anatomy:
    """What makes one patient's chest that patient's.

    Attributes
    ----------
    torso, cage : float
        Half width of the torso, and of the rib cage where it is widest.
    apex, base, dome, liver : float
        Height of the lungs' tops; of the diaphragm's edges; rise of its domes; and how much higher
        the right one is.
    heart, heart_tilt : float
        Half width of the heart, and its angle in radians.
    rib_width, rib_slope, rib_bend, rib_start : float
        Half width of a rib; how far ribs fall and rise on their way; height of the first one.
    bone : float
        Attenuation of bone over a typical one.
    clavicle : float
        How far the clavicles rise.
    arms : float
        Angle of the arms above the horizontal, radians.
    vessels : float
        Strength of the lungs' vessels.
    stomach : float
        Half width of the air in the stomach, 0 if there is none.
    branches, grain : Texture
        Of vessels, and of soft tissue.
    """

    torso: float
    cage: float
    apex: float
    base: float
    dome: float
    liver: float
    heart: float
    heart_tilt: float
    rib_width: float
    rib_slope: float
    rib_bend: float
    rib_start: float
    bone: float
    clavicle: float
    arms: float
    vessels: float
    stomach: float
    branches: Texture
    grain: Texture


def draw_anatomy(generator: np.random.Generator) -> Anatomy:
    """Draw a patient."""
    uniform = generator.uniform
    torso = uniform(0.78, 0.92)
    return Anatomy(
        torso=torso,
        cage=torso - uniform(0.12, 0.18),
        apex=uniform(-0.76, -0.66),
        base=uniform(0.58, 0.72),
        dome=uniform(0.16, 0.26),
        liver=uniform(0.02, 0.08),
        heart=uniform(0.27, 0.36),
        heart_tilt=uniform(0.5, 0.9),
        rib_width=uniform(0.024, 0.034),
        rib_slope=uniform(0.1, 0.3),
        rib_bend=uniform(0.05, 0.11),
        rib_start=uniform(-0.68, -0.6),
        bone=uniform(0.8, 1.2),
        clavicle=uniform(0.06, 0.18),
        arms=uniform(-0.5, 1.0),
        vessels=uniform(0.7, 1.3),
        stomach=generator.choice([0.0, 1.0]) * uniform(0.1, 0.22),
        branches=Texture(generator, 0.045),
        grain=Texture(generator, 0.12),
    )


def lungs(patient: Anatomy, x: np.ndarray, y: np.ndarray, breath: float) -> np.ndarray:
    """Part of the lungs at each place, in [0, 1], beside heart, spine and diaphragm.

    Parameters
    ----------
    patient : Anatomy
    x, y : ndarray, any shape
        Places of the body.
    breath : float
        How far below its usual place the diaphragm is.
    """
    side = np.abs(x)
    inside = edge(_cage(patient, y) - side, 0.012) * edge(side - 0.13, 0.02)
    return (
        inside
        * edge(-_below_diaphragm(patient, x, y, breath), 0.012)
        * (1 - _heart(patient, x, y)[0])
    )


def attenuation(patient: Anatomy, x: np.ndarray, y: np.ndarray, breath: float) -> np.ndarray:
    """Attenuation of a healthy chest at each place; parameters as of `lungs`."""
    side = np.abs(x)
    cage = _cage(patient, y)
    low = edge(_below_diaphragm(patient, x, y, breath), 0.012)
    heart, depth = _heart(patient, x, y)
    body, torso = _soft_tissue(patient, x, y)
    air = lungs(patient, x, y, breath)
    # A lung is deepest half-way between the midline and the ribs.
    air_depth = 0.75 + 0.25 * np.sqrt(np.clip(1 - ((side - 0.4) / 0.45) ** 2, 0, 1))
    organs = (
        0.26 * low
        + 0.24 * depth * heart
        + 0.16 * edge(0.16 - side, 0.03) * edge(y + 0.75, 0.1)
        - 0.16 * edge(0.035 - np.abs(x + 0.01), 0.01) * edge(-0.18 - y, 0.03) * edge(y + 1.1, 0.1)
    )
    if patient.stomach:
        far = np.hypot((x - 0.36) / patient.stomach, (y - 0.78) / (0.6 * patient.stomach))
        organs -= 0.22 * edge(1 - far, 0.08)
    hilum = np.hypot(side - HILUM[0], (y - HILUM[1]) / 1.4)
    lines = patient.branches.lines(x, y, 0.5)
    vessels = (0.04 + 0.22 * np.exp(-hilum / 0.25)) * lines + 0.14 * np.exp(-((hilum / 0.11) ** 2))
    total = (
        body
        + organs * np.sqrt(torso)
        - 0.5 * air * air_depth
        + 0.4 * patient.vessels * vessels * air
    )
    total += patient.bone * (_ribs(patient, x, y, cage) + _other_bones(patient, x, y))
    return np.maximum(total + 0.02 * patient.grain.at(x, y) * (body > 0.05), 0)


def _cage(patient: Anatomy, y: np.ndarray) -> np.ndarray:
    """Half width of the rib cage at each height, 0 above the lungs."""
    widest = 0.42
    rise = np.clip((widest - y) / (widest - patient.apex), 0, 1)
    return patient.cage * (1 - rise**3.2) ** 0.55


def _below_diaphragm(patient: Anatomy, x: np.ndarray, y: np.ndarray, breath: float) -> np.ndarray:
    arch = np.clip(1 - ((np.abs(x) - 0.3) / 0.46) ** 2, -0.5, 1)
    return y - (patient.base + breath - patient.dome * arch - patient.liver * (x < 0))


def _heart(patient: Anatomy, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Outline of the heart and great vessels, in [0, 1], and their depth."""
    cos, sin = np.cos(patient.heart_tilt), np.sin(patient.heart_tilt)
    right, down = x - 0.11, y - 0.22
    far = np.hypot(
        (cos * right + sin * down) / (1.2 * patient.heart),
        (-sin * right + cos * down) / (0.95 * patient.heart),
    )
    vessels = np.hypot((x - 0.05) / 0.2, (y + 0.2) / 0.22)
    outline = 1 - (1 - edge(1 - far, 0.05)) * (1 - edge(1 - vessels, 0.08))
    return outline, 0.4 + 0.6 * np.sqrt(np.clip(1 - far**2, 0, 1))


def _soft_tissue(patient: Anatomy, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Attenuation of torso, arms and head, and depth of the torso, in [0, 1]."""
    side = np.abs(x)
    half = 0.3 + (patient.torso - 0.3) * edge(y + 0.68, 0.06) + 0.05 * np.clip(y, 0, 1)
    torso = np.clip(1 - (side / half) ** 2, 0, 1) ** 0.55
    along, far = _arm(patient, side, y)
    arm = np.sqrt(np.clip(1 - (far / 0.17) ** 2, 0, 1)) * edge(along, 0.05)
    head = edge(1 - np.hypot(x / 0.42, (y + 1.15) / 0.28), 0.05)
    return 0.75 * torso + 0.3 * arm * (1 - 0.6 * torso) + 0.35 * head, torso


def _arm(patient: Anatomy, side: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places along an upper arm, from the shoulder, and distances from its axis."""
    right, up = side - patient.torso + 0.12, -(y + 0.56)
    cos, sin = np.cos(patient.arms), np.sin(patient.arms)
    return cos * right + sin * up, np.abs(cos * up - sin * right)


def _ribs(patient: Anatomy, x: np.ndarray, y: np.ndarray, cage: np.ndarray) -> np.ndarray:
    side = np.abs(x)
    out = np.clip(side / patient.cage, 0, 1)
    total = np.zeros_like(side)
    # Seen edge-on where they turn forwards.
    turn = 1 + 1.6 * np.exp(-(((cage - side) / 0.04) ** 2))
    behind = edge(side - 0.06, 0.02) * edge(cage + 0.02 - side, 0.012) * turn
    front = edge(side - 0.28, 0.05) * edge(cage + 0.01 - side, 0.012) * turn
    for number in range(RIBS):
        slope = patient.rib_slope * (0.5 + 0.08 * number)
        start = patient.rib_start + 0.128 * number
        course = start - patient.rib_bend * np.sin(np.pi * out) + slope * out**2
        total += 0.16 * behind * _bar(y - course, patient.rib_width)
        if number < RIBS - 3:
            course = start + slope + 0.1 + 0.3 * (1 - out) ** 1.3
            total += 0.1 * front * _bar(y - course, 1.2 * patient.rib_width)
    return total


def _other_bones(patient: Anatomy, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Spine, clavicles, scapulae and upper arms."""
    side = np.abs(x)
    spine = edge(0.08 - side, 0.012) * (0.75 + 0.25 * np.cos(2 * np.pi * y / 0.128))
    out = (side - 0.08) / (patient.torso - 0.2)
    course = -0.6 - patient.clavicle * out - 0.03 * np.sin(2 * np.pi * out)
    clavicle = _bar(y - course, 0.024) * edge(out, 0.04) * edge(1 - out, 0.04)
    scapula = edge(1 - np.hypot((side - patient.torso + 0.14) / 0.13, (y + 0.38) / 0.26), 0.15)
    along, far = _arm(patient, side, y)
    arm = _bar(far, 0.05) * edge(along - 0.05, 0.02) + edge(0.08 - np.hypot(along, far), 0.015)
    return 0.3 * spine + 0.32 * clavicle + 0.09 * scapula + 0.3 * arm


def _bar(distance: np.ndarray, width: float) -> np.ndarray:
    """Cross-section of a long bone: denser at its rim."""
    return edge(width - np.abs(distance), 0.007) * (
        0.7 + 0.5 * np.minimum(distance / width, 1) ** 2
    )
