"""Natural order."""

from hypothesis import given
from hypothesis import strategies as st

from neuroloop.files.natural_order import natural_key, natural_sorted


def test_numbers_in_names_are_compared_as_numbers():
    assert natural_sorted(["run10", "run2", "run1"]) == ["run1", "run2", "run10"]
    assert natural_sorted(["10", "9", "cat"]) == ["9", "10", "cat"]
    assert natural_sorted(["1518878.10042", "1518878.8432"]) == ["1518878.8432", "1518878.10042"]


def test_leading_zeros_do_not_make_two_names_one():
    assert natural_sorted(["01", "1", "001"]) == natural_sorted(["1", "001", "01"])
    assert natural_key("01") != natural_key("1")


@given(st.lists(st.integers(min_value=0)))
def test_whole_numbers_sort_as_numbers(numbers):
    assert natural_sorted(map(str, numbers)) == list(map(str, sorted(numbers)))


@given(st.lists(st.text(alphabet="ab012."), max_size=8), st.randoms())
def test_order_does_not_depend_on_the_order_of_arrival(names, random):
    shuffled = names.copy()
    random.shuffle(shuffled)
    assert natural_sorted(shuffled) == natural_sorted(names)
    assert sorted(natural_sorted(names)) == sorted(names)


def test_numbers_of_any_length_are_ordered():
    long, longer = "a" + "9" * 5000, "a1" + "0" * 5000
    assert natural_sorted([longer, "a007", long, "a10", "a7"]) == [
        "a007",
        "a7",
        "a10",
        long,
        longer,
    ]
