"""The whole benchmark: one backlog, interleaved rounds, then latency and idling on the last views."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from time import monotonic
from typing import Final

from connectors.sources.ordering import OutgoingEvent
from ops.bench.latency import Latency, Target, measure_latency
from ops.bench.machine import machine_facts
from ops.bench.positions import RedisPositions
from ops.bench.report import Outcome
from ops.bench.stage import Stage, await_that, stage
from ops.bench.throughput import Contender, Round, contenders, measure
from ops.bench.workload import Workload
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

    events: int
    customers: int
    rounds: int
    window_seconds: float
    """How long a slow contender is watched in a round."""
    latency_rates: tuple[int, ...]
    latency_seconds: float
    idle_seconds: float
    names: tuple[str, ...] = ()
    """Contenders that run; empty: all."""


FULL: Final = Plan(300_000, 20_000, 3, 20.0, (1_000, 2_000), 20.0, 10.0)
QUICK: Final = Plan(120_000, 6_000, 2, 10.0, (1_000,), 10.0, 5.0)


def run_benchmark(settings: Settings, plan: Plan, report: Report) -> Outcome:
    """Run all of it on brokers of its own, telling `report` what is being done; about as long as its plan says."""
    with stage(settings, report) as here:
        everyone = contenders(plan.window_seconds)
        all_contenders = tuple(one for one in everyone if not plan.names or one.name in plan.names)
        report(f"Publishing {plan.events:,} events of {plan.customers:,} customers")
        here.publish(islice(Workload(plan.customers).events(), plan.events))
        facts = machine_facts(here.running)
        rounds = list(_rounds(here, plan, all_contenders, report))
        latencies, idle = _live(here, plan, report)
        return Outcome(facts, asdict(plan), all_contenders, rounds, latencies, idle)


def _rounds(here: Stage, plan: Plan, everyone: tuple[Contender, ...], report: Report) -> Iterator[Round]:
    for number in range(1, plan.rounds + 1):
        for contender in everyone:
            found = measure(here, contender, f"bench-{number}-{contender.name}", plan.events)
            told = "no rate" if found.rate is None else f"{found.rate:,.0f} events/s"
            report(f"Round {number} of {plan.rounds}: {contender.title}: {told}")
            yield found


def _live(here: Stage, plan: Plan, report: Report) -> tuple[list[Latency], dict[str, float]]:
    """Latency and idling of a worker and a projector that have folded the backlog."""
    here.clear()
    running = here.running
    with here.c360(LATENCY_GROUP, "wall", projector=True) as crowd:
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
            latencies.append(measure_latency(target, events, rate, plan.latency_seconds))
    return latencies, idle


def _later_events(plan: Plan) -> Iterator[OutgoingEvent]:
    """What the same bank does after the backlog, with more large entries than before."""
    return Workload(plan.customers).events(after=plan.events, large_share=LATENCY_LARGE_SHARE)
