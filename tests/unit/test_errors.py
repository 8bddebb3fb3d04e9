"""Whatever a file brings into a message, it is one line that can be printed."""

from neuroloop.errors import LONGEST, NeuroLoopError


def test_a_message_is_one_line_that_can_be_printed():
    said = str(NeuroLoopError("row a\nb\t\x1b[31m\ud800 ü: fix it"))
    assert said == r"row a b \x1b[31m\ud800 ü: fix it"
    assert said.encode()


def test_an_endless_message_is_shortened():
    said = str(NeuroLoopError("begin " + "x" * 10**6 + " end"))
    assert len(said) < LONGEST + 10
    assert said.startswith("begin")
    assert said.endswith("end")
