"""`/v1/me`, `/v1/operations`, `/healthz`, `/readyz`: who I am, how it runs."""

from datetime import datetime
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from connectors.serving.access.roles import May
from connectors.serving.api.answers import PROBLEMS, Entity, answer
from connectors.serving.api.calls import Asked, parts_of
from connectors.serving.api.problems import Problem

__all__ = ["health", "router"]

router = APIRouter(prefix="/v1", tags=["service"], responses=PROBLEMS)
health = APIRouter(tags=["service"])


class MeAnswer(Entity):
    """Who asks, and what he may."""

    subject: str = Field(examples=["jnovak"])
    role: str = Field(examples=["manager"])
    title: str = Field(examples=["Customer manager"])
    rows: str = Field(description="any, own, branch or none.")
    may: list[str] = Field(examples=[["act", "customers", "lists", "top"]])
    masked: list[str]
    reason: str = Field(description="Whether X-Reason is optional or required.")
    manager: str | None
    branch: str | None
    language: str | None
    today: str = Field(description="The bank's day.", examples=["2026-11-23"])


class SourceAnswer(BaseModel):
    """An input topic."""

    topic: str = Field(examples=["account-changes"])
    records: int = Field(description="That are kept, at most: the markers of transactions are counted with them.")
    lag: int = Field(description="Records that no worker has folded yet.")
    newest_at: datetime | None = Field(description="When its newest record was written, by the record; null: unknown.")


class OperationsAnswer(Entity):
    """How far everything is."""

    sources: list[SourceAnswer]
    partitions: list[dict[str, Any]]
    dead_letters: int | None = Field(description="Records that are kept; null: not known, or not counted yet.")
    late_events: int | None = Field(description="As dead_letters.")
    projector: dict[str, Any]


@router.get("/me", response_model=MeAnswer)
async def me(call: Asked) -> Response:
    """Who I am here."""
    door = call.door
    told: dict[str, Any] = {
        "subject": door.person.subject,
        "role": door.person.role,
        "title": door.role.title,
        "rows": door.role.rows,
        "may": sorted(door.role.may),
        "masked": door.masked,
        "reason": door.role.reason,
        "manager": door.person.manager,
        "branch": door.person.branch,
        "language": door.person.language,
        "today": call.parts.today().isoformat(),
    }
    return answer({name: orjson.dumps(value) for name, value in told.items()}, call)


@router.get("/operations", response_model=OperationsAnswer)
async def operations(call: Asked) -> Response:
    """Freshness of every source, lag, dead letters; nothing of customers."""
    call.require(May.OPERATIONS)
    told = {**call.parts.operations(), "projector": call.parts.freshness.projector()}
    return answer({name: orjson.dumps(value) for name, value in told.items()}, call)


@health.get("/healthz", include_in_schema=False)
async def alive() -> Response:
    """The process answers."""
    return Response("ok\n", media_type="text/plain")


@health.get("/readyz", include_in_schema=False)
async def ready(request: Request) -> Response:
    """It can answer lookups: Redis does."""
    if parts_of(request).freshness.hears:
        return Response("ok\n", media_type="text/plain")
    raise Problem(
        503,
        "redis-unavailable",
        "Not ready",
        "Redis does not answer.",
        "Send requests elsewhere.",
        {"Retry-After": "2"},
    )
