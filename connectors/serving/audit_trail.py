"""Writes the audit trail: a record stands in Kafka, on all in-sync replicas, before the answer it tells of goes out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import orjson
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.brokers import Kafka, in_words
from connectors.errors import Unavailable
from connectors.serving.alarm import Alarm
from connectors.sources.publishing import create_producer
from schemas.audit import LookupAudit
from schemas.topics import LOOKUP_AUDIT

__all__ = ["AuditTrail", "KafkaAuditTrail", "KafkaRecords", "LookWriter", "encoded"]

_GIVEN_UP_AFTER_MS: Final = 3_000
_FIRST_LOOK_S: Final = 0.0004
"""A broker has hardly ever answered before."""
_LOOK_S: Final = 0.0003
_HEAR_S: Final = 0.5


class AuditTrail(Protocol):
    """Where looks are written."""

    async def write(self, look: Mapping[str, Any]) -> None:
        """`look`: the fields of `LookupAudit` by name.

        Returns once it can't be lost any more. Raises Unavailable when that can't be had.
        """


class KafkaRecords:
    """Produces from an event loop: `send` returns when a record is acknowledged.

    The loop itself asks for acknowledgements, by an alarm while any is due and whenever another record is sent: a
    thread that waited for them would take the interpreter from it, and wake it, for each. Each time that it asks costs
    it some 30 us, so it asks when there may be something to hear. It belongs to the loop that first sends.
    """

    def __init__(self, bootstrap: Kafka, client_id: str) -> None:
        settings: dict[str, Any] = {
            "client.id": client_id,
            # An answer waits for each: neither librdkafka nor the kernel may hold one back for others to come.
            "linger.ms": 0,
            "socket.nagle.disable": True,
            "delivery.timeout.ms": _GIVEN_UP_AFTER_MS,
            "socket.timeout.ms": _GIVEN_UP_AFTER_MS,
            "retry.backoff.ms": 20,
        }
        self._producer: Producer = create_producer(bootstrap, **settings)
        self._under_way = 0
        """While it is not 0 the alarm is set."""
        self._alarm: Alarm | None = None

    async def send(self, topic: str, key: str, value: bytes) -> None:
        """Raises Unavailable when Kafka did not take it within three seconds."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        try:
            self._producer.produce(topic, value, key, on_delivery=self._settling(future))
        except (BufferError, KafkaException) as error:
            raise Unavailable("kafka", str(error)) from None
        if self._under_way:
            # Not from here: what it hands on may fail, which is not this record's.
            loop.call_soon(self._producer.poll, 0)
        else:
            self._look_in(_FIRST_LOOK_S)
        self._under_way += 1
        await future

    async def hear(self) -> None:
        """Hear now and then what librdkafka says while nothing is sent, such as a refusal; until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            # Not from here: what it hands on may fail, which the loop tells, and this goes on.
            loop.call_soon(self._producer.poll, 0)
            await asyncio.sleep(_HEAR_S)

    def close(self) -> None:
        """What was sent is acknowledged or given up when this returns."""
        self._producer.flush(_GIVEN_UP_AFTER_MS / 1000)
        if self._alarm is not None:
            self._alarm.close()

    def _look_in(self, after_s: float) -> None:
        if self._alarm is None:
            self._alarm = Alarm(self._look)
        self._alarm.set(after_s)

    def _look(self) -> None:
        try:
            self._producer.poll(0)
        finally:
            if self._under_way:
                self._look_in(_LOOK_S)

    def _settling(self, future: "asyncio.Future[None]") -> Callable[[KafkaError | None, Message], None]:
        def settle(error: KafkaError | None, _message: Message) -> None:
            self._under_way -= 1
            # Nobody waits any more who has gone, or where the loop has ended.
            if future.done() or future.get_loop().is_closed():
                return
            if error is None:
                future.set_result(None)
            else:
                future.set_exception(Unavailable("kafka", in_words(error)))

        return settle


class LookWriter:
    """The trail for programs without an event loop: `write` of `PermittedViews`, a look at a time."""

    def __init__(self, bootstrap: Kafka, within_s: float = _GIVEN_UP_AFTER_MS / 1000) -> None:
        self._producer = create_producer(bootstrap, **{"client.id": "c360-lookups", "linger.ms": 0})
        self._within_s = within_s

    def __call__(self, record: LookupAudit) -> None:
        """Returns once it can't be lost any more. Raises Unavailable when that can't be had in time."""
        failures: list[str] = []
        self._producer.produce(
            LOOKUP_AUDIT,
            record.model_dump_json(),
            _key(record.customers, record.person),
            on_delivery=lambda error, _message: None if error is None else failures.append(in_words(error)),
        )
        if self._producer.flush(self._within_s) or failures:
            self._producer.purge()
            raise Unavailable("kafka", failures[0] if failures else "no answer")


class KafkaAuditTrail:
    """The trail in topic `lookup-audit`, keyed by the customer where a look was at one."""

    def __init__(self, records: KafkaRecords) -> None:
        self._records = records

    async def write(self, look: Mapping[str, Any]) -> None:
        """As the protocol says."""
        await self._records.send(LOOKUP_AUDIT, _key(look["customers"], look["person"]), encoded(look))


def encoded(look: Mapping[str, Any]) -> bytes:
    """A record from the fields of `LookupAudit`. Nothing is validated: that costs a lookup more than all its JSON."""
    return orjson.dumps(look, option=orjson.OPT_UTC_Z)


def _key(customers: Sequence[str], person: str) -> str:
    return customers[0] if len(customers) == 1 else person
