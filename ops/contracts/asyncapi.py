"""The AsyncAPI 3.0 document: every topic with its key, retention, messages and who sends them."""

from collections.abc import Iterator
from typing import Any, Final

from ops.contracts.catalogue import CATALOGUE
from ops.contracts.json_schema import json_schema
from ops.contracts.messages import Message, messages_of
from ops.settings import Settings
from schemas.topics import TOPICS, Topic

__all__ = ["asyncapi"]

_VERSION: Final = "1.0.0"
"""Of the contracts: the first number grows with a breaking release."""
_COMPONENTS: Final = "#/components/schemas/"
_PARTITIONS_SETTING: Final = "C360_PARTITIONS"
_CO_PARTITIONED: Final = (
    f"All topics keyed by customer have the same number of partitions ({_PARTITIONS_SETTING}; the number given is the "
    "default) and place a customer's records by murmur2 of the customer number, Kafka's own partitioner for keyed "
    "records."
)
_CONTROL: Final = "It has one partition: every worker reads all of it, and its changes have one order."
_INTRODUCTION: Final = """\
Events in, live customer views and alerts out. What a consumer has to know:

- Read with `isolation.level=read_committed`. c360 writes alerts, views and what it sets aside in one transaction per \
flush; without this setting you also see what was taken back.
- An alert record is identified by (`alert_id`, `revision`). An alert is published again, with the next revision, \
whenever it changes; the greatest revision is its state. On a broker without transactions a record may come twice: \
pass over what you have seen.
- The key of `customer-views` is `<customer number>/<section>`; records are placed by the customer number alone, so \
that all sections of a customer stand in one partition, the summary last of each change. The topic is compacted: the \
newest record of a key counts, and a record without a value (tombstone) deletes the section.
- Keys that begin with `$partition-`, such as `$partition-0/progress`, are reserved: they tell how far c360 is in a \
partition and belong to no customer. Pass over them.
- Pass over fields that you do not know, and over values that you do not know of a list marked `x-extensible`.
- Money is in integer minor units beside its ISO 4217 currency; instants (`..._at`) are RFC 3339, those c360 \
publishes in UTC; days are `..._on`.
"""


def asyncapi() -> dict[str, Any]:
    """The whole document, from c360's point of view: it receives input and control topics and sends all others."""
    messages = {topic: list(messages_of(TOPICS[topic])) for topic in TOPICS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "c360",
            "version": _VERSION,
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic, messages[name]) for name, topic in TOPICS.items()},
        "operations": {f"{_action(topic)}-{name}": _operation(topic, messages[name]) for name, topic in TOPICS.items()},
        "components": {
            "messages": {message.name: _message(message) for listed in messages.values() for message in listed},
            "schemas": dict(sorted(_schemas())),
        },
    }


def _channel(topic: Topic, messages: list[Message]) -> dict[str, Any]:
    return {
        "address": topic.name,
        "title": topic.title,
        "description": f"Key: {topic.key}. Kept: {topic.kept()}. {_CONTROL if topic.partitions else _CO_PARTITIONED}",
        "messages": {message.name: {"$ref": f"#/components/messages/{message.name}"} for message in messages},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions or Settings.model_fields["partitions"].default,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": "0.5.0",
            }
        },
        **({} if topic.partitions else {"x-co-partitioned": True, "x-partitions-setting": _PARTITIONS_SETTING}),
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    config = topic.config()
    return {name: [value] if name == "cleanup.policy" else int(value) for name, value in config.items()}


def _action(topic: Topic) -> str:
    return "receive" if topic.role in {"input", "control"} else "send"


def _operation(topic: Topic, messages: list[Message]) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    verb = "consumes" if _action(topic) == "receive" else "publishes"
    return {
        "action": _action(topic),
        "channel": {"$ref": channel},
        "summary": f"c360 {verb}: {topic.title[0].lower()}{topic.title[1:]}.",
        "messages": [{"$ref": f"{channel}/messages/{message.name}"} for message in messages],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "name": message.name,
        "title": message.name,
        "summary": message.summary,
        "contentType": "application/json",
        "payload": message.payload(_COMPONENTS),
        "bindings": {"kafka": {"key": message.key, "bindingVersion": "0.5.0"}},
        "examples": [{"name": message.name, "payload": message.example}],
    }


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """The contracts, and beside them the parts that they share."""
    for name, contract in CATALOGUE.items():
        schema = json_schema(contract)
        del schema["$schema"]
        for part, definition in schema.pop("$defs", {}).items():
            yield part, _embedded(definition)
        yield name, _embedded(schema)


def _embedded(node: Any) -> Any:
    """The schema with its references into the components; AsyncAPI allows nothing beside a reference."""
    if isinstance(node, list):
        return [_embedded(item) for item in node]
    if not isinstance(node, dict):
        return node
    beside = {key: _embedded(value) for key, value in node.items() if key != "$ref"}
    if "$ref" not in node:
        return beside
    reference = {"$ref": _COMPONENTS + node["$ref"].rpartition("/")[2]}
    return {"allOf": [reference], **beside} if beside else reference
