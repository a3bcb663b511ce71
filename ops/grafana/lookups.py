"""The lookup API: who asks, how quickly answers come, and what fails."""

from typing import Final

from ops.grafana.panels import RANGE, RATE, Board, Panel, Query, quantile

__all__ = ["LOOKUPS"]

LOOKUPS: Final = Board(
    "c360-lookups",
    "c360: lookups",
    (
        Panel(
            "Requests by status",
            "Per second. 500 is a fault of c360, 503 a dependency away or too much at once.",
            "reqps",
            (Query(f"sum by (status) (rate(c360_api_requests_total[{RATE}]))", "{{status}}"),),
        ),
        Panel(
            "Answer times",
            "99 of 100 are quicker, by route; streams count as long as they last.",
            "s",
            (
                Query(
                    quantile(0.99, "c360_api_request_seconds", "route"),
                    "{{route}}",
                ),
            ),
        ),
        Panel(
            "Looks",
            "In the time shown, by role, what was asked for, and outcome.",
            "short",
            (
                Query(
                    f"sum by (role, look, outcome) (increase(c360_api_looks_total[{RANGE}])) > 0",
                    "{{role}} {{look}} {{outcome}}",
                ),
            ),
            "table",
        ),
        Panel(
            "Audit trail",
            "Seconds until a look is on record; every answer waits for it.",
            "s",
            (
                Query(
                    quantile(0.99, "c360_api_audit_seconds"),
                    "p99",
                ),
            ),
        ),
        Panel(
            "Not on record",
            "Looks that could not be written, in the time shown.",
            "short",
            (Query(f"sum(increase(c360_api_audit_failures_total[{RANGE}]))", "failures"),),
        ),
        Panel(
            "Streams",
            "Who follows changes now.",
            "short",
            (Query("sum by (instance) (c360_api_streams)", "{{instance}}"),),
        ),
        Panel(
            "Failed requests",
            "Share answered with 5xx. The objective allows 0.1 % in 30 days.",
            "percentunit",
            (
                Query("c360:api_failed:ratio_5m", "5 minutes"),
                Query("c360:api_failed:ratio_1h", "1 hour"),
                Query("c360:api_failed:ratio_6h", "6 hours"),
            ),
        ),
    ),
)
