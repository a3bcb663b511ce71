"""What a fold of a partition does around the steps: what is set aside, how often, and when deadlines fire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from schemas.accounts import AccountEntryBooked
from schemas.events import Event
from schemas.rules import RuleFile
from schemas.topics import INPUT_TOPICS
from streams.codec import Door
from streams.flush import Flush
from streams.folding import PartitionConfig
from streams.overflow import DeadlineOverflow
from streams.partition import Partition
from streams.poison import PoisonRecord
from streams.rules import Rules
from streams.settling import TooManyDeadLetters
from tests.support import builders

WALL = datetime(2026, 1, 2, tzinfo=UTC)
DUE = datetime(2026, 1, 30, tzinfo=UTC)
"""30 days before the maturity of the flood."""
FLOOD = 500
MATURITY = {"id": "maturity", "kind": "maturity", "version": 1, "severity": "notice", "days_before": 30}


@dataclass(frozen=True)
class Fetched:
    offset: int
    key: bytes
    value: bytes
    timestamp: int = 0


def a_partition(*, rules: Sequence[dict[str, Any]] = (), **config: Any) -> Partition:
    compiled = Rules(RuleFile.model_validate({"rules": list(rules)}))
    topic_ids = dict.fromkeys(INPUT_TOPICS, "id")
    partition = Partition(0, PartitionConfig(rules=compiled, topic_ids=topic_ids, **{"door": Door(), **config}))
    partition.recovered(dict.fromkeys(INPUT_TOPICS, 0))
    return partition


def receive(partition: Partition, *events: Event | bytes) -> None:
    """Each into its topic, and there is no more; bytes are no event, of `account-changes`."""
    topics: dict[str, list[Fetched]] = {topic: [] for topic in INPUT_TOPICS}
    for event in events:
        if isinstance(event, bytes):
            topic, value = "account-changes", event
        else:
            topic, value = builders.topic_of(event), builders.wire(event)
        topics[topic].append(Fetched(len(topics[topic]), b"C1", value))
    for topic, records in topics.items():
        partition.receive(topic, records)
        partition.set_caught_up(topic, True)


def fold(partition: Partition) -> Flush:
    flush = partition.fold(1_000, WALL)
    assert flush is not None
    return flush


def test_dead_letters_with_good_records_between_them_are_not_in_a_row() -> None:
    partition = a_partition(dead_letter_limit=3)
    between: list[Event | bytes] = [b"{", builders.an_entry()]
    receive(partition, *between * 5)
    assert len(fold(partition).asides) == 5


def test_dead_letters_in_a_row_stop_the_partition_though_the_fold_ends_with_good_records() -> None:
    partition = a_partition(dead_letter_limit=3)
    receive(partition, b"{", b"{", b"{", builders.an_entry())
    with pytest.raises(TooManyDeadLetters, match="account-changes offset 2"):
        fold(partition)


def test_dead_letters_in_a_row_count_over_folds() -> None:
    partition = a_partition(dead_letter_limit=3)
    receive(partition, builders.an_entry(), b"{", b"{", b"{")
    partition.fold(3, WALL)
    with pytest.raises(TooManyDeadLetters):
        fold(partition)


def test_a_record_delivered_again_is_not_set_aside_again() -> None:
    # Without transactions the progress may be kept and the positions not; what was set aside was written before both.
    partition = a_partition()
    receive(partition, b"{")
    assert len(fold(partition).asides) == 1
    partition.begin_at(dict.fromkeys(INPUT_TOPICS, 0))
    receive(partition, b"{")
    assert not fold(partition).asides


def test_the_deadline_of_a_customer_with_an_oversized_event_fires_before_what_came_after_its_day() -> None:
    opened = builders.an_account(maturity_on="2020-05-01", occurred_at="2020-03-02T12:00:00Z")
    oversized = builders.a_complaint(content="x" * 3_000, occurred_at="2020-03-03T12:00:00Z")
    before_the_day = builders.a_balance(source_seq=1, balance_minor=1, occurred_at="2020-03-31T12:00:00Z")
    after_the_day = builders.a_balance(source_seq=2, balance_minor=2, occurred_at="2020-04-01T12:00:00Z")
    partition = a_partition(rules=[MATURITY], max_section_bytes=2_000)
    receive(partition, opened, oversized, before_the_day, after_the_day)
    flush = fold(partition)
    assert flush.dead_reasons == ["oversized"]
    alerts = [orjson.loads(output.value or b"") for output in flush.alerts]
    assert [alert["payload"]["balance_minor"] for alert in alerts] == [1]


def customers() -> Partition:
    """A partition in which a number of customers have a term deposit each, all of one maturity."""
    partition = a_partition(rules=[MATURITY], clock="wall")
    records = [Fetched(number, f"C{number:04d}".encode(), builders.wire(a_deposit(number))) for number in range(FLOOD)]
    partition.receive("account-changes", records)
    partition.fold(FLOOD, DUE - timedelta(days=1))
    return partition


def a_deposit(number: int) -> Event:
    customer_id = f"C{number:04d}"
    return builders.an_account(customer_id=customer_id, account_id=f"A{number}", maturity_on="2026-03-01")


def told(flush: Flush | None) -> list[str]:
    """Whose deadlines a fold fired, in order."""
    assert flush is not None
    return [(alert.key or b"").decode() for alert in flush.alerts]


def test_deadlines_of_one_day_fire_in_order_a_few_at_a_time_beside_records_and_the_records_go_first() -> None:
    partition = customers()
    order: list[str] = []
    for number in range(3):
        entry = builders.an_entry(customer_id=f"E{number}", source_seq=number)
        partition.receive("account-changes", [Fetched(FLOOD + number, f"E{number}".encode(), builders.wire(entry))])
        flush = partition.fold(1_000, DUE)
        assert flush is not None
        assert flush.records == 1
        assert len(told(flush)) == 100
        order += told(flush)
    while (idle := partition.fold(1_000, DUE)) is not None:
        assert idle.records == 0
        order += told(idle)
    assert order == [f"C{number:04d}" for number in range(FLOOD)]


def test_a_partition_with_nothing_else_to_do_fires_many_at_a_time() -> None:
    flush = customers().fold(1_000, DUE)
    assert len(told(flush)) == FLOOD


def test_a_deadline_fired_in_a_fold_that_is_undone_fires_again() -> None:
    partition = a_partition(rules=[MATURITY])
    opened = builders.an_account(maturity_on="2020-05-01", occurred_at="2020-03-02T12:00:00Z")
    events = opened, builders.a_tick("2020-06-01T12:00:00Z")
    receive(partition, *events)
    partition.fold(1, WALL)
    first = fold(partition)
    assert len(first.alerts) == 1
    partition.undo(first)
    partition.begin_at({**dict.fromkeys(INPUT_TOPICS, 0), "account-changes": 1})
    receive(partition, *events)
    assert fold(partition).alerts == first.alerts


def test_the_clock_of_a_fold_that_is_undone_goes_back_with_it() -> None:
    partition = a_partition(rules=[MATURITY])
    opened = builders.an_account(maturity_on="2020-05-01", occurred_at="2020-03-02T12:00:00Z")
    balance = builders.a_balance(source_seq=1, balance_minor=1, occurred_at="2020-03-03T12:00:00Z")
    events = opened, balance, builders.a_tick("2020-06-01T12:00:00Z")
    receive(partition, *events)
    first = fold(partition)
    partition.undo(first)
    partition.begin_at(dict.fromkeys(INPUT_TOPICS, 0))
    receive(partition, *events)
    again = [flush for _ in range(3) if (flush := partition.fold(1, WALL))]
    assert [output.value for flush in again for output in flush.alerts] == [output.value for output in first.alerts]


class FaultyDoor(Door):
    """Fails at one record, as no door should, or lets an event through that no fold knows."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self._fault = fault

    def parse(self, topic: str, key: bytes | None, value: bytes | None) -> Event:
        event = super().parse(topic, key, value)
        if not (isinstance(event, AccountEntryBooked) and event.source_seq == 3):
            return event
        if self._fault == "door":
            raise ZeroDivisionError("a bug")
        return Unheard.model_validate(event.model_dump())


class Unheard(AccountEntryBooked):
    """An event for which there is no fold."""


@pytest.mark.parametrize("fault", ["door", "fold"])
def test_a_record_at_which_the_engine_fails_is_named_with_what_to_do(fault: str) -> None:
    partition = a_partition(door=FaultyDoor(fault))

    def receive_and_fold() -> None:
        receive(partition, *(builders.an_entry(source_seq=seq) for seq in range(6)))
        fold(partition)

    with pytest.raises(PoisonRecord, match=r"account-changes partition 0 offset 3 .*set_aside=account-changes/0/3"):
        receive_and_fold()


@pytest.mark.parametrize("fault", ["door", "fold"])
def test_a_poison_record_that_an_operator_sets_aside_is_kept_and_the_others_are_folded(fault: str) -> None:
    partition = a_partition(door=FaultyDoor(fault), set_aside={("account-changes", 0, 3)})
    receive(partition, *(builders.an_entry(source_seq=seq) for seq in range(6)))
    flush = fold(partition)
    assert flush.dead_reasons == ["set_aside"]
    assert [orjson.loads(output.value or b"")["offset"] for output in flush.asides] == [3]
    assert partition.state.counts == {"folded": 5, "late": 0, "dead": 1}


def test_an_entity_without_end_leaves_few_large_sections_in_a_flush_and_what_overflows_is_kept() -> None:
    partition = a_partition(max_section_bytes=20_000)
    drawdowns = [
        builders.a_drawdown(drawdown_id=f"D{seq}", source_seq=seq, maturity_on="2020-01-01") for seq in range(200)
    ]
    receive(partition, *drawdowns, builders.an_entry())
    flush = fold(partition)
    drawn = len(orjson.loads(partition.customers["C1"]["loan:L1"])["drawdowns"])
    assert 0 < drawn < 200
    assert flush.dead_reasons == ["oversized"] * (200 - drawn)
    assert "account:A1" in partition.customers["C1"]
    assert sum(len(output.value or b"") for output in flush.sections) < 20 * 20_000


def compiled(*rules: dict[str, Any]) -> Rules:
    return Rules(RuleFile.model_validate({"rules": list(rules)}))


WITH_WAITS = {**MATURITY, "escalate_after": {"days": 2}, "expire_after": {"days": 90}}


def a_partition_whose_deadlines_overflow() -> Partition:
    """Twenty term deposits of one customer are entered; their alerts' own deadlines are too many for a section."""
    partition = a_partition(rules=[WITH_WAITS], max_section_bytes=4_000)
    accounts = [builders.an_account(account_id=f"A{number}", maturity_on="2020-05-01") for number in range(20)]
    receive(partition, *accounts)
    fold(partition)
    return partition


def test_deadlines_that_alone_make_an_oversized_section_stop_with_what_is_known_and_what_to_do() -> None:
    partition = a_partition_whose_deadlines_overflow()
    receive(partition, builders.a_tick("2020-04-01T12:00:00Z"))
    with pytest.raises(DeadlineOverflow) as stop:
        fold(partition)
    said = str(stop.value)
    assert said.startswith("the deadlines of customer C1 due at 2020-04-01T12:00:00Z can't be fired: section deadlines")
    for part in (
        "and the limit is 4000",
        "of these rules: maturity.",
        "`c360 rules disable`",
        "start the worker again",
    ):
        assert part in said


def test_an_event_of_a_customer_whose_deadlines_overflow_is_not_set_aside_for_them() -> None:
    partition = a_partition_whose_deadlines_overflow()
    receive(partition, builders.a_complaint(occurred_at="2020-04-01T12:00:00Z"))
    with pytest.raises(DeadlineOverflow, match="rules: maturity"):
        fold(partition)


def test_an_alert_whose_own_deadline_overflows_is_named_by_its_rule() -> None:
    deposits = [builders.an_account(account_id=f"A{number}", maturity_on="2020-05-01") for number in range(20)]

    def raised(limit: int) -> Partition:
        partition = a_partition(rules=[WITH_WAITS], max_section_bytes=limit)
        receive(partition, *deposits, builders.a_tick("2020-04-01T12:00:00Z"))
        fold(partition)
        return partition

    partition = raised(len(raised(100_000).customers["C1"]["deadlines"]))
    partition.receive("clock", [Fetched(1, b"C1", builders.wire(builders.a_tick("2020-04-04T12:00:00Z")))])
    with pytest.raises(DeadlineOverflow, match=r"section deadlines .* rules: maturity"):
        fold(partition)


@pytest.mark.parametrize("is_disabled_first", [True, False])
def test_deadlines_that_overflowed_wait_in_the_view_and_raise_once_their_rule_lets_them(
    is_disabled_first: bool,
) -> None:
    partition = a_partition_whose_deadlines_overflow()
    if is_disabled_first:
        partition.rules = compiled({**WITH_WAITS, "enabled": False})
        receive(partition, builders.a_tick("2020-04-01T12:00:00Z"))
        assert fold(partition).alerts == []
        partition.rules = compiled(MATURITY)
    else:
        partition.rules = compiled(MATURITY)
        receive(partition, builders.a_tick("2020-04-01T12:00:00Z"))
    assert len(fold(partition).alerts) == 20


def test_a_longer_lead_of_a_changed_rule_finds_its_deadlines_at_the_next_fold() -> None:
    partition = a_partition(rules=[MATURITY])
    receive(partition, builders.a_drawdown(maturity_on="2020-05-01"))
    assert fold(partition).alerts == []
    partition.rules = Rules(RuleFile.model_validate({"rules": [{**MATURITY, "days_before": 90}]}))
    flush = fold(partition)
    assert len(flush.alerts) == 1
    partition.rules = Rules(RuleFile.model_validate({"rules": [{**MATURITY, "days_before": 20}]}))
    partition.undo(flush)
    assert partition.fold(1_000, WALL) is None, "by the rule in force now it is too early"
