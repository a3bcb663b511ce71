"""What a projector's heartbeats say of how far it is behind, in a bank where changes flow all the time.

Kafka, Redis and the clock are scripted: 1,000 records come each second, and only the script lets time go on.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pytest

from connectors.sinks.holding import Change
from connectors.sinks.redis_projection import Projector
from connectors.sinks.redis_store import RedisStore, Start
from connectors.sinks.views_log import End, Fetched, Identity, Record, ViewsLog
from tests.support.projection import Figures

RATE = 1_000


@dataclass
class Beat:
    """What a heartbeat told, and how it was."""

    at: float
    state: str
    told: int
    unread: int


class Clock:
    """Stands still between two steps of the script."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Log:
    """As `ViewsLog`, over a topic of one partition; cut off from Kafka from one moment to another."""

    topic, where = "views", "Kafka"

    def __init__(self, clock: Clock, backlog: int, cut: tuple[float, float], rate: int, *, ends_at_once: bool) -> None:
        self._clock = clock
        self._backlog = backlog
        self._cut = cut
        self._rate = rate
        self._ends_at_once = ends_at_once
        """Whether an end is told with the records before it, or by the next, empty fetch."""
        self._position = self._seen = 0

    @property
    def unread(self) -> int:
        """Records that were not taken yet."""
        return self._end() - self._position

    @property
    def trouble(self) -> str | None:
        return "no broker can be reached" if self._cut[0] < self._clock.at < self._cut[1] else None

    def _end(self) -> int:
        return self._backlog + int(self._clock.at * self._rate)

    def turn_to(self, topic: str) -> None:
        self.topic = topic

    def identify(self) -> Identity:
        return Identity("id", (0,))

    def assign(self, positions: Mapping[int, int]) -> None:
        self._position = positions[0]

    def release(self) -> None:
        self._seen = 0

    def high(self, _partition: int) -> int:
        # The client goes on to fetch in the background, once it has begun.
        if self._seen and not self.trouble:
            self._seen = self._end()
        return self._seen

    def take(self, limit: int, wait_s: float) -> Fetched:
        if self.trouble:
            self._clock.at += wait_s
            return Fetched([], [])
        end = self._seen = self._end()
        numbers = range(self._position, min(end, self._position + limit))
        records = [Record(0, number, f"C{number % 500}/summary", b"{}", 0) for number in numbers]
        self._position += len(records)
        if not records:
            self._clock.at += 0.02
        is_told = self._ends_at_once or not records
        return Fetched(records, [End(0, self._position)] if is_told and self._position == end else [])


class Store:
    """As `RedisStore`: a write takes `turn_s`; the projector is stopped at its first heartbeat after `until_s`."""

    evicts, sweeping = False, False

    def __init__(self, clock: Clock, log: Log, turn_s: float, until_s: float) -> None:
        self.beats: list[Beat] = []
        self.stop = threading.Event()
        self._clock, self._log, self._turn_s, self._until_s = clock, log, turn_s, until_s

    def topic(self, usual: str) -> str:
        return usual

    def begin(self, *_: object) -> Start:
        return Start("resumed", {0: 0})

    def apply(self, changes: Sequence[Change]) -> Counter[str]:
        self._clock.at += self._turn_s
        return Counter(applied=len(changes))

    def stage(self, changes: Sequence[Change]) -> None:
        """Not looked at."""

    def advance(self, positions: Mapping[int, int]) -> None:
        """Not looked at."""

    def heartbeat(self, fields: Mapping[str, str]) -> None:
        self.beats.append(Beat(self._clock.at, fields["state"], int(fields["lag"] or 0), self._log.unread))
        if self._clock.at > self._until_s:
            self.stop.set()


def heartbeats(
    turn_s: float,
    until_s: float,
    cut: tuple[float, float] = (0, 0),
    backlog: int = 0,
    rate: int = RATE,
    *,
    ends_at_once: bool = True,
) -> list[Beat]:
    """All that a projector tells until it is stopped."""
    clock = Clock()
    log = Log(clock, backlog, cut, rate, ends_at_once=ends_at_once)
    store = Store(clock, log, turn_s, until_s)
    Projector(cast("ViewsLog", log), cast("RedisStore", store), Figures(), clock).run(store.stop)
    return store.beats


def of(beats: Sequence[Beat], since: float = 0) -> Iterator[Beat]:
    return (beat for beat in beats[:-1] if beat.at > since)


@pytest.mark.parametrize("ends_at_once", [True, False])
@pytest.mark.parametrize("turn_s", [0.01, 0.2, 0.9])
def test_who_keeps_up_is_not_behind_though_some_records_are_always_under_way(turn_s: float, ends_at_once: bool) -> None:
    beats = heartbeats(turn_s, 30, ends_at_once=ends_at_once)
    assert all(beat.unread for beat in of(beats, 2))
    assert {beat.told for beat in of(beats, 2)} == {0}


@pytest.mark.parametrize("rate", [1, 20, 100])
def test_who_is_level_is_not_behind_before_kafka_has_said_so(rate: int) -> None:
    beats = heartbeats(0.001, 60, rate=rate, ends_at_once=False)
    assert {beat.told for beat in of(beats, 2)} == {0}


@pytest.mark.parametrize("turn_s", [2.1, 4.5])
def test_who_takes_seconds_for_each_turn_says_how_much_it_is_behind(turn_s: float) -> None:
    beats = heartbeats(turn_s, 40)
    assert all(beat.told == beat.unread > RATE for beat in of(beats, 5))


def test_who_has_a_backlog_says_so_until_it_is_worked_off() -> None:
    beats = heartbeats(1.0, 90, backlog=200_000)
    behind = [beat.told for beat in of(beats)]
    assert behind[1] > 100_000
    assert behind[-1] == 0
    assert all(beat.told for beat in of(beats) if beat.unread > 2 * RATE)


def test_who_was_cut_off_from_kafka_says_at_once_how_much_came_meanwhile() -> None:
    beats = heartbeats(0.01, 100, cut=(5, 65))
    cut = [beat for beat in of(beats, 6) if beat.at < 65]
    assert {beat.state for beat in cut} == {"kafka: no broker can be reached"}
    after = next(beat for beat in beats if beat.at > 65 and beat.state == "running")
    assert after.told == after.unread or after.unread < RATE
    assert next(of(beats, 90)).told == 0


def test_the_last_word_says_all_that_redis_does_not_have() -> None:
    beats = heartbeats(0.01, 10)
    last = beats[-1]
    assert (last.state, last.told) == ("stopped", last.unread)
