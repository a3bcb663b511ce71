"""The outcome as tables, as JSON and as a chart."""

import io
from pathlib import Path

import orjson
import pytest
from rich.console import Console

from ops.bench.contenders import C360, HAND_LOOP, PLAIN_FAUST, contenders
from ops.bench.latency import Latency
from ops.bench.recovery import Recovery
from ops.bench.report import Outcome, as_chart, as_json, print_report
from ops.bench.statistics import Quantiles
from ops.bench.throughput import Round
from ops.bench.usage import Usage


def _round(name: str, rate: float | None, wrong: list[str] | None = None) -> Round:
    used = {"worker": Usage(0.04, 100.0), "broker": Usage(0.01, 400.0)}
    return Round(name, rate, 1_000, 2.0, used, wrong or [])


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
    everyone = contenders([PLAIN_FAUST, C360], Path("unused"), print)
    recovery = Recovery(100_000, 600_004, 1_024, 2.25, 3.0, 1_500.4, 250.0)
    return Outcome(machine, {"events": 1_000}, everyone, rounds, [latency], {"worker": 1.2}, recovery)


def test_the_ratio_is_the_median_of_the_rounds_own_ratios(outcome: Outcome) -> None:
    assert outcome.ratio(C360, PLAIN_FAUST) == 16.0


def test_processor_time_is_told_per_record_and_without_the_broker(outcome: Outcome) -> None:
    assert outcome.cpu_us(C360) == pytest.approx(40.0)
    assert outcome.broker_us(C360) == pytest.approx(10.0)


def test_the_document_has_the_fields_that_are_promised(outcome: Outcome) -> None:
    told = orjson.loads(orjson.dumps(as_json(outcome)))
    assert told["ratios"] == {"plain_faust": 16.0, "quixstreams": None, "hand_loop": None, "kafka_streams": None}
    assert told["latency_ms"] == {"redis": {"p50": 12.0, "p99": 30.0}, "alert": {"p50": None, "p99": None}}
    assert told["recovery"] == {"customers": 100_000, "seconds": 2.25}
    assert told["bytes_per_customer"] == 1_500
    assert told["throughput"][C360] == 22_000.0
    assert told["peak_mib"][C360]["worker"] == 100.0
    assert len(told["rounds"]) == 4


def test_what_was_not_measured_shows_as_missing(outcome: Outcome) -> None:
    empty = Outcome(outcome.machine, {}, outcome.contenders, [_round(C360, None)], [], {})
    shown = io.StringIO()
    print_report(empty, Console(file=shown, width=200))
    assert "-x plain Faust" in shown.getvalue()
    told = as_json(empty)
    assert told["ratios"]["plain_faust"] is None
    assert told["recovery"] == {"customers": None, "seconds": None}
    assert told["bytes_per_customer"] is None


def test_a_round_with_the_wrong_outcome_is_told(outcome: Outcome) -> None:
    wrong = [*outcome.rounds, _round(HAND_LOOP, None, ["customer C1: nothing where something is due"])]
    shown = io.StringIO()
    told = Outcome(outcome.machine, {}, outcome.contenders, wrong, [], {})
    print_report(told, Console(file=shown, width=200))
    assert "hand-written loop was wrong in a round: customer C1" in shown.getvalue()


def test_people_see_the_ratios_last(outcome: Outcome) -> None:
    shown = io.StringIO()
    print_report(outcome, Console(file=shown, width=200))
    last = shown.getvalue().rstrip().splitlines()[-1]
    assert last.startswith("c360, events to Redis, is 16.0x plain Faust")


def test_the_chart_has_the_fastest_first(outcome: Outcome) -> None:
    drawn = as_chart(outcome)
    assert drawn.index(">c360<") < drawn.index(">plain Faust<")
    assert "22,000 events/s, 40 us of CPU" in drawn
