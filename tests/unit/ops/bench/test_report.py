"""The outcome as tables and as JSON."""

import io

import orjson
import pytest
from rich.console import Console

from ops.bench.latency import Latency
from ops.bench.report import Outcome, as_json, print_report
from ops.bench.statistics import Quantiles
from ops.bench.throughput import C360, PLAIN_FAUST, Round, contenders
from ops.bench.usage import Usage


def _round(name: str, rate: float | None) -> Round:
    return Round(name, rate, 1_000, 2.0, {"worker": Usage(0.04, 100.0), "broker": Usage(0.01, 400.0)})


@pytest.fixture
def outcome() -> Outcome:
    rounds = [
        _round(PLAIN_FAUST, 1_000.0),
        _round(C360, 20_000.0),
        _round(PLAIN_FAUST, 2_000.0),
        _round(C360, 24_000.0),
    ]
    latency = Latency(1_000, 20_000, 0, Quantiles(1_900, 12.0, 30.0, 45.0), None)
    machine = {"kafka": "Kafka: maven, Redis: embedded", "cores": 2, "load": 1.0}
    return Outcome(machine, {"events": 1_000}, contenders(5.0), rounds, [latency], {"worker": 1.2})


def test_the_ratio_is_the_median_of_the_rounds_own_ratios(outcome: Outcome) -> None:
    assert outcome.ratio(C360, PLAIN_FAUST) == 16.0


def test_processor_time_is_told_per_record_and_without_the_broker(outcome: Outcome) -> None:
    assert outcome.cpu_us(C360) == pytest.approx(40.0)


def test_the_document_has_ratios_throughput_and_latency(outcome: Outcome) -> None:
    told = orjson.loads(orjson.dumps(as_json(outcome)))
    assert told["ratios"]["plain_faust"] == 16.0
    assert told["throughput"][C360] == 22_000.0
    assert told["latency_ms"]["redis"] == {"n": 1_900, "p50": 12.0, "p99": 30.0, "worst": 45.0}
    assert told["latency_ms"]["alert"] is None
    assert told["peak_mib"][C360]["worker"] == 100.0


def test_what_was_not_measured_shows_as_missing(outcome: Outcome) -> None:
    empty = Outcome(outcome.machine, {}, outcome.contenders, [_round(C360, None)], [], {})
    shown = io.StringIO()
    print_report(empty, Console(file=shown, width=200))
    assert "not measured" in shown.getvalue()
    assert as_json(empty)["ratios"]["plain_faust"] is None


def test_people_see_the_ratio_last(outcome: Outcome) -> None:
    shown = io.StringIO()
    print_report(outcome, Console(file=shown, width=200))
    assert shown.getvalue().rstrip().endswith("against plain Faust: 16.0x")
