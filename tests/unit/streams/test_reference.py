from datetime import date

import orjson
import pytest

from schemas.reference import Branch, Calendar, Manager, Reference
from streams.reference import Organisation, ReferenceBook, ReferenceRefused, WorkingDays

FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


def an_organisation(*entries: Reference) -> Organisation:
    return Organisation({f"{entry.kind}/{entry.id}": entry for entry in entries})


def test_weekends_and_holidays_are_not_worked() -> None:
    days = WorkingDays(Calendar(id="cz", yearly=("11-17",), holidays=(FRIDAY,)))
    assert not days.includes(FRIDAY)
    assert not days.includes(date(2026, 11, 28))
    assert not days.includes(date(2026, 11, 17))
    assert not days.includes(date(2025, 11, 17))
    assert days.includes(MONDAY)


@pytest.mark.parametrize(
    ("day", "count", "wanted"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, MONDAY),
        (FRIDAY, 6, date(2026, 12, 7)),
        (date(2026, 11, 28), 0, MONDAY),
        (date(2026, 11, 28), 1, MONDAY),
        (date.max, 1, date.max),
    ],
)
def test_working_days_are_counted_over_the_weekend(day: date, count: int, wanted: date) -> None:
    assert WorkingDays(Calendar(id="default")).after(day, count) == wanted


def test_a_branch_without_a_head_or_a_calendar_has_those_of_the_one_above() -> None:
    organisation = an_organisation(
        Calendar(id="region", weekend=(5, 6)),
        Branch(id="B1", name="Region", head="M9", calendar="region"),
        Branch(id="B2", name="Town", parent="B1"),
        Manager(id="M1", name="Ada", branch="B2"),
    )
    assert organisation.branch_of("M1") == "B2"
    assert organisation.head_of("B2") == "M9"
    assert not organisation.working_days("B2").includes(FRIDAY)
    assert organisation.working_days().includes(FRIDAY)


def test_names_that_lead_nowhere_yet_are_no_error() -> None:
    organisation = an_organisation(Branch(id="B1", name="Town", calendar="absent", parent="absent"))
    assert organisation.head_of("B1") is None
    assert organisation.head_of(None) is None
    assert organisation.branch_of("M1") is None
    assert organisation.working_days("B1").includes(FRIDAY)


def test_branches_above_each_other_end() -> None:
    organisation = an_organisation(Branch(id="B1", name="a", parent="B2"), Branch(id="B2", name="b", parent="B1"))
    assert organisation.head_of("B1") is None


def test_the_newest_record_of_an_entry_stands_and_a_tombstone_ends_it() -> None:
    book = ReferenceBook()
    for name in ("Olomouc", "Brno"):
        book.take(b"branch/B1", orjson.dumps({"kind": "branch", "id": "B1", "name": name, "later": 1}))
    assert book.entries == {"branch/B1": Branch(id="B1", name="Brno")}
    book.take(b"branch/B1", None)
    book.take(b"branch/B1", None)
    assert book.entries == {}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"{", "branch/B1: value: Invalid JSON"),
        (b'{"kind": "town", "id": "B1"}', "branch/B1: value: Input tag 'town'"),
        (b'{"kind": "branch", "id": "B1"}', "branch/B1: name: Field required"),
        (b'{"kind": "branch", "id": "B2", "name": "x"}', "branch/B1: the record holds branch/B2, so its key is wrong"),
    ],
)
def test_a_wrong_record_is_refused_and_what_stood_stays(value: bytes, said: str) -> None:
    book = ReferenceBook()
    book.take(b"branch/B1", b'{"kind": "branch", "id": "B1", "name": "Olomouc"}')
    with pytest.raises(ReferenceRefused) as refused:
        book.take(b"branch/B1", value)
    assert str(refused.value).startswith(said)
    assert book.entries == {"branch/B1": Branch(id="B1", name="Olomouc")}
