"""Every metric of c360: one catalogue, and the instruments that worker and projector move.

The catalogue is what `/metrics` shows and what `ops/METRICS.md` says. Labels are bounded: topics, partitions and
stable codes and rules, never a customer, an account or a text.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)

from ops.metrics_catalogue import CATALOGUE, Metric

__all__ = ["ApiMetrics", "DelivererMetrics", "ProjectorMetrics", "WorkerMetrics", "serve"]

LOOPBACK: Final = "127.0.0.1"

# The instants at which counters were made would double the lines of /metrics, and nothing reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]


def serve(registry: CollectorRegistry, port: int) -> int:
    """Offer `/metrics` of `registry` on 127.0.0.1 from a daemon thread; port 0 takes a free one. Returns the port."""
    ProcessCollector(registry=registry)
    server, _ = start_http_server(port, addr=LOOPBACK, registry=registry)
    return int(server.server_port)


class _Instruments:
    """The instruments of one process, by the name the catalogue gives them."""

    def __init__(self, registry: CollectorRegistry, process: str) -> None:
        self.counters: dict[str, Counter] = {}
        self.gauges: dict[str, Gauge] = {}
        self.histograms: dict[str, Histogram] = {}
        for metric in CATALOGUE:
            if metric.process == process:
                self._add(metric, registry)

    def _add(self, metric: Metric, registry: CollectorRegistry) -> None:
        if metric.kind == "counter":
            self.counters[metric.name] = Counter(metric.name, metric.meaning, metric.labels, registry=registry)
        elif metric.kind == "gauge":
            self.gauges[metric.name] = Gauge(metric.name, metric.meaning, metric.labels, registry=registry)
        else:
            self.histograms[metric.name] = Histogram(
                metric.name, metric.meaning, metric.labels, registry=registry, buckets=metric.buckets
            )


class WorkerMetrics:
    """What a worker tells: call from its event loop or any thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        made = _Instruments(registry, "worker")
        self._events = made.counters["c360_worker_events_total"]
        self._batch = made.histograms["c360_worker_batch_records"]
        self._flush = made.histograms["c360_worker_flush_seconds"]
        self._flushed = made.counters["c360_worker_flushed_records_total"]
        self._transactions = made.counters["c360_worker_transactions_total"]
        self._latency = made.histograms["c360_worker_latency_seconds"]
        self._alerts = made.counters["c360_worker_alerts_total"]
        self._dead_letters = made.counters["c360_worker_dead_letters_total"]
        self._lag = made.gauges["c360_worker_lag_records"]
        self._clock = made.gauges["c360_worker_clock_timestamp_seconds"]
        self._recovered = made.counters["c360_worker_recovered_records_total"]
        self._recovering = made.gauges["c360_worker_recovering_records"]
        self._recovery_offsets = made.gauges["c360_worker_recovery_offsets"]
        self._recovery_started = made.gauges["c360_worker_recovery_started_timestamp_seconds"]
        self._recovery_seconds = made.gauges["c360_worker_recovery_seconds"]
        self._standby = made.gauges["c360_worker_standby_partitions"]
        self._standby_read = made.counters["c360_worker_standby_records_total"]
        self._rebalances = made.counters["c360_worker_rebalances_total"]
        self._customers = made.gauges["c360_worker_customers"]
        self._rule_versions = made.gauges["c360_worker_rule_version"]
        self._rules_refused = made.counters["c360_worker_rule_records_refused_total"]
        self._sections = made.gauges["c360_worker_sections"]

    def folded(self, topic: str, outcome: str, n: int = 1) -> None:
        """`n` records of an input topic ended as `outcome`: folded, late, refused, redelivered or dead."""
        self._events.labels(topic, outcome).inc(n)

    def batch(self, records: int) -> None:
        """A merged batch of `records` was folded."""
        self._batch.observe(records)

    def flush(self, seconds: float, records: int) -> None:
        """A flush of `records` outgoing records was committed `seconds` after it began."""
        self._flush.observe(seconds)
        self._flushed.inc(records)

    def transaction(self, outcome: str) -> None:
        """A transaction ended: committed, aborted (retried) or refused (this worker was fenced)."""
        self._transactions.labels(outcome).inc()

    def latency(self, seconds: float) -> None:
        """From a source record's timestamp to the commit of the flush that carries what it did."""
        self._latency.observe(seconds)

    def alert(self, kind: str, change: str) -> None:
        """An alert was published: `change` is raised or addressed."""
        self._alerts.labels(kind, change).inc()

    def dead_letter(self, reason: str) -> None:
        """A record was set aside for `reason` (the stable codes of `schemas.aside`)."""
        self._dead_letters.labels(reason).inc()

    def lag(self, topic: str, partition: int, records: int) -> None:
        """Records of an input partition held by this worker that are not committed yet."""
        self._lag.labels(topic, str(partition)).set(records)

    def clock(self, partition: int, epoch_seconds: float) -> None:
        """The partition's clock, event time or wall time."""
        self._clock.labels(str(partition)).set(epoch_seconds)

    def recovery_began(self, offsets: int) -> None:
        """A take-over begins that has to read so many offsets of the changelog."""
        self._recovery_started.set_to_current_time()
        self._recovery_offsets.set(offsets)
        self._recovering.set(offsets)
        self._recovery_seconds.set(0)

    def recovery(self, partition: int, records: int) -> None:
        """So many records of the changelog of `partition` more were read back."""
        self._recovered.labels(str(partition)).inc(records)

    def recovering(self, remaining: int) -> None:
        """So many offsets of the changelog are still to be read before folding goes on; 0 when there are none."""
        self._recovering.set(remaining)

    def recovery_ended(self, seconds: float) -> None:
        """All is read back; it took so long."""
        self._recovery_seconds.set(seconds)

    def standby(self, partitions: int) -> None:
        """Warm copies of so many partitions are kept."""
        self._standby.set(partitions)

    def standby_read(self, records: int) -> None:
        """So many changelog records more went into warm copies."""
        self._standby_read.inc(records)

    def rebalance(self) -> None:
        """The assignment changed; gauges of partitions are dropped, and come back for those that are held."""
        self._rebalances.inc()
        self._lag.clear()
        self._clock.clear()

    def rules(self, versions: Mapping[str, int]) -> None:
        """Rule id -> version, of all rules in force."""
        self._rule_versions.clear()
        for rule_id, version in versions.items():
            self._rule_versions.labels(rule_id).set(version)

    def rule_refused(self) -> None:
        """A record of `alert-rules` does not come into force."""
        self._rules_refused.inc()

    def state(self, customers: int, sections: int) -> None:
        """How much this worker holds."""
        self._customers.set(customers)
        self._sections.set(sections)


class ProjectorMetrics:
    """What the projector tells: an implementation of `connectors.sinks.projection_metrics.ProjectionMetrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        made = _Instruments(registry, "projector")
        self._records = made.counters["c360_projector_records_total"]
        self._customers = made.counters["c360_projector_customers_total"]
        self._sections = made.counters["c360_projector_sections_total"]
        self._write = made.histograms["c360_projector_write_seconds"]
        self._latency = made.histograms["c360_projector_latency_seconds"]
        self._lag = made.gauges["c360_projector_lag_records"]
        self._held = made.gauges["c360_projector_held_records"]
        self._orphans = made.counters["c360_projector_orphaned_customers_total"]
        self._up = made.gauges["c360_projector_dependency_up"]
        self._failures = made.counters["c360_projector_dependency_failures_total"]
        self._starts = made.counters["c360_projector_seeks_total"]

    def read(self, records: int) -> None:
        """`records` of `customer-views` were taken from Kafka."""
        self._records.inc(records)

    def written(self, customers: Mapping[str, int], sections: int, seconds: float) -> None:
        """A batch stands in Redis: customers by outcome (applied, stale, fenced), their sections, the time it took."""
        for outcome, n in customers.items():
            self._customers.labels(outcome).inc(n)
        self._sections.inc(sections)
        self._write.observe(seconds)

    def latency(self, seconds: float) -> None:
        """From the source record's timestamp to its effect standing in Redis."""
        self._latency.observe(seconds)

    def lag(self, partition: int, records: int) -> None:
        """Records of a partition of `customer-views` that do not stand in Redis yet."""
        self._lag.labels(str(partition)).set(records)

    def held(self, records: int) -> None:
        """Records held back until their customer's summary comes."""
        self._held.set(records)

    def orphaned(self, customers: int) -> None:
        """Customers whose sections were written although no summary came."""
        self._orphans.inc(customers)

    def dependency(self, name: str, *, up: bool) -> None:
        """`name` (kafka or redis) was found reachable or not."""
        self._up.labels(name).set(int(up))
        if not up:
            self._failures.labels(name).inc()

    def seek(self, reason: str) -> None:
        """Reading of a partition began: resumed at what Redis holds, or from the beginning (new, lost, recreated)."""
        self._starts.labels(reason).inc()


class DelivererMetrics:
    """What the delivery tells: an implementation of `connectors.sinks.delivering.DeliveryMetrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        made = _Instruments(registry, "deliverer")
        self._deliveries = made.counters["c360_deliverer_deliveries_total"]
        self._attempts = made.histograms["c360_deliverer_attempt_seconds"]
        self._held = made.counters["c360_deliverer_held_total"]
        self._latency = made.histograms["c360_deliverer_latency_seconds"]

    def delivery(self, channel: str, outcome: str) -> None:
        """A parcel was delivered, held or failed."""
        self._deliveries.labels(channel, outcome).inc()

    def attempt(self, channel: str, seconds: float) -> None:
        """A channel was tried."""
        self._attempts.labels(channel).observe(seconds)

    def held(self, reason: str) -> None:
        """A contact was kept back."""
        self._held.labels(reason).inc()

    def delivered_after(self, seconds: float) -> None:
        """From an alert's record to its being delivered."""
        self._latency.observe(seconds)


class ApiMetrics:
    """What the lookup API tells: an implementation of `connectors.serving.api.parts.ApiMetrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        made = _Instruments(registry, "api")
        self._requests = made.counters["c360_api_requests_total"]
        self._seconds = made.histograms["c360_api_request_seconds"]
        self._looks = made.counters["c360_api_looks_total"]
        self._audit = made.histograms["c360_api_audit_seconds"]
        self._audit_failures = made.counters["c360_api_audit_failures_total"]
        self._streams = made.gauges["c360_api_streams"]

    def request(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def look(self, role: str, look: str, outcome: str) -> None:
        """A look at customers ended so."""
        self._looks.labels(role, look, outcome).inc()

    def audited(self, seconds: float) -> None:
        """A look stands in the audit trail."""
        self._audit.observe(seconds)

    def audit_failed(self) -> None:
        """A look could not be written."""
        self._audit_failures.inc()

    def streams(self, following: int) -> None:
        """So many follow now."""
        self._streams.set(following)
