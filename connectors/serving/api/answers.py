"""Answers: bytes joined, with freshness and an ETag; and the types of them for the OpenAPI document."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from fastapi import Response
from pydantic import BaseModel, Field

from connectors.serving.api.calls import Call
from connectors.serving.api.fresh import Fresh
from connectors.serving.api.problems import PROBLEM_JSON

__all__ = ["PROBLEMS", "Entity", "FreshnessAnswer", "answer", "freshness_json", "items_answer", "tagged"]

JSON: Final = b"application/json"
_WORDS: Final = {
    400: "A reason is needed.",
    401: "Not signed in.",
    403: "Not permitted.",
    404: "No such customer, or none that may be seen.",
    409: "The alert is closed.",
    413: "The request is too large.",
    422: "The request is not as it should be.",
    429: "Too many requests.",
    503: "Redis, Kafka or the token issuer does not answer.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses`: these errors."""
    schema = {"$ref": "#/components/schemas/ProblemAnswer"}
    return {
        status: {"description": _WORDS[status], "content": {PROBLEM_JSON: {"schema": schema}}} for status in statuses
    }


PROBLEMS: Final = problems(400, 401, 403, 404, 422, 429, 503)


class FreshnessAnswer(BaseModel):
    """How old the answer may be."""

    as_of: datetime | None = Field(
        description="Of a view: when it last changed; else: when the projector was heard of."
    )
    lag: int | None = Field(
        description="Changes and events that are not shown yet, though they stood in Kafka a second or two before.",
        examples=[0],
    )
    stale: bool = Field(description="Whether what is shown may be old.")
    reason: str | None = Field(description="Why it may be old.", examples=[None])
    causes: list[str] = Field(
        description="The same for programs: never_heard, stopped, silent, waiting or projector_behind (of the "
        "projector), workers_behind, redis.",
        examples=[[]],
    )


class Entity(BaseModel):
    """What every answer has."""

    freshness: FreshnessAnswer


def freshness_json(fresh: Fresh, as_of: str | None = None) -> bytes:
    """The member `freshness`."""
    if as_of is None and fresh.heard_at is not None:
        as_of = datetime.fromtimestamp(fresh.heard_at, UTC).isoformat()[:-6] + "Z"
    told = {"as_of": as_of, "lag": fresh.lag, "stale": fresh.stale, "reason": fresh.reason, "causes": fresh.causes}
    return orjson.dumps(told)


def tagged(call: Call, *content: bytes) -> str:
    """The ETag of what is shown. It is another one too when it goes stale, why, and to somebody who is shown less."""
    shown = b"".join((*content, ",".join((*call.fresh.causes, "|", *call.door.masked)).encode()))
    return f'W/"{hashlib.sha256(shown).hexdigest()[:24]}"'


def is_known(known: str | None, tag: str) -> bool:
    """Whether the asker says he has this very answer; `known`: his If-None-Match."""
    return known is not None and (known.strip() == "*" or tag in {each.strip() for each in known.split(",")})


def answer(members: Mapping[str, bytes], call: Call, tag: str | None = None, as_of: str | None = None) -> Response:
    """A JSON object of these members, and `freshness`."""
    told = {**members, "freshness": freshness_json(call.fresh, as_of)}
    return _Ready(b"{" + b",".join([b'"%s":%s' % (name.encode(), value) for name, value in told.items()]) + b"}", tag)


class _Ready(Response):
    """A JSON body, with the headers that Starlette would work out anew for each."""

    def __init__(self, body: bytes, tag: str | None) -> None:
        self.status_code, self.background, self.body = 200, None, body
        self.raw_headers = [(b"content-length", b"%d" % len(body)), (b"content-type", JSON)]
        if tag is not None:
            self.raw_headers.append((b"etag", tag.encode()))


def items_answer(call: Call, items: Iterable[Any], following: str | None = None) -> Response:
    """A list, masked by the door."""
    members = {
        "items": orjson.dumps([call.door.value(item) for item in items]),
        "next": orjson.dumps(following),
        "masked": orjson.dumps(call.door.masked),
    }
    return answer(members, call)
