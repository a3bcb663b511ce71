"""Fills `customer-views` with the views of many customers, as a long-lived bank's compacted changelog holds them."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

import orjson
from aiokafka.partitioner import murmur2
from confluent_kafka import Producer

from connectors.sources.publishing import create_producer
from schemas.topics import CUSTOMER_VIEWS
from schemas.views import progress_key, section_key

__all__ = ["KILOBYTE_VIEW", "fill_views"]

PLACEHOLDER: Final = b"C0000000"
CHUNK: Final = 10_000
"""Customers whose sections lie mixed: in a compacted log, too, a customer's sections do not follow each other."""

KILOBYTE_VIEW: Final[dict[str, bytes]] = {
    "profile": b'{"name":"Customer C0000000","kind":"personal","registered_on":"2026-01-05","phone":"+420777000000",'
    b'"host_manager":"M117","co_hosts":[],"signatories":[],"relationships":{},"order":{"name":0,"phone":0}}',
    "account:AC0000000-0": b'{"account_id":"AC0000000-0","currency":"CZK","balance_minor":6281667,"entries":70,'
    b'"status":"open","armed":true,"recent":[68,69,70]}',
    "account:AC0000000-1": b'{"account_id":"AC0000000-1","currency":"CZK","balance_minor":1969937,"entries":29,'
    b'"status":"open","armed":true,"recent":[29,30]}',
    "loan:LC0000000": b'{"contract_id":"LC0000000","currency":"CZK","contract_minor":20000000,"drawn_minor":15000000,'
    b'"outstanding_minor":14700000,"status":"open"}',
    "complaint:KC0000000-0": b'{"complaint_id":"KC0000000-0","received_on":"2026-01-05","issue":"Charged twice",'
    b'"status":"open"}',
    "summary": b'{"totals":{"accounts":2,"loans":1,"complaints":1,"alerts":0,"unaddressed":0,"balance_minor":'
    b'{"CZK":8251604},"outstanding_minor":{"CZK":14700000}},"due_on":"2055-01-04","as_of":"2026-11-25T15:44:11.344061Z",'
    b'"applied":{"account-changes":["AAAAAAAAAAAAAAAAAAAAAA",10516]}}',
}
"""Six sections of the contract's shape, but for what a fold fills with nulls; some 1,024 bytes."""


def fill_views(
    bootstrap: str, partitions: int, customers: int, view: dict[str, bytes], report: Callable[[str], None]
) -> int:
    """Write `view` for so many customers, and the partitions' progress; how many records, all acknowledged.

    `view` is that of customer C0000000, whose number is replaced wherever it stands.
    """
    producer = create_producer(
        bootstrap,
        **{"linger.ms": 50, "batch.size": 1_000_000, "batch.num.messages": 50_000, "compression.type": "lz4"},
    )
    report(f"Writing the views of {customers:,} customers")
    records = 0
    for partition, key, value in _records(partitions, customers, view):
        _produce(producer, partition, key, value)
        records += 1
    for partition in range(partitions):
        progress = {"clock_at": None, "counts": {"folded": 0, "late": 0, "dead": 0}, "applied": {}}
        _produce(producer, partition, progress_key(partition).encode(), orjson.dumps(progress))
    assert producer.flush(60) == 0, "Kafka did not take all views"
    return records + partitions


def _records(partitions: int, customers: int, view: dict[str, bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    numbers = (f"C{number:07d}".encode() for number in range(customers))
    while chunk := list(islice(numbers, CHUNK)):
        placed = [(_partition_of(number, partitions), number) for number in chunk]
        for name, raw in view.items():
            key = section_key(PLACEHOLDER.decode(), name).encode()
            for partition, number in placed:
                yield partition, key.replace(PLACEHOLDER, number), raw.replace(PLACEHOLDER, number)


def _produce(producer: Producer, partition: int, key: bytes, value: bytes) -> None:
    while True:
        try:
            producer.produce(CUSTOMER_VIEWS, value, key, partition)
        except BufferError:
            producer.poll(0.1)
        else:
            return


def _partition_of(number: bytes, partitions: int) -> int:
    # Kafka's default partitioner for keyed records.
    hashed: int = murmur2(number)  # type: ignore[no-untyped-call]
    return (hashed & 0x7FFFFFFF) % partitions
