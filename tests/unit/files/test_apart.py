"""Files at which their libraries crash or never end are refused, and the process lives on."""

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from neuroloop.errors import NeuroLoopError
from neuroloop.files import apart
from neuroloop.files.apart import read_apart
from neuroloop.fmri.bdata_layout import try_texts
from neuroloop.fmri.paired import read_paired


def test_what_a_reader_raises_does_not_count_and_a_signal_does(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("1")
    read_apart(path, "assert open(path).read() == '1'")
    read_apart(path, "raise KeyError(path)")
    with pytest.raises(ValueError, match=r"crashes \(signal 11\)"):
        read_apart(path, "import os; os.kill(os.getpid(), 11)")
    monkeypatch.setattr(apart, "SECONDS", 1)
    with pytest.raises(ValueError, match="never ends"):
        read_apart(path, "while True: pass")


def test_a_matlab_file_at_which_scipy_crashes_is_refused(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"x": np.ones((12, 6))})
    content = bytearray(path.read_bytes())
    place = content.index(b"x\0\0\0\t\0\0\0@") + 4  # the type of the numbers: 9, double
    content[place] = 0
    path.write_bytes(content)
    names = {"voxels": ["x"], "images": ["x"], "labels": ["x"], "image_shape": (2, 3)}
    with pytest.raises(NeuroLoopError, match=r"a\.mat is damaged .* crashes \(signal 11\)"):
        read_paired(path, **names)


def test_a_heap_of_texts_in_which_hdf5_goes_round_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 2)
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["metadata/key"] = [b"VoxelData", b"Run"]
    try_texts(path)
    content = bytearray(path.read_bytes())
    text = content.index(b"Run\0")
    content[text - 16], content[text - 8] = 0, 0  # its number and its length
    path.write_bytes(content)
    with pytest.raises(NeuroLoopError, match=r"a\.h5 is damaged .* never ends"):
        try_texts(path)
