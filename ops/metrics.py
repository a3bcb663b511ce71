"""What each process tells of itself: the instruments of the catalogue, moved by name."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Final

from prometheus_client import CollectorRegistry

from ops.instruments import Instruments, Labelled
from ops.process_state import ProcessState
from schemas.deliveries import DeliveryOutcome

__all__ = ["ApiMetrics", "DelivererMetrics", "ProjectorMetrics", "WorkerMetrics"]

_BOTH_UP: Final = {"kafka": True, "redis": True}


class WorkerMetrics:
    """What a worker tells: call from its event loop or any thread."""

    def __init__(
        self, registry: CollectorRegistry, cache_reads: Callable[[], tuple[int, int]] = lambda: (0, 0)
    ) -> None:
        """`cache_reads`: hits and misses of the store's cache so far; a store without one has neither."""
        self.process = ProcessState("worker")

        def by_outcome() -> dict[tuple[str, ...], float]:
            hits, misses = cache_reads()
            return {("hit",): hits, ("miss",): misses}

        made = Instruments(registry, "worker", {"c360_worker_cache_reads_total": by_outcome})
        self._events = made.counters_by["c360_worker_events_total"]
        self._fold = made.batches["c360_worker_fold_seconds"]
        self._batch = made.batches["c360_worker_batch_records"]
        self._flush = made.batches["c360_worker_flush_seconds"]
        self._flushed = made.counters["c360_worker_flushed_records_total"]
        self._transactions = made.counters_by["c360_worker_transactions_total"]
        self._latency = made.batches["c360_worker_latency_seconds"]
        self._alert_latency = made.batches["c360_worker_alert_latency_seconds"]
        self._alerts = made.counters_by["c360_worker_alerts_total"]
        self._dead_letters = made.counters_by["c360_worker_dead_letters_total"]
        self._lag = made.gauges_by["c360_worker_lag_records"]
        self._position = made.gauges_by["c360_worker_position_offset"]
        self._written = made.gauges_by["c360_worker_source_timestamp_seconds"]
        self._happened = made.gauges_by["c360_worker_event_timestamp_seconds"]
        self._clock = made.gauges_by["c360_worker_clock_timestamp_seconds"]
        self._deadlines = made.gauges_by["c360_worker_deadlines"]
        self._overdue = made.gauges_by["c360_worker_deadline_overdue_seconds"]
        self._fired = made.counters["c360_worker_deadlines_fired_total"]
        self._recovered = made.counters_by["c360_worker_recovered_records_total"]
        self._recovering = made.gauges["c360_worker_recovering_records"]
        self._recovery_offsets = made.gauges["c360_worker_recovery_offsets"]
        self._recovery_started = made.gauges["c360_worker_recovery_started_timestamp_seconds"]
        self._recovery_seconds = made.gauges["c360_worker_recovery_seconds"]
        self._standby = made.gauges["c360_worker_standby_partitions"]
        self._standby_read = made.counters["c360_worker_standby_records_total"]
        self._rebalances = made.counters["c360_worker_rebalances_total"]
        self._customers = made.gauges["c360_worker_customers"]
        self._rule_versions = made.gauges_by["c360_worker_rule_version"]
        self._rules_refused = made.counters["c360_worker_rule_records_refused_total"]
        self._sections = made.gauges["c360_worker_sections"]

    def folded(self, topic: str, outcome: str, n: int = 1) -> None:
        """`n` records of an input topic ended as `outcome`: folded, late, refused, redelivered or dead."""
        self._events.of(topic, outcome).inc(n)

    def batch(self, records: int) -> None:
        """A merged batch of `records` was folded."""
        self._batch.observe(records)

    def flush(self, seconds: float, records: int) -> None:
        """A flush of `records` outgoing records was committed `seconds` after it began."""
        self._flush.observe(seconds)
        self._flushed.inc(records)

    def transaction(self, outcome: str) -> None:
        """A transaction ended: committed, aborted (retried) or refused (this worker was fenced)."""
        self._transactions.of(outcome).inc()

    def fold(self, seconds: float) -> None:
        """The records of one transaction were folded in so long."""
        self._fold.observe(seconds)

    def latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """What source records of these timestamps did was committed at `at`, in Unix seconds."""
        self._latency.observe_ages(at, timestamps_ms)

    def alert_latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """Alerts caused by source records of these timestamps were committed at `at`."""
        self._alert_latency.observe_ages(at, timestamps_ms)

    def alert(self, kind: str, change: str) -> None:
        """An alert was published: `change` is raised or addressed."""
        self._alerts.of(kind, change).inc()

    def dead_letter(self, reason: str) -> None:
        """A record was set aside for `reason` (the stable codes of `schemas.aside`)."""
        self._dead_letters.of(reason).inc()

    def position(self, topic: str, partition: int, offset: int, lag: int) -> None:
        """The committed position of an input partition, and how many records are not committed yet."""
        self._position.of(topic, partition).set(offset)
        self._lag.of(topic, partition).set(lag)

    def newest(self, topic: str, partition: int, written_at: float, event_at: float | None) -> None:
        """Of the last record committed: its timestamp and its event time, in Unix seconds."""
        self._written.of(topic, partition).set(written_at)
        if event_at is not None:
            self._happened.of(topic, partition).set(event_at)

    def clock(self, partition: int, epoch_seconds: float) -> None:
        """The partition's clock, event time or wall time."""
        self._clock.of(partition).set(epoch_seconds)

    def deadlines(self, partition: int, waiting: int, overdue_seconds: float) -> None:
        """Customers whose next deadline waits, and for how long the earliest has been due."""
        self._deadlines.of(partition).set(waiting)
        self._overdue.of(partition).set(overdue_seconds)

    def deadlines_fired(self, customers: int) -> None:
        """The deadlines of so many customers fell due."""
        self._fired.inc(customers)

    def recovery_began(self, offsets: int) -> None:
        """A take-over begins that has to read so many offsets of the changelog."""
        self.process.enter("recovering")
        self._recovery_started.set_to_current_time()
        self._recovery_offsets.set(offsets)
        self._recovering.set(offsets)
        self._recovery_seconds.set(0)

    def recovery(self, partition: int, records: int) -> None:
        """So many records of the changelog of `partition` more were read back."""
        self._recovered.of(partition).inc(records)

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

    def holds(self, partitions: bool) -> None:
        """Whether an assignment is held and folded."""
        self.process.enter("running" if partitions else "waiting")

    def rebalance(self) -> None:
        """The assignment changed; gauges of partitions are dropped, and come back for those that are held."""
        self._rebalances.inc()
        of_partitions = self._lag, self._position, self._written, self._happened, self._clock
        for gauge in (*of_partitions, self._deadlines, self._overdue):
            gauge.clear()

    def rules(self, versions: Mapping[str, int]) -> None:
        """Rule id -> version, of all rules in force."""
        self._rule_versions.clear()
        for rule_id, version in versions.items():
            self._rule_versions.of(rule_id).set(version)

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
        self.process = ProcessState("projector")
        self._is_up: dict[str, bool] = {}
        made = Instruments(registry, "projector")
        self._records = made.counters["c360_projector_records_total"]
        self._customers = made.counters_by["c360_projector_customers_total"]
        self._sections = made.counters["c360_projector_sections_total"]
        self._write = made.batches["c360_projector_write_seconds"]
        self._latency = made.batches["c360_projector_latency_seconds"]
        self._lag = made.gauges_by["c360_projector_lag_records"]
        self._behind = made.gauges["c360_projector_workers_behind_records"]
        self._held = made.gauges["c360_projector_held_records"]
        self._orphans = made.counters["c360_projector_orphaned_customers_total"]
        self._up = made.gauges_by["c360_projector_dependency_up"]
        self._failures = made.counters_by["c360_projector_dependency_failures_total"]
        self._evicts = made.gauges["c360_projector_redis_evicts"]
        self._starts = made.counters_by["c360_projector_seeks_total"]

    def read(self, records: int) -> None:
        """`records` of `customer-views` were taken from Kafka."""
        self._records.inc(records)

    def written(self, customers: Mapping[str, int], sections: int, seconds: float) -> None:
        """A batch stands in Redis: customers by outcome (applied, stale, fenced), their sections, the time it took."""
        for outcome, n in customers.items():
            self._customers.of(outcome).inc(n)
        self._sections.inc(sections)
        self._write.observe(seconds)

    def latencies(self, at: float, timestamps_ms: Sequence[int]) -> None:
        """What source records of these timestamps did stands in Redis at `at`, in Unix seconds."""
        self._latency.observe_ages(at, timestamps_ms)

    def lag(self, partition: int, records: int) -> None:
        """Records of a partition of `customer-views` that do not stand in Redis yet."""
        self._lag.of(partition).set(records)

    def workers_behind(self, records: int) -> None:
        """Input records that stood there at the look before and that no worker has committed."""
        self._behind.set(records)

    def held(self, records: int) -> None:
        """Records held back until their customer's summary comes."""
        self._held.set(records)

    def orphaned(self, customers: int) -> None:
        """Customers whose sections were written although no summary came."""
        self._orphans.inc(customers)

    def dependency(self, name: str, *, up: bool) -> None:
        """`name` (kafka or redis) was found reachable or not; without either there is nothing but waiting."""
        self._is_up[name] = up
        self.process.enter("running" if self._is_up == _BOTH_UP else "waiting")
        self._up.of(name).set(int(up))
        if not up:
            self._failures.of(name).inc()

    def evicts(self, on: bool, /) -> None:
        """Redis throws views away once it is full, or does not."""
        self._evicts.set(int(on))

    def seek(self, reason: str) -> None:
        """Reading of a partition began: resumed at what Redis holds, or from the beginning (new, lost, recreated)."""
        self._starts.of(reason).inc()


class DelivererMetrics:
    """What the delivery tells: an implementation of `connectors.sinks.delivering.DeliveryMetrics`."""

    def __init__(self, registry: CollectorRegistry, channels: Iterable[str]) -> None:
        """`channels`: the names of all there are."""
        self.process = ProcessState("deliverer")
        made = Instruments(registry, "deliverer")
        self._deliveries = made.counters_by["c360_deliverer_deliveries_total"]
        for channel, outcome in product(channels, DeliveryOutcome):
            self._deliveries.of(channel, outcome.value)
        self._attempts = made.histograms["c360_deliverer_attempt_seconds"]
        self._held = made.counters_by["c360_deliverer_held_total"]
        self._up = made.gauges_by["c360_deliverer_dependency_up"]
        self._failures = made.counters_by["c360_deliverer_dependency_failures_total"]
        self._latency = made.batches["c360_deliverer_latency_seconds"]

    def delivery(self, channel: str, outcome: str) -> None:
        """A parcel was delivered, held or failed."""
        self._deliveries.of(channel, outcome).inc()

    def attempt(self, channel: str, seconds: float) -> None:
        """A channel was tried."""
        self._attempts.labels(channel).observe(seconds)

    def held(self, reason: str) -> None:
        """A contact was kept back."""
        self._held.of(reason).inc()

    def dependency(self, name: str, *, up: bool) -> None:
        """`name` (kafka, or redis for the contact budget) was found reachable or not."""
        self._up.of(name).set(int(up))
        if not up:
            self._failures.of(name).inc()

    def delivered_after(self, seconds: float) -> None:
        """From an alert's record to its being delivered."""
        self._latency.observe(seconds)


class ApiMetrics:
    """What the lookup API tells: an implementation of `connectors.serving.api.parts.ApiMetrics`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.process = ProcessState("api")
        # Counted for each answer: a Counter of the library's takes many times as long.
        self._requests: Counter[tuple[str, ...]] = Counter()
        self._looks: Counter[tuple[str, ...]] = Counter()
        counted = {
            "c360_api_requests_total": lambda: dict(self._requests),
            "c360_api_looks_total": lambda: dict(self._looks),
        }
        made = Instruments(registry, "api", counted)
        self._seconds = Labelled(made.histograms["c360_api_request_seconds"])
        self._audit = made.batches["c360_api_audit_seconds"]
        self._audit_failures = made.counters["c360_api_audit_failures_total"]
        self._streams = made.gauges["c360_api_streams"]

    def request(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests[route, str(status)] += 1
        self._seconds.of(route).observe(seconds)

    def look(self, role: str, look: str, outcome: str) -> None:
        """A look at customers ended so."""
        # An enumeration is another key than its text, and would be another series of the same name.
        self._looks[role, str(look), str(outcome)] += 1

    def audited(self, seconds: float) -> None:
        """A look stands in the audit trail."""
        self._audit.observe(seconds)

    def audit_failed(self) -> None:
        """A look could not be written."""
        self._audit_failures.inc()

    def streams(self, following: int) -> None:
        """So many follow now."""
        self._streams.set(following)
