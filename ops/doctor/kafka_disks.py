"""How much room there is where the brokers keep their logs; they tell it since Kafka 3.3 (KIP-827).

librdkafka has no such request, so it is made with the protocol of aiokafka, which the worker's transport brings along.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from connectors.brokers import Kafka
from ops.access import credentials_of
from ops.doctor.findings import Finding, fault, ok, warning
from ops.doctor.machine import DISK_FAULT, DISK_WARNING, MIB
from ops.settings import Settings

__all__ = ["LogDir", "SilentBroker", "judge_disks", "look_at_disks", "told_by"]

ANSWER_MS: Final = 5_000
_DESCRIBE_LOG_DIRS: Final = 35
_STORAGE_ERROR: Final = 56


class LogDir(NamedTuple):
    """A folder in which a broker keeps its logs."""

    broker: int
    folder: str
    usable: int
    """Bytes; -1 where the broker does not tell."""
    failed: bool
    """It is offline: the broker could not write there."""


class SilentBroker(NamedTuple):
    """One that did not answer this question, though Kafka names it."""

    broker: int
    address: str
    reason: str


class _Told(Response):
    API_KEY = _DESCRIBE_LOG_DIRS
    API_VERSION = 4
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "results",
            CompactArray(
                ("error_code", Int16),
                ("log_dir", CompactString("utf-8")),
                (
                    "topics",
                    CompactArray(
                        ("name", CompactString("utf-8")),
                        (
                            "partitions",
                            CompactArray(
                                ("partition_index", Int32),
                                ("partition_size", Int64),
                                ("offset_lag", Int64),
                                ("is_future_key", Boolean),
                                ("tags", TaggedFields),
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("total_bytes", Int64),
                ("usable_bytes", Int64),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Asked(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = _DESCRIBE_LOG_DIRS
    API_VERSION = 4
    RESPONSE_TYPE = _Told
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")), ("partitions", CompactArray(Int32)), ("tags", TaggedFields)
            ),
        ),
        ("tags", TaggedFields),
    )


class _Ask(Request[_Asked]):
    API_KEY = _DESCRIBE_LOG_DIRS

    def build(self, request_struct_class: type[_Asked]) -> _Asked:
        # No topic is asked for: folders alone are told, not each partition.
        return request_struct_class([], {})


def look_at_disks(settings: Settings, bootstrap: Kafka) -> list[LogDir | SilentBroker]:
    """Of every broker that tells or can't be reached; none where this user may not ask, or Kafka is older."""
    return asyncio.run(_looked(settings, str(bootstrap)))


async def _looked(settings: Settings, addresses: str) -> list[LogDir | SilentBroker]:
    made: Any = AIOKafkaClient  # it has no types
    access = credentials_to_aiokafka_auth(credentials_of(settings))
    client = made(bootstrap_servers=addresses, client_id="c360-doctor", request_timeout_ms=ANSWER_MS, **access)
    try:
        await client.bootstrap()
        return [one for broker in client.cluster.brokers() for one in await told_by(client, broker)]
    except (KafkaError, OSError):
        # Why none can be reached is a finding of its own.
        return []
    finally:
        await client.close()


async def told_by(client: Any, broker: Any) -> list[LogDir | SilentBroker]:
    """What one broker tells the client, whatever becomes of the others."""
    try:
        told = await client.send(broker.nodeId, _Ask())
    except (IncompatibleBrokerVersion, NotImplementedError):
        # It does not know the request: it is older.
        return []
    except (KafkaError, OSError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        return [SilentBroker(broker.nodeId, f"{broker.host}:{broker.port}", reason)]
    return [LogDir(broker.nodeId, row[1], row[4], row[0] == _STORAGE_ERROR) for row in told.results or ()]


def judge_disks(where: str, found: Sequence[LogDir | SilentBroker]) -> Iterator[Finding]:
    """What of the brokers' disks is well, and what is not; `where` is Kafka's address."""
    silent = [one for one in found if isinstance(one, SilentBroker)]
    for one in silent:
        said = f"Broker {one.broker} of Kafka at {where} does not answer at {one.address} ({one.reason})."
        cure = "Start it, or let this machine reach its advertised listener; how full its disk is, is not known."
        yield warning("kafka", said, cure)
    told = [one for one in found if isinstance(one, LogDir) and (one.failed or one.usable >= 0)]
    if not told and not silent:
        yield ok("kafka", "How full its disks are it does not tell (Kafka 3.3 does, to who may Describe the cluster).")
    for folder in told:
        yield _judged(where, folder)


def _judged(where: str, one: LogDir) -> Finding:
    place = f"where broker {one.broker} of Kafka at {where} keeps its logs ({one.folder})"
    free = f"{one.usable // MIB:,} MiB are free {place}"
    if one.failed:
        said = f"The disk failed, or was full, {place}."
        return fault("kafka", said, "Mend it or make room, then start the broker again.")
    if one.usable < DISK_FAULT:
        return fault("kafka", f"Only {free}.", "Make room, or shorten retention: a broker whose disk is full ends.")
    if one.usable < DISK_WARNING:
        return warning("kafka", f"Only {free}.", "Make room before it is full: the broker would end.")
    return ok("kafka", f"{free}.")
