"""What Kafka refuses to a reader of several topics, until it gives it again."""

from collections.abc import Iterable

from connectors.errors import Unavailable

__all__ = ["Refusals"]


class Refusals:
    """A topic that is missing or forbidden, or the group: librdkafka says each once, and goes on with the others."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._missing: set[str] = set()
        self._forbidden: set[str] = set()
        self._is_put_out = False
        self._untold: list[tuple[str | None, str]] = []

    def __bool__(self) -> bool:
        return bool(self._missing or self._forbidden or self._is_put_out)

    def add(self, topic: str | None, reason: str, *, is_in_metadata: bool = False) -> None:
        """A refusal of a topic came, or of the group. `is_in_metadata`: the topic is there, and can't be read."""
        if topic is None:
            self._is_put_out = True
        else:
            (self._forbidden if is_in_metadata else self._missing).add(topic)
        self._untold.append((topic, reason))

    def gives(self, topic: str) -> None:
        """A record of the topic came."""
        self._missing.discard(topic)
        self._forbidden.discard(topic)
        self._is_put_out = False

    def let_in(self) -> None:
        """The group has let the reader in."""
        self._is_put_out = False

    def are_there(self, topics: Iterable[str]) -> None:
        """Kafka's metadata has these topics."""
        self._missing.difference_update(topics)

    def raise_untold(self) -> None:
        """Raise Unavailable for what came since the last call, if anything did."""
        untold, self._untold = self._untold, []
        if not untold:
            return
        first, reason = untold[0]
        others = sorted({topic for topic, _ in untold if topic is not None} - {first})
        said = f"{reason}; nor are {', '.join(map(str, others))}" if others else reason
        raise Unavailable("kafka", said, self._where)
