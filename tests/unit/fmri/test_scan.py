"""What is kept of a scan comes back, small whatever its size."""

from dataclasses import replace

import numpy as np
import pandas as pd

from neuroloop.fmri.region_voxels import (
    SOME,
    RegionVoxels,
    load_region,
    save_region,
    some_voxels,
)
from neuroloop.fmri.scan import Scan, load_scan, save_scan


def region(mask, series=None):
    place = np.argwhere(mask)
    found = RegionVoxels(np.flatnonzero(mask), 3.0 * place, place.astype(np.int32))
    return found if series is None else replace(found, series=series.astype(np.float16))


def test_a_scan_comes_back(tmp_path):
    generator = np.random.default_rng(0)
    mean = generator.random((4, 3, 2))
    mean[0, 0, 0] = np.nan
    volumes = pd.DataFrame(
        {"run": ["a", "a", "b"], "category": ["cat", "rest", "dog"], "event": [1, 0, 1]}
    )
    kept = Scan()
    kept.see(mean)
    kept.follow(volumes, np.array([0, -1, 1]), {"a": 2.0, "b": 1.5})
    save_scan(tmp_path / "scan.npz", kept)
    found = load_scan(tmp_path / "scan.npz")
    assert found.mean.dtype == np.uint8
    assert (found.mean.min(), found.mean.max()) == (0, 255)
    assert not found.followed
    assert found.volumes["start"].tolist() == [0.0, 2.0, 0.0]
    assert found.volumes["repetition_time"].tolist() == [2.0, 2.0, 1.5]
    assert found.volumes["sample"].tolist() == [0, -1, 1]
    assert found.volumes[["run", "category", "event"]].equals(
        volumes.astype({"event": found.volumes["event"].dtype})
    )


def test_regions_give_places_and_the_course_of_the_largest():
    shape = (4, 3, 2)
    large = np.random.default_rng(0).random(shape) < 0.5
    small = np.zeros(shape, dtype=bool)
    small[0, 0], small[3] = large[0, 0], True
    series = np.arange(3.0 * large.sum()).reshape(3, -1)
    regions = {"small": region(small), "large": region(large, series)}
    found = Scan().with_regions(regions)
    assert (np.argwhere(small | large) == found.voxels).all()
    assert found.region == "large"
    assert found.followed
    assert (found.series == series).all()


def test_a_region_comes_back(tmp_path):
    one = region(np.eye(4, dtype=bool)[:, :3, None] * [[[True, False]]], np.ones((5, 3)))
    save_region(tmp_path / "region.npz", one, nan_in_masks=2)
    again = load_region(tmp_path / "region.npz")
    for key in ("voxel", "xyz", "place", "series"):
        assert (getattr(again, key) == getattr(one, key)).all()


def test_of_many_voxels_some_are_kept():
    assert some_voxels(3).tolist() == [0, 1, 2]
    kept = some_voxels(3 * SOME)
    assert len(kept) == SOME
    assert (kept[0], kept[-1]) == (0, 3 * SOME - 1)


def test_a_source_without_a_scan_keeps_nothing(tmp_path):
    save_scan(tmp_path / "scan.npz", None)
    assert load_scan(tmp_path / "scan.npz") is None
