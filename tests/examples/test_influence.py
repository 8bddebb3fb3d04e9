"""Influence of stimulated cells on each other, from a matrix of traces' responses."""


def test_influence_from_responses() -> None:
    import numpy as np
    import pandas as pd

    from neuroloop.calcium.influence import estimate_influence

    generator = np.random.default_rng(0)
    patterns = ["a", "b", "c"] * 20  # which cell each trial stimulates
    drive = np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]])  # a drives b half as much as light
    responses = np.tile(drive, (20, 1)) + 0.1 * generator.normal(size=(60, 3))
    cells = pd.DataFrame({"cell": ["a", "b", "c"], "row": [0, 9, 18], "column": [0, 9, 18]})
    found = estimate_influence(responses, patterns, cells, generator)

    assert abs(found.matrix[0, 1] - 0.5) < 0.1
    assert found.p[0, 1] < 0.001
    assert found.ci_low[0, 2] < 0 < found.ci_high[0, 2]
    assert np.isnan(np.diag(found.matrix)).all()
