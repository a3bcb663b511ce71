"""Where a group stands in topics, and where these end: asked of Kafka by a client that is no member of the group."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from connectors.brokers import Kafka, client_of
from connectors.unread import ASKING, Unread

__all__ = ["Ends", "GroupEnds", "Standing"]

_TIMEOUT_S: Final = 5.0


class Standing(NamedTuple):
    """The group's position in a partition, the first offset there is, and the end."""

    position: TopicPartition
    low: int
    high: int


Ends = Mapping[str, Sequence[Standing]]
"""By topic; without those that Kafka does not have."""


class GroupEnds:
    """For one thread; methods raise KafkaException while Kafka does not answer."""

    def __init__(self, bootstrap: Kafka, group: Callable[[], str | None]) -> None:
        """`group` says which one it is now; None: that is not known."""
        self._bootstrap = bootstrap
        self._group = group
        self._asked: str | None = None
        self._consumer: Consumer | None = None
        self._unread = Unread()

    def of(self, topics: Sequence[str]) -> Ends | None:
        """All partitions of these topics; None while the group is not known."""
        group = self._group()
        if group is None:
            return None
        consumer = self._of(group)
        known = consumer.list_topics(timeout=_TIMEOUT_S).topics
        asked = [TopicPartition(name, number) for name in topics if name in known for number in known[name].partitions]
        found: dict[str, list[Standing]] = {}
        for position in consumer.committed(asked, timeout=_TIMEOUT_S) if asked else []:
            low, high = consumer.get_watermark_offsets(position, timeout=_TIMEOUT_S)
            found.setdefault(position.topic, []).append(Standing(position, low, high))
        return found

    def unread(self, standing: Standing) -> int:
        """Records of it that the group has not committed, of which markers of transactions are none; after `of`."""
        assert self._consumer is not None, "it stands where `of` has said"
        return self._unread.of(self._consumer, *standing)

    def close(self) -> None:
        """Let go of the connection."""
        if self._consumer is not None:
            self._consumer.close()

    def _of(self, group: str) -> Consumer:
        if self._consumer is None or group != self._asked:
            self.close()
            # A consumer that does not subscribe is no member of the group: it only asks.
            self._consumer = Consumer(client_of(self._bootstrap, {"group.id": group, **ASKING}))
            self._asked = group
        return self._consumer
