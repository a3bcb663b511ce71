"""Outcomes of deliveries, written to topic `deliveries`: each until it stands there."""

from contextlib import suppress
from functools import partial
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.brokers import in_words
from connectors.errors import Unavailable
from schemas.deliveries import Delivery
from schemas.topics import DELIVERIES

__all__ = ["Outcomes"]

_RECORDED_SECONDS: Final = 30.0
_LOOK_S: Final = 1.0


class Outcomes:
    """Records outcomes. One that Kafka did not take is kept and written again, so that nobody is told twice for it."""

    def __init__(self, producer: Producer) -> None:
        """An idempotent one, and nobody else's."""
        self._producer = producer
        self._lost: list[tuple[Delivery, KafkaError]] = []

    def record(self, delivery: Delivery) -> None:
        """One outcome; acknowledged at the next `flush`. From any thread."""
        self._write(delivery)
        self._producer.poll(0)

    def flush(self) -> None:
        """All outcomes stand in the topic. Raises Unavailable while some do not; the next call tries those again."""
        left = self._producer.flush(_RECORDED_SECONDS)
        # Reports come while this or `record` polls, and by now nobody records.
        lost, self._lost = self._lost, []
        for delivery, _ in lost:
            self._write(delivery)
        if left or lost:
            self._look_again()
            why = in_words(lost[0][1]) if lost else f"no answer in {_RECORDED_SECONDS:.0f} s"
            raise Unavailable("kafka", f"outcomes of deliveries are not recorded ({DELIVERIES}: {why})")

    def _write(self, delivery: Delivery) -> None:
        told = partial(self._on_report, delivery)
        try:
            self._producer.produce(DELIVERIES, delivery.model_dump_json(), delivery.customer_id, on_delivery=told)
        except KafkaException as refused:
            error = refused.args[0]
            if error.fatal():
                raise
            self._lost.append((delivery, error))

    def _look_again(self) -> None:
        """A topic that was not there is asked for by librdkafka itself only after minutes."""
        with suppress(KafkaException):
            self._producer.list_topics(timeout=_LOOK_S)

    def _on_report(self, delivery: Delivery, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._lost.append((delivery, error))
