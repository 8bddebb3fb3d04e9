"""Tests of nulls that later jobs go on from."""

from pathlib import Path

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.fmri.kept_null import KeptNull


def test_a_null_is_kept_and_never_replaced_by_less_of_it(tmp_path: Path) -> None:
    kept = KeptNull(tmp_path / "nulls" / "one.npz")
    assert len(kept.load()) == 0
    kept.save(np.linspace(0, 1, 9))
    kept.save(np.linspace(0, 1, 9)[:4])
    np.testing.assert_array_equal(kept.load(), np.linspace(0, 1, 9))
    kept.save(np.linspace(0, 1, 12))
    assert len(kept.load()) == 12


def test_it_is_named_by_code_and_content(tmp_path: Path) -> None:
    file = tmp_path / "voxels.npz"
    file.write_bytes(b"one")
    first = KeptNull.of(tmp_path, "code", file)
    assert KeptNull.of(tmp_path, "code", file) == first
    assert KeptNull.of(tmp_path, "other", file) != first
    file.write_bytes(b"two")
    assert KeptNull.of(tmp_path, "code", file) != first
    file.unlink()
    with pytest.raises(NeuroLoopError, match=r"voxels\.npz is missing"):
        KeptNull.of(tmp_path, "code", file)


@pytest.mark.parametrize("damage", ["cut", "changed", "other"])
def test_a_damaged_one_is_made_anew(
    damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kept = KeptNull(tmp_path / "one.npz")
    kept.save(np.full(50, 0.125))
    whole = bytearray(kept.path.read_bytes())
    if damage == "cut":
        kept.path.write_bytes(whole[:-40])
    elif damage == "changed":
        whole[len(whole) // 2] ^= 1
        kept.path.write_bytes(whole)
    else:
        np.savez(kept.path, null=np.zeros((2, 3)))
    assert len(kept.load()) == 0
    assert "one.npz is damaged" in caplog.text
