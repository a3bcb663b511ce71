"""The metrics: what the catalogue names is what the processes show, and nothing else."""

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Histogram

import ops.metrics_catalogue
from ops.errors import OperatorError
from ops.instruments import Batches, register_process, serve
from ops.metrics import ApiMetrics, DelivererMetrics, ProjectorMetrics, WorkerMetrics
from ops.metrics_catalogue import CATALOGUE, LABELS, Metric
from ops.metrics_page import as_markdown
from ops.process_state import STATES, ProcessState


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def _samples(registry: CollectorRegistry) -> Iterator[tuple[str, tuple[str, ...]]]:
    for family in registry.collect():
        for sample in family.samples:
            yield sample.name, tuple(sorted(sample.labels))


def _move_everything(registry: CollectorRegistry) -> None:
    worker = WorkerMetrics(registry)
    register_process(registry, worker.process)
    worker.folded("clock", "folded", 3)
    worker.batch(10)
    worker.fold(0.01)
    worker.flush(0.01, 30)
    worker.transaction("committed")
    worker.latencies(10.0, [9_990])
    worker.alert_latencies(10.0, [9_990])
    worker.alert("maturity", "raised")
    worker.dead_letter("undecodable")
    worker.rebalance()
    worker.position("clock", 0, 5, 7)
    worker.newest("clock", 0, 2.0, 1.0)
    worker.clock(0, 1.0)
    worker.deadlines(0, 5, 0.0)
    worker.deadlines_fired(2)
    worker.recovery(0, 100)
    worker.recovery_began(100)
    worker.recovering(0)
    worker.recovery_ended(1.0)
    worker.standby(2)
    worker.standby_read(3)
    worker.state(1, 6)
    worker.rules({"maturity": 3})
    worker.rule_refused()
    deliverer = DelivererMetrics(registry, ["crm"])
    deliverer.delivery("crm", "delivered")
    deliverer.attempt("crm", 0.01)
    deliverer.held("cool_down")
    deliverer.delivered_after(0.2)
    deliverer.dependency("redis", up=False)
    api = ApiMetrics(registry)
    api.request("/v1/me", 200, 0.001)
    api.look("manager", "view", "shown")
    api.audited(0.001)
    api.audit_failed()
    api.streams(2)
    projector = ProjectorMetrics(registry)
    projector.read(10)
    projector.written({"applied": 2, "stale": 1}, 8, 0.01)
    projector.latencies(10.0, [9_970])
    projector.lag(0, 5)
    projector.workers_behind(4)
    projector.held(2)
    projector.orphaned(1)
    projector.dependency("redis", up=False)
    projector.evicts(True)
    projector.seek("resumed")


def test_every_metric_of_the_catalogue_is_moved_by_some_method(registry: CollectorRegistry) -> None:
    _move_everything(registry)
    seen = dict(_samples(registry))
    for metric in CATALOGUE:
        shown = metric.name + ("_count" if metric.kind == "histogram" else "")
        assert seen.get(shown) == tuple(sorted(metric.labels)), metric.name


def test_nothing_is_shown_that_the_catalogue_does_not_name(registry: CollectorRegistry) -> None:
    _move_everything(registry)
    known = {metric.name.removesuffix("_total") for metric in CATALOGUE}
    shown = {family.name for family in registry.collect()}
    assert {name for name in shown if not name.startswith("process_")} == known


def test_names_and_types_follow_the_habits_of_prometheus() -> None:
    for metric in CATALOGUE:
        assert metric.name.startswith("c360_" if metric.process == "every" else f"c360_{metric.process}_")
        assert re.fullmatch(r"[a-z0-9_]+", metric.name)
        assert (metric.kind == "counter") == metric.name.endswith("_total")
        assert not (metric.kind == "histogram" and not metric.name.endswith(("_seconds", "_records")))
        assert not re.search(r"_(ms|milliseconds|minutes|kb|mb)\b", metric.name)
        assert metric.meaning.endswith(".")
        assert metric.when_bad.endswith(".")
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)


def test_every_label_says_what_bounds_it() -> None:
    assert {label for metric in CATALOGUE for label in metric.labels} == set(LABELS)


def test_what_may_happen_is_shown_as_zero_before_it_has(registry: CollectorRegistry) -> None:
    WorkerMetrics(registry)
    DelivererMetrics(registry, ["crm"])
    counted = registry.get_sample_value
    assert counted("c360_worker_dead_letters_total", {"reason": "wrong_key"}) == 0
    assert counted("c360_worker_alerts_total", {"kind": "maturity", "change": "escalated"}) == 0
    assert counted("c360_deliverer_deliveries_total", {"channel": "crm", "outcome": "failed"}) == 0
    for metric in CATALOGUE:
        assert all(len(values) == len(metric.labels) for values in metric.from_zero), metric.name


def test_every_reason_for_a_dead_letter_begins_at_zero() -> None:
    metric = next(metric for metric in CATALOGUE if metric.name == "c360_worker_dead_letters_total")
    streams = Path(ops.metrics_catalogue.__file__).parents[1] / "streams"
    source = "\n".join(path.read_text() for path in streams.rglob("*.py"))
    assert {(reason,) for reason in re.findall(r'Malformed\(\s*"([a-z_]+)"', source)} == set(metric.from_zero)


def test_ages_counted_at_once_are_those_counted_one_by_one(registry: CollectorRegistry) -> None:
    buckets = (0.01, 0.1, 1.0)
    metric = Metric("worker", "c360_worker_ages_seconds", "histogram", (), "Ages.", "-.", buckets)
    ages, each = Batches(metric, registry), Histogram("each", "Ages.", registry=registry, buckets=buckets)
    stamps = [9_999, 10_000, 9_990, 8_999, 9_000, 9_900, 0, 10_500, 9_989, 9_901]
    ages.observe_ages(10.0, stamps)
    ages.observe_ages(10.0, [])
    ages.observe(0.02)
    for seconds in [*(max(0.0, (10_000 - stamp) / 1000) for stamp in stamps), 0.02]:
        each.observe(seconds)
    for suffix, labels in (("_count", {}), *(("_bucket", {"le": le}) for le in ("0.01", "0.1", "1.0", "+Inf"))):
        counted = registry.get_sample_value(f"c360_worker_ages_seconds{suffix}", labels)
        assert counted == registry.get_sample_value(f"each{suffix}", labels), (suffix, labels)
    total = registry.get_sample_value("c360_worker_ages_seconds_sum")
    assert total == pytest.approx(registry.get_sample_value("each_sum"))


def test_a_rebalance_drops_the_gauges_of_partitions_that_went_elsewhere(registry: CollectorRegistry) -> None:
    metrics = WorkerMetrics(registry)
    metrics.position("account-changes", 3, 90, 10)
    metrics.rebalance()
    metrics.position("account-changes", 1, 95, 5)
    assert registry.get_sample_value("c360_worker_lag_records", {"topic": "account-changes", "partition": "3"}) is None
    assert registry.get_sample_value("c360_worker_lag_records", {"topic": "account-changes", "partition": "1"}) == 5


def test_a_partition_that_comes_back_after_a_rebalance_is_shown_again(registry: CollectorRegistry) -> None:
    metrics = WorkerMetrics(registry)
    metrics.position("account-changes", 3, 90, 10)
    metrics.rebalance()
    metrics.position("account-changes", 3, 95, 5)
    assert registry.get_sample_value("c360_worker_lag_records", {"topic": "account-changes", "partition": "3"}) == 5


def _doing(registry: CollectorRegistry) -> list[str]:
    def value(state: str) -> float | None:
        return registry.get_sample_value("c360_process_state", {"process": "worker", "state": state})

    assert {value(state) for state in STATES} == {0.0, 1.0}
    return [state for state in STATES if value(state)]


def test_a_worker_waits_until_it_has_partitions_recovers_runs_and_in_the_end_stops(registry: CollectorRegistry) -> None:
    metrics = WorkerMetrics(registry)
    register_process(registry, metrics.process)
    told = [_doing(registry)]
    steps: list[Callable[[], None]] = [
        lambda: metrics.recovery_began(100),
        lambda: metrics.holds(True),
        lambda: metrics.holds(False),
        lambda: metrics.process.enter("stopping"),
        # What it gives up while it stops is no reason to wait again.
        lambda: metrics.holds(False),
    ]
    for step in steps:
        step()
        told.append(_doing(registry))
    assert told == [["waiting"], ["recovering"], ["running"], ["waiting"], ["stopping"], ["stopping"]]


def test_a_projector_waits_until_both_kafka_and_redis_answer(registry: CollectorRegistry) -> None:
    metrics = ProjectorMetrics(registry)
    told = []
    for name, up in (("kafka", True), ("redis", True), ("redis", False), ("redis", True)):
        metrics.dependency(name, up=up)
        told.append(metrics.process.now)
    assert told == ["waiting", "running", "waiting", "running"]


def test_the_metrics_are_served_on_a_free_port_of_this_machine(registry: CollectorRegistry) -> None:
    worker = WorkerMetrics(registry)
    worker.folded("clock", "folded", 3)
    port = serve(registry, worker.process, "127.0.0.1", 0)
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    assert 'c360_worker_events_total{outcome="folded",topic="clock"} 3.0' in text
    assert 'c360_build_info{process="worker",python="' in text
    assert "process_cpu_seconds_total" in text


def test_a_port_that_is_taken_is_told_in_one_sentence(registry: CollectorRegistry) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OperatorError, match="C360_PROJECTOR_METRICS_PORT"):
            serve(registry, ProcessState("projector"), "127.0.0.1", port)


def test_the_document_is_up_to_date() -> None:
    committed = Path(ops.metrics_catalogue.__file__).with_name("METRICS.md")
    assert committed.read_text() == as_markdown(), "run `c360 metrics-doc > ops/METRICS.md`"
