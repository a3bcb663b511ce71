"""How `c360 recovery` tells how far a worker is."""

from ops.demo.metrics_reader import parse
from ops.recovery import recovery_line


def told(**samples: float) -> str:
    scrape = parse(f"c360_worker_{name} {value}" for name, value in samples.items())
    return recovery_line(scrape, now=1_010.0)


def test_before_any_recovery_it_says_what_the_worker_waits_for() -> None:
    assert "waits for its partitions" in told(customers=0)


def test_under_way_it_says_percent_and_time_left() -> None:
    line = told(
        recovery_started_timestamp_seconds=1_000,
        recovery_offsets=6_000_000,
        recovering_records=4_500_000,
        recovered_records_total=1_400_000,
        recovery_seconds=0,
    )
    assert line == "Recovering: 1,500,000 of 6,000,000 offsets (25 %), 1,400,000 records, about 30 s left."


def test_afterwards_it_says_how_long_it_took() -> None:
    line = told(recovery_started_timestamp_seconds=1_000, recovery_offsets=60, recovery_seconds=2.5, customers=10)
    assert line == "Recovered 60 offsets in 2.5 s; 10 customers held."


def test_nothing_read_yet_names_no_time() -> None:
    line = told(recovery_started_timestamp_seconds=1_000, recovery_offsets=60, recovering_records=60)
    assert line == "Recovering: nothing of 60 offsets read yet."
