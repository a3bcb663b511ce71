"""Which dead letters are meant."""

from datetime import UTC, datetime

import pytest

from ops.dead_letters import Letter, Selection
from ops.errors import OperatorError
from schemas.aside import LetterDecision, SetAside

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


def _letter(
    offset: int, reason: str = "invalid", topic: str = "clock", hour: int = 10, *, open_: bool = True
) -> Letter:
    aside = SetAside(
        topic=topic,
        partition=0,
        offset=offset,
        reason=reason,
        error="no",
        key_base64="QzE=",
        value_base64=None,
        recorded_at=AT.replace(hour=hour),
    )
    decision = LetterDecision(
        partition=2, offset=offset, topic_id="t", decision="dropped", decided_by="jn", decided_at=AT
    )
    return Letter(2, offset, aside, None if open_ else decision)


LETTERS = [
    _letter(1),
    _letter(2, "refused", hour=11),
    _letter(3, topic="account-changes", hour=12),
    _letter(4, open_=False),
]


@pytest.mark.parametrize(
    ("selection", "meant"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(decided=True), [1, 2, 3, 4]),
        (Selection(reasons=["refused", "late"]), [2]),
        (Selection(topics=["account-changes"]), [3]),
        (Selection(since=AT.replace(hour=11)), [2, 3]),
        (Selection(until=AT.replace(hour=11)), [1]),
        (Selection(ids=["2/3", "2/4"]), [3]),
        (Selection(ids=["2/1"], reasons=["refused"]), []),
    ],
)
def test_a_selection_means_those_that_pass_all_its_filters(selection: Selection, meant: list[int]) -> None:
    assert [letter.offset for letter in selection.of(LETTERS)] == meant


def test_an_id_that_there_is_not_is_named() -> None:
    with pytest.raises(OperatorError, match="There is no dead letter 9/9"):
        Selection(ids=["9/9", "2/1"]).of(LETTERS)


def test_a_letter_tells_where_it_and_its_record_stand() -> None:
    letter = _letter(7)
    assert (letter.id, letter.origin, letter.key, letter.value) == ("2/7", "clock/0/7", b"C1", None)
