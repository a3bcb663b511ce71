from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from ops.demo import contents
from ops.demo.broker import Entry


def entry(key: str, value: Any, offset: int = 0, partition: int = 0) -> Entry:
    return Entry(partition, offset, key.encode(), None if value is None else orjson.dumps(value))


def progress(applied: int, clock_at: str | None = "2018-01-01T00:00:00Z") -> dict[str, Any]:
    counts = {"folded": applied + 1, "late": 0, "dead": 0}
    return {"clock_at": clock_at, "counts": counts, "applied": {"account-changes": ["id", applied]}}


def alert(alert_id: str, revision: int, to: str = "M001") -> Entry:
    return entry("B1", {"alert_id": alert_id, "revision": revision, "customer_id": "B1", "to": to})


def test_the_newest_value_of_a_key_counts_and_a_tombstone_deletes() -> None:
    entries = [
        entry("B1/summary", {"n": 1}),
        entry("B1/profile", {"n": 2}, 1),
        entry("B1/summary", {"n": 3}, 2),
        entry("B1/profile", None, 3),
        entry("B2/profile", {"n": 4}, 4),
        entry("B2/profile", None, 5),
    ]
    assert contents.newest_sections(entries) == {"B1": {"summary": b'{"n":3}'}}
    assert contents.following_offsets(entries) == {0: 6}


def test_progress_tells_counters_and_the_newest_clock_of_all_partitions() -> None:
    sections = contents.newest_sections(
        [
            entry("$partition-0/progress", progress(4, "2018-03-01T00:00:00Z")),
            entry("$partition-1/progress", progress(1, "2018-02-01T00:00:00Z")),
            entry("$partition-2/progress", progress(0, None)),
        ]
    )
    assert contents.counters(sections)["$partition-0"] == {"folded": 5, "late": 0, "dead": 0}
    assert contents.newest_clock(sections) == datetime(2018, 3, 1, tzinfo=UTC)


def test_without_any_progress_there_is_no_clock() -> None:
    assert contents.newest_clock({}) is None


def test_records_that_no_progress_covers_are_counted() -> None:
    sections = contents.newest_sections([entry("$partition-0/progress", progress(4))])
    ends = {("account-changes", 0): 7, ("account-changes", 1): 3, ("clock", 0): 1}
    assert contents.uncovered(ends, sections) == 2 + 3 + 1
    assert contents.uncovered({("account-changes", 0): 5}, sections) == 0


def test_a_deadline_up_to_the_clock_that_nobody_has_looked_at_is_found() -> None:
    sections = {
        "B1": {"deadlines": orjson.dumps({"due": {"account:A1": {"on": "2018-02-01"}}})},
        "B2": {"deadlines": orjson.dumps({"due": {"account:A2": {"on": "2018-02-02"}}})},
        "B3": {"deadlines": orjson.dumps({"due": {}}), "summary": b"{}"},
    }

    def due_at(_key: str, part: Mapping[str, Any]) -> datetime:
        return datetime.fromisoformat(part["on"]).replace(tzinfo=UTC)

    assert contents.overdue(sections, datetime(2018, 2, 1, tzinfo=UTC), due_at) == ["B1"]
    assert contents.overdue(sections, None, due_at) == []


def test_each_alert_is_listed_once_in_its_latest_revision_sorted_by_id() -> None:
    records = contents.alert_records([alert("b", 1), alert("a", 1, "customer-desk"), alert("a", 2)])
    listed = contents.latest_alerts(records)
    assert [(one["alert_id"], one["revision"], one["to"]) for one in listed] == [("a", 2, "M001"), ("b", 1, "M001")]


def test_dead_letters_stand_by_position_and_without_the_wall_clock() -> None:
    def letter(offset: int) -> Entry:
        stands = {"topic": "clock", "partition": 0, "offset": offset, "reason": "invalid"}
        return entry("", {**stands, "recorded_at": "2026-01-01T00:00:00Z"})

    letters = contents.dead_letters([letter(5), letter(3)])
    assert [one["offset"] for one in letters] == [3, 5]
    assert "recorded_at" not in letters[0]


def test_views_are_assembled_for_all_that_have_a_summary() -> None:
    sections = {
        "B1": {"summary": b'{"as_of":"now","applied":{}}', "account:7": b'{"entries":2}'},
        "$partition-0": {"progress": b"{}"},
    }
    (view,) = contents.assembled_views(sections).values()
    assert view["customer_id"] == "B1"
    assert view["accounts"] == {"7": {"entries": 2}}


def test_ends_add_up_by_topic() -> None:
    assert contents.by_topic({("a", 0): 2, ("a", 1): 3, ("b", 0): 1}) == {"a": 5, "b": 1}
