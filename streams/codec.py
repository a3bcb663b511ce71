"""Bytes to events and sections to bytes: the only door of the engine."""

import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Literal, get_args, get_origin
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ValidationError

from schemas.base import utc_text
from schemas.clock import ClockTicked
from schemas.events import EVENTS_BY_TOPIC, Event, adapter_of
from schemas.topics import MAX_ASIDE_BYTES
from streams.view import Section

__all__ = ["LARGEST_KEY", "Door", "Malformed", "encode_section", "set_aside"]

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2999
"""Beyond these an instant has no day in some time zone, or stops the event clock for good."""
_ERROR_LENGTH: Final = 500
_ERRORS_NAMED: Final = 3
_LARGEST_COPIED: Final = MAX_ASIDE_BYTES // 2
"""Base64 makes it a third larger, and the key stands twice beside it."""
LARGEST_KEY: Final = 64 * 1024
"""A key beyond it is no customer number, and is not copied to where the record is set aside."""
_ONE_ERROR_LENGTH: Final = 150
_SPACE: Final = b" \t\n\r"


class Malformed(Exception):
    """A record that is no event: `reason` is a code of `schemas.aside`, `error` a line for a person."""

    def __init__(self, reason: str, error: str) -> None:
        super().__init__(f"{reason}: {error}")
        self.reason = reason
        self.error = _shortened(error, _ERROR_LENGTH)


def _quotes(model: type[BaseModel]) -> int | None:
    """How many quotes a value has that states what this event requires and nothing else; None: that may differ."""
    required = [field.annotation for field in model.model_fields.values() if field.is_required()]
    if not all(kind in _NUMBERS or _is_text(kind) for kind in required):
        return None
    return sum(2 if kind in _NUMBERS else 4 for kind in required)


def _is_text(kind: Any) -> bool:
    return kind in {str, date, UUID, AwareDatetime} or get_origin(kind) is Literal or issubclass(kind, StrEnum)


_NUMBERS: Final = frozenset({int, bool})
_QUOTES: Final = {
    model: _quotes(model) for events in EVENTS_BY_TOPIC.values() for model in get_args(events) or (events,)
}


class Door:
    """Turns records of the input topics into events; its validators are built once."""

    def __init__(self) -> None:
        self._validate = {topic: adapter_of(topic).validator.validate_json for topic in EVENTS_BY_TOPIC}

    def parse(self, topic: str, key: bytes | None, value: bytes | None) -> Event:
        """The event of a record; raises `Malformed` for whatever else it holds, and nothing but that."""
        if value is None:
            raise Malformed("undecodable", "value: should be a JSON object, the record has none")
        try:
            event: Event = self._validate[topic](value)
        except ValidationError as invalid:
            raise _malformed(topic, invalid) from None
        # The validator takes the last of two fields of one name. There are none where the quotes are those of the
        # required fields alone, or where all names are fields that it took.
        if value.count(b'"') != _QUOTES.get(type(event)) and _names(value) != len(event.model_fields_set):
            _check_strictly(value)
        if not _FIRST_YEAR <= event.occurred_at.year <= _LAST_YEAR:
            raise Malformed("invalid", "occurred_at: should be an instant of the years 1900 to 2999")
        if type(event) is not ClockTicked and key != event.customer_id.encode():
            raise Malformed("wrong_key", f"key: should be the customer_id of the value, {event.customer_id}, in UTF-8")
        return event


def _names(value: bytes) -> int:
    """At least as many as the JSON object states."""
    return value.translate(None, _SPACE).count(b'":')


def encode_section(section: Section) -> bytes:
    """The section as it stands at rest, on `customer-views` and in alerts."""
    # Copied to its size: orjson 3.13 hands its working buffer out, 4 KB at least, and a section is kept.
    return b"".join((orjson.dumps(section), b""))


def set_aside(
    *,
    topic: str,
    partition: int,
    offset: int,
    reason: str,
    error: str,
    key: bytes | None,
    value: bytes | None,
    recorded_at: datetime,
) -> bytes:
    """A record for `dead-letters` or `late-events`, as `schemas.aside.SetAside`.

    A value or key too large for those topics is left where it stands, and `error` says so.
    """
    if key is not None and len(key) > LARGEST_KEY:
        error = f"{_shortened(error, _ERROR_LENGTH // 2)} (the key, {len(key)} bytes, is too large to be copied here)"
        key = None
    if value is not None and len(value) > _LARGEST_COPIED:
        error = (
            f"{_shortened(error, _ERROR_LENGTH // 2)} (the value, {len(value)} bytes, is too large to be copied here)"
        )
        value = None
    return orjson.dumps(
        {
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "reason": reason,
            "error": _shortened(error, _ERROR_LENGTH),
            "key_base64": None if key is None else b64encode(key).decode(),
            "value_base64": None if value is None else b64encode(value).decode(),
            "recorded_at": utc_text(recorded_at),
        }
    )


def _shortened(error: str, length: int) -> str:
    line = " ".join(error.split())
    return line if len(line) <= length else line[: length - 3] + "..."


def _malformed(topic: str, invalid: ValidationError) -> Malformed:
    errors = invalid.errors(include_url=False, include_input=False)
    first = errors[0]
    if first["type"] == "json_invalid":
        return Malformed("undecodable", f"value: {first['msg']}")
    is_type = first["loc"] == ("type",) and first["type"] == "literal_error"
    if first["type"] == "union_tag_invalid" or is_type:
        return Malformed("unknown_type", f"type: should be a type of event of the topic {topic}")
    named = "; ".join(_in_words(error["loc"], error["type"], error["msg"]) for error in errors[:_ERRORS_NAMED])
    more = len(errors) - _ERRORS_NAMED
    return Malformed("invalid", f"{named}; and {more} more" if more > 0 else named)


def _in_words(loc: Sequence[int | str], kind: str, message: str) -> str:
    if kind == "union_tag_not_found":
        return "type: is missing"
    if kind in ("dict_type", "model_type"):
        return "value: should be a JSON object"
    field = loc[-1] if loc else "value"
    if kind == "missing":
        return f"{field}: is missing"
    expected = message.removeprefix("Value error, ").replace("Input should", "should", 1)
    return _shortened(f"{field}: {expected}", _ONE_ERROR_LENGTH)


def _check_strictly(value: bytes) -> None:
    """Refuse what the validator lets pass in fields it ignores: a name stated twice, and NaN."""
    try:
        json.loads(value.decode(), object_pairs_hook=_without_doubles, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Malformed("undecodable", f"value: {error}") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        doubled = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{doubled[:64]!r} should be stated once, and is stated twice")
    return fields


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
