"""Soft labels from two arrays and the runs that they were recorded in."""


def test_soft_labels_from_arrays() -> None:
    import numpy as np

    from neuroloop.fmri.decode_arrays import decode_arrays

    generator = np.random.default_rng(0)
    labels = np.tile(["face", "house"], 40)
    runs = np.repeat([1, 2, 3, 4], 20)
    activity = generator.normal(size=(80, 30)) + (labels == "face")[:, None]
    decoded = decode_arrays(activity, labels, runs, decoder="ridge", alphas=[10.0])

    assert decoded.soft_labels.shape == (80, 2)
    np.testing.assert_allclose(decoded.soft_labels.sum(axis=1), 1, rtol=1e-6)
    assert decoded.classes == ["face", "house"]
    assert decoded.accuracy > 0.9
