"""Ways to a device: pinned for a GPU, as they are for a CPU, read one ahead."""

import threading

import numpy as np
import pytest
import torch

from neuroloop.training.transfers import onto, pinned, read_ahead

CPU, GPU = torch.device("cpu"), torch.device("cuda")


class Noted(torch.Tensor):
    """Notes what is done to it in place of doing it."""

    calls: list[object]

    def pin_memory(self):
        self.calls.append("pinned")
        return self

    def to(self, device, **options):
        self.calls.append((device, options))
        return self


def noted():
    values = torch.zeros(3).as_subclass(Noted)
    values.calls = []
    return values


def test_a_gpu_fetches_pinned_memory_while_the_host_goes_on():
    values = noted()
    onto(values, GPU)
    assert values.calls == ["pinned", (GPU, {"non_blocking": True})]


def test_what_is_on_a_device_is_not_pinned():
    there = torch.zeros(2, device="meta")
    assert pinned(there, GPU) is there


def test_nothing_is_copied_for_a_cpu():
    values = np.arange(3.0)
    there = onto(values, CPU)
    there[0] = 7
    assert values[0] == 7
    plain = torch.zeros(2)
    assert pinned(plain, CPU) is plain


def test_batches_are_read_in_order_by_another_thread_one_ahead():
    read, second = [], threading.Event()

    def load(rows):
        read.append((threading.current_thread(), rows))
        if len(read) == 2:
            second.set()
        return np.full(2, rows)

    batches = read_ahead(load, [3, 1, 2], CPU)
    assert next(batches).tolist() == [3, 3]
    assert second.wait(10), "the second is read while the first is worked on"
    assert [rows for _, rows in read] == [3, 1], "and no more than that"
    assert [values.tolist() for values in batches] == [[1, 1], [2, 2]]
    assert threading.main_thread() not in {thread for thread, _ in read}
    assert list(read_ahead(load, [], CPU)) == []


def test_reading_ends_with_who_works_on_it():
    threads = threading.active_count()
    batches = read_ahead(lambda rows: np.zeros(1), [1, 2, 3], CPU)
    next(batches)
    batches.close()
    assert threading.active_count() == threads


def test_what_is_read_ahead_is_pinned_before_it_is_sent(monkeypatch):
    values = noted()
    monkeypatch.setattr(torch, "from_numpy", lambda _: values)
    assert next(read_ahead(lambda _: np.zeros(3), [1], GPU)) is values
    assert values.calls == ["pinned", (GPU, {"non_blocking": True})]


def test_an_error_in_reading_reaches_who_asks():
    def load(rows):
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        next(read_ahead(load, [1], CPU))
