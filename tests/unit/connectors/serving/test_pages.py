"""Several ordered lists are read as one, page by page, and nothing is told twice or left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.serving.pages import NoSuchPage, after_these, in_turn, starts


def in_order(items: list[int | None]) -> list[int | None]:
    """The same, with gaps where they were."""
    numbers = iter(sorted(item for item in items if item is not None))
    return [None if item is None else next(numbers) for item in items]


ONE = st.lists(st.one_of(st.none(), st.integers(0, 9)))
LISTS = st.one_of(*(st.lists(each, min_size=1, max_size=3) for each in (ONE, ONE.map(in_order))))


def as_text(number: int) -> tuple[str, str]:
    return str(number), ""


@given(LISTS, st.integers(1, 4))
def test_pages_one_after_the_other_hold_everything_once(lists: list[list[int | None]], limit: int) -> None:
    found: list[int] = []
    after: str | None = None
    for _ in range(1 + sum(map(len, lists))):
        begun = starts(after, len(lists))
        rest = [items[start : start + limit] for items, start in zip(lists, begun, strict=True)]
        more = [len(items) > start + limit for items, start in zip(lists, begun, strict=True)]
        taken, used = in_turn(rest, more, as_text, limit)
        assert len(taken) <= limit
        assert taken == sorted(taken)
        found += taken
        after = after_these(begun, used)
    assert after == ".".join(str(len(items)) for items in lists)
    assert sorted(found) == sorted(item for items in lists for item in items if item is not None)
    if lists == [in_order(items) for items in lists]:
        assert found == sorted(found), "also from page to page, whatever was passed over"


def test_a_list_of_which_more_follows_is_waited_for() -> None:
    taken, used = in_turn([[None, 1], [5, 6]], [True, True], as_text, 2)
    assert (taken, used) == ([1], [2, 0])
    assert in_turn([[2, 3], [5, 6]], [False, True], as_text, 2) == ([2, 3], [2, 0])
    assert in_turn([[None, 1], [5, 6]], [False, True], as_text, 2) == ([1, 5], [2, 1])


@given(st.lists(st.lists(st.integers(0, 9)).map(sorted), min_size=1, max_size=3), st.integers(1, 30))
def test_of_lists_in_order_the_first_are_taken(lists: list[list[int]], limit: int) -> None:
    taken, _ = in_turn(lists, [False] * len(lists), as_text, limit)
    assert taken == sorted(item for items in lists for item in items)[:limit]


@pytest.mark.parametrize("after", ["", "1", "1.2.3", "1.x", "-1.0", "1.", "9999999999.0", "\u0661.\u0662"])
def test_what_is_no_next_of_such_a_list_is_refused(after: str) -> None:
    with pytest.raises(NoSuchPage, match="is not the `next`"):
        starts(after, 2)
