"""Files from outside end in one line, whatever is wrong with them."""

import os

import pytest

from neuroloop.errors import NeuroLoopError
from neuroloop.files.door import check_stated_size, is_there, outside, reason


class Panic(BaseException):
    """What Rust raises through pyo3."""


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (ValueError("bad\nmagic"), "{path} is damaged or not a picture (bad): draw it again"),
        (KeyError(), "{path} is damaged or not a picture (KeyError): draw it again"),
        (Panic("index out of range"), "{path} is damaged or not a picture (index out of range): "),
        (MemoryError(), "{path} does not fit into memory: draw it again"),
        (NeuroLoopError("known"), "known"),
    ],
)
def test_whatever_is_raised_becomes_one_line(tmp_path, raised, line):
    path = tmp_path / "a.png"
    path.write_bytes(b"x")
    with pytest.raises(NeuroLoopError) as caught, outside(path, "a picture", "draw it again"):
        raise raised
    assert str(caught.value).startswith(line.format(path=path))
    assert "\n" not in str(caught.value)


def test_an_interrupt_passes(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with pytest.raises(KeyboardInterrupt), outside(path, "a picture"):
        raise KeyboardInterrupt


def test_only_files_that_hold_something_are_read(tmp_path):
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    for name, line in {
        "none": "is missing: put the file there or change the key",
        "empty": "is empty",
        "pipe": "is a device or pipe, not a table",
        ".": "is a folder, not a table",
    }.items():
        with pytest.raises(NeuroLoopError, match=line), outside(tmp_path / name, "a table"):
            pytest.fail("opened")


def test_advice_to_unpickle_is_not_passed_on():
    advice = "Weights only load failed. Re-running `torch.load` with `weights_only` set to `False`"
    assert reason(RuntimeError(advice)) == "it holds Python objects, which could run code"


def test_a_file_cannot_state_more_than_compression_allows(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(bytes(1000))
    check_stated_size(path, (1000, 1000), 2)
    for shape in ((10_000, 10_000), (2**40, 2**40), (-1, 5)):
        with pytest.raises(NeuroLoopError, match="more than a file of 1000 bytes can hold"):
            check_stated_size(path, shape, 8)


def test_under_a_name_that_no_file_can_have_nothing_is_there(tmp_path):
    assert is_there(tmp_path)
    for name in ("none", "9" * 5000, "a\0b"):
        assert not is_there(tmp_path / name)
        with pytest.raises(NeuroLoopError), outside(tmp_path / name, "a table"):
            pytest.fail("opened")
