"""Small simulated sets of radiographs, clean and spoilt, as the audit reads them."""

import numpy as np
import pandas as pd

from neuroloop.cxr.radiograph_set import RadiographSet
from neuroloop.cxr.simulate import simulate_radiographs
from neuroloop.cxr.simulated_settings import RadiographSettings


def drawn(seed: int, radiographs_per_class: int = 15, size: int = 32, **settings) -> RadiographSet:
    """A simulated set, as `load_radiograph_set` reads it."""
    made = simulate_radiographs(
        seed,
        RadiographSettings(size=size, radiographs_per_class=radiographs_per_class, **settings),
    )
    table = pd.DataFrame(
        {"radiograph": made.radiographs, "label": made.labels, "patient": made.patients}
    )
    if settings.get("sites", 1) > 1:
        table["site"] = made.sites
    pixels = np.rint(made.images * 255).astype(np.uint8)
    return RadiographSet(table, pixels, made.lungs, made.lesions)
