"""`/v1/managers`, `/v1/branches`, `/v1/top`: whom somebody looks after, what falls due, who is worth most."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from connectors.redis_keys import branch as of_branch
from connectors.redis_keys import manager as of_manager
from connectors.serving.access.roles import May
from connectors.serving.answers import AlertOf, Holding, Party, Valued
from connectors.serving.api.answers import PROBLEMS, Entity, items_answer
from connectors.serving.api.calls import Asked, Call
from connectors.serving.api.customers import PartyAnswer, party_of
from connectors.serving.api.problems import Problem
from schemas.audit import Look, LookOutcome
from schemas.base import CURRENCY_EXPONENTS

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["lists"], responses=PROBLEMS)

Owner = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,63}$", description="Its number, or `me`.", examples=["me"]),
]
After = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]
_LISTS: Final = "see the lists"
_DAYS_AHEAD: Final = 7
_UNTOUCHED_DAYS: Final = 90
_MOST_DAYS: Final = 366


class RowsAnswer(Entity):
    """A page of a list: `next`, when it is there, leads to the following one."""

    items: list[dict[str, Any]]
    next: str | None
    masked: list[str]


class PortfolioAnswer(RowsAnswer):
    """Customers with their totals."""

    items: list[dict[str, Any]]


class DueRow(BaseModel):
    """Something that falls due."""

    customer: PartyAnswer
    subject: str
    on: date
    currency: str | None
    amount_minor: int | None


class DueAnswer(Entity):
    """What falls due, by day."""

    items: list[DueRow]
    next: str | None
    masked: list[str]


class ComplaintRow(BaseModel):
    """A complaint, and until when what is still owed is in time, by the rules in force."""

    customer: PartyAnswer
    complaint: dict[str, Any] = Field(
        examples=[{"complaint_id": "K1", "status": "open", "received_on": "2026-11-25", "product": "Credit card"}]
    )
    limits: dict[Literal["acknowledgement", "resolution"], date] = Field(
        description="What is owed -> the last day on which it is in time.",
        examples=[{"acknowledgement": "2026-12-02", "resolution": "2026-12-25"}],
    )


class ComplaintsAnswer(Entity):
    """Complaints that are open."""

    items: list[ComplaintRow]
    next: str | None = Field(description="Hand it in as `after` for what follows.", examples=["12.88"])
    masked: list[str]


@router.get("/managers/{manager}/portfolio", response_model=PortfolioAnswer)
async def portfolio(call: Asked, manager: Owner, after: After = None, limit: Limit = 100) -> Response:
    """The customers of a manager, as host or co-host, by number."""
    return await _portfolio(call, of_manager(call.manager(manager, _LISTS)), "manager", after, limit)


@router.get("/branches/{branch}/portfolio", response_model=PortfolioAnswer)
async def portfolio_of_branch(call: Asked, branch: Owner, after: After = None, limit: Limit = 100) -> Response:
    """The customers of a branch, by number."""
    return await _portfolio(call, of_branch(call.branch(branch, _LISTS)), "branch", after, limit)


@router.get("/managers/{manager}/alerts", response_model=RowsAnswer)
async def alerts(call: Asked, manager: Owner, after: After = None, limit: Limit = 100) -> Response:
    """The open alerts addressed to a manager, the newest first."""
    page = await call.parts.views.alerts_to(call.manager(manager, _LISTS), after, limit)
    return await _alerts(call, page.items, page.next, "manager")


@router.get("/branches/{branch}/alerts", response_model=RowsAnswer)
async def alerts_of_branch(call: Asked, branch: Owner, after: After = None, limit: Limit = 100) -> Response:
    """The open alerts of a branch's customers, the newest first."""
    page = await call.parts.views.alerts_of_branch(call.branch(branch, _LISTS), after, limit)
    return await _alerts(call, page.items, page.next, "branch")


FromDay = Annotated[date | None, Query(alias="from", description="First day; today when left out.")]
ToDay = Annotated[date | None, Query(alias="to", description="Last day; a week later when left out.")]


@router.get("/managers/{manager}/maturities", response_model=DueAnswer)
async def maturities(
    call: Asked, manager: Owner, from_day: FromDay = None, to_day: ToDay = None, after: After = None, limit: Limit = 100
) -> Response:
    """What falls due for the customers of a manager, by day."""
    return await _maturities(
        call, of_manager(call.manager(manager, _LISTS)), _days(call, from_day, to_day), (after, limit)
    )


@router.get("/branches/{branch}/maturities", response_model=DueAnswer)
async def maturities_of_branch(
    call: Asked, branch: Owner, from_day: FromDay = None, to_day: ToDay = None, after: After = None, limit: Limit = 100
) -> Response:
    """What falls due for the customers of a branch, by day."""
    return await _maturities(
        call, of_branch(call.branch(branch, _LISTS)), _days(call, from_day, to_day), (after, limit)
    )


@router.get("/managers/{manager}/complaints", response_model=ComplaintsAnswer)
async def complaints(call: Asked, manager: Owner, after: After = None, limit: Limit = 100) -> Response:
    """The open complaints of a manager's customers: what is owed first, by the rules in force, at the head."""
    return await _complaints(call, of_manager(call.manager(manager, _LISTS)), after, limit)


@router.get("/branches/{branch}/complaints", response_model=ComplaintsAnswer)
async def complaints_of_branch(call: Asked, branch: Owner, after: After = None, limit: Limit = 100) -> Response:
    """The open complaints of a branch's customers: what is owed first, by the rules in force, at the head."""
    return await _complaints(call, of_branch(call.branch(branch, _LISTS)), after, limit)


@router.get("/managers/{manager}/birthdays", response_model=RowsAnswer)
async def birthdays(
    call: Asked, manager: Owner, from_day: FromDay = None, to_day: ToDay = None, limit: Limit = 100
) -> Response:
    """Whose birthday, or founding day, comes within these days."""
    who, days = of_manager(call.manager(manager, _LISTS)), _days(call, from_day, to_day)
    found = [one for one in await call.parts.views.birthdays(who, *days, limit) if call.door.admits(one.party)]
    await _audit(call, Look.BIRTHDAYS, "manager", (one.party for one in found))
    return items_answer(call, [{"customer": party_of(one.party), "born_on": one.born_on} for one in found])


@router.get("/managers/{manager}/untouched", response_model=RowsAnswer)
async def untouched(
    call: Asked,
    manager: Owner,
    since: Annotated[date | None, Query(description="The day since which; 90 days ago when left out.")] = None,
    limit: Limit = 100,
) -> Response:
    """With whom there was no contact since a day, the longest alone first."""
    who = of_manager(call.manager(manager, _LISTS))
    day = since or call.parts.today() - timedelta(days=_UNTOUCHED_DAYS)
    found = [one for one in await call.parts.views.untouched(who, day, limit) if call.door.admits(one.party)]
    await _audit(call, Look.UNTOUCHED, "manager", (one.party for one in found))
    told = [{"customer": party_of(one.party), "last_contact_at": one.last_contact_at} for one in found]
    return items_answer(call, told)


@router.get("/top", response_model=RowsAnswer, tags=["top"])
async def top(
    call: Asked,
    by: Literal["value", "product"] = "value",
    currency: Annotated[str, Query(pattern="^[A-Z]{3}$", examples=["CZK"])] = "CZK",
    product: Annotated[str | None, Query(max_length=200, description="Needed with by=product.")] = None,
    branch: Annotated[str | None, Query(max_length=64)] = None,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The customers with the greatest balances, or the greatest holdings of one product.

    A role that sees no customers gets the figures alone.
    """
    call.require(May.TOP)
    if currency not in CURRENCY_EXPONENTS:
        raise _wrong("query.currency", "an active ISO 4217 code")
    found: Iterable[Valued | Holding]
    if by == "value":
        page = await call.parts.views.top_by_value(currency, branch, after, limit)
        found, following = page.items, page.next
    elif product is None:
        raise _wrong("query.product", "the product to rank by, such as loan")
    else:
        held = await call.parts.views.top_by_product(product, currency, branch, after, limit)
        found, following = held.items, held.next
    if call.door.role.rows == "none":
        await _audit(call, Look.TOP, by, ())
        return items_answer(call, [_figures(one) for one in found], following)
    shown = [one for one in found if call.door.admits(one.party)]
    await _audit(call, Look.TOP, by, (one.party for one in shown))
    return items_answer(call, [{"customer": party_of(one.party), **_figures(one)} for one in shown], following)


async def _portfolio(call: Call, who: str, asked_by: str, after: str | None, limit: int) -> Response:
    page = await call.parts.views.portfolio(who, after, limit)
    rows = [row for row in page.items if call.door.admits(row.party)]
    await _audit(call, Look.PORTFOLIO, asked_by, (row.party for row in rows))
    told = [{"customer": party_of(row.party), "totals": row.totals, "as_of": row.as_of} for row in rows]
    return items_answer(call, told, page.next)


async def _alerts(call: Call, items: Iterable[AlertOf], following: str | None, asked_by: str) -> Response:
    shown = [one for one in items if call.door.admits(one.party)]
    await _audit(call, Look.ALERTS, asked_by, (one.party for one in shown))
    return items_answer(call, [{"customer": party_of(one.party), "alert": one.alert} for one in shown], following)


async def _maturities(call: Call, who: str, days: tuple[date, date], page_of: tuple[str | None, int]) -> Response:
    page = await call.parts.views.maturities(who, *days, *page_of)
    shown = [one for one in page.items if call.door.admits(one.party)]
    await _audit(call, Look.MATURITIES, who.partition(":")[0], (one.party for one in shown))
    told = [{**asdict(one), "customer": party_of(one.party)} for one in shown]
    return items_answer(call, [{k: v for k, v in row.items() if k != "party"} for row in told], page.next)


async def _complaints(call: Call, who: str, after: str | None, limit: int) -> Response:
    limits = call.parts.limits
    page = await call.parts.views.complaints(
        who, after, limit, lambda profile, complaint: min(limits(profile, complaint).values(), default=None)
    )
    shown = [one for one in page.items if call.door.admits(one.party)]
    await _audit(call, Look.COMPLAINTS, who.partition(":")[0], (one.party for one in shown))
    told = [
        {"customer": party_of(one.party), "complaint": one.complaint, "limits": limits(one.profile, one.complaint)}
        for one in shown
    ]
    return items_answer(call, told, page.next)


async def _audit(call: Call, look: Look, asked_by: str, parties: Iterable[Party]) -> None:
    await call.audit(look, LookOutcome.SHOWN, asked_by, [party.customer_id for party in parties])


def _figures(one: Valued | Holding) -> dict[str, Any]:
    if isinstance(one, Valued):
        return {"currency": one.currency, "balance_minor": one.balance_minor}
    return {"currency": one.currency, "amount_minor": one.amount_minor}


def _days(call: Call, from_day: date | None, to_day: date | None) -> tuple[date, date]:
    first = from_day or call.parts.today()
    if first > date.max - timedelta(days=_MOST_DAYS):
        raise _wrong("query.from", "a day of this era")
    last = to_day or first + timedelta(days=_DAYS_AHEAD)
    if not first <= last <= first + timedelta(days=_MOST_DAYS):
        raise _wrong("query.to", f"a day from `from` on, and not more than {_MOST_DAYS} days later")
    return first, last


def _wrong(where: str, expected: str) -> Problem:
    problem = Problem(
        422, "invalid-request", "The request is not as it should be", f"{where}: {expected}", "Correct it."
    )
    problem.errors = [{"where": where, "expected": expected}]
    return problem
