"""Made-up comparisons of brain-taught students with their controls."""

from itertools import product

import numpy as np
import pandas as pd

from neuroloop.distill.ablation import COLUMNS

REGIONS = (
    *("V1", "V2", "V3", "V4", "LOC", "FFA", "PPA", "LVC", "HVC", "VC"),
    *("IT-posterior", "Parahippocampal"),
)

CONTROLS = ("none", "random", "cnn", "smooth", "rowshuffled", "withinclass", "classmean")


def comparisons(subjects, rois, decoders=("ridge",), controls=CONTROLS):
    """A table as `compare_teachers` makes it, of numbers that say where they stand."""
    stream = np.random.default_rng(0)
    several = ["mean", "group"] if len(subjects) > 1 else []
    rows = []
    for subject, roi, decoder, control in product([*subjects, *several], rois, decoders, controls):
        value, half = stream.normal(0.01, 0.01), stream.uniform(0.005, 0.02)
        keys = {"subject": subject, "roi": roi, "decoder": decoder, "student": "small"}
        rows.append(
            {**keys, "teacher": "brain", "control": control, "difference": value}
            | {"ci_low": value - half, "ci_high": value + half, "smallest_effect": half}
            | {"p": 0.01, "q": stream.uniform() ** 3, "n": 1000, "seeds": 10, "reason": ""}
            | {"subjects": 1, "family": "images" if control == "withinclass" else "gains"}
        )
    return pd.DataFrame(rows, columns=COLUMNS)
