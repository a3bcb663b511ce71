"""The benchmark at its smallest: peer and c360 get through, and the observers see what was sent."""

import pytest

from ops.bench.plan import Plan, run_benchmark
from ops.bench.throughput import C360, PLAIN_FAUST
from ops.settings import load_settings

pytestmark = [pytest.mark.slow, pytest.mark.kafka]

TINY = Plan(
    events=9_000,
    customers=300,
    rounds=1,
    window_seconds=1.0,
    latency_rates=(300,),
    latency_seconds=1.0,
    idle_seconds=0.1,
    names=(PLAIN_FAUST, C360),
)


def test_a_tiny_benchmark_measures_everything() -> None:
    told: list[str] = []
    outcome = run_benchmark(load_settings(), TINY, told.append)
    assert [found.contender for found in outcome.rounds] == [PLAIN_FAUST, C360], told
    assert outcome.throughput(C360), told
    (latency,) = outcome.latencies
    assert latency.missed_redis == 0
    assert latency.redis is not None
    assert latency.alert is not None
