"""Progress as a bar or as lines."""

import io
import logging

import pytest

from neuroloop.jobs import progress as module
from neuroloop.jobs.progress import about, duration, progress


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
    assert caplog.messages == [
        "folds: 2 of 6 done, under a minute left",
        "folds: 4 of 6 done, under a minute left",
        "folds: 6 of 6 done",
    ]


def test_long_work_is_told_more_rarely_and_with_its_state(clock, caplog):
    losses = iter(range(900))
    with caplog.at_level(logging.INFO):
        list(progress(range(900), "training, epochs", state=lambda: f"loss {next(losses)}"))
    assert caplog.messages[0] == ("training, epochs: 2 of 900 done, loss 0, about 1 h 30 min left")
    assert len(caplog.messages) < 100  # of 540, a line every ten seconds
    assert caplog.messages[-2].count("loss") == 1


def test_a_log_of_items_without_a_number(clock, caplog):
    with caplog.at_level(logging.INFO):
        assert list(progress(iter("ab"), "images")) == ["a", "b"]
        assert list(progress(iter("cd"), "images", total=9)) == ["c", "d"]
    assert caplog.messages == ["images: 2 done", "images: 2 of 9 done, under a minute left"]


def test_whatever_has_a_length_tells_it(clock, caplog):
    with caplog.at_level(logging.INFO):
        list(progress({"a": 1, "b": 2}, "keys"))
    assert caplog.messages == ["keys: 2 of 2 done"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (8.4, "8 s"),
        (60, "1 min"),
        (372, "6 min 12 s"),
        (840, "14 min"),
        (7500, "2 h 5 min"),
        (90000, "25 h"),
    ],
)
def test_times_in_words(seconds, text):
    assert duration(seconds) == text


def test_what_is_left_is_told_roughly():
    assert about(8) == "under a minute left"
    assert about(372) == "about 6 min left"
    assert about(7500) == "about 2 h 5 min left"


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
