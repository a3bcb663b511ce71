"""The worker on real Kafka: killed, frozen and woken, it ends in the oracle's views and alerts, none twice."""

import signal
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.topics import write_ticks
from schemas.events import CustomerScoped
from schemas.topics import INPUT_TOPICS
from tests.support import builders
from tests.support.outcome import alerts_on, expected_of, views_on
from tests.support.system import (
    GroupProgress,
    WorkerProcess,
    empty_topics,
    ending,
    group_positions,
    input_ends,
    produce,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
CUSTOMERS = 40
DAYS = 60
SMALL_FLUSHES = {"C360_RECORDS_PER_FLUSH": "2"}
"""Over a thousand transactions instead of two, so that a replay can be met in its middle."""
SMALLEST_FLUSHES = {"C360_RECORDS_PER_FLUSH": "1"}
"""A transaction per event: seconds are left after each of three kills, on a machine of any speed."""


def a_history() -> Iterator[tuple[str, str, bytes]]:
    """About 2,800 events of 40 customers over 60 days, in event-time order, around all thresholds."""
    for day in range(DAYS):
        for number in range(CUSTOMERS):
            at = BEGIN + timedelta(days=day, seconds=number)
            for event in _on(day, number, at):
                yield builders.topic_of(event), event.customer_id, builders.wire(event)


def _on(day: int, number: int, at: datetime) -> Iterator[CustomerScoped]:
    customer, account, contract = f"C{number}", f"A{number}", f"L{number}"
    common = {"customer_id": customer, "occurred_at": at}
    if day == number % 20:
        yield builders.a_customer(name=f"Customer {number}", **common)
        yield builders.a_host(relationship_id=f"R{number}", party_id=f"M{number % 7}", **common)
    if day == 0:
        yield builders.an_account(account_id=account, **common)
    if day == 5:
        yield builders.a_contract(contract_id=contract, **common)
        yield builders.a_drawdown(
            contract_id=contract, drawdown_id="D1", maturity_on=(BEGIN + timedelta(days=35 + number)).date(), **common
        )
    if day % 15 == 3:
        yield builders.a_complaint(complaint_id=f"K{number}-{day}", **common)
    amount = ((day * 37 + number * 11) % 13 - 6) * 1_000_000
    balance = 9_000_000 + ((day * 29 + number * 7) % 17) * 200_000
    yield builders.an_entry(
        account_id=account, source_seq=1 + day, amount_minor=amount or 5_000_000, balance_minor=balance, **common
    )


@pytest.fixture
def bootstrap(kafka_bootstrap: str) -> str:
    """The session's Kafka, its topics emptied and the history in them."""
    empty_topics(kafka_bootstrap)
    produce(kafka_bootstrap, a_history())
    write_ticks(kafka_bootstrap, BEGIN + timedelta(days=DAYS))
    return kafka_bootstrap


def share_folded(bootstrap: str, group: str) -> float:
    """How much of the input is committed, 0 to 1."""
    with closing(GroupProgress(bootstrap, group)) as progress:
        return sum(progress.positions().values()) / sum(progress.ends().values())


def wait_until_folded(bootstrap: str, group: str, share: float, within: float = 120) -> None:
    """Wait until that much of the input, as it is now, is committed."""
    with closing(GroupProgress(bootstrap, group)) as progress:
        wanted = share * sum(progress.ends().values())
        eventually(lambda: sum(progress.positions().values()) >= wanted, within=within, every=0.005)


def assert_as_the_oracle_says(bootstrap: str) -> None:
    """Views and alert records on the broker are exactly those of the oracle."""
    wanted = expected_of(bootstrap)
    assert len(wanted.views) == CUSTOMERS
    assert views_on(bootstrap) == wanted.views
    assert alerts_on(bootstrap) == wanted.alerts


def test_a_worker_killed_three_times_in_mid_replay_ends_as_if_nothing_happened(
    bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    group = f"{topic_prefix}worker"
    worker = WorkerProcess(bootstrap, group, tmp_path, "worker", SMALLEST_FLUSHES).start()
    with ending(worker):
        for share in (0.1, 0.3, 0.5):
            wait_until_folded(bootstrap, group, share)
            worker.kill()
            assert share_folded(bootstrap, group) < 1, "the replay was over before it could be killed"
            worker.start()
        wait_until_folded(bootstrap, group, 1.0)
        assert worker.stop() == 0
    assert_as_the_oracle_says(bootstrap)


def test_a_frozen_worker_that_wakes_after_its_partitions_moved_commits_nothing(
    bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    group = f"{topic_prefix}worker"
    frozen = WorkerProcess(bootstrap, group, tmp_path, "frozen", SMALL_FLUSHES).start()
    heir = WorkerProcess(bootstrap, group, tmp_path, "heir")
    with ending(frozen, heir):
        wait_until_folded(bootstrap, group, 0.3)
        frozen.signal(signal.SIGSTOP)
        heir.start()
        wait_until_folded(bootstrap, group, 1.0)
        frozen.signal(signal.SIGCONT)
        eventually(lambda: "refused by the broker" in frozen.log or not frozen.is_running)
        assert heir.is_running
    assert_as_the_oracle_says(bootstrap)


def test_two_workers_share_the_partitions_and_one_takes_over_what_the_other_leaves(
    bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    group = f"{topic_prefix}worker"
    first = WorkerProcess(bootstrap, group, tmp_path, "first", SMALL_FLUSHES).start()
    second = WorkerProcess(bootstrap, group, tmp_path, "second", SMALL_FLUSHES)
    with ending(first, second):
        wait_until_folded(bootstrap, group, 0.1)
        second.start()
        eventually(lambda: "Took over partitions" in second.log, within=30)
        assert first.stop() == 0
        wait_until_folded(bootstrap, group, 1.0)
        assert second.stop() == 0
    assert_as_the_oracle_says(bootstrap)


def test_every_input_topic_has_a_committed_position_in_every_partition(
    bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    group = f"{topic_prefix}worker"
    worker = WorkerProcess(bootstrap, group, tmp_path, "worker").start()
    with ending(worker):
        wait_until_folded(bootstrap, group, 1.0)
    assert group_positions(bootstrap, group) == input_ends(bootstrap)
    assert {topic for topic, _ in group_positions(bootstrap, group)} == set(INPUT_TOPICS)
