"""What is kept of a scan comes back, small whatever its size."""

import numpy as np
import pandas as pd

from neuroloop.fmri.scan import VOXELS, Scan, load_scan, save_scan


def test_a_scan_comes_back(tmp_path):
    generator = np.random.default_rng(0)
    mean, mask = generator.random((4, 3, 2)), generator.random((4, 3, 2)) < 0.5
    mean[0, 0, 0] = np.nan
    volumes = pd.DataFrame(
        {"run": ["a", "a", "b"], "category": ["cat", "rest", "dog"], "event": [1, 0, 1]}
    )
    count = int(mask.sum())
    series = generator.normal(size=(3, count))
    rois = {"small": np.arange(count) < 2, "large": np.arange(count) > 0}
    kept = Scan()
    assert not kept.followed
    kept.see(mean, mask)
    kept.follow(series, rois, volumes, {"a": 2.0, "b": 1.5})
    save_scan(tmp_path / "scan.npz", kept)
    found = load_scan(tmp_path / "scan.npz")
    assert found.mean.dtype == np.uint8
    assert (found.mean.min(), found.mean.max()) == (0, 255)
    assert (np.argwhere(mask) == found.voxels).all()
    assert found.region == "large"
    assert np.allclose(found.series, series[:, 1:], atol=2e-3)
    assert found.volumes["start"].tolist() == [0.0, 2.0, 0.0]
    assert found.volumes[["run", "category", "event"]].equals(
        volumes.astype({"event": found.volumes["event"].dtype})
    )


def test_of_a_large_region_some_voxels_are_kept():
    volumes = pd.DataFrame({"run": ["a"], "category": ["cat"], "event": [1]})
    kept = Scan()
    flags = {"brain": np.ones(3 * VOXELS, dtype=bool)}
    kept.follow(np.arange(3.0 * VOXELS)[None] / 10, flags, volumes, {"a": 1.0})
    assert kept.series.shape == (1, VOXELS)
    assert kept.series[0, 0] == 0
    assert np.isclose(kept.series[0, -1], (3 * VOXELS - 1) / 10, rtol=1e-3)


def test_a_source_without_a_scan_keeps_nothing(tmp_path):
    save_scan(tmp_path / "scan.npz", None)
    assert load_scan(tmp_path / "scan.npz") is None
