"""What every kind of alert rule states, whatever it judges."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from schemas.alerts import Severity
from schemas.base import Currency
from schemas.customers import CustomerKind

__all__ = ["DayCount", "MajorAmount", "Names", "RuleBase", "RuleScope", "Wait"]

MajorAmount = Annotated[Decimal, Field(gt=0, le=10**12, decimal_places=2)]
"""An amount in the currency's major unit, at most two decimals; holds for whatever currency is judged."""

Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=64)], ...], Field(min_length=1)]

DayCount = Literal["calendar", "working"]
"""Whether days are counted through, or only those on which the bank works."""


class RuleScope(BaseModel):
    """For whom and what a rule holds: each list that is given must have the value; none given, it holds for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer_kind: Annotated[tuple[CustomerKind, ...], Field(min_length=1)] | None = None
    tier: Names | None = None
    branch: Names | None = None
    """Home branches."""
    currency: Annotated[tuple[Currency, ...], Field(min_length=1)] | None = None
    product: Names | None = None


Length = Annotated[int, Field(ge=1, le=3660)]


class Wait(BaseModel):
    """A length of time, in one of four units; working days and hours are those of the bank's calendar `default`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: Length | None = None
    days: Length | None = None
    working_hours: Length | None = None
    working_days: Length | None = None

    @model_validator(mode="after")
    def _has_one_unit(self) -> "Wait":
        if len(self.model_dump(exclude_none=True)) != 1:
            raise ValueError("should be one of hours, days, working_hours and working_days")
        return self


class RuleBase(BaseModel):
    """What every rule states, whatever its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    kind: str
    version: Annotated[SkipJsonSchema[int], Field(ge=0, exclude=True)] = 0
    """The offset at which it stands in `alert-rules`; no part of the rule as it is written."""
    severity: Severity
    enabled: bool = True
    scope: RuleScope = RuleScope()
    when: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """An extra condition in CEL, judged last: `customer.vip && payload.amount_minor > 500000`."""
    addressee: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")] = "host"
    """`host`, `co_host` (the first by name, else the host), `branch` (`branch:<home branch>`), or a department."""
    escalate_after: Wait | None = None
    """So long after an alert was raised, or woken, a co-host is told if nobody acts; as long again, the branch head."""
    expire_after: Wait | None = None
    """So long after it was raised an alert is closed by itself."""
