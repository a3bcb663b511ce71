"""Alerts of the bank: raised, escalated, held back, delivered."""

from typing import Final

from ops.grafana.panels import RANGE, RATE, Board, Panel, Query, quantile

__all__ = ["ALERTS"]

ALERTS: Final = Board(
    "c360-alerts",
    "c360: alerts",
    (
        Panel(
            "Raised by kind",
            "Per minute. A flood of one kind: a threshold was changed, or a source restated history.",
            "short",
            (
                Query(
                    f'60 * sum by (kind) (rate(c360_worker_alerts_total{{change="raised"}}[{RATE}])) > 0',
                    "{{kind}}",
                ),
            ),
        ),
        Panel(
            "What becomes of them",
            "Per minute, by change: raised, acknowledged, escalated, resolved, ...",
            "short",
            (Query(f"60 * sum by (change) (rate(c360_worker_alerts_total[{RATE}]))", "{{change}}"),),
        ),
        Panel(
            "Escalated",
            "Nobody acted in time; in the time shown.",
            "short",
            (Query(f'sum(increase(c360_worker_alerts_total{{change="escalated"}}[{RANGE}]))', "escalated"),),
        ),
        Panel(
            "Latency, source to alert",
            "From the causing record's timestamp to the commit of the alert.",
            "s",
            (
                Query(
                    quantile(0.5, "c360_worker_alert_latency_seconds"),
                    "p50",
                ),
                Query("c360:alert_latency_seconds:p99_5m", "p99"),
            ),
        ),
        Panel(
            "Deliveries",
            "Per minute, by channel and outcome.",
            "short",
            (
                Query(
                    f"60 * sum by (channel, outcome) (rate(c360_deliverer_deliveries_total[{RATE}]))",
                    "{{channel}} {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Reachable by the deliverer",
            "1: Kafka answered last, or Redis for the contact budget.",
            "short",
            (
                Query("min by (dependency) (c360_deliverer_dependency_up)", "{{dependency}}"),
                Query(
                    f"sum by (dependency) (increase(c360_deliverer_dependency_failures_total[{RANGE}]))",
                    "{{dependency}} failures",
                ),
            ),
        ),
        Panel(
            "Held back from people",
            "By reason, in the time shown: contact budget, cool-down, too old.",
            "short",
            (Query(f"sum by (reason) (increase(c360_deliverer_held_total[{RANGE}]))", "{{reason}}"),),
        ),
        Panel(
            "Attempts",
            "Seconds of an attempt, by channel.",
            "s",
            (
                Query(
                    quantile(0.99, "c360_deliverer_attempt_seconds", "channel"),
                    "{{channel}} p99",
                ),
            ),
        ),
        Panel(
            "Latency, source to receiver",
            "From the causing record's timestamp to the receiver having taken the alert.",
            "s",
            (
                Query(
                    quantile(0.99, "c360_deliverer_latency_seconds"),
                    "p99",
                ),
            ),
        ),
        Panel(
            "Rules refused",
            "Records of alert-rules that did not come into force, in the time shown.",
            "short",
            (Query(f"sum(increase(c360_worker_rule_records_refused_total[{RANGE}]))", "refused"),),
        ),
    ),
)
