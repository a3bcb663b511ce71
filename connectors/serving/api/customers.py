"""`/v1/customers`, `/v1/find`, `/v1/search`: one customer, by any number or by name."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from connectors.serving.access.roles import May
from connectors.serving.answers import Match, Party, View
from connectors.serving.api.answers import PROBLEMS, Entity, answer, is_known, items_answer, tagged
from connectors.serving.api.calls import Asked, Call
from connectors.serving.api.problems import Problem, unknown_customer
from connectors.serving.assembly import PARTS, assemble, part_of
from schemas.audit import Look, LookOutcome
from schemas.views import PROFILE

__all__ = [
    "CUSTOMER_NUMBER",
    "CustomerNumber",
    "MatchAnswer",
    "PartyAnswer",
    "customer",
    "party_of",
    "router",
    "seen",
    "view_answer",
]

CUSTOMER_NUMBER: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
CustomerNumber = Annotated[
    str, Path(pattern=f"^{CUSTOMER_NUMBER}$", description="Customer number.", examples=["B00000001"])
]
_BEYOND_THE_LIMIT: Final = 10
"""Of a search by somebody who sees some customers only, so many times more are looked at."""
_MOST_SEARCHED: Final = 200

router = APIRouter(prefix="/v1", tags=["customers"], responses=PROBLEMS)


class PartyAnswer(BaseModel):
    """A customer in a list."""

    customer_id: str = Field(examples=["B00000001"])
    name: str | None = Field(examples=["Jana Novakova"])
    kind: str | None = Field(examples=["personal"])
    tier: str | None
    vip: bool
    host_manager: str | None = Field(examples=["M018"])
    co_hosts: list[str]
    home_branch: str | None


class CustomerAnswer(Entity):
    """One view, as far as it was asked for and may be seen."""

    customer: dict[str, Any] = Field(description="Parts of the view; each as schemas/generated/json describes it.")
    masked: list[str] = Field(description="What is masked in it.", examples=[["balances", "phone"]])
    limits: dict[str, dict[str, date]] = Field(
        description="Complaint -> what is still owed -> the last day on which it is in time, by the rules in force.",
        examples=[{"K1": {"acknowledgement": "2026-12-02", "resolution": "2026-12-25"}}],
    )


class MatchAnswer(PartyAnswer):
    """A customer whom the identifier means."""

    why: list[str] = Field(description="What the identifier is to him.", examples=[["account"]])


class FoundAnswer(Entity):
    """Whom an identifier means; several when it is ambiguous."""

    matches: list[MatchAnswer]


class SearchAnswer(Entity):
    """Customers by the beginning of a word of their names."""

    items: list[PartyAnswer]
    next: str | None
    masked: list[str]


class EventsAnswer(Entity):
    """What happened last, oldest first."""

    items: list[dict[str, Any]]
    next: str | None
    masked: list[str]


class _ToFind(BaseModel):
    q: Annotated[str, Field(min_length=1, max_length=100)]


@router.get("/customers/{customer_id}", response_model=CustomerAnswer, responses={304: {"description": "Unchanged."}})
async def customer(
    request: Request,
    call: Asked,
    customer_id: CustomerNumber,
    fields: Annotated[
        str | None,
        Query(
            max_length=300,
            description=f"Parts, separated by commas: {', '.join(PARTS)}.",
            examples=["profile,accounts"],
        ),
    ] = None,
) -> Response:
    """The whole view of a customer in one answer, or the parts of it that are asked for."""
    return await view_answer(call, customer_id, fields, request.headers.get("if-none-match"))


async def view_answer(call: Call, customer_id: str, fields: str | None, known: str | None) -> Response:
    """What `/v1/customers/{customer_id}` answers; `known`: the If-None-Match of whoever asks."""
    parts = _parts(fields)
    view = await seen(call, customer_id, Look.VIEW)
    names = None if parts is PARTS else [name for name in view.sections if part_of(name) in parts]
    shown = assemble(customer_id, call.door.shown(view.sections, names), parts)
    limits = _limits(call, view) if "complaints" in parts else b"{}"
    tag = tagged(call, shown, limits)
    if is_known(known, tag):
        await call.audit(Look.VIEW, LookOutcome.UNCHANGED, "customer", [customer_id], parts)
        return Response(status_code=304, headers={"ETag": tag})
    await call.audit(Look.VIEW, LookOutcome.SHOWN, "customer", [customer_id], parts)
    members = {"customer": shown, "masked": orjson.dumps(call.door.masked), "limits": limits}
    return answer(members, call, tag, str(view.summary.get("as_of")))


@router.get("/customers/{customer_id}/timeline", response_model=EventsAnswer)
async def timeline(call: Asked, customer_id: CustomerNumber) -> Response:
    """The last events of a customer, oldest first."""
    view = await seen(call, customer_id, Look.TIMELINE)
    await call.audit(Look.TIMELINE, LookOutcome.SHOWN, "customer", [customer_id], ["timeline"])
    return items_answer(call, (view.section("timeline") or {}).get("events", []))


@router.get("/customers/{customer_id}/alerts", response_model=EventsAnswer)
async def alerts(call: Asked, customer_id: CustomerNumber) -> Response:
    """The alerts of a customer that are in his view, the newest first."""
    view = await seen(call, customer_id, Look.ALERTS)
    await call.audit(Look.ALERTS, LookOutcome.SHOWN, "customer", [customer_id], ["alerts"])
    raised = [orjson.loads(value) for name, value in view.sections.items() if name.startswith("alert:")]
    raised.sort(key=lambda alert: (alert["raised_at"], alert["alert_id"]), reverse=True)
    return items_answer(call, raised)


@router.get("/customers/{customer_id}/maturities", response_model=EventsAnswer)
async def maturities(call: Asked, customer_id: CustomerNumber) -> Response:
    """What falls due for a customer, by day."""
    view = await seen(call, customer_id, Look.MATURITIES)
    await call.audit(Look.MATURITIES, LookOutcome.SHOWN, "customer", [customer_id], ["deadlines"])
    due = (view.section("deadlines") or {}).get("due", {})
    falling_due = [{"subject": subject, "on": part["on"]} for subject, part in due.items() if "|" not in subject]
    return items_answer(call, sorted(falling_due, key=lambda each: (each["on"], each["subject"])))


@router.get("/find", response_model=FoundAnswer)
async def find(
    call: Asked,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            description="A customer, account, contract, phone or document number, or an organisation code. Addresses "
            "of requests are kept in many places: better POST it.",
            examples=["B00000001"],
        ),
    ],
) -> Response:
    """Whom an identifier of any kind means."""
    return await _found(call, q)


@router.post("/find", response_model=FoundAnswer)
async def find_by_body(call: Asked, asked: _ToFind) -> Response:
    """The same, with the identifier in the body, where no log of addresses keeps it."""
    return await _found(call, asked.q)


@router.get("/search", response_model=SearchAnswer)
async def search(
    call: Asked,
    prefix: Annotated[str, Query(min_length=1, max_length=100, description="The beginning of a word of a name.")],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """Customers by name, as one types."""
    call.require(May.CUSTOMERS)
    looked_at = limit if call.door.admits_all else min(limit * _BEYOND_THE_LIMIT, _MOST_SEARCHED)
    hits = await call.parts.views.search(prefix, looked_at)
    parties = [hit.party for hit in hits if call.door.admits(hit.party)][:limit]
    outcome = LookOutcome.SHOWN if parties else LookOutcome.UNKNOWN
    await call.audit(Look.SEARCH, outcome, "name", [party.customer_id for party in parties])
    return items_answer(call, map(party_of, parties))


async def seen(call: Call, customer_id: str, look: Look) -> View:
    """The view of a customer who may be seen; else a problem that is the same whether there is one or not."""
    call.require(May.ACT if look is Look.ACT else May.CUSTOMERS)
    view = await call.parts.views.by_number(customer_id)
    # Whoever may see all is not asked by whom this one is looked after: his profile need not be read.
    if view is not None and (call.door.admits_all or call.door.admits(view.party)):
        return view
    outcome = LookOutcome.UNKNOWN if view is None else LookOutcome.FORBIDDEN
    await call.audit(look, outcome, "customer", [customer_id])
    raise unknown_customer()


def party_of(party: Party) -> dict[str, Any]:
    """A customer in a list, as JSON."""
    return asdict(party)


async def _found(call: Call, text: str) -> Response:
    call.require(May.CUSTOMERS)
    matches = await call.parts.views.find(text)
    shown = [match for match in matches if call.door.admits(match.view.party)]
    asked_by = ",".join(sorted({str(why) for match in matches for why in match.why})) or "identifier"
    if not shown:
        outcome = LookOutcome.FORBIDDEN if matches else LookOutcome.UNKNOWN
        await call.audit(Look.FIND, outcome, asked_by, _numbers(matches))
        raise unknown_customer()
    await call.audit(Look.FIND, LookOutcome.SHOWN, asked_by, _numbers(shown))
    told = [{**party_of(match.view.party), "why": [str(why) for why in match.why]} for match in shown]
    return answer({"matches": orjson.dumps(told)}, call)


def _limits(call: Call, view: View) -> bytes:
    complaints = [orjson.loads(value) for name, value in view.sections.items() if name.startswith("complaint:")]
    if not complaints:
        return b"{}"
    profile = view.section(PROFILE) or {}
    return orjson.dumps({each["complaint_id"]: call.parts.limits(profile, each) for each in complaints})


def _numbers(matches: list[Match]) -> list[str]:
    return [match.view.customer_id for match in matches]


def _parts(fields: str | None) -> tuple[str, ...]:
    if not fields:
        return PARTS
    asked = {field.strip() for field in fields.split(",")} - {""}
    unknown = asked - set(PARTS)
    if unknown or not asked:
        problem = Problem(
            422,
            "invalid-request",
            "The request is not as it should be",
            "`fields` names something that no view has.",
            f"Name parts out of {', '.join(PARTS)}.",
        )
        problem.errors = [{"where": "query.fields", "expected": f"some of {', '.join(PARTS)}"}]
        raise problem
    return tuple(part for part in PARTS if part in asked)
