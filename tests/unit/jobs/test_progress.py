"""Progress as a bar or as lines."""

import io
import logging

import pytest

from neuroloop.jobs import progress as module
from neuroloop.jobs.progress import progress


class Terminal(io.StringIO):
    """Standard error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves six seconds at every look."""
    looks = iter(range(0, 6000, 6))
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(looks)))


def test_a_log_gets_a_line_at_most_every_ten_seconds(clock, caplog):
    with caplog.at_level(logging.INFO):
        assert list(progress(range(6), "folds")) == list(range(6))
    assert caplog.messages == ["folds: 2 of 6 done", "folds: 4 of 6 done", "folds: 6 of 6 done"]


def test_a_log_of_items_without_a_number(clock, caplog):
    with caplog.at_level(logging.INFO):
        assert list(progress(iter("ab"), "images")) == ["a", "b"]
        assert list(progress(iter("cd"), "images", total=9)) == ["c", "d"]
    assert caplog.messages == ["images: 2 done", "images: 2 of 9 done"]


def test_whatever_has_a_length_tells_it(clock, caplog):
    with caplog.at_level(logging.INFO):
        list(progress({"a": 1, "b": 2}, "keys"))
    assert caplog.messages == ["keys: 2 of 2 done"]


def test_short_work_logs_nothing(caplog):
    with caplog.at_level(logging.INFO):
        assert list(progress([], "folds")) == []
        assert list(progress([1, 2], "folds")) == [1, 2]
    assert caplog.messages == []


def test_a_terminal_gets_a_bar(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(module.sys, "stderr", terminal)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    assert list(progress([1, 2], "folds")) == [1, 2]
    assert "folds: 100%" in terminal.getvalue()
    assert "2/2" in terminal.getvalue()


def test_a_terminal_gets_no_bar_where_a_log_takes_the_messages(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(module.sys, "stderr", terminal)
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])
    assert list(progress([1, 2], "folds")) == [1, 2]
    assert terminal.getvalue() == ""
