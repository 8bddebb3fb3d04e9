"""Orders of patterns that tell them, and orders that were drawn anew."""

import numpy as np
import pandas as pd
import pytest

from neuroloop.calcium.audit.order import order_test


def session(orders: list[list[str]]) -> tuple[pd.DataFrame, np.ndarray]:
    """Trials of a recording an order, 8 s apart."""
    rows = [
        {"recording": f"r{number}", "group": "g1", "pattern": pattern, "onset": 18.0 + 8 * place}
        for number, order in enumerate(orders)
        for place, pattern in enumerate(order)
    ]
    table = pd.DataFrame(rows)
    return table, table["onset"].to_numpy()


def drawn(seed: int) -> list[list[str]]:
    """Four recordings of six patterns, each twice."""
    generator = np.random.default_rng(seed)
    return [generator.permutation(list("abcdef") * 2).tolist() for _ in range(4)]


def test_two_trials_of_two_patterns_in_one_order() -> None:
    """By hand: own pattern exp(0) of the other recording, the rival exp(-1): all pairs right."""
    test = order_test(*session([["a", "b"], ["a", "b"]]), np.random.default_rng(0), 19)
    assert test.value == 1.0
    assert test.trials == 4
    crossed = session([["a", "b"], ["b", "a"]])
    assert order_test(*crossed, np.random.default_rng(0), 19, own=False).value == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_one_order_of_patterns_shown_twice_is_found_clearly(seed: int) -> None:
    test = order_test(*session(drawn(seed)[:1] * 4), np.random.default_rng(0), 2999)
    assert test.value > 0.95
    assert test.p == pytest.approx(1 / 3000)


def test_patterns_in_blocks_are_found_where_readers_learn_from_the_recording() -> None:
    """Each recording has an order of blocks of its own: only the recording itself tells them."""
    orders = [[one for one in order for _ in range(3)] for order in ("abcd", "dcba", "badc")]
    blocks = session(orders)
    assert order_test(*blocks, np.random.default_rng(0), 1999).p < 0.001
    assert order_test(*blocks, np.random.default_rng(0), 1999, own=False).p > 0.01


def test_orders_drawn_anew_tell_nothing() -> None:
    """p of 100 sessions is uniform, though a pattern's second trial follows its first."""
    p = [order_test(*session(drawn(n)), np.random.default_rng(n), 99).p for n in range(100)]
    assert np.mean(np.array(p) <= 0.05) <= 0.12
    assert 0.4 < np.mean(p) < 0.6
