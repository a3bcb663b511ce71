"""What a lane tells of itself: where it stands, also while nothing commits, and of whom it never speaks."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ops.metrics import WorkerMetrics
from schemas.events import Event
from schemas.topics import INPUT_TOPICS
from streams.lane.report import LaneReport
from tests.support import builders
from tests.support.lane import WALL, LaneRig

ACCOUNTS = {"topic": "account-changes", "partition": "0"}


def run(registry: CollectorRegistry, scenario: Callable[[LaneRig], Awaitable[None]], **config: Any) -> None:
    """Play a scenario on a lane that tells its measures."""

    async def play() -> None:
        async with LaneRig(metrics=WorkerMetrics(registry), **config) as rig:
            await scenario(rig)

    asyncio.run(play())


def entries(first: int, count: int) -> list[Event]:
    """Entries of one account, numbered as their offsets."""
    return [builders.an_entry(source_seq=seq, balance_minor=seq) for seq in range(first, first + count)]


def test_lag_and_position_are_told_while_a_transaction_hangs() -> None:
    registry = CollectorRegistry()
    told = registry.get_sample_value

    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        rig.sink.gate.clear()
        await rig.fetch(0, *entries(0, 3))
        await rig.until(lambda: told("c360_worker_lag_records", ACCOUNTS) == 3)
        assert told("c360_worker_position_offset", ACCOUNTS) == 0
        rig.sink.gate.set()
        await rig.until(lambda: told("c360_worker_lag_records", ACCOUNTS) == 0)
        assert told("c360_worker_position_offset", ACCOUNTS) == 3

    run(registry, scenario)


def test_the_newest_record_of_a_source_and_when_it_happened_are_told() -> None:
    registry = CollectorRegistry()
    told = registry.get_sample_value
    event = entries(0, 1)[0]

    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, event)
        await rig.until(lambda: told("c360_worker_event_timestamp_seconds", ACCOUNTS) is not None)
        assert told("c360_worker_event_timestamp_seconds", ACCOUNTS) == event.occurred_at.timestamp()
        assert told("c360_worker_source_timestamp_seconds", ACCOUNTS) == 0, "the rig's records bear no timestamp"

    run(registry, scenario)
    assert told("c360_worker_latency_seconds_count") == 1
    assert told("c360_worker_latency_seconds_sum") == WALL.timestamp()
    assert told("c360_worker_fold_seconds_count") == 1


def test_no_label_tells_of_a_customer_or_an_account() -> None:
    registry = CollectorRegistry()
    event = builders.an_entry(balance_minor=99_999_999_00, amount_minor=99_999_999_00)

    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, event)
        await rig.until(lambda: rig.alerts)
        await rig.until(lambda: registry.get_sample_value("c360_worker_customers") == 1)

    run(registry, scenario)
    values = set(re.findall(r'="([^"]*)"', generate_latest(registry).decode()))
    assert "large_entry" in values
    assert not {event.customer_id, event.account_id} & values


def test_where_partitions_stand_is_told_once_a_second() -> None:
    registry = CollectorRegistry()
    report = LaneReport(WorkerMetrics(registry))
    topics = dict.fromkeys(((topic, 0) for topic in INPUT_TOPICS), 5)
    report.end("account-changes", 0, 9)
    report.standing(topics, {}, 100.0)
    assert registry.get_sample_value("c360_worker_lag_records", ACCOUNTS) == 4
    report.end("account-changes", 0, 12)
    report.standing(topics, {}, 100.9)
    assert registry.get_sample_value("c360_worker_lag_records", ACCOUNTS) == 4
    report.standing(topics, {}, 101.0)
    assert registry.get_sample_value("c360_worker_lag_records", ACCOUNTS) == 7


def test_at_level_debug_each_committed_alert_names_the_record_that_caused_it(caplog: pytest.LogCaptureFixture) -> None:
    large = builders.an_entry(source_seq=1, amount_minor=9_000_000, balance_minor=9_000_000)

    async def scenario(rig: LaneRig) -> None:
        await rig.assign(0)
        await rig.fetch(0, large)
        await rig.until(lambda: any(line.startswith("Committed alert ") for line in caplog.messages))

    with caplog.at_level(logging.DEBUG, "c360.lane"):
        run(CollectorRegistry(), scenario)
    told = next(line for line in caplog.messages if "(large_entry, raised)" in line)
    assert re.fullmatch(
        r"Committed alert [0-9a-f-]{36}\.1 \(large_entry, raised\) of account-changes/0/\d+ by .+ v\d+", told
    )
