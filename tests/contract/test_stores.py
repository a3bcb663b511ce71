"""Every store of sections keeps one contract, in memory and on disk."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.topics import CUSTOMER_VIEWS
from schemas.views import progress_key, section_key
from streams.flush import Before, Flush, Output
from streams.stores.memory import MemoryStore
from streams.stores.port import Store
from streams.stores.rocksdb import RocksStore

MakeStore = Callable[[], Store]


@pytest.fixture(params=["memory", "rocksdb"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> MakeStore:
    """Makes the store; once more, and it is opened again."""
    if request.param == "memory":
        return MemoryStore
    return lambda: RocksStore(tmp_path / "store", "topic-1", lambda: 0.0)


@pytest.fixture
def store(make: MakeStore) -> Store:
    return make()


def written(store: Store, sections: Mapping[tuple[str, str], bytes], position: int | None = None) -> Flush:
    """What a fold does: it writes, and keeps what it replaced."""
    flush = Flush(0, Before(datetime(2020, 1, 1, tzinfo=UTC), {}, {}, 0), changelog_position=position)
    for (customer_id, name), raw in sections.items():
        flush.before.sections.extend(store.replace(customer_id, {name: raw}))
        flush.sections.append(Output(CUSTOMER_VIEWS, section_key(customer_id, name).encode(), raw, 0))
    flush.sections.append(Output(CUSTOMER_VIEWS, progress_key(0).encode(), b'{"progress":1}', 0))
    return flush


def undo(store: Store, flush: Flush) -> None:
    for customer_id, name, raw in reversed(flush.before.sections):
        store.put(customer_id, name, raw)


def held(store: Store) -> dict[str, dict[str, bytes]]:
    return {customer_id: dict(store[customer_id].items()) for customer_id in store}


def counts(store: Store) -> tuple[int, int]:
    return len(store), store.sections


ONE = {("C1", "account:A1"): b'{"a":1}', ("C1", "summary"): b'{"due_on":null}'}
TWO = {("C1", "account:A1"): b'{"a":2}', ("C2", "summary"): b'{"due_on":"2026-01-31"}'}


def test_what_a_fold_writes_is_seen_at_once(store: Store) -> None:
    written(store, ONE)
    assert held(store) == {"C1": {"account:A1": b'{"a":1}', "summary": b'{"due_on":null}'}}
    assert "C1" in store
    assert "C2" not in store
    assert counts(store) == (1, 2)


def test_the_sections_of_a_customer_are_a_mapping(store: Store) -> None:
    store.committed(written(store, ONE))
    written(store, {("C1", "profile"): b"{}"})
    sections = store.open("C1")
    assert sections.get("account:A1") == b'{"a":1}'
    assert sections.get("account:A2") is None
    assert "profile" in sections
    assert "account:A2" not in sections
    assert sorted(sections) == ["account:A1", "profile", "summary"]
    assert len(sections) == 3
    assert dict(store.open("nobody")) == {}
    with pytest.raises(KeyError):
        store["nobody"]


def test_customers_whose_numbers_begin_alike_are_not_mixed(store: Store) -> None:
    store.committed(written(store, {("C1", "summary"): b"1", ("C10", "summary"): b"10", ("C10", "account:A"): b"a"}))
    assert held(store) == {"C1": {"summary": b"1"}, "C10": {"summary": b"10", "account:A": b"a"}}


def test_two_flushes_are_taken_back_newest_first(store: Store) -> None:
    store.committed(written(store, ONE))
    before = held(store)
    first = written(store, TWO)
    second = written(store, {("C1", "account:A1"): b'{"a":3}', ("C3", "summary"): b"{}"})
    undo(store, second)
    undo(store, first)
    assert held(store) == before
    assert counts(store) == (1, 2)


def test_a_flush_that_commits_while_the_next_is_folded_leaves_the_newer_bytes_in_place(store: Store) -> None:
    first = written(store, ONE)
    second = written(store, TWO)
    store.committed(first)
    assert store["C1"]["account:A1"] == b'{"a":2}'
    store.committed(second)
    assert held(store) == {
        "C1": {"account:A1": b'{"a":2}', "summary": b'{"due_on":null}'},
        "C2": {"summary": b'{"due_on":"2026-01-31"}'},
    }


def test_a_section_that_a_fold_removes_is_gone_and_comes_back_when_that_is_taken_back(store: Store) -> None:
    store.committed(written(store, ONE))
    flush = Flush(0, Before(datetime(2020, 1, 1, tzinfo=UTC), {}, {}, 0))
    flush.before.sections.append(("C1", "account:A1", store["C1"]["account:A1"]))
    store.put("C1", "account:A1", None)
    assert held(store) == {"C1": {"summary": b'{"due_on":null}'}}
    undo(store, flush)
    assert counts(store) == (1, 2)
    store.put("C1", "account:A1", None)
    flush.sections.append(Output(CUSTOMER_VIEWS, b"C1/account:A1", None, 0))
    store.committed(flush)
    assert held(store) == {"C1": {"summary": b'{"due_on":null}'}}
    assert counts(store) == (1, 1)


def test_a_committed_flush_moves_the_position_if_the_sink_told_it(store: Store) -> None:
    store.committed(written(store, ONE, position=7))
    assert store.position == 7
    store.committed(written(store, TWO))
    assert store.position == 7


def test_the_changelog_is_restored_in_its_order_deletions_included(store: Store) -> None:
    told: list[bytes | None] = []
    log: list[tuple[bytes, bytes | None]] = [
        (b"C1/profile", b"{}"),
        (b"C1/summary", b"{}"),
        (b"C2/summary", b"{}"),
        (b"C1/summary", b'{"new":1}'),
        (b"C1/profile", None),
        (b"C2/summary", None),
        (b"C3/summary", None),
        (b"$partition-0/progress", b'{"progress":2}'),
    ]
    restore = store.restorer(told.append)
    for part in (log[:3], log[3:]):
        restore([key for key, _ in part], [value for _, value in part])
    store.restored(100)
    store.recovered()
    assert held(store) == {"C1": {"summary": b'{"new":1}'}}
    assert told == [b'{"progress":2}']
    assert (store.position, len(store)) == (100, 1)


def test_what_is_restored_over_a_kept_store_replaces_what_it_held(store: Store) -> None:
    store.committed(written(store, ONE, position=3))
    restore = store.restorer(lambda _progress: None)
    restore([b"C1/account:A1"], [b'{"a":9}'])
    store.restored(5)
    store.recovered()
    assert store["C1"]["account:A1"] == b'{"a":9}'
    assert store.position == 5


def test_deadlines_are_those_of_all_customers_also_uncommitted_ones(store: Store) -> None:
    store.committed(written(store, {("C1", "deadlines"): b"1", ("C2", "deadlines"): b"2", ("C3", "summary"): b"3"}))
    written(store, {("C2", "deadlines"): b"22", ("C4", "deadlines"): b"4"})
    assert dict(store.deadlines()) == {"C1": b"1", "C2": b"22", "C4": b"4"}
    assert "deadlines" in store["C2"]


def test_a_wiped_store_is_new(store: Store) -> None:
    store.committed(written(store, ONE, position=9))
    store.wipe()
    assert (held(store), store.position, counts(store), store.progress) == ({}, 0, (0, 0), None)
