"""The metrics: what the catalogue names is what the processes show."""

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry

import ops.metrics_catalogue
from ops.metrics import ApiMetrics, DelivererMetrics, ProjectorMetrics, WorkerMetrics, serve
from ops.metrics_catalogue import CATALOGUE, as_markdown


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def _samples(registry: CollectorRegistry) -> Iterator[tuple[str, tuple[str, ...]]]:
    for family in registry.collect():
        for sample in family.samples:
            yield sample.name, tuple(sorted(sample.labels))


def _move_everything(registry: CollectorRegistry) -> None:
    worker = WorkerMetrics(registry)
    worker.folded("clock", "folded", 3)
    worker.batch(10)
    worker.flush(0.01, 30)
    worker.transaction("committed")
    worker.latency(0.02)
    worker.alert("maturity", "raised")
    worker.dead_letter("undecodable")
    worker.rebalance()
    worker.lag("clock", 0, 7)
    worker.clock(0, 1.0)
    worker.recovery(0, 100)
    worker.recovery_began(100)
    worker.recovering(0)
    worker.recovery_ended(1.0)
    worker.standby(2)
    worker.standby_read(3)
    worker.state(1, 6)
    worker.rules({"maturity": 3})
    worker.rule_refused()
    deliverer = DelivererMetrics(registry)
    deliverer.delivery("crm", "delivered")
    deliverer.attempt("crm", 0.01)
    deliverer.held("cool_down")
    deliverer.delivered_after(0.2)
    api = ApiMetrics(registry)
    api.request("/v1/me", 200, 0.001)
    api.look("manager", "view", "shown")
    api.audited(0.001)
    api.audit_failed()
    api.streams(2)
    projector = ProjectorMetrics(registry)
    projector.read(10)
    projector.written({"applied": 2, "stale": 1}, 8, 0.01)
    projector.latency(0.03)
    projector.lag(0, 5)
    projector.held(2)
    projector.orphaned(1)
    projector.dependency("redis", up=False)
    projector.seek("resumed")


def test_every_metric_of_the_catalogue_is_moved_by_some_method(registry: CollectorRegistry) -> None:
    _move_everything(registry)
    seen = dict(_samples(registry))
    for metric in CATALOGUE:
        shown = metric.name + ("_count" if metric.kind == "histogram" else "")
        assert seen.get(shown) == tuple(sorted(metric.labels)), metric.name


def test_names_and_types_follow_the_habits_of_prometheus() -> None:
    for metric in CATALOGUE:
        assert metric.name.startswith(f"c360_{metric.process}_")
        assert (metric.kind == "counter") == metric.name.endswith("_total")
        assert metric.meaning.endswith(".")
        assert metric.when_bad.endswith(".")
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)


def test_no_label_can_grow_without_bound() -> None:
    bounded = {"topic", "partition", "outcome", "kind", "change", "reason", "dependency", "rule", "channel"}
    bounded |= {"route", "status", "role", "look"}
    assert {label for metric in CATALOGUE for label in metric.labels} <= bounded


def test_a_rebalance_drops_the_gauges_of_partitions_that_went_elsewhere(registry: CollectorRegistry) -> None:
    metrics = WorkerMetrics(registry)
    metrics.lag("account-changes", 3, 10)
    metrics.rebalance()
    metrics.lag("account-changes", 1, 5)
    assert registry.get_sample_value("c360_worker_lag_records", {"topic": "account-changes", "partition": "3"}) is None
    assert registry.get_sample_value("c360_worker_lag_records", {"topic": "account-changes", "partition": "1"}) == 5


def test_the_metrics_are_served_on_a_free_port_of_this_machine(registry: CollectorRegistry) -> None:
    WorkerMetrics(registry).folded("clock", "folded", 3)
    port = serve(registry, 0)
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert 'c360_worker_events_total{outcome="folded",topic="clock"} 3.0' in text
    assert "process_cpu_seconds_total" in text


def test_the_document_is_up_to_date() -> None:
    committed = Path(ops.metrics_catalogue.__file__).with_name("METRICS.md")
    assert committed.read_text() == as_markdown(), "run `c360 metrics-doc > ops/METRICS.md`"
