"""The workers: how far behind, how quick, what they hold, and what they are doing instead of folding."""

from typing import Final

from ops.grafana.panels import RANGE, RATE, Board, Panel, Query, quantile

__all__ = ["ENGINE"]


def _mean(metric: str) -> str:
    return f"sum(rate({metric}_sum[{RATE}])) / sum(rate({metric}_count[{RATE}]))"


_WORK: Final = (
    Panel(
        "Input lag by topic",
        "Records not committed yet. Growing: another worker, up to one for each partition.",
        "short",
        (Query("sum by (topic) (c360_worker_lag_records)", "{{topic}}"),),
    ),
    Panel(
        "Records by outcome",
        "Per second.",
        "ops",
        (Query(f"sum by (outcome) (rate(c360_worker_events_total[{RATE}]))", "{{outcome}}"),),
    ),
    Panel(
        "Latency, source to view",
        "From a record's timestamp to the commit of what it did; of alerts too.",
        "s",
        (
            Query(quantile(0.5, "c360_worker_latency_seconds"), "view p50"),
            Query(quantile(0.99, "c360_worker_latency_seconds"), "view p99"),
            Query(quantile(0.99, "c360_worker_alert_latency_seconds"), "alert p99"),
            Query("c360:view_latency_seconds:p99_5m", "view p99, 5 minutes"),
        ),
    ),
    Panel(
        "Where a fold's time goes",
        "Seconds per transaction: folding, and from there to the commit.",
        "s",
        (Query(_mean("c360_worker_fold_seconds"), "fold"), Query(_mean("c360_worker_flush_seconds"), "flush")),
    ),
    Panel(
        "Records of a transaction",
        "The more wait, the more are taken at once.",
        "short",
        (Query(_mean("c360_worker_batch_records"), "records"),),
    ),
    Panel(
        "Cost of an event",
        "Folding seconds per record.",
        "s",
        (
            Query(
                f"sum(rate(c360_worker_fold_seconds_sum[{RATE}])) / sum(rate(c360_worker_batch_records_sum[{RATE}]))",
                "fold",
            ),
        ),
    ),
    Panel(
        "Written for an event",
        "Sections, alerts and records set aside, per record folded: much more than three, and events touch too much.",
        "short",
        (
            Query(
                f"sum(rate(c360_worker_flushed_records_total[{RATE}]))"
                f" / sum(rate(c360_worker_batch_records_sum[{RATE}]))",
                "records",
            ),
        ),
    ),
    Panel(
        "Transactions",
        "Per second, by outcome. Aborted ones are done again.",
        "ops",
        (Query(f"sum by (outcome) (rate(c360_worker_transactions_total[{RATE}]))", "{{outcome}}"),),
    ),
)

_STATE: Final = (
    Panel(
        "State by worker",
        "Customers and sections held.",
        "short",
        (
            Query("c360_worker_customers", "customers {{instance}}"),
            Query("c360_worker_sections", "sections {{instance}}"),
        ),
    ),
    Panel(
        "Memory",
        "Resident, of every process.",
        "bytes",
        (Query('process_resident_memory_bytes{job=~"c360-.*"}', "{{job}} {{instance}}"),),
    ),
    Panel(
        "Processor",
        "Cores in use, of every process. A worker is single-threaded in its fold: 1 is its limit.",
        "short",
        (Query(f'rate(process_cpu_seconds_total{{job=~"c360-.*"}}[{RATE}])', "{{job}} {{instance}}"),),
    ),
    Panel(
        "Recovery",
        "Offsets of customer-views still to be read before folding goes on, and how long the last one took.",
        "short",
        (
            Query("c360_worker_recovering_records", "to read {{instance}}"),
            Query("c360_worker_recovery_seconds", "last, seconds {{instance}}"),
            Query("c360_worker_recovery_offsets", "of {{instance}}"),
        ),
    ),
    Panel(
        "Cache of the store on disk",
        "Blocks looked for, per second, by outcome. The store in memory has no cache: both are 0.",
        "ops",
        (Query(f"sum by (outcome) (rate(c360_worker_cache_reads_total[{RATE}]))", "{{outcome}}"),),
    ),
    Panel(
        "What processes are doing",
        "How many wait, recover, run, stop. A worker of a generation kept to go back to waits for good.",
        "short",
        (Query("sum by (process, state) (c360_process_state) > 0", "{{process}} {{state}}"),),
    ),
    Panel(
        "Rebalances",
        "In the time shown, with what was read back for them.",
        "short",
        (
            Query(f"increase(c360_worker_rebalances_total[{RANGE}])", "{{instance}}"),
            Query("sum by (instance) (c360_worker_standby_partitions)", "warm copies {{instance}}"),
        ),
    ),
    Panel(
        "Deadlines",
        "Customers of whom something falls due some time, and for how long the earliest has been due.",
        "short",
        (
            Query("sum(c360_worker_deadlines)", "waiting"),
            Query("max(c360_worker_deadline_overdue_seconds)", "overdue, seconds"),
            Query(f"sum(rate(c360_worker_deadlines_fired_total[{RATE}]))", "fired per second"),
        ),
    ),
    Panel(
        "Rules in force",
        "Version of each; two lines of one rule: the workers differ.",
        "short",
        (Query("c360_worker_rule_version", "{{rule}} {{instance}}"),),
        "table",
    ),
    Panel(
        "Builds",
        "Processes by version.",
        "short",
        (Query("count by (process, version, python) (c360_build_info)", "{{process}} {{version}}"),),
        "table",
    ),
)

ENGINE: Final = Board("c360-engine", "c360: engine", (*_WORK, *_STATE))
