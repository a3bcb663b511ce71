"""The benchmark at its smallest, with the peers that need no building: all do the job, and everything is measured."""

import pytest

from ops.bench.contenders import C360, HAND_LOOP, PLAIN_FAUST
from ops.bench.filling import KILOBYTE_VIEW
from ops.bench.plan import Plan, run_benchmark
from ops.settings import load_settings

pytestmark = [pytest.mark.slow, pytest.mark.kafka]

TINY = Plan(
    names=(PLAIN_FAUST, HAND_LOOP, C360),
    events=3_000,
    customers=150,
    rounds=1,
    rounds_seconds=0.0,
    proof_events=0,
    window_seconds=None,
    latency_rates=(300,),
    latency_warm_up_seconds=0.5,
    latency_seconds=1.0,
    idle_seconds=0.1,
    recovery_customers=200,
)


def test_a_tiny_benchmark_measures_everything() -> None:
    told: list[str] = []
    outcome = run_benchmark(load_settings(), TINY, told.append)
    assert [found.contender for found in outcome.rounds] == [PLAIN_FAUST, HAND_LOOP, C360], told
    assert [found.wrong for found in outcome.rounds] == [[], [], []]
    (latency,) = outcome.latencies
    assert latency.missed_redis == 0
    assert latency.redis is not None
    assert latency.alert is not None
    assert outcome.recovery is not None
    assert outcome.recovery.customers == 200
    assert outcome.recovery.records >= 200 * len(KILOBYTE_VIEW)
    assert outcome.recovery.seconds > 0
