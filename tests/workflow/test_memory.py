"""Memory that rules ask for, by the laws of `neuroloop.workflow.memory`."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest

from neuroloop.workflow import memory, scan_size
from neuroloop.workflow.memory import Law

ROOT = Path(__file__).resolve().parents[2]


def test_a_request_is_what_is_taken_and_a_part_to_spare():
    """100 MB, 3 bytes of 20 million films and 5 of 8 million pixels: 200 MB, of 85 %."""
    law = Law(100, {"film": 3, "pixel": 5})
    # 200 / 0.85 = 235.3, and 200 for what starts it
    assert law.megabytes({"film": 20e6, "pixel": 8e6}) == 436
    assert law.megabytes({"film": 0, "pixel": 0}) == 318
    assert str(law) == "100 MB + 3 B per film + 5 B per pixel"
    with pytest.raises(KeyError, match="pixel"):
        law.megabytes({"film": 1})


def test_every_term_is_explained_and_counted():
    terms = {name for law in memory.LAWS.values() for name in law.terms}
    assert terms == set(memory.COUNTED)


def test_networks_are_counted():
    """ResNet18 of width 64 has 11.2 million weights."""
    student = {"depth": 18, "width": 64, "stem": "small", "crop": 32, "batch_size": 25}
    found = memory.network_items(student, 2)
    assert found["weight"] == pytest.approx(2 * 11.2e6, rel=0.05)
    assert found["kept byte"] == 125 * 64 * 32 * 32 * 25 * 2


def test_the_page_has_the_laws():
    assert memory.table() in (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("version", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("order", ["<", ">"])
def test_scans_are_as_large_as_nibabel_says(tmp_path, suffix, version, order):
    values = np.zeros((3, 4, 5, 6), dtype=f"{order}i2")
    header = version.header_class(endianness=order)
    header.set_data_dtype(values.dtype)
    bold, mask = tmp_path / f"bold{suffix}", tmp_path / f"mask{suffix}"
    nibabel.save(version(values, np.eye(4), header), bold)
    assert (scan_size.bytes_of(bold), scan_size.volumes_of(bold)) == (720, 6)
    image = version(values, np.eye(4), header)
    image.header.set_slope_inter(0.5, 3)
    nibabel.save(image, scaled := tmp_path / f"scaled{suffix}")
    assert scan_size.bytes_of(scaled) == 360 * (2 + 8)
    atlas = np.arange(60, dtype=f"{order}f4").reshape(3, 4, 5) % 7
    header.set_data_dtype(atlas.dtype)
    nibabel.save(version(atlas, np.eye(4), header), mask)
    assert scan_size.voxels_of(mask) == (atlas > 0).sum()
    assert scan_size.voxels_of(mask, label=3) == (atlas == 3).sum()
    assert scan_size.voxels_of(mask, threshold=4.5) == (atlas > 4.5).sum()
    assert scan_size.volumes_of(mask) == 1


def test_a_scan_that_cannot_be_read_has_no_size(tmp_path):
    for name, content in (("a.nii", b"no"), ("b.nii.gz", gzip.compress(b"")), ("c.nii.gz", b"no")):
        (tmp_path / name).write_bytes(content)
        assert scan_size.bytes_of(tmp_path / name) == 0
        assert scan_size.voxels_of(tmp_path / name) == 0
    assert scan_size.bytes_of(tmp_path / "none.nii") == 0
