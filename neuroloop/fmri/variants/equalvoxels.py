"""All regions of a subject cut to as many voxels as the smallest has.

A region of more voxels is decoded better, whatever it knows: more voxels average out more noise,
and the best of more are better. So the voxels to select from are cut to the smallest region's
count, drawn by chance, and as many of them are selected as the region selects of which the fewest
are asked.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from neuroloop.fmri.decoding import Problem
from neuroloop.fmri.variant import Asked

ORDER = 2
LEGEND = "as many voxels in every region as the smallest has"
COMPARES, LINEAR = True, False


def choose(problem: Problem, how: Asked) -> dict[str, Any]:
    """Say how many voxels each region has, and how many all are cut to, and select."""
    counts = {name: region.problem.x.shape[1] for name, region in how.regions.items()}
    candidates = min(counts.values())
    asked = [region.n_voxels for region in how.regions.values() if region.n_voxels]
    return {
        "regions": counts,
        "candidates": candidates,
        "selected": min([candidates, *asked]),
    }


def vary(problem: Problem, facts: dict[str, Any]) -> list[Problem]:
    """Keep voxels that are drawn by chance, in their order."""
    generator = np.random.default_rng(facts["seed"])
    drawn = generator.choice(problem.x.shape[1], facts["candidates"], replace=False)
    return [replace(problem, x=problem.x[:, np.sort(drawn)])]
