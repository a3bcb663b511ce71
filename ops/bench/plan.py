"""The whole benchmark: one backlog, interleaved rounds, then latency and idling on the last views."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from time import monotonic
from typing import Final

from connectors.sources.ordering import OutgoingEvent
from ops.bench.contenders import (
    C360,
    C360_AT_LEAST_ONCE,
    C360_EVENT,
    C360_TWO,
    C360_WORKER,
    FAUST_TAKE,
    HAND_LOOP,
    HAND_LOOP_EXACTLY_ONCE,
    HAND_LOOP_SIMPLE,
    KAFKA_STREAMS,
    KAFKA_STREAMS_EXACTLY_ONCE,
    PLAIN_FAUST,
    QUIX,
    QUIX_EXACTLY_ONCE,
    Contender,
    contenders,
)
from ops.bench.latency import Latency, Target, measure_latency
from ops.bench.machine import machine_facts
from ops.bench.positions import RedisPositions
from ops.bench.recovery import Recovery, measure_recovery
from ops.bench.report import Outcome
from ops.bench.stage import Stage, await_that, stage
from ops.bench.throughput import Backlog, Round, measure
from ops.bench.truth import facts_of
from ops.bench.workload import Workload
from ops.errors import OperatorError
from ops.settings import Settings

__all__ = ["FULL", "QUICK", "Plan", "run_benchmark"]

CATCH_UP_SECONDS: Final = 300.0
LATENCY_GROUP: Final = "bench-latency"
LATENCY_LARGE_SHARE: Final = 0.03
"""More alerts than in the backlog, for a p99 of alerts that means something."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    names: tuple[str, ...]
    """Contenders that run, in this order in every round."""
    events: int
    customers: int
    rounds: int
    rounds_seconds: float
    """After so many no further round is begun, but one is always made."""
    proof_events: int
    """The first so many, on which each contender has to show the right outcome before any is measured; 0: none has."""
    window_seconds: float | None
    """How long a slow contender is watched in a round; None: to the end, as the others."""
    latency_rates: tuple[int, ...]
    """Events a second; the first is the one told as `latency_ms`."""
    latency_warm_up_seconds: float
    """Processes just started, and a broker's JVM that has not compiled yet, are slower than they will ever be again."""
    latency_seconds: float
    idle_seconds: float
    recovery_customers: int
    """0: not measured."""


QUICK: Final = Plan(
    names=(PLAIN_FAUST, QUIX, HAND_LOOP, HAND_LOOP_SIMPLE, KAFKA_STREAMS, C360),
    events=160_000,
    customers=6_000,
    rounds=3,
    rounds_seconds=120.0,
    proof_events=4_000,
    window_seconds=7.0,
    latency_rates=(2_000,),
    latency_warm_up_seconds=8.0,
    latency_seconds=15.0,
    idle_seconds=5.0,
    recovery_customers=100_000,
)
FULL: Final = Plan(
    names=(
        *(PLAIN_FAUST, FAUST_TAKE, QUIX, QUIX_EXACTLY_ONCE),
        *(HAND_LOOP, HAND_LOOP_EXACTLY_ONCE, HAND_LOOP_SIMPLE),
        *(KAFKA_STREAMS, KAFKA_STREAMS_EXACTLY_ONCE, C360, C360_AT_LEAST_ONCE, C360_TWO, C360_WORKER, C360_EVENT),
    ),
    events=400_000,
    customers=15_000,
    rounds=3,
    rounds_seconds=900.0,
    proof_events=4_000,
    window_seconds=15.0,
    latency_rates=(2_000, 1_000, 5_000),
    latency_warm_up_seconds=10.0,
    latency_seconds=20.0,
    idle_seconds=10.0,
    recovery_customers=1_000_000,
)


def run_benchmark(settings: Settings, plan: Plan, report: Report) -> Outcome:
    """Run all of it on brokers of its own, telling `report` what is being done; about as long as its plan says."""
    everyone = contenders(plan.names, settings.cache, report)
    with stage(settings, report) as here:
        facts = machine_facts(here.running)
        events = list(islice(Workload(plan.customers).events(), plan.events))
        _prove(here, everyone, events[: plan.proof_events], report)
        report(f"Publishing {plan.events:,} events of {plan.customers:,} customers")
        here.publish(events[plan.proof_events :])
        backlog = Backlog(plan.events, facts_of(events))
        del events
        rounds = list(_rounds(here, plan, everyone, backlog, report))
        latencies, idle = _live(here, plan, report)
        recovery = _recovery(here, plan, report)
        return Outcome(facts, asdict(plan), everyone, rounds, latencies, idle, recovery)


def _recovery(here: Stage, plan: Plan, report: Report) -> Recovery | None:
    if not plan.recovery_customers:
        return None
    report(f"Recovery of {plan.recovery_customers:,} customers")
    # Nothing is to be folded by the worker whose memory is measured.
    here.clear(also_input=True)
    return measure_recovery(here, here.home / "recovery", plan.recovery_customers, report=report)


def _prove(here: Stage, everyone: Sequence[Contender], events: Sequence[OutgoingEvent], report: Report) -> None:
    """Each contender to the right outcome of the backlog's beginning, or OperatorError: no rate without the work."""
    if not events:
        return
    here.publish(events)
    backlog = Backlog(len(events), facts_of(events))
    for contender in everyone:
        found = measure(here, contender, f"proof-{contender.name}", backlog, None)
        if found.wrong:
            raise OperatorError(f"{contender.title} does not do the job: {'; '.join(found.wrong)}")
        report(f"Proof: {contender.title}: {len(events):,} events, views and alerts as they must be")


def _rounds(
    here: Stage, plan: Plan, everyone: Sequence[Contender], backlog: Backlog, report: Report
) -> Iterator[Round]:
    began = monotonic()
    for number in range(1, plan.rounds + 1):
        if number > 1 and monotonic() - began > plan.rounds_seconds:
            report(f"The machine is slow: {number - 1} rounds have to do")
            return
        for contender in everyone:
            window = plan.window_seconds if contender.slow else None
            found = measure(here, contender, f"bench-{number}-{contender.name}", backlog, window)
            told = "no rate" if found.rate is None else f"{found.rate:,.0f} events/s"
            report(f"Round {number} of {plan.rounds}: {contender.title}: {told} {'; '.join(found.wrong)}".rstrip())
            yield found


def _live(here: Stage, plan: Plan, report: Report) -> tuple[list[Latency], dict[str, float]]:
    """Latency and idling of a worker and a projector that have folded the backlog."""
    here.clear()
    running = here.running
    with here.c360(LATENCY_GROUP) as crowd:
        with closing(RedisPositions(running.redis_url, here.partitions)) as positions:
            await_that(lambda: positions.done() >= plan.events, CATCH_UP_SECONDS, crowd.values())
        before, began = here.usage(crowd), monotonic()
        threading.Event().wait(plan.idle_seconds)
        after, seconds = here.usage(crowd), monotonic() - began
        idle = {name: (after[name].cpu_seconds - before[name].cpu_seconds) / seconds * 100 for name in before}
        latencies = []
        target = Target(running.kafka_bootstrap, running.redis_url, here.partitions)
        events = _later_events(plan)
        for rate in plan.latency_rates:
            report(f"Latency at {rate:,} events/s for {plan.latency_seconds:.0f} s")
            latencies.append(measure_latency(target, events, rate, plan.latency_warm_up_seconds, plan.latency_seconds))
    return latencies, idle


def _later_events(plan: Plan) -> Iterator[OutgoingEvent]:
    """What the same bank does after the backlog, with more large entries than before."""
    return Workload(plan.customers).events(after=plan.events, large_share=LATENCY_LARGE_SHARE)
