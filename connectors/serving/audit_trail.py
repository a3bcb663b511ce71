"""Writes the audit trail: a record stands in Kafka, on all in-sync replicas, before the answer it tells of goes out."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from connectors.brokers import Kafka
from connectors.errors import Unavailable
from connectors.sources.publishing import create_producer
from schemas.audit import LookupAudit
from schemas.topics import LOOKUP_AUDIT

__all__ = ["AuditTrail", "KafkaAuditTrail", "KafkaRecords", "LookWriter"]

_GIVEN_UP_AFTER_MS: Final = 3_000
_LINGER_MS: Final = 0.5
"""What concurrent requests write meanwhile goes out with the first."""
_LISTEN_S: Final = 0.5


class AuditTrail(Protocol):
    """Where looks are written."""

    async def write(self, record: LookupAudit) -> None:
        """Returns once it can't be lost any more. Raises Unavailable when that can't be had."""


class KafkaRecords:
    """Produces from an event loop: `send` returns when a record is acknowledged, others' go out in the same batch."""

    def __init__(self, bootstrap: Kafka, client_id: str) -> None:
        settings: dict[str, Any] = {
            "client.id": client_id,
            "linger.ms": _LINGER_MS,
            "delivery.timeout.ms": _GIVEN_UP_AFTER_MS,
            "socket.timeout.ms": _GIVEN_UP_AFTER_MS,
            "retry.backoff.ms": 20,
        }
        self._producer: Producer = create_producer(bootstrap, **settings)
        self._settled: list[tuple[asyncio.Future[None], KafkaError | None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="records", daemon=True)

    async def send(self, topic: str, key: str, value: str) -> None:
        """Raises Unavailable when Kafka did not take it within three seconds."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._thread.start()
        future: asyncio.Future[None] = self._loop.create_future()
        try:
            self._producer.produce(topic, value, key, on_delivery=self._on_delivery(future))
        except (BufferError, KafkaException) as error:
            raise Unavailable("kafka", str(error)) from None
        await future

    def close(self) -> None:
        """What was sent is acknowledged or given up when this returns."""
        self._producer.flush(_GIVEN_UP_AFTER_MS / 1000)
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _on_delivery(self, future: "asyncio.Future[None]") -> Callable[[KafkaError | None, Message], None]:
        return lambda error, _message: self._settled.append((future, error))

    def _listen(self) -> None:
        while not self._stop.is_set() or self._settled:
            self._producer.poll(_LISTEN_S)
            if self._settled:
                settled, self._settled = self._settled, []
                self._tell(settled)

    def _tell(self, settled: "list[tuple[asyncio.Future[None], KafkaError | None]]") -> None:
        assert self._loop is not None, "sends began"
        # Nobody waits any more where the loop has ended.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, settled)


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
            _key(record),
            on_delivery=lambda error, _message: None if error is None else failures.append(error.str()),
        )
        if self._producer.flush(self._within_s) or failures:
            self._producer.purge()
            raise Unavailable("kafka", failures[0] if failures else "no answer")


class KafkaAuditTrail:
    """The trail in topic `lookup-audit`, keyed by the customer where a look was at one."""

    def __init__(self, records: KafkaRecords) -> None:
        self._records = records

    async def write(self, record: LookupAudit) -> None:
        """As the protocol says."""
        await self._records.send(LOOKUP_AUDIT, _key(record), record.model_dump_json())


def _key(record: LookupAudit) -> str:
    return record.customers[0] if len(record.customers) == 1 else record.person


def _settle(settled: "list[tuple[asyncio.Future[None], KafkaError | None]]") -> None:
    for future, error in settled:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(Unavailable("kafka", error.str()))
