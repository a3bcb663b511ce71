"""The generated bank: what it tells is valid, hangs together, and is the same again."""

from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import orjson

from connectors.sources.entities import EVENT_TYPES
from connectors.sources.generator import GeneratedBank
from connectors.sources.ordering import OutgoingEvent
from ops.generation import write_reference
from ops.reference_changes import reference_file
from streams.codec import Door
from tests.support.builders import some_rules
from tests.support.heart import Heart
from tests.support.oracle import Delivery, Record

BANK = GeneratedBank(customers=100, days=400, begins_on=date(2026, 1, 1), activity=0.3)


@cache
def events() -> list[OutgoingEvent]:
    return list(BANK.events())


def test_every_kind_of_event_occurs_and_passes_the_door() -> None:
    door = Door()
    for event in events():
        door.parse(event.topic, event.key.encode(), event.value)
    # What people do with alerts answers what was raised, which no source knows.
    told_by_sources = {name for name in EVENT_TYPES if not name.startswith("alert.")}
    assert {event.type for event in events()} == told_by_sources


def test_events_come_in_the_order_of_their_instants_under_ids_of_their_own() -> None:
    assert all(before.order < after.order for before, after in pairwise(events()))
    assert len({event.event_id for event in events()}) == len(events())


def test_the_same_numbers_give_the_same_bank_and_another_seed_another() -> None:
    small = GeneratedBank(customers=10, days=20, begins_on=date(2026, 1, 1))
    assert list(small.events()) == list(small.events())
    other = GeneratedBank(customers=10, days=20, begins_on=date(2026, 1, 1), seed=1)
    assert list(other.events()) != list(small.events())


def test_most_events_are_entries_and_all_customers_come() -> None:
    entries = sum(event.type == "account.entry_booked" for event in events())
    assert 0.5 < entries / len(events()) < 0.9
    assert sum(event.type == "customer.registered" for event in events()) == BANK.customers


def test_the_engine_folds_all_of_it_and_sets_nothing_aside() -> None:
    heart, door, offsets = Heart(some_rules()), Door(), dict[str, int]()
    deliveries = []
    for event in events()[:3_000]:
        offsets[event.topic] = offset = offsets.get(event.topic, -1) + 1
        record = Record(door.parse(event.topic, event.key.encode(), event.value), event.topic, offset)
        deliveries.append(Delivery(record, record.event.occurred_at))
    for begin in range(0, len(deliveries), 500):
        batch = deliveries[begin : begin + 500]
        heart.fold(batch, batch[-1].at)
    assert set(heart.outcomes) == {"folded"}


def test_its_branches_and_managers_are_a_whole_reference_file(tmp_path: Path) -> None:
    write_reference(BANK, tmp_path / "bank.yaml")
    managers = {manager.id for manager in reference_file(tmp_path / "bank.yaml").managers}
    hosts = {orjson.loads(event.value)["party_id"] for event in events() if event.type == "relationship.assigned"}
    assert hosts <= managers


def test_its_days_begin_where_it_is_told() -> None:
    first = orjson.loads(events()[0].value)
    assert first["type"] == "customer.registered"
    assert datetime.fromisoformat(first["occurred_at"]) == datetime(2026, 1, 1, 7, tzinfo=UTC)
