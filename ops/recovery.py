"""How far a worker's recovery is, told from its `/metrics`."""

from ops.demo.metrics_reader import Scrape

__all__ = ["recovery_line"]


def recovery_line(told: Scrape, now: float) -> str:
    """One line for a person; `now` is Unix time."""
    started = told.total("c360_worker_recovery_started_timestamp_seconds")
    records = int(told.total("c360_worker_recovered_records_total"))
    if not started:
        return "No recovery yet: the worker waits for its partitions."
    remaining = int(told.total("c360_worker_recovering_records"))
    total = int(told.total("c360_worker_recovery_offsets"))
    took = told.total("c360_worker_recovery_seconds")
    if took:
        customers = int(told.total("c360_worker_customers"))
        return f"Recovered {total:,} offsets in {took:.1f} s; {customers:,} customers held."
    done = max(0, total - remaining)
    if not total or not done:
        return f"Recovering: nothing of {total:,} offsets read yet."
    left = (now - started) * remaining / done
    return (
        f"Recovering: {done:,} of {total:,} offsets ({100 * done // total} %), {records:,} records, "
        f"about {left:.0f} s left."
    )
