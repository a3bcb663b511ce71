"""Alert rules as data: the YAML rule file, one entry a rule."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from schemas.alerts import Severity
from schemas.base import Contract, Instant

__all__ = [
    "ComplaintReminderRule",
    "LargeBalanceRule",
    "LargeEntryRule",
    "MaturityRule",
    "Rule",
    "RuleChange",
    "RuleFile",
]

MajorAmount = Annotated[Decimal, Field(gt=0, le=10**12, decimal_places=2)]
"""An amount in the currency's major unit, at most two decimals; holds for whatever currency is judged."""


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    version: Annotated[SkipJsonSchema[int], Field(ge=0, exclude=True)] = 0
    """The offset at which it stands in `alert-rules`; no part of the rule as it is written."""
    severity: Severity
    enabled: bool = True


class LargeBalanceRule(_Rule):
    """Fires at or above `threshold` while armed; arms again strictly below `rearm_percent` of it."""

    kind: Literal["large_balance"]
    threshold: MajorAmount
    rearm_percent: Annotated[int, Field(ge=1, le=100)] = 95


class LargeEntryRule(_Rule):
    """Fires when the absolute amount of an entry is at or above `threshold`."""

    kind: Literal["large_entry"]
    threshold: MajorAmount


class MaturityRule(_Rule):
    """Fires once when the clock's day reaches `days_before` days before a maturity."""

    kind: Literal["maturity"]
    days_before: Annotated[int, Field(ge=0, le=366)]


class ComplaintReminderRule(_Rule):
    """Fires for each complaint received."""

    kind: Literal["complaint_reminder"]


Rule = Annotated[LargeBalanceRule | LargeEntryRule | MaturityRule | ComplaintReminderRule, Field(discriminator="kind")]


class RuleFile(BaseModel):
    """All rules in force; at most one of a kind for now, ids unique."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: list[Rule]

    @model_validator(mode="after")
    def _one_of_a_kind(self) -> "RuleFile":
        for field in ("id", "kind"):
            values = [getattr(rule, field) for rule in self.rules]
            doubled = sorted({value for value in values if values.count(value) > 1})
            if doubled:
                raise ValueError(f"two rules share the {field} {doubled[0]!r}: each {field} may stand once")
        return self


class RuleChange(Contract):
    """A value of topic `alert-rules`: a rule as it is from then on, and who put it there, when and why."""

    rule: Rule
    changed_by: Annotated[str, Field(min_length=1, max_length=200)]
    changed_at: Instant
    reason: Annotated[str, Field(max_length=1000)]
