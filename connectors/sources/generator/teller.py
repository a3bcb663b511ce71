"""Tells what happens as events: numbers each entity's, derives their ids, and keeps the time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from connectors.sources.entities import EVENT_TYPES, entity_of, event_id
from connectors.sources.ordering import OutgoingEvent

__all__ = ["Teller"]

_SOURCES = {"interaction": "crm", "complaint": "call-centre", "loan": "credit", "guarantee": "credit"}
_SOURCES |= {"acceptance": "credit", "collateral": "credit"}


class Teller:
    """What was told since it was last asked, in the order of its instants."""

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self._told: list[OutgoingEvent] = []
        self._seqs: dict[str, int] = {}
        self._count = 0

    @property
    def today(self) -> str:
        """The day of `now`."""
        return self.now.date().isoformat()

    def day_after(self, days: int) -> str:
        """The day so many days from now."""
        return (self.now.date() + timedelta(days=days)).isoformat()

    def tell(self, kind: str, customer_id: str, /, **facts: Any) -> None:
        """It happens now; a fact of None is not stated."""
        event_type = EVENT_TYPES[kind]
        source = _SOURCES.get(kind.partition(".")[0], "core")
        entity = entity_of(event_type, {"customer_id": customer_id, **facts})
        seq = self._seqs[entity] = self._seqs.get(entity, -1) + 1
        at = self.now.isoformat().replace("+00:00", "Z")
        identity = event_id(f"generator.{source}", entity, seq)
        header = {
            "event_id": identity,
            "type": kind,
            "customer_id": customer_id,
            "source": source,
            "source_seq": seq,
            "occurred_at": at,
            "recorded_at": at,
        }
        value = orjson.dumps(header | {name: fact for name, fact in facts.items() if fact is not None})
        self._count += 1
        order = (self.now, self._count)
        self._told.append(OutgoingEvent(order, event_type.topic, customer_id, value, identity, kind))

    def take(self) -> list[OutgoingEvent]:
        """What was told, which is then forgotten."""
        told, self._told = self._told, []
        return told
