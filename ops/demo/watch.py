"""Looks at the running system a few times a second: `/metrics` of both processes, Redis, and the alert topics."""

from collections import Counter, deque
from dataclasses import replace
from time import monotonic, time
from typing import Final

from connectors.errors import Unavailable
from connectors.serving.alert_feed import AlertFeed, Published
from connectors.serving.freshness import Freshness
from connectors.serving.wording import alert_in_words
from ops.demo.board import Look
from ops.demo.contents import counters, newest_clock
from ops.demo.figures import AlertLine, History, Standing, figures_of
from ops.demo.metrics_reader import Scrape, scrape
from ops.demo.system import PROJECTOR, WORKER, System
from ops.errors import OperatorError

__all__ = ["Watch"]

LISTED: Final = 8
MOST_AT_ONCE: Final = 20


class Watch:
    """One person's watch over one system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._feed = AlertFeed(system.running.kafka, from_start=True)
        self._histories = {WORKER: History(), PROJECTOR: History()}
        self._raised: Counter[str] = Counter()
        self._latest: deque[AlertLine] = deque(maxlen=LISTED)
        self._standing = Standing()
        self._heard = Freshness(None, None, None, None)

    def close(self) -> None:
        """Stop looking."""
        self._feed.close()

    def look(self) -> Look:
        """How it stands; what does not answer is said, not raised."""
        trouble: list[str] = []
        try:
            self._take_alerts()
            self._standing = self._stands()
            self._heard = self._system.redis.freshness()
            trouble += _unwell(self._heard, time())
        except OperatorError as error:
            trouble.append(error.message)
        except Unavailable as error:
            trouble.append(str(error))
        worker, projector = self._scraped(WORKER), self._scraped(PROJECTOR)
        return Look(
            figures=figures_of(worker, projector, self._histories, self._standing),
            alerts_by_kind=dict(self._raised.most_common()),
            latest_alerts=tuple(self._latest),
            silent_seconds=None if self._heard.heard_at is None else max(0.0, time() - self._heard.heard_at),
            restarts=self._system.crew.restarts,
            trouble=tuple(trouble),
        )

    def _stands(self) -> Standing:
        redis = self._system.redis
        progress = redis.progress()
        folded = sum(sum(counts.values()) for counts in counters(progress).values())
        return Standing(folded, newest_clock(progress), redis.customers())

    def _scraped(self, name: str) -> Scrape | None:
        port = self._system.metrics_ports.get(name)
        found = None if port is None else scrape(port)
        if found is not None:
            self._histories[name].add(monotonic(), found)
        return found

    def _take_alerts(self) -> None:
        for _ in range(MOST_AT_ONCE):
            published = self._feed.take(0)
            if not published:
                return
            for one in published:
                self._note(one)

    def _note(self, one: Published) -> None:
        alert = one.alert
        if alert is None:
            return
        if alert.revision == 1:
            self._raised[alert.kind] += 1
        words = alert_in_words(alert.kind, alert.payload)
        self._latest.appendleft(
            AlertLine(f"{alert.raised_at:%Y-%m-%d}", alert.kind, alert.customer_id, alert.to, words)
        )


def _unwell(heard: Freshness, now: float) -> list[str]:
    """What is wrong with the projector; being a moment behind in mid-replay is not."""
    if heard.heard_at is None:
        return []
    return replace(heard, lag=None, workers_behind=None).shortcomings(now)
