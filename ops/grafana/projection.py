"""The projector and Redis: how far lookups are behind the views, and why."""

from typing import Final

from ops.grafana.panels import RANGE, RATE, Board, Panel, Query, quantile

__all__ = ["PROJECTION"]

PROJECTION: Final = Board(
    "c360-projection",
    "c360: projector and Redis",
    (
        Panel(
            "Behind",
            "Records of customer-views that do not stand in Redis, and input that workers are late to commit.",
            "short",
            (
                Query("sum(c360_projector_lag_records)", "Redis behind the views"),
                Query("max(c360_projector_workers_behind_records)", "workers behind their input"),
            ),
        ),
        Panel(
            "Latency, source to Redis",
            "From a source record's timestamp to its effect standing in Redis; history counts its age.",
            "s",
            (
                Query(quantile(0.5, "c360_projector_latency_seconds"), "p50"),
                Query(quantile(0.99, "c360_projector_latency_seconds"), "p99"),
            ),
        ),
        Panel(
            "Redis writes",
            "Seconds of a batch. Slow: SLOWLOG, memory, a save that forks.",
            "s",
            (
                Query(quantile(0.5, "c360_projector_write_seconds"), "p50"),
                Query(quantile(0.99, "c360_projector_write_seconds"), "p99"),
            ),
        ),
        Panel(
            "Work",
            "Per second: records read, sections written; fewer of these when busy customers are written once.",
            "ops",
            (
                Query(f"sum(rate(c360_projector_records_total[{RATE}]))", "records"),
                Query(f"sum(rate(c360_projector_sections_total[{RATE}]))", "sections"),
            ),
        ),
        Panel(
            "Customers written",
            "Per second, by outcome. Fenced: an outdated projector runs.",
            "ops",
            (Query(f"sum by (outcome) (rate(c360_projector_customers_total[{RATE}]))", "{{outcome}}"),),
        ),
        Panel(
            "Held and orphaned",
            "Records that wait for their customer's summary, and customers written without one.",
            "short",
            (
                Query("sum(c360_projector_held_records)", "held"),
                Query(f"sum(increase(c360_projector_orphaned_customers_total[{RANGE}]))", "orphaned"),
            ),
        ),
        Panel(
            "Reachable",
            "1: Kafka or Redis answered last. Evicts, 1: Redis throws views away once it is full.",
            "short",
            (
                Query("c360_projector_dependency_up", "{{dependency}}"),
                Query("c360_projector_redis_evicts", "evicts"),
                Query(
                    f"sum by (dependency) (increase(c360_projector_dependency_failures_total[{RANGE}]))",
                    "{{dependency}} failures",
                ),
            ),
        ),
        Panel(
            "Beginnings",
            "Partitions by where reading began: lost tells of a Redis that was emptied.",
            "short",
            (Query("sum by (reason) (c360_projector_seeks_total)", "{{reason}}"),),
        ),
        Panel(
            "Late in Redis",
            "Share of changes that took more than a second. The objective allows 1 % in 30 days.",
            "percentunit",
            (
                Query("c360:redis_late:ratio_5m", "5 minutes"),
                Query("c360:redis_late:ratio_1h", "1 hour"),
                Query("c360:redis_late:ratio_6h", "6 hours"),
            ),
        ),
    ),
)
