"""Records that are no events: every way in which bytes, fields or keys can be wrong, made from a good event."""

import json
from collections.abc import Callable
from random import Random
from typing import Any, Final

from schemas.events import Event
from tests.support.builders import topic_of, wire

__all__ = ["KINDS", "garbage"]

Pair = tuple[bytes | None, bytes | None]
Fields = dict[str, Any]


def _bytes_of(fields: Fields) -> bytes:
    return json.dumps(fields).encode()


def _random_bytes(random: Random, event: Event) -> bytes:
    return b"\xfe" + random.randbytes(random.randrange(60))


def _truncated(random: Random, event: Event) -> bytes:
    whole = wire(event)
    return whole[: random.randrange(len(whole))]


def _bit_flipped_name(random: Random, event: Event) -> bytes:
    name = random.choice(["event_id", "source_seq", "occurred_at", "type"]).encode()
    return wire(event).replace(b'"' + name + b'"', b'"' + name[:-1] + b'_"', 1)


def _not_an_object(random: Random, event: Event) -> bytes:
    whole = wire(event)
    return random.choice([b"null", b"1", b'"text"', b"[" + whole + b"]", whole + whole, whole + b"}", b"", b"{}", b" "])


def _other_encoding(random: Random, event: Event) -> bytes:
    return random.choice([wire(event).decode().encode("utf-16"), b"\x1f\x8b\x08" + wire(event)])


def _with(**fields: Any) -> Callable[[Random, Event], bytes]:
    """One of the values for one of the fields."""

    def make(random: Random, event: Event) -> bytes:
        name = random.choice(list(fields))
        return _bytes_of(json.loads(wire(event)) | {name: random.choice(fields[name])})

    return make


def _without(random: Random, event: Event) -> bytes:
    fields = json.loads(wire(event))
    del fields[random.choice(["event_id", "type", "source", "occurred_at", "recorded_at"])]
    return _bytes_of(fields)


_MONEY: Final = (12.5, 1000.0, 1e30, "100.00", "1000", "1e3", True, None, [1], {"minor": 1}, 10**15 + 1, 10**400)


def _wrong_money(random: Random, event: Event) -> bytes | None:
    fields = json.loads(wire(event))
    stated = [name for name in fields if name.endswith("_minor")]
    if not stated:
        return None
    return _bytes_of(fields | {random.choice(stated): random.choice(_MONEY)})


def _no_number(random: Random, event: Event) -> bytes | None:
    fields = json.loads(wire(event))
    stated = [name for name in fields if name.endswith("_minor")]
    if not stated:
        return None
    text = json.dumps(fields | {random.choice(stated): "@"})
    return text.replace(
        '"@"', random.choice(["NaN", "Infinity", "-Infinity", "00", "+1", "0x10", "1_000", "9" * 5_000])
    ).encode()


def _wrong_currency(random: Random, event: Event) -> bytes | None:
    if not hasattr(event, "currency"):
        return None
    named = random.choice(["XXX", "czk", "CZ", "", "Kč", "EUR ", None, 203])
    return _bytes_of(json.loads(wire(event)) | {"currency": named})


def _deep(random: Random, event: Event) -> bytes:
    depth = random.choice([1_000, 20_000])
    inner = random.choice([b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth])
    return random.choice([inner, wire(event)[:-1] + b',"more":' + inner + b"}"])


def _surrogate(random: Random, event: Event) -> bytes:
    lone = random.choice([b'"\\ud800"', b'"\\udfff x"', b'"\xed\xa0\x80"', b'"\xff"', b'"\xc0\x80"'])
    return wire(event)[:-1] + b',"more":' + lone + b"}"


def _nothing(random: Random, event: Event) -> None:
    return None


_VALUES: Final[dict[str, Callable[[Random, Event], bytes | None]]] = {
    "random bytes": _random_bytes,
    "truncated": _truncated,
    "a field by another name": _bit_flipped_name,
    "not an object": _not_an_object,
    "another encoding": _other_encoding,
    "a field missing": _without,
    "an unknown type": _with(type=["account.exploded", "", None, 7, "account.opened ", "clock", ["account.opened"]]),
    "another topic's type": _with(type=["clock.ticked"]),
    "wrong money": _wrong_money,
    "no number": _no_number,
    "a wrong currency": _wrong_currency,
    "a wrong number": _with(source_seq=[-1, 1.0, "1", None, 2**53, 2**63, 2**64, 10**4000, False]),
    "a wrong instant": _with(
        occurred_at=["2024-02-30T00:00:00Z", "2024-01-01T00:00:00", "yesterday", 0, 1.5, None, "2024-01-01", {}],
        recorded_at=["2024-13-01T00:00:00Z", "", [], 10**30],
    ),
    "a wrong identifier": _with(
        customer_id=["", "C1/summary", "$partition-0", "C" * 65, " C1", "Č1", "C1\n", None, 1],
        event_id=["", "x" * 129, None, 5],
        source=["", "Core", "a b", None],
    ),
    "a wrong version": _with(schema_version=[0, 2, "1", None, 1.0]),
    "deep nesting": _deep,
    "a lone surrogate": _surrogate,
    "no value": _nothing,
}
KINDS: Final = (*_VALUES, "a wrong key")


def garbage(random: Random, event: Event, kind: str) -> Pair:
    """(key, value) of a record that must be refused, made from `event`; where the kind does not fit it, another is."""
    key = getattr(event, "customer_id", "0").encode()
    if kind == "a wrong key" and topic_of(event) != "clock":
        return random.choice([b"", key + b"x", b"\xff\xfe", b"C-other", None]), wire(event)
    make = _VALUES.get(kind, _random_bytes)
    value = make(random, event)
    if (value is None and kind != "no value") or (topic_of(event) == "clock" and value is not None):
        value = _random_bytes(random, event)
    return key, value
