"""What the bank's people want to know: customers, events, alerts, complaints, and whether what they see is fresh."""

from typing import Final

from ops.grafana.panels import RANGE, RATE, Board, Panel, Query

__all__ = ["BUSINESS"]

_OVERDUE: Final = 'kind=~"acknowledgement_overdue|resolution_overdue", change="raised"'

BUSINESS: Final = Board(
    "c360-business",
    "c360: the bank at a glance",
    (
        Panel(
            "Customers",
            "Customers whose views are held.",
            "short",
            (Query("sum(c360_worker_customers)", "customers"),),
            "number",
        ),
        Panel(
            "Alerts raised",
            "In the time shown.",
            "short",
            (Query(f'sum(increase(c360_worker_alerts_total{{change="raised"}}[{RANGE}]))', "alerts"),),
            "number",
        ),
        Panel(
            "Complaints past their limit",
            "Raised in the time shown; the bank answers to its supervisor for them.",
            "short",
            (Query(f"sum(increase(c360_worker_alerts_total{{{_OVERDUE}}}[{RANGE}]))", "complaints"),),
            "number",
        ),
        Panel(
            "Alerts delivered",
            "Parcels that a person or a system took, in the time shown.",
            "short",
            (Query(f'sum(increase(c360_deliverer_deliveries_total{{outcome="delivered"}}[{RANGE}]))', "delivered"),),
            "number",
        ),
        Panel(
            "Looks at customers",
            "In the time shown, whatever came of them.",
            "short",
            (Query(f"sum(increase(c360_api_looks_total[{RANGE}]))", "looks"),),
            "number",
        ),
        Panel(
            "From source to lookup",
            "What 99 of 100 changes take until a lookup shows them.",
            "s",
            (Query("c360:redis_latency_seconds:p99_5m", "p99"),),
            "number",
        ),
        Panel(
            "Events by source",
            "Folded into views, per second.",
            "ops",
            (Query(f'sum by (topic) (rate(c360_worker_events_total{{outcome="folded"}}[{RATE}]))', "{{topic}}"),),
        ),
        Panel(
            "Alerts by kind",
            "Raised in the time shown.",
            "short",
            (
                Query(
                    f'sort_desc(sum by (kind) (increase(c360_worker_alerts_total{{change="raised"}}[{RANGE}])) > 0)',
                    "{{kind}}",
                ),
            ),
            "table",
        ),
        Panel(
            "Age of each source",
            "Since its last record was written. T+1 is a day at most.",
            "s",
            (Query("c360:source_age_seconds", "{{topic}}"),),
        ),
        Panel(
            "Looks by role and outcome",
            "Per second; forbidden and unknown tell of somebody who tries numbers.",
            "reqps",
            (Query(f"sum by (role, outcome) (rate(c360_api_looks_total[{RATE}]))", "{{role}} {{outcome}}"),),
        ),
        Panel(
            "Set aside",
            "Records that could not be folded, in the time shown: their views lack them.",
            "short",
            (Query(f"sum by (reason) (increase(c360_worker_dead_letters_total[{RANGE}])) > 0", "{{reason}}"),),
            "table",
        ),
    ),
)
