"""The metrics by name: type, labels, meaning, and what to do when one is bad."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from schemas.alerts import AlertChange, AlertKind
from schemas.audit import Look
from schemas.topics import INPUT_TOPICS

__all__ = ["CATALOGUE", "LABELS", "PROCESSES", "Metric", "Process"]

Process = Literal["worker", "projector", "deliverer", "api"]
PROCESSES: Final[tuple[Process, ...]] = ("worker", "projector", "deliverer", "api")

LABELS: Final = {
    "change": f"why an alert was published: {len(AlertChange)}",
    "channel": "the channels of the delivery file",
    "dependency": "kafka, redis",
    "kind": f"kinds of alerts: {len(AlertKind)}",
    "look": f"kinds of looks: {len(Look)}",
    "outcome": "a handful for each metric, named in its meaning",
    "partition": "the partitions of a topic (C360_PARTITIONS)",
    "process": "worker, projector, deliverer, api",
    "python": "one for each process",
    "reason": "stable codes, named in the metric's meaning",
    "role": "the roles of the roles file",
    "route": "templates of paths, never paths",
    "rule": "the rules in force",
    "state": "waiting, recovering, running, stopping",
    "status": "status codes of HTTP",
    "topic": f"the input topics: {len(INPUT_TOPICS)}",
    "version": "one for each process",
}
"""Every label there may be, and what bounds its values: never a customer, an account, a person or a text."""

_LATENCY: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
_SIZES: Final = (1.0, 5.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)


@dataclass(frozen=True)
class Metric:
    """One metric as Prometheus shows it."""

    process: Process | Literal["every"]
    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    when_bad: str
    buckets: tuple[float, ...] = _LATENCY
    from_zero: tuple[tuple[str, ...], ...] = ()
    """Label values of series that are shown as 0 before anything has happened."""


def _each(*values: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(product(*(map(str, each) for each in values)))


DEAD_REASONS: Final = (
    "undecodable",
    "unknown_type",
    "invalid",
    "wrong_key",
    "wrong_partition",
    "refused",
    "oversized",
    "set_aside",
)

CATALOGUE: Final = (
    Metric(
        "every",
        "c360_build_info",
        "gauge",
        ("process", "version", "python"),
        "Always 1; the labels say which process of which version this is, on which Python.",
        "Two versions of one process for longer than a roll-out takes: a machine was forgotten.",
    ),
    Metric(
        "every",
        "c360_process_state",
        "gauge",
        ("process", "state"),
        "1 for what the process is doing, told from its start to its end: waiting (for Kafka, Redis, its partitions, "
        "or until its generation of the views comes into force), recovering, running, stopping.",
        "`waiting` for minutes: the log says for what. A worker of a generation that is kept to go back to waits for "
        "good; one without a partition stands by, and is running.",
    ),
    Metric(
        "worker",
        "c360_worker_events_total",
        "counter",
        ("topic", "outcome"),
        "Records of the input topics by what became of them: folded, late, refused, redelivered, dead.",
        "Flat while sources send: see lag and rebalances. `dead` or `refused` rising: read `dead-letters`. `late` "
        "rising: a source sends more than 32 additive events of one entity out of order.",
        from_zero=_each(INPUT_TOPICS, ("folded", "late", "refused", "redelivered", "dead")),
    ),
    Metric(
        "worker",
        "c360_worker_batch_records",
        "histogram",
        (),
        "Records folded per batch.",
        "Always at the upper end: the worker is saturated, add one. Near 1 under load: the fetch waits are wrong.",
        _SIZES,
    ),
    Metric(
        "worker",
        "c360_worker_fold_seconds",
        "histogram",
        (),
        "Time in which the records of one transaction were folded.",
        "Far above 0.5 s: one customer or rule is expensive; nothing else is done meanwhile.",
    ),
    Metric(
        "worker",
        "c360_worker_flush_seconds",
        "histogram",
        (),
        "From the beginning of a flush to its commit.",
        "Slow: the broker is slow or far; look at its request times and at `min.insync.replicas`.",
    ),
    Metric(
        "worker",
        "c360_worker_flushed_records_total",
        "counter",
        (),
        "Sections, alerts, dead letters and late events sent in committed flushes.",
        "Much more per event than two or three sections: an event touches more of a view than it should.",
    ),
    Metric(
        "worker",
        "c360_worker_transactions_total",
        "counter",
        ("outcome",),
        "Transactions by outcome: committed, aborted (and retried), refused (this worker was fenced), unknown (the "
        "worker stopped at once).",
        "`refused` after a rebalance is the fence at work. Again and again without one: two workers share an id, or a "
        "flush takes longer than the session timeout.",
        from_zero=_each(("committed", "aborted", "refused", "unknown")),
    ),
    Metric(
        "worker",
        "c360_worker_latency_seconds",
        "histogram",
        (),
        "From a source record's Kafka timestamp to the commit of what it did.",
        "p99 over 0.1 s without lag: look at flush times; with lag: the worker is behind.",
    ),
    Metric(
        "worker",
        "c360_worker_alert_latency_seconds",
        "histogram",
        (),
        "From the timestamp of the record that caused an alert to its commit; of a deadline, from its turn.",
        "p99 over 0.1 s: as the latency above; history counts its age.",
    ),
    Metric(
        "worker",
        "c360_worker_alerts_total",
        "counter",
        ("kind", "change"),
        "Alerts published, by kind and change: raised, addressed, escalated, and what people did with them.",
        "A flood of one kind: a threshold was changed, or a source restated history.",
        from_zero=_each(AlertKind, (AlertChange.RAISED, AlertChange.ESCALATED)),
    ),
    Metric(
        "worker",
        "c360_worker_dead_letters_total",
        "counter",
        ("reason",),
        "Records set aside, by reason: undecodable, unknown_type, invalid, wrong_key, wrong_partition, refused, "
        "oversized, set_aside.",
        "Rising: read `dead-letters`, each says where it stood and what was wrong; mend the source and send again.",
        from_zero=_each(DEAD_REASONS),
    ),
    Metric(
        "worker",
        "c360_worker_lag_records",
        "gauge",
        ("topic", "partition"),
        "Records of the input partitions this worker holds that are not committed yet.",
        "Growing: add a worker (up to one per partition). One partition only: a very busy customer, or it is stuck.",
    ),
    Metric(
        "worker",
        "c360_worker_position_offset",
        "gauge",
        ("topic", "partition"),
        "Committed position in the input partitions this worker holds.",
        "Standing still while lag is above zero: the partition is stuck; the log says at what.",
    ),
    Metric(
        "worker",
        "c360_worker_source_timestamp_seconds",
        "gauge",
        ("topic", "partition"),
        "When the last record committed of an input partition was written, as Unix time: the source's freshness.",
        "Older than the source's habit with lag at zero: the source is silent; with lag: the worker is behind.",
    ),
    Metric(
        "worker",
        "c360_worker_event_timestamp_seconds",
        "gauge",
        ("topic", "partition"),
        "When the event of the last record committed of an input partition happened, as Unix time.",
        "Far behind the record's own timestamp: the source sends late what happened, or sends history.",
    ),
    Metric(
        "worker",
        "c360_worker_clock_timestamp_seconds",
        "gauge",
        ("partition",),
        "The partition's clock as Unix time: event time or wall time, by setting.",
        "Standing still in event mode: a source is silent and no ticks are written. Maturities wait for it.",
    ),
    Metric(
        "worker",
        "c360_worker_deadlines",
        "gauge",
        ("partition",),
        "Customers of whom something falls due some time.",
        "0 where maturities are known: rules that watch them are disabled, see rule_version.",
    ),
    Metric(
        "worker",
        "c360_worker_deadline_overdue_seconds",
        "gauge",
        ("partition",),
        "How long the earliest deadline not looked at yet has been due, on the partition's clock; 0 when none is.",
        "Growing: a flood of deadlines is spread over folds, and takes longer than it should; add a worker.",
    ),
    Metric(
        "worker",
        "c360_worker_deadlines_fired_total",
        "counter",
        (),
        "Customers looked at because something of theirs fell due, without an event of theirs.",
        "A steep rise at midnight of the bank is normal. Never rising: time stands still, see clock_timestamp.",
    ),
    Metric(
        "worker",
        "c360_worker_recovered_records_total",
        "counter",
        ("partition",),
        "Records of `customer-views` read back to rebuild state after a start or a rebalance.",
        "Rising without restarts: the group rebalances, see rebalances.",
    ),
    Metric(
        "worker",
        "c360_worker_recovering_records",
        "gauge",
        (),
        "Offsets of `customer-views` still to be read back before folding goes on.",
        "Not falling: the broker can't be read, or a transaction was left open (it ends by its timeout).",
    ),
    Metric(
        "worker",
        "c360_worker_recovery_offsets",
        "gauge",
        (),
        "Offsets of `customer-views` that the recovery under way, or the last one, has to read.",
        "Many times the sections held: compaction is behind; look at the topic's `min.cleanable.dirty.ratio`.",
    ),
    Metric(
        "worker",
        "c360_worker_recovery_started_timestamp_seconds",
        "gauge",
        (),
        "When the recovery under way, or the last one, began, as Unix time.",
        "Recent again and again: the group rebalances, see rebalances.",
    ),
    Metric(
        "worker",
        "c360_worker_recovery_seconds",
        "gauge",
        (),
        "How long the last recovery took; 0 while one is under way: `c360 recovery` shows how far it is.",
        "Longer than the bank can wait for alerts: more workers, so that each holds fewer partitions.",
    ),
    Metric(
        "worker",
        "c360_worker_standby_partitions",
        "gauge",
        (),
        "Partitions of other workers of which this one keeps warm copies (C360_STANDBY_REPLICAS).",
        "0 where copies are wanted: there are too few workers for them.",
    ),
    Metric(
        "worker",
        "c360_worker_standby_records_total",
        "counter",
        (),
        "Records of `customer-views` that went into warm copies.",
        "Flat while others fold: the copies stand still, the log says why; a take-over then reads more.",
    ),
    Metric(
        "worker",
        "c360_worker_rebalances_total",
        "counter",
        (),
        "Changes of the assignment of partitions.",
        "Rising by itself: a worker misses heartbeats (too little CPU, or a flush longer than the session timeout).",
    ),
    Metric(
        "worker",
        "c360_worker_customers",
        "gauge",
        (),
        "Customers whose views this worker holds.",
        "Very uneven between workers: partitions are; look at the assignment.",
    ),
    Metric(
        "worker",
        "c360_worker_sections",
        "gauge",
        (),
        "Sections this worker holds.",
        "Memory follows it; close to the machine's: add a worker.",
    ),
    Metric(
        "worker",
        "c360_worker_cache_reads_total",
        "counter",
        ("outcome",),
        "Blocks of sections looked for in the cache of the store on disk (C360_STORE=rocksdb): hit, miss. The store in "
        "memory has no cache, and both stay 0.",
        "Many misses, and fold times that grow with them: more customers are active than 64 MB of blocks hold; more "
        "workers, so that each has fewer, or the store in memory.",
    ),
    Metric(
        "worker",
        "c360_worker_rule_version",
        "gauge",
        ("rule",),
        "Version in force of each enabled rule: the offset of its record in `alert-rules`.",
        "Not the same on every worker for more than two seconds: one can't read `alert-rules`, see its log.",
    ),
    Metric(
        "worker",
        "c360_worker_rule_records_refused_total",
        "counter",
        (),
        "Records of `alert-rules` that did not come into force.",
        "Above zero: somebody writes rules past `c360 rules put`. The log says what is wrong; put the rule again.",
    ),
    Metric(
        "projector",
        "c360_projector_records_total",
        "counter",
        (),
        "Records of `customer-views` taken from Kafka.",
        "Flat while workers flush: see dependency_up.",
    ),
    Metric(
        "projector",
        "c360_projector_customers_total",
        "counter",
        ("outcome",),
        "Redis writes, one per customer and batch: applied, stale (already there), fenced (a newer rebuild owns it).",
        "`stale` after a restart is normal. `fenced`: two projectors run, one of them on an outdated start.",
        from_zero=_each(("applied", "stale", "fenced")),
    ),
    Metric(
        "projector",
        "c360_projector_sections_total",
        "counter",
        (),
        "Sections written to Redis or deleted there.",
        "Far below records_total: a busy customer changes many times per batch, which is harmless.",
    ),
    Metric(
        "projector",
        "c360_projector_write_seconds",
        "histogram",
        (),
        "Time a batch took in Redis.",
        "Slow: Redis is far, swapping or saving; look at its SLOWLOG and latency.",
    ),
    Metric(
        "projector",
        "c360_projector_latency_seconds",
        "histogram",
        (),
        "From a source record's Kafka timestamp to its effect standing in Redis.",
        "p99 over 0.2 s: see the worker's latency first, then lag and write times here. History counts its age.",
    ),
    Metric(
        "projector",
        "c360_projector_lag_records",
        "gauge",
        ("partition",),
        "Records of `customer-views` that do not stand in Redis yet.",
        "Growing: Redis is slow or unreachable. Lookups show views as behind when records wait for over a second.",
    ),
    Metric(
        "projector",
        "c360_projector_workers_behind_records",
        "gauge",
        (),
        "Input records that no worker has committed though they stood there at the look before (every 2 s), as Kafka "
        "tells; known when no worker runs, too.",
        "Growing: no worker runs, or too few.",
    ),
    Metric(
        "projector",
        "c360_projector_held_records",
        "gauge",
        (),
        "Records held back until their customer's summary comes, so that nobody sees half a flush.",
        "Above zero for long while lag is zero: a worker died in mid-flush, or something else writes `customer-views`.",
    ),
    Metric(
        "projector",
        "c360_projector_orphaned_customers_total",
        "counter",
        (),
        "Customers whose sections were written although no summary came.",
        "Only workers write `customer-views`, and they end each customer's flush with the summary: find the other.",
    ),
    Metric(
        "projector",
        "c360_projector_dependency_up",
        "gauge",
        ("dependency",),
        "1 when kafka or redis answered last, else 0.",
        "0: the log says what was refused; the projector retries by itself and loses nothing.",
    ),
    Metric(
        "projector",
        "c360_projector_dependency_failures_total",
        "counter",
        ("dependency",),
        "Failed attempts to begin or go on with kafka or redis. A kafka that goes silent under way counts once.",
        "Rising: see dependency_up.",
        from_zero=_each(("kafka", "redis")),
    ),
    Metric(
        "projector",
        "c360_projector_redis_evicts",
        "gauge",
        (),
        "1 when Redis has a maxmemory and a maxmemory-policy allkeys-*: once full it throws views away. Else 0.",
        "1: set maxmemory-policy noeviction there, then `c360 project rebuild` if it was full meanwhile.",
    ),
    Metric(
        "projector",
        "c360_projector_seeks_total",
        "counter",
        ("reason",),
        "Starts of reading a partition: resumed at what Redis holds, or from the beginning (new, lost, recreated).",
        "`lost` on a Redis that was not emptied on purpose: its persistence is off or it evicts.",
        from_zero=_each(("resumed", "new", "lost", "recreated")),
    ),
    Metric(
        "deliverer",
        "c360_deliverer_deliveries_total",
        "counter",
        ("channel", "outcome"),
        "Parcels of alerts by outcome: delivered, held (kept back from people), failed (given up).",
        "`failed` rising: the log says what the receiver answered; mend it, then `c360 deliver --again`.",
    ),
    Metric(
        "deliverer",
        "c360_deliverer_attempt_seconds",
        "histogram",
        ("channel",),
        "Time of each attempt to deliver.",
        "Slow: the receiver is. At the timeout: it hangs, and what waits behind it waits too.",
    ),
    Metric(
        "deliverer",
        "c360_deliverer_held_total",
        "counter",
        ("reason",),
        "Contacts kept back: customer_budget, addressee_budget, cool_down, stale.",
        "Much more than wanted: the rules raise too much, or the budget is tight; `c360 alerts held` lists them.",
        from_zero=_each(("customer_budget", "addressee_budget", "cool_down", "stale")),
    ),
    Metric(
        "deliverer",
        "c360_deliverer_dependency_up",
        "gauge",
        ("dependency",),
        "1 when kafka, or redis for the contact budget, answered last and refuses nothing, else 0. No redis where no "
        "budget is set.",
        "kafka 0: nothing is delivered, or nothing of the topics that the log names. redis 0: alerts go out without "
        "the budget, so people may be told too often. The log says what is refused.",
    ),
    Metric(
        "deliverer",
        "c360_deliverer_dependency_failures_total",
        "counter",
        ("dependency",),
        "Failed attempts to reach kafka or redis.",
        "Rising: see dependency_up.",
        from_zero=_each(("kafka", "redis")),
    ),
    Metric(
        "deliverer",
        "c360_deliverer_latency_seconds",
        "histogram",
        (),
        "From the timestamp of an alert's source record to the receiver having taken it.",
        "Minutes: see attempts and outcomes of the channels.",
    ),
    Metric(
        "api",
        "c360_api_requests_total",
        "counter",
        ("route", "status"),
        "Requests by the template of their path and the status of the answer.",
        "503: Redis or Kafka does not answer, or too much at once. 401 rising: expired tokens, or somebody tries. 500: "
        "a fault of c360, with its request id in the log.",
    ),
    Metric(
        "api",
        "c360_api_request_seconds",
        "histogram",
        ("route",),
        "From a request's headers to the end of its answer; streams count as long as they last.",
        "Slow: compare with the audit's time; else Redis is slow or the process is saturated, add one.",
    ),
    Metric(
        "api",
        "c360_api_looks_total",
        "counter",
        ("role", "look", "outcome"),
        "Looks at customers: shown, unchanged, unknown, forbidden.",
        "`forbidden` or `unknown` rising: somebody tries numbers; `c360 audit --outcome forbidden` says who.",
    ),
    Metric(
        "api",
        "c360_api_audit_seconds",
        "histogram",
        (),
        "From a look to its record standing in `lookup-audit`; every answer waits for it.",
        "Slow: the broker is slow or far.",
    ),
    Metric(
        "api",
        "c360_api_audit_failures_total",
        "counter",
        (),
        "Looks that could not be written to `lookup-audit`.",
        "Any: Kafka does not take them; nothing is answered meanwhile, unless C360_AUDIT says otherwise.",
    ),
    Metric(
        "api",
        "c360_api_streams",
        "gauge",
        (),
        "Who follows changes now.",
        "At C360_API_STREAMS: more are refused; add a process.",
    ),
)
