"""The pages' tables, from the documents."""

from ops.bench.contenders import C360, PLAIN_FAUST
from ops.bench.pages import curves_table, latency_table, ratios_table, results_table

DOCUMENT = {
    "throughput": {C360: 40_000.0, PLAIN_FAUST: 1_000.0, "quixstreams": None},
    "ratios_to_all": {PLAIN_FAUST: 40.0, "quixstreams": None},
    "cpu_us_per_record": {C360: 25.0, PLAIN_FAUST: 900.0},
    "broker_cpu_us_per_record": {C360: 10.0, PLAIN_FAUST: None},
    "peak_mib": {C360: {"worker": 150.0, "projector": 70.0, "broker": 900.0}, PLAIN_FAUST: {"peer": 120.0}},
    "latency_by_rate": {
        "2000": {"redis": {"p50": 12.0, "p99": 40.0, "worst": 70.0}, "alert": None, "sent": 1, "missed": 0}
    },
}


def test_results_have_the_slowest_first_and_nobody_without_a_rate() -> None:
    lines = results_table(DOCUMENT).splitlines()
    assert lines[2:] == [
        "| plain Faust | 1,000 | 40.00x | 900.0 | - | 120 peer |",
        "| **c360** | 40,000 |  | 25.0 | 10.0 | 150 worker, 70 projector |",
    ]


def test_latency_has_a_row_for_each_rate() -> None:
    assert latency_table(DOCUMENT).splitlines()[-1] == "| 2,000 | 12 / 40 / 70 |  | 0 |"


def test_curves_have_a_row_for_each_point() -> None:
    point = {"customers": 10_000, "accounts": 2, "setup": "one worker", "rate": None, "cpu_us": 25.0, "broker_us": 9.0}
    point |= {"recovery_seconds": 0.5, "held_mib": 100.0, "peak_mib": 150.4, "alert_ms": None}
    assert curves_table({"points": [point]}).splitlines()[-1] == (
        "| 10,000 x 2 | one worker | - | 25.0 | 9.0 | 0.5 | 10,486 | 150 |  |"
    )


def test_growth_compares_the_largest_bank_with_the_smallest_and_many_accounts_with_few() -> None:
    measured = [
        (10_000, 2, "one worker", 20.0),
        (10_000, 2, "two workers", None),
        (1_000_000, 2, "one worker", 30.0),
        (1_000, 4, "one worker", 16.0),
        (1_000, 1_000, "one worker", 20.0),
    ]
    points = [dict(zip(("customers", "accounts", "setup", "cpu_us"), point, strict=True)) for point in measured]
    assert ratios_table({"points": points}).splitlines()[2:] == [
        "| 1,000,000 x 2 beside 10,000 x 2 | one worker | 1.50 |",
        "| 1,000 x 1,000 beside 1,000 x 4 | one worker | 1.25 |",
    ]
