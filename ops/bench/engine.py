"""The engine alone: what one event costs a worker without a broker, leg by leg, for banks of several shapes.

`python -m ops.bench.engine` prints medians of processor microseconds per event: the door alone (bytes to event),
receiving (door and merge), the whole fold, the encoding of what it puts out alone, and the hand-over to librdkafka.
"""

import gc
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from time import thread_time
from typing import Any, Final

import orjson
from confluent_kafka import Producer

from ops.rules import DEFAULT_RULE_FILE
from schemas.topics import INPUT_TOPICS
from streams.codec import Door, encode_section
from streams.flush import Flush
from streams.folding import Clock, PartitionConfig
from streams.lane.sinks import Writer, in_order
from streams.partition import Partition
from streams.rules import Rules
from streams.rules.load import load_rules

__all__ = ["SHAPES", "Bank", "Engine", "Shape", "measure"]

PARTITIONS: Final = 4
EPOCH: Final = datetime(2026, 1, 5, 8, tzinfo=UTC)
BATCH: Final = 4_000
"""Records that are received, then folded: of all partitions together, as a loaded worker has them."""
EVENTS: Final = 40_000
ROUNDS: Final = 3
CLOCKS: Final[tuple[Clock, ...]] = ("wall", "event")
LEGS: Final = ("door", "receive", "fold", "encode", "produce", "all", "records", "bytes")
UNCONNECTED: Final = {"bootstrap.servers": "127.0.0.1:1", "queue.buffering.max.messages": 1_000_000, "log_level": 0}


@dataclass(frozen=True)
class Shape:
    """A bank: how many customers, with how many accounts each."""

    customers: int
    accounts: int = 2

    @property
    def title(self) -> str:
        """Its name in the table."""
        return f"{self.customers:,} customers x {self.accounts:,} accounts"


SHAPES: Final = (Shape(2_000), Shape(20_000), Shape(100_000), Shape(2_000, 4), Shape(20, 1_000))


@dataclass(frozen=True, slots=True)
class Message:
    """A fetched record."""

    offset: int
    timestamp: int
    key: bytes
    value: bytes


class Bank:
    """Records of the shape's customers: first their beginnings, then what they do, each as likely."""

    def __init__(self, shape: Shape, seed: int = 360) -> None:
        self._shape = shape
        self._random = Random(seed)
        self._offsets: dict[tuple[int, str], int] = defaultdict(int)
        self._seqs: dict[str, int] = defaultdict(int)
        self._count = 0

    def beginnings(self) -> Iterator[tuple[int, str, Message]]:
        """(partition, topic, record): every customer registered and assigned, his accounts opened, a loan drawn."""
        for number in range(self._shape.customers):
            name = f"C{number:07d}"
            party = {"name": f"Customer {name}", "kind": "personal", "registered_on": "2026-01-05"}
            yield self._record("customer-changes", "customer.registered", number, name, party)
            host = {"relationship_id": f"H{name}", "role": "host", "party_id": f"M{number % 120:03d}"}
            yield self._record("customer-changes", "relationship.assigned", number, f"H{name}", host)
            for place in range(self._shape.accounts):
                opened = {"account_id": f"A{name}-{place}", "product": "current", "currency": "CZK"}
                opened["opened_on"] = "2026-01-05"
                yield self._record("account-changes", "account.opened", number, opened["account_id"], opened)
            loan: dict[str, Any] = {"contract_id": f"L{name}", "currency": "CZK"}
            signed = loan | {"limit_minor": 20_000_000, "signed_on": "2026-01-05"}
            yield self._record("loan-drawdowns", "loan.contract_signed", number, f"L{name}", signed)
            drawn: dict[str, Any] = loan | {"drawdown_id": "1", "amount_minor": 15_000_000}
            drawn |= {"drawn_on": "2026-01-05", "maturity_on": "2055-01-04"}
            yield self._record("loan-drawdowns", "loan.drawn_down", number, f"L{name}/1", drawn)

    def actions(self, events: int) -> Iterator[tuple[int, str, Message]]:
        """95 % entries (1 % of them large), then repayments, reported balances and a complaint now and then."""
        for _ in range(events):
            number, drawn = self._random.randrange(self._shape.customers), self._random.random()
            name = f"C{number:07d}"
            account_id = f"A{name}-{self._random.randrange(self._shape.accounts)}"
            balance = self._random.randrange(1_000_000, 6_000_000)
            facts: dict[str, Any] = {"account_id": account_id, "balance_minor": balance, "currency": "CZK"}
            if drawn < 0.95:
                amount = 6_000_000 if self._random.random() < 0.01 else self._random.randrange(-400_000, 400_000)
                facts |= {"amount_minor": amount, "booked_on": "2026-01-05"}
                yield self._record("account-changes", "account.entry_booked", number, account_id, facts)
            elif drawn < 0.97:
                facts = {"contract_id": f"L{name}", "drawdown_id": "1", "amount_minor": 50_000, "currency": "CZK"}
                facts["repaid_on"] = "2026-01-05"
                yield self._record("loan-drawdowns", "loan.repaid", number, f"L{name}/1", facts)
            elif drawn < 0.997:
                yield self._record("account-changes", "account.balance_reported", number, account_id, facts)
            else:
                facts = {"complaint_id": f"K{self._count}", "received_on": "2026-01-05", "product": "Current account"}
                facts |= {"issue": "Charged twice", "content": "Charged twice for one payment", "channel": "web"}
                yield self._record("complaint-events", "complaint.received", number, facts["complaint_id"], facts)

    def _record(
        self, topic: str, kind: str, number: int, entity: str, facts: dict[str, Any]
    ) -> tuple[int, str, Message]:
        self._count += 1
        partition, customer_id = number % PARTITIONS, f"C{number:07d}"
        instant = EPOCH + timedelta(milliseconds=self._count)
        at = instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        seq = self._seqs[entity]
        self._seqs[entity] += 1
        header: dict[str, Any] = {"event_id": f"{entity}:{seq}", "type": kind, "customer_id": customer_id}
        header |= {"source": "core", "source_seq": seq, "occurred_at": at, "recorded_at": at}
        offset = self._offsets[partition, topic]
        self._offsets[partition, topic] += 1
        value = orjson.dumps(header | facts)
        return partition, topic, Message(offset, int(instant.timestamp() * 1000), customer_id.encode(), value)


Records = Sequence[tuple[int, str, Message]]


class Engine:
    """The partitions of one worker, fed from memory."""

    def __init__(self, clock: Clock, rules: Rules | None = None) -> None:
        self._config = PartitionConfig(
            rules=rules or Rules(load_rules(DEFAULT_RULE_FILE)),
            door=Door(),
            topic_ids=dict.fromkeys(INPUT_TOPICS, "AAAAAAAAAAAAAAAAAAAAAA"),
            clock=clock,
        )
        self.partitions = {number: Partition(number, self._config) for number in range(PARTITIONS)}
        self._count = 0
        for partition in self.partitions.values():
            partition.recovered(dict.fromkeys(INPUT_TOPICS, 0))

    def run(self, records: Records) -> tuple[float, float, list[Flush]]:
        """Seconds of receiving and of folding, and the flushes."""
        receiving = folding = 0.0
        flushes: list[Flush] = []
        for start in range(0, len(records), BATCH):
            fetched: dict[tuple[int, str], list[Any]] = defaultdict(list)
            for number, topic, record in records[start : start + BATCH]:
                fetched[number, topic].append(record)
            began = thread_time()
            for (number, topic), some in fetched.items():
                self.partitions[number].receive(topic, some)
            for partition in self.partitions.values():
                for topic in INPUT_TOPICS:
                    partition.set_caught_up(topic, True)
            received = thread_time()
            self._count += 1
            wall = EPOCH + timedelta(days=1, milliseconds=self._count)
            for partition in self.partitions.values():
                flush = partition.fold(BATCH, wall)
                if flush is not None:
                    flushes.append(flush)
            folding += thread_time() - received
            receiving += received - began
        return receiving, folding, flushes


@contextmanager
def _timed(seconds: list[float]) -> Iterator[None]:
    began = thread_time()
    yield
    seconds.append(thread_time() - began)


def measure(shape: Shape, clock: Clock, events: int, rounds: int) -> dict[str, float]:
    """Leg -> microseconds of the calling thread per event, medians of the rounds; and what is put out per event."""
    bank, engine = Bank(shape), Engine(clock)
    engine.run(list(bank.beginnings()))
    gc.collect()
    gc.freeze()
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        _round(engine, list(bank.actions(events)), found)
    gc.unfreeze()
    return {leg: statistics.median(seconds) / events * 1e6 for leg, seconds in found.items()}


def _round(engine: Engine, records: Records, found: dict[str, list[float]]) -> None:
    door, producer = Door(), Producer(UNCONNECTED)
    with _timed(found["door"]):
        for _, topic, record in records:
            door.parse(topic, record.key, record.value)
    receiving, folding, flushes = engine.run(records)
    found["receive"].append(receiving)
    found["fold"].append(folding)
    sections = [orjson.loads(output.value or b"") for flush in flushes for output in flush.sections]
    with _timed(found["encode"]):
        for section in sections:
            encode_section(section)
    with _timed(found["produce"]):
        Writer(producer).produce(in_order(flushes), 10.0)
    producer.purge()
    found["all"].append(receiving + folding + found["produce"][-1])
    # Not seconds, but counted like them.
    found["records"].append(len(sections) / 1e6)
    found["bytes"].append(sum(len(output.value or b"") for flush in flushes for output in flush.sections) / 1e6)


def main() -> None:
    """Measure every shape under both clocks; the fold includes the encoding, `all` is receive, fold and produce."""
    # As in the worker.
    gc.set_threshold(50_000, 10, 1_000)
    print(f"{'us per event':38s}" + "".join(f"{leg:>9s}" for leg in LEGS))
    for clock in CLOCKS:
        for shape in SHAPES:
            legs = measure(shape, clock, EVENTS, ROUNDS)
            print(f"{clock:6s}{shape.title:32s}" + "".join(f"{legs[leg]:9.2f}" for leg in LEGS), flush=True)


if __name__ == "__main__":
    main()
