"""Transactions against real group memberships: taken while they hold, refused afterwards, fenced without records."""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from confluent_kafka import Consumer, ConsumerGroupState
from confluent_kafka.admin import AdminClient

from schemas.topics import ALERT_TOPICS, CUSTOMER_VIEWS, DEAD_LETTERS, INPUT_TOPICS, LATE_EVENTS
from streams.flush import Before, Flush, Output
from streams.lane.membership import Membership
from streams.lane.sinks import OutcomeUnknown, Refused, TransactionalSink
from tests.support.system import committed_records, empty_topics, group_positions
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka

INPUT = INPUT_TOPICS[0]
TIMEOUT_MS = 5_000


class Member:
    """A consumer in a group, as real as the worker's."""

    def __init__(self, bootstrap: str, group: str) -> None:
        self.consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "session.timeout.ms": 6000,
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        self.consumer.subscribe([INPUT])
        self.group = group

    def membership(self) -> Membership:
        """What it holds now; polls until it has joined."""
        eventually(self.has_joined)
        metadata: bytes = self.consumer.consumer_group_metadata()
        body = metadata.removeprefix(b"CGMDv2:")
        _, member_id, _ = body[4:].split(b"\0", 2)
        return Membership(self.group, struct.unpack("<i", body[:4])[0], member_id.decode())

    def has_joined(self) -> bool:
        """Whether it holds partitions; polls once."""
        self.consumer.poll(0.05)
        return bool(self.consumer.assignment())


@pytest.fixture
def bootstrap(kafka_bootstrap: str) -> str:
    empty_topics(kafka_bootstrap)
    return kafka_bootstrap


@pytest.fixture
def sink(bootstrap: str, topic_prefix: str) -> Iterator[TransactionalSink]:
    made = a_sink(bootstrap, topic_prefix)
    yield made
    made.close()


def a_sink(bootstrap: str, name: str) -> TransactionalSink:
    made = TransactionalSink({"bootstrap.servers": bootstrap, "log_level": 0}, name, TIMEOUT_MS)
    made.open()
    return made


def a_flush(position: int = 5, *sections: str) -> Flush:
    """A flush of partition 0; of positions alone (timers moved nothing) unless sections are named."""
    outputs = [Output(CUSTOMER_VIEWS, name.encode(), b"{}", 1_700_000_000_000) for name in sections]
    before = Before(datetime(2020, 1, 1, tzinfo=UTC), {}, {}, 0)
    return Flush(0, before, sections=outputs, positions={INPUT: position})


def keys_on_views(bootstrap: str) -> list[str]:
    return [message.key().decode() for message in committed_records(bootstrap, [CUSTOMER_VIEWS])]


def test_a_member_commits_sections_and_positions_together(
    bootstrap: str, topic_prefix: str, sink: TransactionalSink
) -> None:
    member = Member(bootstrap, topic_prefix)
    sink.write([a_flush(5, "C1/profile", "C1/summary")], member.membership())
    assert keys_on_views(bootstrap) == ["C1/profile", "C1/summary"]
    assert group_positions(bootstrap, topic_prefix)[INPUT, 0] == 5
    member.consumer.close()


def test_the_generation_before_a_rebalance_is_refused_and_nothing_becomes_visible(
    bootstrap: str, topic_prefix: str, sink: TransactionalSink
) -> None:
    first = Member(bootstrap, topic_prefix)
    captured = first.membership()
    second = Member(bootstrap, topic_prefix)
    # The second one joins while the first keeps polling, so that the group moves on to another generation.
    eventually(lambda: first.consumer.poll(0.05) is None and second.has_joined())
    with pytest.raises(Refused, match=r"ILLEGAL_GENERATION|UNKNOWN_MEMBER_ID"):
        sink.write([a_flush(5, "C1/summary")], captured)
    assert keys_on_views(bootstrap) == []
    assert group_positions(bootstrap, topic_prefix)[INPUT, 0] == 0
    first.consumer.close()
    second.consumer.close()


def test_a_flush_of_timers_only_is_fenced_too(bootstrap: str, topic_prefix: str, sink: TransactionalSink) -> None:
    member = Member(bootstrap, topic_prefix)
    held = member.membership()
    stale = Membership(held.group, held.generation + 999, held.member_id)
    with pytest.raises(Refused):
        sink.write([a_flush(0)], stale)
    sink.write([a_flush(0)], held)
    member.consumer.close()


def test_a_flush_without_positions_never_reaches_the_broker(
    bootstrap: str, topic_prefix: str, sink: TransactionalSink
) -> None:
    flush = a_flush()
    flush.positions.clear()
    with pytest.raises(OutcomeUnknown, match="would not be fenced"):
        sink.write([flush], Membership(topic_prefix, 1, "member"))


def test_the_sink_goes_on_after_a_refusal(bootstrap: str, topic_prefix: str, sink: TransactionalSink) -> None:
    member = Member(bootstrap, topic_prefix)
    held = member.membership()
    with pytest.raises(Refused):
        sink.write([a_flush(5, "C1/summary")], Membership(held.group, held.generation + 1, held.member_id))
    sink.write([a_flush(6, "C2/summary")], held)
    assert keys_on_views(bootstrap) == ["C2/summary"]
    member.consumer.close()


def test_all_that_a_flush_holds_becomes_visible_in_one_transaction(
    bootstrap: str, topic_prefix: str, sink: TransactionalSink
) -> None:
    member = Member(bootstrap, topic_prefix)
    held = member.membership()
    flush = a_flush(5, "C1/summary")
    topics = [ALERT_TOPICS[0], DEAD_LETTERS, LATE_EVENTS]
    flush.alerts.append(Output(topics[0], b"C1", b"{}", 0))
    flush.asides.extend(Output(topic, b"C1", b"{}", 0) for topic in topics[1:])
    with pytest.raises(Refused):
        sink.write([flush], Membership(held.group, held.generation + 1, held.member_id))
    assert committed_records(bootstrap, [CUSTOMER_VIEWS, *topics]) == []
    sink.write([flush], held)
    assert {m.topic() for m in committed_records(bootstrap, [CUSTOMER_VIEWS, *topics])} == {CUSTOMER_VIEWS, *topics}
    assert group_positions(bootstrap, topic_prefix)[INPUT, 0] == 5
    member.consumer.close()


def test_somebody_the_group_does_not_know_is_refused(
    bootstrap: str, topic_prefix: str, sink: TransactionalSink
) -> None:
    member = Member(bootstrap, topic_prefix)
    held = member.membership()
    with pytest.raises(Refused, match="UNKNOWN_MEMBER_ID"):
        sink.write([a_flush(5, "C1/summary")], Membership(held.group, held.generation, "nobody"))
    assert keys_on_views(bootstrap) == []
    member.consumer.close()


def test_a_member_still_commits_while_the_group_waits_for_it_to_give_up_its_partitions(
    bootstrap: str, topic_prefix: str, sink: TransactionalSink
) -> None:
    first = Member(bootstrap, topic_prefix)
    held = first.membership()
    second = Member(bootstrap, topic_prefix)
    # The first one does not poll, so the group can't go on to its next generation.
    eventually(lambda: not second.has_joined() and is_rebalancing(bootstrap, topic_prefix))
    sink.write([a_flush(5, "C1/summary")], held)
    assert keys_on_views(bootstrap) == ["C1/summary"]
    first.consumer.close()
    second.consumer.close()


def is_rebalancing(bootstrap: str, group: str) -> bool:
    """Whether the group waits for its members to join again."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    (described,) = admin.describe_consumer_groups([group]).values()
    return bool(described.result().state == ConsumerGroupState.PREPARING_REBALANCING)
