"""What a person sees of the running system, worked out from what its processes tell. Pure."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from ops.demo.metrics_reader import Scrape

__all__ = ["AlertLine", "Figures", "History", "Standing", "Suggestion", "figures_of", "worth_a_look"]

RATE_SECONDS: Final = 3.0
LATENCY_SECONDS: Final = 15.0


@dataclass(frozen=True)
class AlertLine:
    """An alert as the board lists it."""

    raised_on: str
    kind: str
    customer_id: str
    to: str
    words: str


@dataclass(frozen=True)
class Suggestion:
    """A customer worth a look, and why."""

    customer_id: str
    why: str


@dataclass(frozen=True)
class Figures:
    """One look at the system; None where a process does not answer."""

    folded: int | None = None
    events_per_second: float = 0.0
    set_aside: int = 0
    lag: int | None = None
    customers: int | None = None
    views_in_redis: int | None = None
    projector_lag: int | None = None
    transactions: Mapping[str, int] = field(default_factory=dict)
    recovered: int = 0
    recovering: int = 0
    clock: datetime | None = None
    latency_p50: float | None = None
    latency_p99: float | None = None


class History:
    """The scrapes of the last while, for rates and for the latency of what happened lately."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, Scrape]] = deque()

    def add(self, at: float, scrape: Scrape) -> None:
        """Note a scrape made at `at` (seconds of any clock)."""
        self._kept.append((at, scrape))
        while self._kept[0][0] < at - LATENCY_SECONDS:
            self._kept.popleft()

    def rate(self, name: str) -> float:
        """Growth of a counter per second over the last few seconds; 0 when a new process began to count anew."""
        if len(self._kept) < 2:
            return 0.0
        newest_at, newest = self._kept[-1]
        at, before = next((at, scrape) for at, scrape in self._kept if at >= newest_at - RATE_SECONDS)
        return max(0.0, newest.total(name) - before.total(name)) / (newest_at - at) if newest_at > at else 0.0

    def quantile(self, name: str, q: float) -> float | None:
        """Of what was observed lately, else of all."""
        if not self._kept:
            return None
        newest, oldest = self._kept[-1][1], self._kept[0][1]
        lately = newest.quantile(name, q, since=oldest)
        return newest.quantile(name, q) if lately is None else lately


@dataclass(frozen=True)
class Standing:
    """What Redis shows, exact and whatever process wrote it; None before it answers."""

    folded: int | None = None
    clock: datetime | None = None
    views: int | None = None


def figures_of(
    worker: Scrape | None, projector: Scrape | None, histories: Mapping[str, History], standing: Standing
) -> Figures:
    """The figures from one scrape of each process, what was seen before, and what Redis shows."""
    told = worker or Scrape()
    outcomes = told.by("c360_worker_events_total", "outcome")
    return Figures(
        folded=standing.folded,
        events_per_second=histories["worker"].rate("c360_worker_events_total"),
        set_aside=int(outcomes.get("dead", 0) + outcomes.get("refused", 0) + outcomes.get("late", 0)),
        lag=None if worker is None else int(told.total("c360_worker_lag_records")),
        customers=None if worker is None else int(told.total("c360_worker_customers")),
        views_in_redis=standing.views,
        projector_lag=None if projector is None else int(projector.total("c360_projector_lag_records")),
        transactions={k: int(v) for k, v in told.by("c360_worker_transactions_total", "outcome").items()},
        recovered=int(told.total("c360_worker_recovered_records_total")),
        recovering=int(told.total("c360_worker_recovering_records")),
        clock=standing.clock,
        latency_p50=histories["projector"].quantile("c360_projector_latency_seconds", 0.5),
        latency_p99=histories["projector"].quantile("c360_projector_latency_seconds", 0.99),
    )


def worth_a_look(summaries: Mapping[str, bytes], most: int = 3) -> list[Suggestion]:
    """Customers whose views have much in them, each for a reason of its own; chosen the same way every time."""
    totals = {customer: orjson.loads(summary)["totals"] for customer, summary in sorted(summaries.items())}
    reasons = (
        ("the most alerts", lambda total: total["alerts"]),
        ("the most in loans outstanding", lambda total: _amount(total["outstanding_minor"])),
        ("the most open complaints", lambda total: total["complaints"]),
        ("the greatest balance", lambda total: _amount(total["balance_minor"])),
    )
    chosen: list[Suggestion] = []
    for why, measure in reasons:
        left = [customer for customer in totals if customer not in {one.customer_id for one in chosen}]
        best = max(left, key=lambda customer: measure(totals[customer]), default=None)
        if best is not None and measure(totals[best]) > 0:
            chosen.append(Suggestion(best, why))
    return chosen[:most]


def _amount(by_currency: Mapping[str, Any]) -> int:
    return max((int(amount) for amount in by_currency.values()), default=0)
