"""What the hand-written loop does with a batch: both works lead to what is due, whatever the batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

import orjson
import pytest
from confluent_kafka import Message

from connectors.sources.ordering import OutgoingEvent
from ops.bench.peers.works import SameWork, SimpleWork, Work
from ops.bench.proof import customer_of_sections, customer_of_view
from ops.bench.truth import Facts, differences, facts_of
from ops.bench.workload import Workload


@dataclass(frozen=True)
class _Fetched:
    """As much of a client's message as a work asks for."""

    event: OutgoingEvent
    at: int

    def error(self) -> None:
        return None

    def topic(self) -> str:
        return self.event.topic

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return self.event.key.encode()

    def value(self) -> bytes:
        return self.event.value


def _batches(events: list[OutgoingEvent], size: int) -> Iterator[list[Message]]:
    fetched = [_Fetched(event, place) for place, event in enumerate(events)]
    for start in range(0, len(fetched), size):
        yield cast("list[Message]", fetched[start : start + size])


@pytest.mark.parametrize("size", [1, 700])
@pytest.mark.parametrize("work", [SameWork(), SimpleWork()], ids=lambda work: type(work).__name__)
def test_both_works_lead_to_what_is_due(work: Work, size: int) -> None:
    work = type(work)()
    events, found = list(islice(Workload(40).events(), 2_000)), Facts()
    read: Any = customer_of_sections if isinstance(work, SameWork) else customer_of_view
    for messages in _batches(events, size):
        batch = work.fold(messages)
        for number, view in batch.changed.items():
            found.customers[number] = read(orjson.loads(orjson.dumps(view)))
        alerts = [orjson.loads(alert) for _, alert in batch.alerts]
        found.alerts.update((alert["kind"], alert["subject"]) for alert in alerts if alert.get("revision", 1) == 1)
    assert differences(facts_of(events), found) == []


@pytest.mark.parametrize("work", [SameWork(), SimpleWork()], ids=lambda work: type(work).__name__)
def test_a_record_that_is_no_event_is_set_aside_and_its_position_counts(work: Work) -> None:
    bad = OutgoingEvent(("",), "account-changes", "C1", b"{", "", "")
    (messages,) = _batches([bad], 1)
    batch = work.fold(messages)
    assert len(batch.dead) == 1
    assert batch.positions == {("account-changes", 0): 1}
    assert not batch.changed
