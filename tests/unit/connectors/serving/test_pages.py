"""Several ordered lists are read as one, page by page, and nothing is told twice or left out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.serving.pages import NoSuchPage, after_these, in_turn, starts

LISTS = st.lists(st.lists(st.one_of(st.none(), st.integers(0, 9))), min_size=1, max_size=3)


def as_text(number: int) -> tuple[str, str]:
    return str(number), ""


@given(LISTS, st.integers(1, 4))
def test_pages_one_after_the_other_hold_everything_once(lists: list[list[int | None]], limit: int) -> None:
    found: list[int] = []
    after: str | None = None
    for _ in range(1 + sum(map(len, lists))):
        begun = starts(after, len(lists))
        rest = [items[start : start + limit] for items, start in zip(lists, begun, strict=True)]
        taken, used = in_turn(rest, as_text, limit)
        assert len(taken) <= limit
        assert taken == sorted(taken)
        found += taken
        after = after_these(begun, used)
    assert after == ".".join(str(len(items)) for items in lists)
    assert sorted(found) == sorted(item for items in lists for item in items if item is not None)


@given(st.lists(st.lists(st.integers(0, 9)).map(sorted), min_size=1, max_size=3), st.integers(1, 30))
def test_of_lists_in_order_the_first_are_taken(lists: list[list[int]], limit: int) -> None:
    taken, _ = in_turn(lists, as_text, limit)
    assert taken == sorted(item for items in lists for item in items)[:limit]


@pytest.mark.parametrize("after", ["", "1", "1.2.3", "1.x", "-1.0", "1.", "9999999999.0", "\u0661.\u0662"])
def test_what_is_no_next_of_such_a_list_is_refused(after: str) -> None:
    with pytest.raises(NoSuchPage, match="is not the `next`"):
        starts(after, 2)
