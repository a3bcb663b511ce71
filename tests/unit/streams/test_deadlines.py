"""The day a summary names, found without decoding it."""

import pytest

from streams.codec import encode_section
from streams.deadlines import due_on_of


@pytest.mark.parametrize("due_on", ["2026-01-31", None])
def test_the_day_is_what_decoding_would_give(due_on: str | None) -> None:
    summary = encode_section({"totals": {"accounts": 1}, "due_on": due_on, "as_of": "2026-01-01T00:00:00Z"})
    assert due_on_of(summary) == due_on


def test_a_text_that_reads_like_the_field_is_not_taken_for_it() -> None:
    summary = encode_section({"name": 'x","due_on":"2020-01-01', "due_on": "2026-01-31"})
    assert due_on_of(summary) == "2026-01-31"
