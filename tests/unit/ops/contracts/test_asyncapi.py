"""The AsyncAPI document: every topic, every message, and examples that are true."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import TypeAdapter

from ops.contracts.asyncapi import asyncapi
from ops.contracts.catalogue import CATALOGUE
from ops.contracts.messages import Message, messages_of
from schemas.topics import CONTROL_TOPICS, INPUT_TOPICS, TOPICS

DOCUMENT = asyncapi()
MESSAGES = [(topic, message) for topic in TOPICS.values() for message in messages_of(topic)]


def _references(node: Any) -> Iterator[tuple[str, int]]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"], len(node)
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _at(reference: str) -> Any:
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_every_reference_leads_somewhere_and_stands_alone() -> None:
    references = list(_references(DOCUMENT))
    assert references
    for reference, keys_beside in references:
        assert _at(reference)
        assert keys_beside == 1


def test_every_topic_is_a_channel_with_its_key_retention_and_partitions() -> None:
    assert list(DOCUMENT["channels"]) == list(TOPICS)
    for name, topic in TOPICS.items():
        channel = DOCUMENT["channels"][name]
        binding = channel["bindings"]["kafka"]
        assert (channel["address"], channel["title"]) == (name, topic.title)
        assert topic.key in channel["description"]
        assert channel.get("x-partitions-setting") == (None if topic.partitions else "C360_PARTITIONS")
        assert binding["partitions"] == (topic.partitions or 4)
        assert binding["topicConfiguration"]["cleanup.policy"] == [topic.cleanup]
        assert str(topic.retention_ms) in map(str, binding["topicConfiguration"].values())


def test_c360_receives_input_and_control_topics_and_sends_all_others() -> None:
    received = {*INPUT_TOPICS, *CONTROL_TOPICS}
    actions = {
        operation["channel"]["$ref"].rpartition("/")[2]: operation for operation in DOCUMENT["operations"].values()
    }
    assert {name for name, operation in actions.items() if operation["action"] == "receive"} == received
    assert {name for name, operation in actions.items() if operation["action"] == "send"} == set(TOPICS) - received
    for name, operation in actions.items():
        assert len(operation["messages"]) == len(DOCUMENT["channels"][name]["messages"])


def test_every_contract_is_among_the_schemas_and_every_value_has_a_message() -> None:
    assert set(CATALOGUE) <= set(DOCUMENT["components"]["schemas"])
    payloads = json.dumps(DOCUMENT["components"]["messages"])
    for name in CATALOGUE:
        assert f'"#/components/schemas/{name}"' in payloads


def test_shared_parts_never_differ() -> None:
    from ops.contracts.asyncapi import _schemas

    told: dict[str, Any] = {}
    for name, schema in _schemas():
        assert told.setdefault(name, schema) == schema


@pytest.mark.parametrize("message", [message for _, message in MESSAGES], ids=lambda message: message.name)
def test_an_example_keeps_to_the_schema_and_to_the_model(message: Message) -> None:
    payload = DOCUMENT["components"]["messages"][message.name]["payload"]
    schema = {**payload, "components": DOCUMENT["components"]}
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    assert [error.message for error in validator.iter_errors(message.example)] == []
    if message.contract is not None:
        TypeAdapter(CATALOGUE[message.contract].type).validate_json(json.dumps(message.example))


@pytest.mark.parametrize(
    ("message", "key", "is_one"),
    [
        ("account.opened", "B00000017", True),
        ("account.opened", "$partition-0", False),
        ("section.profile", "B00000017/profile", True),
        ("section.profile", "B00000017/profile:1", False),
        ("section.account", "B00000017/account:A/1", True),
        ("section.account", "B00000017/loan:1", False),
        ("section.progress", "$partition-12/progress", True),
        ("section.progress", "B00000017/progress", False),
        ("clock.ticked", "3", True),
    ],
)
def test_the_key_of_a_message_is_told_by_a_pattern(message: str, key: str, is_one: bool) -> None:
    pattern = DOCUMENT["components"]["messages"][message]["bindings"]["kafka"]["key"]["pattern"]
    assert bool(re.search(pattern, key)) == is_one


@pytest.mark.parametrize(
    "said",
    ["isolation.level=read_committed", "(`alert_id`, `revision`)", "tombstone", "$partition-", "`x-extensible`"],
)
def test_the_introduction_tells_a_consumer_what_he_has_to_know(said: str) -> None:
    assert said in DOCUMENT["info"]["description"]
