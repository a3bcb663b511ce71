"""What comes in: how fresh each source is, how late what it tells, and what of it can't be used."""

from typing import Final

from ops.grafana.panels import RANGE, RATE, Board, Panel, Query

__all__ = ["SOURCES"]

SOURCES: Final = Board(
    "c360-sources",
    "c360: sources",
    (
        Panel(
            "Age of each source",
            "Since its last record was written.",
            "s",
            (Query("c360:source_age_seconds", "{{topic}}"),),
        ),
        Panel(
            "Age of what it tells",
            "Since its last event happened.",
            "s",
            (Query("c360:event_age_seconds", "{{topic}}"),),
        ),
        Panel(
            "Event time behind",
            "From an event to its record: how late a source tells, by partition.",
            "s",
            (
                Query(
                    "c360_worker_source_timestamp_seconds - c360_worker_event_timestamp_seconds",
                    "{{topic}} {{partition}}",
                ),
            ),
        ),
        Panel(
            "Folded",
            "Per second.",
            "ops",
            (Query(f'sum by (topic) (rate(c360_worker_events_total{{outcome="folded"}}[{RATE}]))', "{{topic}}"),),
        ),
        Panel(
            "Not folded",
            "Late, refused, redelivered or dead, in the time shown.",
            "short",
            (
                Query(
                    f'sum by (topic, outcome) (increase(c360_worker_events_total{{outcome!="folded"}}[{RANGE}])) > 0',
                    "{{topic}} {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Dead letters by reason",
            "In the time shown; c360 dlq list shows each.",
            "short",
            (Query(f"sum by (reason) (increase(c360_worker_dead_letters_total[{RANGE}]))", "{{reason}}"),),
        ),
        Panel(
            "Lag by partition",
            "Records not committed yet. One alone: a busy customer, or it is stuck.",
            "short",
            (Query("c360_worker_lag_records", "{{topic}} {{partition}}"),),
        ),
        Panel(
            "Positions",
            "Records committed per second, by partition: flat beside lag is stuck.",
            "ops",
            (
                Query(
                    f"sum by (topic, partition) (deriv(c360_worker_position_offset[{RATE}]))",
                    "{{topic}} {{partition}}",
                ),
            ),
        ),
        Panel(
            "Partitions' clocks",
            "How far the clock of each partition is behind the wall's; in a replay that is the age of the history.",
            "s",
            (Query("time() - c360_worker_clock_timestamp_seconds", "{{partition}}"),),
        ),
    ),
)
