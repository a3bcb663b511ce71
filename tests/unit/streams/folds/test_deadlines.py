from datetime import datetime

from schemas.views import DeadlinePart
from streams.folds.deadlines import deadline, earliest_untold, key_of, parts_of, raw_of
from tests.support.builders import NOON

CAUSE = ["t", 0, 7]


def test_a_deadline_is_a_day_and_the_record_that_stated_it() -> None:
    part = deadline("2021-01-01", datetime.fromisoformat("2020-03-02T14:00:00+02:00"), CAUSE)
    assert part == {"on": "2021-01-01", "stated_at": "2020-03-02T12:00:00Z", "cause": CAUSE}
    assert set(part) == DeadlinePart.__required_keys__
    assert raw_of(part) == "2021-01-01"


def test_a_deadline_may_be_an_instant_and_have_been_looked_at() -> None:
    part = deadline("2021-01-01T08:30:00Z", NOON, CAUSE, "-2h")
    assert (part["on"], part["told"], raw_of(part)) == ("2021-01-01", "-2h", "2021-01-01T08:30:00Z")


def test_a_maturity_stands_under_its_subject_and_another_kind_beside_it() -> None:
    assert key_of("account:A1", "maturity") == "account:A1"
    assert parts_of("account:A1") == ("account:A1", "maturity")
    assert parts_of(key_of("account:A1", "dormancy")) == ("account:A1", "dormancy")


def test_the_earliest_day_is_that_of_a_maturity_nobody_has_looked_at() -> None:
    due = {
        "a": deadline("2021-01-02", NOON, CAUSE),
        "b": deadline("2021-01-01", NOON, CAUSE, "-30d"),
        "a|other": deadline("2020-01-01", NOON, CAUSE),
    }
    assert earliest_untold({"due": due}) == "2021-01-02"
    assert earliest_untold({"due": {}}) is None
