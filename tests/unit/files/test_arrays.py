"""Arrays are read to their last byte, and only as many as their files hold."""

import io
import zipfile

import numpy as np
import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.arrays import load_array, load_arrays, save_array


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _archive(path, members: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_no_bit_of_an_archive_can_flip_unnoticed(tmp_path, kind):
    path = tmp_path / "x.npz"
    array = np.arange(20, dtype=np.float32)
    _archive(path, {"x.npy": _npy(array)}, kind)
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 7):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            found = load_arrays(path)
        except NeuroLoopError:
            continue
        assert list(found) == ["x"]
        np.testing.assert_array_equal(found["x"], array)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (_npy(np.zeros(9)).replace(b"(9,)", b"(8,)"), "are 64 bytes, but 72 follow"),
        (_npy(np.zeros(9)).replace(b"(9,), ", b"(9**9)"), "damaged"),
        (_npy(np.zeros(9)).replace(b"(9,), }        ", b"(999999999,), }"), "but 72 follow"),
        (_npy(np.zeros(9)).replace(b"(9,), } ", b"(-9,), }"), "but 72 follow"),
        (_npy(np.zeros(9)).replace(b"<f8", b"|O8"), "Python objects"),
        (_npy(np.zeros(9)) + b"1", "but 73 follow"),
        (_npy(np.zeros(2, bool))[:-1] + b"\7", "other than 0 and 1"),
        (_npy(np.array(["a"]))[:-4] + b"\0\0\0\x7f", "no characters"),
        (_npy(np.array(["a"]))[:-4] + b"\0\xd8\0\0", "no characters"),
        (_npy(np.zeros(2, [("a", "i4")])), "records"),
        (b"", "damaged"),
    ],
)
def test_arrays_unlike_their_headers_are_refused(tmp_path, content, told):
    _archive(tmp_path / "x.npz", {"x.npy": content})
    with pytest.raises(NeuroLoopError, match=told):
        load_arrays(tmp_path / "x.npz")
    save_array(tmp_path / "y.npy", np.zeros(9), axes=["x"], units="1")
    (tmp_path / "y.npy").write_bytes(content)
    with pytest.raises(NeuroLoopError, match=told if content else "empty"):
        load_array(tmp_path / "y.npy")


def test_an_archive_cannot_state_more_than_it_holds(tmp_path):
    path = tmp_path / "x.npz"
    _archive(path, {f"x{n}.npy": _npy(np.zeros(10**6)) for n in range(4)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 40_000
    assert len(load_arrays(path)) == 4
    content = path.read_bytes()
    size = (8 * 10**6 + 128).to_bytes(4, "little")
    assert content.count(size) == 8
    path.write_bytes(content.replace(size, b"\xff\xff\xff\x7f"))
    with pytest.raises(NeuroLoopError, match="can hold"):
        load_arrays(path)


def test_two_arrays_of_one_name_and_what_is_no_array_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    _archive(path, {"x.npy": _npy(np.zeros(2)), "x.txt": b"1"})
    with pytest.raises(NeuroLoopError, match="twice or is no array"):
        load_arrays(path)
