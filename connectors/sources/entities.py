"""What a source must know of the contracts: the event types, the entity each tells about, and derived event ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final, get_args
from uuid import UUID, uuid5

from pydantic import TypeAdapter

from schemas.events import EVENTS_BY_TOPIC
from schemas.header import Header

__all__ = ["EVENT_TYPES", "EventType", "entity_of", "event_id"]

_NAMESPACE: Final = UUID("5d0f3a2e-6c1b-5e5f-9f60-2b6c3c360c36")
"""Of all event ids derived by c360's sources; it never changes, or every event would get a new id."""

_ENTITIES: Final = (
    ("bill_id", "acceptance:{contract_id}/bill:{bill_id}"),
    ("collateral_id", "collateral:{contract_id}/pledge:{collateral_id}"),
    ("relationship_id", "relationship:{relationship_id}"),
    ("drawdown_id", "loan:{contract_id}/drawdown:{drawdown_id}"),
    ("contract_id", "loan:{contract_id}"),
    ("account_id", "account:{account_id}"),
    ("complaint_id", "complaint:{complaint_id}"),
)

_FAMILIES: Final = {"guarantee": "guarantee:{contract_id}", "interaction": "interactions:{customer_id}"}
"""Family of event types -> entity, where the fields alone would name another."""


@dataclass(frozen=True)
class EventType:
    """An event type a source may publish: its topic, its model and the validator of its bytes."""

    name: str
    topic: str
    model: type[Header]
    adapter: TypeAdapter[Header]
    entity: str
    """Format of the entity's name over the event's fields."""

    def entity_fields(self) -> list[str]:
        """The fields that make up the entity's name."""
        return [field for _, field, _, _ in Formatter().parse(self.entity) if field]

    def own_fields(self) -> dict[str, bool]:
        """Field -> whether it is required, of what the type adds to the header."""
        fields = self.model.model_fields
        return {
            name: field.is_required()
            for name, field in fields.items()
            if name not in Header.model_fields and name != "type"
        }


def _event_type(topic: str, model: type[Header]) -> EventType:
    (name,) = get_args(model.model_fields["type"].annotation)
    family = name.partition(".")[0]
    if family in _FAMILIES:
        return EventType(name, topic, model, TypeAdapter(model), _FAMILIES[family])
    entity = next((text for field, text in _ENTITIES if field in model.model_fields), "customer:{customer_id}")
    return EventType(name, topic, model, TypeAdapter(model), entity)


EVENT_TYPES: Final[dict[str, EventType]] = {
    event_type.name: event_type
    for topic, events in EVENTS_BY_TOPIC.items()
    for model in get_args(events)
    for event_type in [_event_type(topic, model)]
}
"""Every event type told about a customer; ticks of the clock are no source's business."""


def entity_of(event_type: EventType, fields: Mapping[str, Any]) -> str:
    """The name of the entity an event tells about, such as `account:25`; KeyError when an id is absent."""
    return event_type.entity.format_map(fields)


def event_id(source: str, entity: str, source_seq: int) -> str:
    """UUIDv5 of (source, entity, source_seq): the same fact read twice is the same event."""
    return str(uuid5(_NAMESPACE, f"{source}|{entity}|{source_seq}"))
