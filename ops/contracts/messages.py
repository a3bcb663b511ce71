"""The messages of each topic: what the key and the value are, and an example."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import yaml
from pydantic import TypeAdapter

from ops.contracts.catalogue import (
    ALERT,
    CATALOGUE,
    DELIVERY,
    LETTER_DECISION,
    LOOKUP_AUDITED,
    REFERENCES,
    RULE_CHANGE,
    SECTIONS,
    SET_ASIDE,
    VIEW_GENERATIONS_STAND,
    events_of,
    payload_name,
)
from ops.contracts.json_schema import json_schema
from schemas.base import CustomerId
from schemas.topics import (
    ALERT_RULES,
    DEAD_LETTER_DECISIONS,
    DEAD_LETTERS,
    LATE_EVENTS,
    REFERENCE_DATA,
    TOPIC_OF_ALERT,
    VIEW_GENERATIONS,
    Topic,
)
from schemas.views import PROGRESS

__all__ = ["Message", "messages_of"]

Key = dict[str, Any]

_CUSTOMER_KEY: Final[Key] = {**TypeAdapter(CustomerId).json_schema(), "description": "Customer number."}
_CONTROL: Final = {
    ALERT_RULES: (RULE_CHANGE,),
    REFERENCE_DATA: tuple(REFERENCES),
    DEAD_LETTER_DECISIONS: (LETTER_DECISION,),
    VIEW_GENERATIONS: (VIEW_GENERATIONS_STAND,),
}
_ONE_OF_MANY: Final = frozenset(
    ("account", "history", "loan", "guarantee", "acceptance", "collateral", "complaint", "alert")
)
_NAMES: Final = {DEAD_LETTERS: "dead-letter", LATE_EVENTS: "late-event"}


@dataclass(frozen=True)
class Message:
    """One kind of record of a topic."""

    name: str
    summary: str
    key: Key
    """JSON Schema of the record's key."""
    contract: str | None
    """Name in the catalogue; None for a record without a value."""
    alert_kind: str | None = None
    """Narrows an alert to one kind, and its payload to that kind's."""

    @property
    def example(self) -> Any:
        """A value as it stands in the topic."""
        return _examples()[self.name]

    def payload(self, components: str) -> dict[str, Any]:
        """The schema of the value, with references to contracts below `components`."""
        if self.contract is None:
            return {"type": "null"}
        reference = {"$ref": components + self.contract}
        if self.alert_kind is None:
            return reference
        narrowed = {"kind": {"const": self.alert_kind}, "payload": {"$ref": components + payload_name(self.alert_kind)}}
        return {"allOf": [reference, {"type": "object", "properties": narrowed}]}


def messages_of(topic: Topic) -> Iterator[Message]:
    """The messages that stand in the topic."""
    if topic.role == "input":
        for name in events_of(topic.name):
            yield Message(name, _summary(name), _key_of_input(topic), name)
    elif topic.role == "alert":
        for kind in (kind for kind, name in TOPIC_OF_ALERT.items() if name == topic.name):
            yield Message(f"alert.{kind}", _summary(payload_name(kind)), _CUSTOMER_KEY, ALERT, kind)
    elif topic.role == "control":
        yield from _control(topic)
    elif topic.role == "delivery":
        yield Message(DELIVERY, _summary(DELIVERY), _CUSTOMER_KEY, DELIVERY)
    elif topic.role == "audit":
        key: Key = {"type": "string", "description": f"{topic.key.capitalize()}."}
        yield Message(LOOKUP_AUDITED, _summary(LOOKUP_AUDITED), key, LOOKUP_AUDITED)
    elif topic.role == "view":
        yield from _sections()
    else:
        yield Message(_NAMES[topic.name], _summary(SET_ASIDE), {"description": f"{topic.key}."}, SET_ASIDE)


def _control(topic: Topic) -> Iterator[Message]:
    key: Key = {"type": "string", "description": f"{topic.key.capitalize()}."}
    names = _CONTROL[topic.name]
    for name in names:
        yield Message(name, _summary(name), key, name)
    family = names[0].partition(".")[0]
    yield Message(f"{family}.tombstone", "Ends what the key names; the record has no value.", key, None)


def _sections() -> Iterator[Message]:
    for name in SECTIONS:
        yield Message(name, _summary(name), _key_of_section(name.removeprefix("section.")), name)
    yield Message("section.alert", "An alert in its newest state, as published.", _key_of_section("alert"), ALERT)
    key: Key = {"type": "string", "description": "Any key of this topic."}
    yield Message("section.tombstone", "Deletes the section; the record has no value.", key, None)


def _key_of_input(topic: Topic) -> Key:
    if topic.name == "clock":
        return {"type": "string", "pattern": "^[0-9]+$", "description": f"{topic.key.capitalize()}."}
    return _CUSTOMER_KEY


def _key_of_section(section: str) -> Key:
    if section == PROGRESS:
        return {"type": "string", "pattern": r"^\$partition-[0-9]+/progress$", "description": "Reserved."}
    owner = str(_CUSTOMER_KEY["pattern"]).removesuffix("$")
    tail, words = (":.+$", ":<id>") if section in _ONE_OF_MANY else ("$", "")
    return {
        "type": "string",
        "pattern": f"{owner}/{section}{tail}",
        "description": f"<customer number>/{section}{words}; partitioned by the customer number.",
    }


def _summary(contract: str) -> str:
    schema = json_schema(CATALOGUE[contract])
    told = schema.get("description")
    if told is None:
        parts = schema["$defs"].values()
        told = " ".join(part["description"] for part in parts)
    return str(told).partition("\n")[0]


@cache
def _examples() -> dict[str, Any]:
    text = (files("ops.contracts") / "examples.yaml").read_text("utf-8")
    examples: dict[str, Any] = yaml.safe_load(text)
    return examples
