from datetime import datetime

from schemas.views import DeadlinePart, DeadlinesSection
from streams.folds.deadlines import deadline, earliest, fallen_due, with_subject, without_subjects
from streams.view import Section
from tests.support.builders import NOON


def due(**days: str) -> Section:
    return {"due": {subject: deadline(on, NOON, ["t", 0, 1]) for subject, on in days.items()}}


def test_a_deadline_is_a_day_and_the_record_that_stated_it() -> None:
    part = deadline("2021-01-01", datetime.fromisoformat("2020-03-02T14:00:00+02:00"), ["t", 0, 7])
    assert part == {"on": "2021-01-01", "stated_at": "2020-03-02T12:00:00Z", "cause": ["t", 0, 7]}
    assert set(part) == DeadlinePart.__required_keys__
    assert set(with_subject(None, "a", part)) == DeadlinesSection.__required_keys__


def test_a_subject_has_one_day() -> None:
    part = deadline("2022-01-01", NOON, ["t", 0, 1])
    before = due(a="2021-01-01", b="2021-02-01")
    assert with_subject(before, "a", part) == due(a="2022-01-01", b="2021-02-01")
    assert before == due(a="2021-01-01", b="2021-02-01")


def test_subjects_leave() -> None:
    before = due(a="2021-01-01", b="2021-02-01")
    assert without_subjects(before, ["a", "unknown"]) == due(b="2021-02-01")
    assert without_subjects(before, ["unknown"]) is before
    assert without_subjects(None, ["a"]) is None


def test_the_earliest_day() -> None:
    assert earliest(due(a="2021-01-01", b="2020-12-01")) == "2020-12-01"
    assert earliest(due()) is None


def test_what_has_fallen_due_comes_in_order_of_day_and_subject() -> None:
    section = due(c="2021-01-02", b="2021-01-01", a="2021-01-02", later="2021-01-03")
    assert [subject for subject, _ in fallen_due(section, "2021-01-02")] == ["b", "a", "c"]
