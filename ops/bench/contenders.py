"""Who runs: c360 and its peers, each with how it is started and where it leaves what it did."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ops.bench.peers.building import Report, kafka_streams_command, quix_python
from ops.bench.proof import Views
from ops.bench.stage import PYTHON, Crowd, Stage
from schemas.topics import ALERT_TOPICS

__all__ = [
    "C360",
    "C360_AT_LEAST_ONCE",
    "C360_EVENT",
    "C360_TWO",
    "C360_WORKER",
    "FAUST_TAKE",
    "HAND_LOOP",
    "HAND_LOOP_EXACTLY_ONCE",
    "HAND_LOOP_SIMPLE",
    "KAFKA_STREAMS",
    "KAFKA_STREAMS_EXACTLY_ONCE",
    "PEERS",
    "PLAIN_FAUST",
    "QUIX",
    "QUIX_EXACTLY_ONCE",
    "TITLES",
    "Contender",
    "contenders",
]

PLAIN_FAUST: Final = "plain_faust"
FAUST_TAKE: Final = "faust_take"
QUIX: Final = "quixstreams"
QUIX_EXACTLY_ONCE: Final = "quixstreams_exactly_once"
HAND_LOOP: Final = "hand_loop"
HAND_LOOP_EXACTLY_ONCE: Final = "hand_loop_exactly_once"
HAND_LOOP_SIMPLE: Final = "hand_loop_simple"
KAFKA_STREAMS: Final = "kafka_streams"
KAFKA_STREAMS_EXACTLY_ONCE: Final = "kafka_streams_exactly_once"
C360: Final = "c360"
C360_AT_LEAST_ONCE: Final = "c360_at_least_once"
C360_WORKER: Final = "c360_worker"
C360_TWO: Final = "c360_two_workers"
C360_EVENT: Final = "c360_event_clock"

PEERS: Final = (PLAIN_FAUST, QUIX, HAND_LOOP, KAFKA_STREAMS)
"""Those that c360 is told by, as `ratios`."""

TITLES: Final = {
    PLAIN_FAUST: "plain Faust",
    FAUST_TAKE: "Faust, take(2000)",
    QUIX: "Quix Streams",
    QUIX_EXACTLY_ONCE: "Quix Streams, exactly once",
    HAND_LOOP: "hand-written loop",
    HAND_LOOP_EXACTLY_ONCE: "hand-written loop, transactions",
    HAND_LOOP_SIMPLE: "hand-written loop, simple folds",
    KAFKA_STREAMS: "Kafka Streams",
    KAFKA_STREAMS_EXACTLY_ONCE: "Kafka Streams, exactly once",
    C360: "c360",
    C360_AT_LEAST_ONCE: "c360, no transactions",
    C360_WORKER: "c360, worker alone",
    C360_TWO: "c360, two workers",
    C360_EVENT: "c360, event clock",
}
STREAM_THREADS: Final = 2
"""Of Kafka Streams: as many as this machine's cores; the most that helps it."""


@dataclass(frozen=True)
class Contender:
    """Who runs."""

    name: str
    start: Callable[[Stage, str], AbstractContextManager[Crowd]]
    """Stage and group -> the children."""
    views: Views = "simple"
    """How its views stand in Redis."""
    in_redis: bool = True
    """Whether its outcome stands in Redis. A peer writes Redis before it commits, so that its position says so; with
    c360 the projector's marks do."""
    slow: bool = False
    """Watched for some seconds, not to the end of the backlog."""

    @property
    def title(self) -> str:
        """For people."""
        return TITLES[self.name]

    @property
    def is_c360(self) -> bool:
        """Whether it is no peer."""
        return self.views == "hash"

    def alert_topics(self, group: str) -> Sequence[str]:
        """Where its alerts are."""
        return ALERT_TOPICS if self.is_c360 else (f"{group}-alerts",)


def contenders(names: Iterable[str], cache: Path, report: Report) -> tuple[Contender, ...]:
    """These, in this order; a peer that has to be built is built now if it is not there yet."""
    return tuple(_C360[name] if name in _C360 else _peer(name, cache, report) for name in names)


def _peer(name: str, cache: Path, report: Report) -> Contender:
    module, mode = _MODES[name]
    command: Sequence[str | Path]
    if module == "kafka_streams":
        command = kafka_streams_command(cache, report)
    elif module == "quix":
        command = [quix_python(cache, report), "-m", "ops.bench.peers.quix"]
    else:
        command = [*PYTHON, f"ops.bench.peers.{module}"]
    views: Views = "sections" if mode.startswith("same/") else "simple"
    return Contender(name, lambda stage, group: stage.peer(group, command, mode), views, slow=name == PLAIN_FAUST)


_MODES: Final = {
    PLAIN_FAUST: ("plain_faust", "each"),
    FAUST_TAKE: ("plain_faust", "take"),
    QUIX: ("quix", "at_least_once"),
    QUIX_EXACTLY_ONCE: ("quix", "exactly_once"),
    HAND_LOOP: ("hand_loop", "same/at_least_once"),
    HAND_LOOP_EXACTLY_ONCE: ("hand_loop", "same/exactly_once"),
    HAND_LOOP_SIMPLE: ("hand_loop", "simple/at_least_once"),
    KAFKA_STREAMS: ("kafka_streams", f"at_least_once/{STREAM_THREADS}"),
    KAFKA_STREAMS_EXACTLY_ONCE: ("kafka_streams", f"exactly_once/{STREAM_THREADS}"),
}
_C360: Final = {
    found.name: found
    for found in (
        Contender(C360, lambda s, g: s.c360(g), views="hash"),
        Contender(C360_AT_LEAST_ONCE, lambda s, g: s.c360(g, transactions="off"), views="hash"),
        Contender(C360_TWO, lambda s, g: s.c360(g, metrics_ports=(0, 0)), views="hash"),
        Contender(C360_WORKER, lambda s, g: s.c360(g, projector=False), views="hash", in_redis=False),
        Contender(C360_EVENT, lambda s, g: s.c360(g, "event", projector=False), views="hash", in_redis=False),
    )
}
