from itertools import permutations

import pytest

from streams.folds.additive import RECENT_WINDOW, counted
from streams.folds.refusals import Late


def test_the_newest_goes_last() -> None:
    assert counted([], 5) == [5]
    assert counted([5], 9) == [5, 9]


def test_one_that_comes_late_takes_its_place() -> None:
    assert counted([5, 9], 7) == [5, 7, 9]
    assert counted([5, 9], 2) == [2, 5, 9]


@pytest.mark.parametrize("seq", [2, 5, 9])
def test_one_in_the_window_is_a_duplicate(seq: int) -> None:
    assert counted([2, 5, 9], seq) is None


def test_the_window_keeps_the_newest() -> None:
    full = list(range(10, 10 + RECENT_WINDOW))
    assert counted(full, 100) == [*full[1:], 100]
    assert counted([*full[:5], *full[6:], 100], full[5]) == [*full[1:], 100]


def test_below_a_full_window_is_late() -> None:
    full = list(range(10, 10 + RECENT_WINDOW))
    with pytest.raises(Late):
        counted(full, 9)
    assert counted(full[1:], 9) == [9, *full[1:]]
    assert counted(full, 10) is None


def test_any_order_inside_the_window_ends_the_same() -> None:
    ends = set()
    for order in permutations(range(5)):
        recent: list[int] = []
        for seq in order:
            recent = counted(recent, seq) or recent
        ends.add(tuple(recent))
    assert ends == {(0, 1, 2, 3, 4)}


def test_the_window_before_is_left_as_it_was() -> None:
    recent = [2, 5]
    counted(recent, 3)
    counted(recent, 9)
    assert recent == [2, 5]
