"""Opacities of simulated pneumonia: what fills the lungs, and where."""

from dataclasses import dataclass

import numpy as np

from neuroloop.cxr.radiograph_anatomy import HILUM
from neuroloop.cxr.radiograph_textures import Texture, edge


@dataclass(frozen=True, eq=False)
class Disease:
    """Where a patient's pneumonias would be, and how they would look.

    Attributes
    ----------
    x, y, radius : float
        Of a bacterial focus, in half sides of a radiograph.
    margin, bronchi, haze, interstitium : Texture
        Of its rim, of the airways that stay open in it; of a viral haze and of the lines in it.
    """

    x: float
    y: float
    radius: float
    margin: Texture
    bronchi: Texture
    haze: Texture
    interstitium: Texture


def draw_disease(generator: np.random.Generator) -> Disease:
    """Draw a patient's disease: a focus lies low and central in one lung, beside the heart."""
    right = generator.random() < 0.5
    return Disease(
        x=-generator.uniform(0.28, 0.46) if right else generator.uniform(0.44, 0.56),
        y=generator.uniform(-0.05, 0.28),
        radius=generator.uniform(0.17, 0.28),
        margin=Texture(generator, 0.07),
        bronchi=Texture(generator, 0.035),
        haze=Texture(generator, 0.2),
        interstitium=Texture(generator, 0.016),
    )


def opacity(
    disease: Disease, label: str, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Opacity of a lung, were it everywhere.

    Parameters
    ----------
    disease : Disease
    label : {"bacteria", "normal", "virus"}
        Bacterial: one dense focus with dark airways in it (air bronchogram). Viral: a haze over
        both lungs, strongest round their roots, with fine lines (interstitial pattern).
    x, y : ndarray, any shape
        Places of the body.

    Returns
    -------
    opacity : ndarray
        About 1 where it is densest.
    region : ndarray of bool
        Where it is.
    """
    if label == "normal":
        return np.zeros_like(x), np.zeros(x.shape, dtype=bool)
    if label == "bacteria":
        far = np.hypot(x - disease.x, y - disease.y) / disease.radius
        focus = edge(1 - far + 0.25 * disease.margin.at(x, y), 0.14)
        return focus * (1 - 0.3 * disease.bronchi.lines(x, y, 0.3)), focus > 0.5
    if label == "virus":
        root = np.hypot(np.abs(x) - HILUM[0], (y - HILUM[1] - 0.05) / 1.3)
        spread = 0.35 + 0.65 * np.exp(-((root / 0.35) ** 2)) + 0.2 * disease.haze.at(x, y)
        spread = np.clip(spread, 0, None)
        lines = disease.interstitium.lines(x, y, 0.7)
        return spread * (0.45 + 0.3 * lines), spread > 0.25
    raise ValueError(f"no opacity of class {label!r}")
