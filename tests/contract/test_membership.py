"""The serialised group metadata is librdkafka's own, byte for byte."""

import struct

import pytest
from confluent_kafka import Consumer

from streams.lane.membership import Membership, NoMembership


def metadata_of_librdkafka(group: str) -> bytes:
    """What a consumer that has not joined gives: generation -1, empty member id."""
    consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": group, "log_level": 0})
    try:
        metadata: bytes = consumer.consumer_group_metadata()
        return metadata
    finally:
        consumer.close()


def test_the_layout_is_that_of_librdkafka() -> None:
    ours = Membership("c360-worker", 7, "member-1").metadata()
    assert ours.replace(struct.pack("<i", 7), b"\xff\xff\xff\xff").replace(b"member-1", b"") == metadata_of_librdkafka(
        "c360-worker"
    )


@pytest.mark.parametrize(("generation", "member_id"), [(-1, "member-1"), (3, ""), (-1, "")])
def test_what_a_disowned_worker_shows_is_no_membership(generation: int, member_id: str) -> None:
    with pytest.raises(NoMembership, match="fence nothing"):
        Membership("c360-worker", generation, member_id)
