"""The engine of a partition against the naive oracle: fetches, folds, aborts and crashes end as the history says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from hypothesis import given, note, settings
from hypothesis import strategies as st

from schemas.aside import SetAside
from schemas.clock import ClockTicked
from schemas.events import Event
from schemas.topics import CUSTOMER_VIEWS, INPUT_TOPICS
from schemas.views import progress_key, split_key
from streams.codec import Door
from streams.partition import Flush, Output, Partition, PartitionConfig
from streams.rules import Rules
from streams.rules.alerts import NAMESPACE
from tests.support import builders
from tests.support.builders import topic_of, wire
from tests.support.garbage import KINDS, garbage
from tests.support.heart import alerts_by_customer, check_sections, comparable, differences
from tests.support.histories import RULES, disordered, histories, repeated, zones
from tests.support.oracle import Delivery, Expected, Policy, Record, expected, expected_in_order, in_order

WALL: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECTION_BYTES: Final = 9_000
CLOSED_ALERT_DAYS: Final = 20
TOPIC_IDS: Final = {topic: f"id-of-{topic}" for topic in INPUT_TOPICS}


@dataclass(frozen=True)
class Fetched:
    """A record as a fetch brings it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass
class Log:
    """What the input topics of one partition hold."""

    topics: dict[str, list[Fetched]] = field(default_factory=lambda: {topic: [] for topic in INPUT_TOPICS})
    good: list[Record] = field(default_factory=list)
    bad: set[tuple[str, int]] = field(default_factory=set)

    def _append(self, topic: str, key: bytes | None, value: bytes | None) -> int:
        records = self.topics[topic]
        # Now and then a marker of a transaction takes an offset.
        offset = records[-1].offset + 1 + (len(records) % 3 == 0) if records else 0
        records.append(Fetched(offset, 1_000_000 + offset, key, value))
        return offset

    def tell(self, event: Event) -> None:
        topic = topic_of(event)
        key = b"0" if isinstance(event, ClockTicked) else event.customer_id.encode()
        offset = self._append(topic, key, wire(event))
        self.good.append(Record(event, topic, offset, TOPIC_IDS[topic]))

    def tell_too_much(self, event: Event) -> None:
        """A complaint that no section can hold: it is set aside, yet time passes by it as by a tick."""
        said = builders.a_complaint(
            customer_id=getattr(event, "customer_id", "C1"),
            complaint_id=f"long-{self.size}",
            content="€" * (SECTION_BYTES // 3),
            occurred_at=event.occurred_at,
        )
        topic = topic_of(said)
        offset = self._append(topic, said.customer_id.encode(), wire(said))
        self.bad.add((topic, offset))
        self.good.append(Record(builders.a_tick(said.occurred_at), topic, offset, TOPIC_IDS[topic]))

    def spoil(self, random: Random, event: Event, kind: str) -> None:
        topic = topic_of(event)
        self.bad.add((topic, self._append(topic, *garbage(random, event, kind))))

    @property
    def size(self) -> int:
        return sum(map(len, self.topics.values()))


@dataclass
class Broker:
    """What is committed."""

    changelog: list[tuple[str, bytes | None]] = field(default_factory=list)
    others: list[Output] = field(default_factory=list)
    positions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(INPUT_TOPICS, 0))
    topic: str = CUSTOMER_VIEWS

    def commit(self, flush: Flush) -> None:
        assert set(flush.positions) == set(INPUT_TOPICS), "a flush is fenced by the positions of all its partitions"
        self.write(flush)
        self.positions = dict(flush.positions)

    def write(self, flush: Flush) -> None:
        """All but the positions: what a tier without transactions may be left with."""
        self.others += [*flush.alerts, *flush.asides]
        for output in flush.sections:
            assert output.topic == self.topic
            self.changelog.append(((output.key or b"").decode(), output.value))

    def compacted(self) -> dict[str, bytes]:
        return {key: value for key, value in dict(self.changelog).items() if value is not None}

    def views(self) -> dict[str, dict[str, bytes]]:
        views: dict[str, dict[str, bytes]] = {}
        for key, value in self.compacted().items():
            owner, section = split_key(key)
            if not owner.startswith("$"):
                views.setdefault(owner, {})[section] = value
        return views

    def alerts(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        alerts = [output for output in self.others if output.topic.startswith("alerts.")]
        return alerts_by_customer(
            [(out.topic, (out.key or b"").decode(), orjson.loads(out.value or b"")) for out in alerts]
        )

    def asides(self, topic: str) -> list[SetAside]:
        outputs = [output for output in self.others if output.topic == topic]
        return [SetAside.model_validate_json(output.value or b"") for output in outputs]

    def progress(self) -> dict[str, Any]:
        progress: dict[str, Any] = orjson.loads(self.compacted()[progress_key(0)])
        return progress


class Worker:
    """Fetches, folds and commits one partition; at most two flushes are under way."""

    def __init__(self, log: Log, config: PartitionConfig, broker: Broker) -> None:
        self.log, self.config, self.broker = log, config, broker
        self.under_way: list[Flush] = []
        self.partition = self._recovered()

    def _recovered(self) -> Partition:
        partition = Partition(0, self.config)
        log = self.broker.changelog
        partition.restorer()([key.encode() for key, _ in log], [value for _, value in log])
        partition.recovered(self.broker.positions)
        self.next = dict(self.broker.positions)
        return partition

    def fetch(self, topic: str, most: int) -> None:
        waiting = [record for record in self.log.topics[topic] if record.offset >= self.next[topic]]
        taken = waiting[:most]
        self.partition.receive(topic, taken)
        if taken:
            self.next[topic] = taken[-1].offset + 1
        self.partition.set_caught_up(topic, len(taken) == len(waiting))

    def fold(self, limit: int, wall: datetime = WALL) -> bool:
        if len(self.under_way) == 2:
            self.commit()
        flush = self.partition.fold(limit, wall)
        if flush is not None:
            self.under_way.append(flush)
        return flush is not None

    def commit(self) -> None:
        if self.under_way:
            self.broker.commit(self.under_way.pop(0))

    def abort(self) -> None:
        while self.under_way:
            self.partition.undo(self.under_way.pop())
        self.partition.begin_at(self.broker.positions)
        self.next = dict(self.broker.positions)

    def crash(self) -> None:
        self.under_way.clear()
        self.partition = self._recovered()

    def crash_before_positions(self) -> None:
        """Without transactions: all of the oldest flush is written but the positions."""
        if self.under_way:
            self.broker.write(self.under_way[0])
        self.crash()

    def finish(self, wall: datetime = WALL) -> None:
        for topic in INPUT_TOPICS:
            self.fetch(topic, self.log.size)
        while self.fold(1_000, wall):
            pass
        while self.under_way:
            self.commit()


def held_by(worker: Worker) -> dict[str, dict[str, bytes]]:
    customers = worker.partition.customers
    return {customer_id: dict(customers[customer_id]) for customer_id in customers}


@dataclass
class Case:
    log: Log
    zone: str

    def config(self, **other: Any) -> PartitionConfig:
        rules = Rules(RULES, self.zone, closed_alert_days=CLOSED_ALERT_DAYS)
        return PartitionConfig(rules=rules, door=Door(), topic_ids=TOPIC_IDS, max_section_bytes=SECTION_BYTES, **other)

    @property
    def policy(self) -> Policy:
        return Policy(RULES, ZoneInfo(self.zone), NAMESPACE, closed_alert_days=CLOSED_ALERT_DAYS)

    def expected(self) -> Expected:
        return expected_in_order(self.log.good, self.policy)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(zones())
    events = draw(histories(zone, faithful=False, most=24))
    if draw(st.booleans()):
        events = draw(disordered(events))
    log = Log()
    random = draw(st.randoms(use_true_random=False))
    for event in draw(repeated(events, most=3)):
        before = draw(st.sampled_from(("nothing",) * 6 + ("garbage", "garbage", "too much")))
        if before == "garbage":
            log.spoil(random, event, draw(st.sampled_from(KINDS)))
        elif before == "too much":
            log.tell_too_much(event)
        log.tell(event)
    return Case(log, zone)


STEPS: Final = ("fetch", "fold", "advance", "advance", "advance", "commit")


def work(data: st.DataObject, worker: Worker, mishaps: tuple[str, ...]) -> None:
    """Do anything for a while, and then what is left."""
    left = 6
    for _ in range(data.draw(st.integers(0, 30))):
        may_fail = left and worker.under_way
        what = data.draw(st.sampled_from((*STEPS, *(mishaps * 2 if may_fail else ()))))
        left -= what in mishaps
        match what:
            case "fetch":
                worker.fetch(data.draw(st.sampled_from(INPUT_TOPICS)), data.draw(st.sampled_from((1, 2, 5))))
            case "fold":
                worker.fold(data.draw(st.sampled_from((1, 2, 7, 100))))
            case "advance":
                most = data.draw(st.sampled_from((1, 3, 50)))
                for topic in INPUT_TOPICS:
                    worker.fetch(topic, most)
                worker.fold(data.draw(st.sampled_from((1, 3, 7))))
            case _:
                getattr(worker, what)()
    worker.finish()


def assert_as_the_history_says(case: Case, worker: Worker) -> None:
    wanted, broker = case.expected(), worker.broker
    for topic, records in case.log.topics.items():
        for record in records:
            note(f"{topic}[{record.offset}] {record.key!r}: {(record.value or b'')[:400]!r}")
    assert differences(comparable(broker.views()), wanted.views) == []
    assert differences(broker.alerts(), wanted.alerts) == []
    for sections in broker.views().values():
        check_sections({name: orjson.loads(raw) for name, raw in sections.items()})
    assert held_by(worker) == broker.views()
    if case.log.size:
        counts = broker.progress()["counts"]
        assert sum(counts.values()) == case.log.size
        assert counts["late"] == wanted.outcomes.count("late")
        assert counts["dead"] == len(case.log.bad) + wanted.outcomes.count("refused")


def assert_set_aside_once(case: Case, broker: Broker) -> None:
    wanted = case.expected()
    dead = [(aside.topic, aside.offset) for aside in broker.asides("dead-letters") if aside.reason != "refused"]
    assert sorted(dead) == sorted(case.log.bad)
    assert len(broker.asides("dead-letters")) == len(case.log.bad) + wanted.outcomes.count("refused")
    assert len(broker.asides("late-events")) == wanted.outcomes.count("late")


@given(st.data(), cases(), st.sampled_from((1, 2_000)))
def test_any_fetches_folds_aborts_and_crashes_end_as_the_history_says(
    data: st.DataObject, case: Case, deadlines_per_fold: int
) -> None:
    worker = Worker(case.log, case.config(deadlines_per_fold=deadlines_per_fold), Broker())
    work(data, worker, ("abort", "crash"))
    assert_as_the_history_says(case, worker)
    assert_set_aside_once(case, worker.broker)


@given(st.data(), cases())
def test_positions_left_behind_by_a_crash_are_made_harmless_by_applied(data: st.DataObject, case: Case) -> None:
    worker = Worker(case.log, case.config(), Broker())
    work(data, worker, ("abort", "crash_before_positions"))
    assert_as_the_history_says(case, worker)
    assert_set_aside_once(case, worker.broker)


@given(st.data(), cases())
def test_a_recovery_from_the_compacted_changelog_is_the_same_partition(data: st.DataObject, case: Case) -> None:
    worker = Worker(case.log, case.config(), Broker())
    worker.finish()
    compacted: list[tuple[str, bytes | None]] = list(worker.broker.compacted().items())
    again = Worker(case.log, case.config(), Broker(list(compacted), [], worker.broker.positions))
    assert held_by(again) == held_by(worker)
    assert again.partition.clock == worker.partition.clock
    again.finish()
    assert not again.broker.others
    assert again.broker.changelog == compacted


@given(st.data(), zones(), st.sampled_from((1, 2_000)))
def test_on_the_walls_clock_what_is_folded_when_ends_as_the_oracle_says(
    data: st.DataObject, zone: str, deadlines_per_fold: int
) -> None:
    log = Log()
    for event in data.draw(histories(zone, faithful=False, most=16)):
        log.tell(event)
    case = Case(log, zone)
    wall = log.good[0].event.occurred_at
    worker = Worker(log, case.config(clock="wall", deadlines_per_fold=deadlines_per_fold), Broker())
    waiting: list[Record] = []
    deliveries: list[Delivery] = []

    def fold(limit: int) -> bool:
        merged = [delivery.record for delivery in in_order(waiting)][:limit]
        deliveries.extend(Delivery(record, wall) for record in merged)
        waiting[:] = [record for record in waiting if record not in merged]
        return worker.fold(limit, wall)

    def fetch(topic: str, most: int) -> None:
        first = worker.next[topic]
        worker.fetch(topic, most)
        waiting.extend(one for one in log.good if one.topic == topic and first <= one.offset < worker.next[topic])

    for _ in range(data.draw(st.integers(0, 40))):
        what = data.draw(st.sampled_from(("fetch", "fetch", "fold", "pass")))
        if what == "fetch":
            fetch(data.draw(st.sampled_from(INPUT_TOPICS)), data.draw(st.sampled_from((1, 2, 50))))
        elif what == "fold":
            fold(data.draw(st.sampled_from((1, 2, 100))))
        else:
            wall += data.draw(st.sampled_from((timedelta(seconds=1), timedelta(days=1), timedelta(days=29))))
    for topic in INPUT_TOPICS:
        fetch(topic, log.size)
    while fold(1_000):
        pass
    worker.finish(wall)
    wanted = expected(deliveries, case.policy, until=wall)
    assert differences(comparable(worker.broker.views()), wanted.views) == []
    assert differences(worker.broker.alerts(), wanted.alerts) == []


def _events(random: Random, how_many: int) -> Iterator[Event]:
    makers: list[Callable[..., Event]] = [
        builders.an_entry,
        builders.a_drawdown,
        builders.a_complaint,
        builders.a_customer,
        builders.a_tick,
    ]
    for number in range(how_many):
        yield random.choice(makers)(source_seq=number // 50, customer_id=f"C{number % 50}")


@settings(max_examples=1)
@given(st.just(20260102))
def test_a_thousand_fuzzed_records_are_all_dead_letters_and_all_good_ones_between_are_folded(seed: int) -> None:
    random, log = Random(seed), Log()
    for number, event in enumerate(_events(random, 1_000)):
        log.spoil(random, event, KINDS[number % len(KINDS)])
        log.tell(event)
    case = Case(log, "Europe/Prague")
    worker = Worker(log, case.config(), Broker())
    worker.finish()
    assert_as_the_history_says(case, worker)
    assert_set_aside_once(case, worker.broker)
    letters = worker.broker.asides("dead-letters")
    assert len(letters) == 1_000
    assert {letter.reason for letter in letters} == {"undecodable", "unknown_type", "invalid", "wrong_key"}
    assert all(letter.error and len(letter.error) < 1_000 for letter in letters)
