import json
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from schemas.aside import SetAside
from schemas.events import EVENTS_BY_TOPIC, Event
from schemas.topics import MAX_ASIDE_BYTES
from streams.codec import Door, Malformed, encode_section, set_aside
from tests.support import builders
from tests.support.builders import a_complaint, a_tick, an_account, an_entry, topic_of, wire
from tests.unit.streams.folds.folding import fold_account

ACCOUNTS = "account-changes"
KEY = b"C1"
DOOR = Door()
ENTRY = wire(an_entry())
EVENTS: list[Event] = [getattr(builders, name)() for name in dir(builders) if name.startswith(("a_", "an_", "new_"))]


def an_entry_with(**fields: Any) -> bytes:
    return json.dumps({**orjson.loads(ENTRY), **fields}).encode()


def an_entry_without(*names: str) -> bytes:
    return json.dumps({name: value for name, value in orjson.loads(ENTRY).items() if name not in names}).encode()


def an_entry_ending(more: bytes) -> bytes:
    return ENTRY[:-1] + b"," + more + b"}"


def refusal(value: bytes | None, key: bytes | None = KEY, topic: str = ACCOUNTS) -> Malformed:
    with pytest.raises(Malformed) as caught:
        DOOR.parse(topic, key, value)
    error = caught.value.error
    assert 0 < len(error) <= 500
    assert "\n" not in error
    return caught.value


def test_every_built_event_passes_as_it_is() -> None:
    assert {topic_of(event) for event in EVENTS} == set(EVENTS_BY_TOPIC)
    for event in EVENTS:
        assert DOOR.parse(topic_of(event), KEY, wire(event)) == event


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" , ", " : ")])
@pytest.mark.parametrize("indent", [None, 2])
def test_spaces_do_not_matter(separators: tuple[str, str], indent: int | None) -> None:
    value = json.dumps(orjson.loads(ENTRY), separators=separators, indent=indent).encode()
    assert DOOR.parse(ACCOUNTS, KEY, value) == an_entry()


@pytest.mark.parametrize(
    "value", [an_entry_with(since_version_2={"deep": [1, {"x": 2}]}), an_entry_with(text='"a":"b", "a":"c"')]
)
def test_fields_it_does_not_know_and_texts_that_look_like_json_pass(value: bytes) -> None:
    assert DOOR.parse(ACCOUNTS, KEY, value).event_id == an_entry().event_id


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\0\0\0",
        b"no json",
        ENTRY[:-1],
        ENTRY + b" x",
        ENTRY + ENTRY,
        b"\xef\xbb\xbf" + ENTRY,
        ENTRY.decode().encode("utf-16"),
        an_entry_ending(b'"x":"\xff"'),
        an_entry_ending(b'"x":"\xed\xa0\x80"'),
        an_entry_ending(b'"x":"\\ud800"'),
        an_entry_ending(b'"x":' + b"[" * 100_000 + b"]" * 100_000),
        an_entry_ending(b'"x":' + b'{"x":' * 100_000),
        an_entry_ending(b'"x":' + b"9" * 100_000),
        an_entry_ending(b'"x":NaN'),
        an_entry_ending(b'"x":-Infinity'),
        an_entry_ending(b'"currency":"EUR"'),
        an_entry_ending(b'"currency" :"EUR"'),
        an_entry_ending(b'"currency"\t:"EUR"'),
        an_entry_ending(b'"curr\\u0065ncy":"EUR"'),
        an_entry_ending(b'"x":{"y":1,"y":2}'),
    ],
)
def test_what_is_no_json_is_undecodable(value: bytes | None) -> None:
    assert refusal(value).reason == "undecodable"


def test_nesting_that_passes_the_validator_is_read_strictly_without_a_crash() -> None:
    assert DOOR.parse(ACCOUNTS, KEY, an_entry_ending(b'"x":' + b"[" * 190 + b"]" * 190)) == an_entry()


def test_a_name_stated_twice_is_named() -> None:
    assert refusal(an_entry_ending(b'"currency":"EUR"')).error == (
        "value: 'currency' should be stated once, and is stated twice"
    )


@pytest.mark.parametrize("twice", [b"%s:%s", b"%s :%s", b"%s\n: %s"])
def test_no_name_may_be_stated_twice_in_any_event(twice: bytes) -> None:
    for event in EVENTS:
        whole = orjson.loads(wire(event))
        required = {name: held for name, held in whole.items() if type(event).model_fields[name].is_required()}
        for fields in (whole, required):
            for name, held in fields.items():
                again = twice % (orjson.dumps(name), orjson.dumps(held))
                value = orjson.dumps(fields)[:-1] + b"," + again + b"}"
                assert refusal(value, topic=topic_of(event)).reason == "undecodable"


@pytest.mark.parametrize("kind", ["account.robbed", "loan.repaid", "", None, 5])
def test_a_type_the_topic_does_not_carry_is_unknown(kind: object) -> None:
    refused = refusal(an_entry_with(type=kind))
    assert (refused.reason, ACCOUNTS in refused.error) == ("unknown_type", True)


def test_a_type_the_clock_does_not_carry_is_unknown() -> None:
    assert refusal(ENTRY, topic="clock").reason == "unknown_type"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (b"{}", "type: is missing"),
        (b"[]", "value: should be a JSON object"),
        (b"null", "value: should be a JSON object"),
        (an_entry_without("amount_minor"), "amount_minor: is missing"),
        (an_entry_without("source", "currency"), "source: is missing; currency: is missing"),
        (an_entry_with(amount_minor=1.5), "amount_minor: should be a valid integer"),
        (an_entry_with(amount_minor=1e2), "amount_minor: should be a valid integer"),
        (an_entry_with(amount_minor="100"), "amount_minor: should be a valid integer"),
        (an_entry_with(amount_minor=10**15 + 1), "amount_minor: should be less than or equal to 1000000000000000"),
        (an_entry_with(amount_minor=10**100), "amount_minor: should be less than or equal to 1000000000000000"),
        (an_entry_with(amount_minor=float("nan")), "amount_minor: should be a valid integer"),
        (an_entry_with(currency="XXQ"), "currency: unknown currency 'XXQ': an active ISO 4217 code is expected"),
        (an_entry_with(source_seq=-1), "source_seq: should be greater than or equal to 0"),
        (an_entry_with(source_seq=2**60), "source_seq: should be less than or equal to 9007199254740991"),
        (an_entry_with(occurred_at="2020-03-02T12:00:00"), "occurred_at: should have timezone info"),
        (an_entry_with(occurred_at=1583150400), "occurred_at: should be a valid datetime"),
        (an_entry_with(occurred_at="0001-01-01T00:00:00+14:00"), "occurred_at: should be an instant of the years"),
        (an_entry_with(occurred_at="9999-12-31T23:59:59-14:00"), "occurred_at: should be an instant of the years"),
        (an_entry_with(booked_on="2020-02-30"), "booked_on: should be a valid date"),
        (an_entry_with(text="x" * 4001), "text: String should have at most 4000 characters"),
        (an_entry_with(schema_version=2), "schema_version: should be less than or equal to 1"),
    ],
)
def test_what_breaks_the_contract_is_invalid_and_says_which_field(value: bytes, error: str) -> None:
    refused = refusal(value)
    assert refused.reason == "invalid"
    assert refused.error.startswith(error)


def test_many_errors_are_counted_and_no_payload_is_echoed() -> None:
    value = an_entry_with(**dict.fromkeys(("currency", "source", "account_id", "booked_on", "event_id"), "?" * 10_000))
    assert refusal(value).error.endswith("; and 2 more")
    assert len(refusal(value).error) < 500


@pytest.mark.parametrize("key", [None, b"", b"C2", b"c1", b"C1\n", b"\xff", "C1".encode("utf-16")])
def test_the_key_is_the_customer_number(key: bytes | None) -> None:
    assert refusal(ENTRY, key).reason == "wrong_key"


@pytest.mark.parametrize("key", [None, b"0", b"\xff"])
def test_the_clocks_key_does_not_matter(key: bytes | None) -> None:
    assert DOOR.parse("clock", key, wire(a_tick())) == a_tick()


@pytest.mark.parametrize("text", ["\0", "\x7f", "\u2028", "\ufffe\uffff", "🏦", "ž" * 200, '"\\'])
def test_a_text_that_passes_the_door_can_be_kept(text: str) -> None:
    value = json.dumps({**orjson.loads(wire(a_complaint())), "content": text}).encode()
    event = DOOR.parse("complaint-events", KEY, value)
    assert orjson.loads(encode_section(event.model_dump(mode="json")))["content"] == text


def test_a_section_decodes_to_what_it_was() -> None:
    section = fold_account(fold_account(None, an_account()), an_entry())
    assert orjson.loads(encode_section(section)) == section


def test_what_is_set_aside_is_kept_whole() -> None:
    recorded_at = datetime(2026, 11, 23, tzinfo=UTC)
    raw = set_aside(
        topic=ACCOUNTS,
        partition=3,
        offset=7,
        reason="undecodable",
        error="value:\nno JSON " + "x" * 1000,
        key=None,
        value=b"\xff\0",
        recorded_at=recorded_at,
    )
    kept = SetAside.model_validate_json(raw)
    assert (kept.topic, kept.partition, kept.offset, kept.reason) == (ACCOUNTS, 3, 7, "undecodable")
    assert kept.key_base64 is None
    assert b64decode(kept.value_base64 or "") == b"\xff\0"
    assert kept.recorded_at == recorded_at
    assert (kept.error[:14], len(kept.error)) == ("value: no JSON", 500)


def test_a_value_too_large_to_be_copied_stays_where_it_stands_and_the_letter_says_so() -> None:
    raw = set_aside(
        topic=ACCOUNTS,
        partition=0,
        offset=7,
        reason="undecodable",
        error="value: no JSON",
        key=KEY,
        value=b"x" * (MAX_ASIDE_BYTES // 2 + 1),
        recorded_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    letter = SetAside.model_validate_json(raw)
    assert letter.value_base64 is None
    assert "4194305 bytes, is too large to be copied here" in letter.error
    assert len(raw) < MAX_ASIDE_BYTES
