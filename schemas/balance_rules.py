"""Rules on balances and flows of an account, and what their alerts tell."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import TypedDict

from schemas.base import Currency
from schemas.rule_base import MajorAmount, RuleBase

__all__ = [
    "BalanceDropPayload",
    "BalanceDropRule",
    "ForeignCurrencyBalancePayload",
    "ForeignCurrencyBalanceRule",
    "LargeBalanceDownPayload",
    "LargeBalanceDownRule",
    "LargeNetOutflowPayload",
    "LargeNetOutflowRule",
]


class LargeBalanceDownRule(RuleBase):
    """Fires when a balance falls below `threshold` from at or above `rearm_percent` of it; arms again up there."""

    kind: Literal["large_balance_down"]
    threshold: MajorAmount
    rearm_percent: Annotated[int, Field(ge=100, le=1000)] = 105


class LargeBalanceDownPayload(TypedDict):
    """A balance that was large is below the threshold."""

    account_id: str
    currency: str
    balance_minor: int
    threshold_minor: int


class ForeignCurrencyBalanceRule(RuleBase):
    """Fires when a balance in another currency than the bank's own stands at or above `threshold`.

    Arms again strictly below `rearm_percent` of it.
    """

    kind: Literal["foreign_currency_balance"]
    home_currency: Currency
    threshold: MajorAmount
    """Major units of the currency judged; `scope.currency` makes it a rule for some of them."""
    rearm_percent: Annotated[int, Field(ge=1, le=100)] = 95

    @model_validator(mode="after")
    def _names_a_foreign_currency(self) -> "ForeignCurrencyBalanceRule":
        if self.scope.currency is not None and set(self.scope.currency) == {self.home_currency}:
            raise ValueError(f"scope.currency: should name another currency than the bank's own, {self.home_currency}")
        return self


class ForeignCurrencyBalancePayload(TypedDict):
    """A customer holds much of a foreign currency."""

    account_id: str
    currency: str
    balance_minor: int
    threshold_minor: int
    home_currency: str


class LargeNetOutflowRule(RuleBase):
    """Fires when an account's entries of the newest `days` days take out at least `threshold` more than they bring in.

    Arms again when that is strictly below `rearm_percent` of the threshold. Entries under `entries_from` don't count.
    """

    kind: Literal["large_net_outflow"]
    threshold: MajorAmount
    days: Annotated[int, Field(ge=1, le=31)] = 7
    entries_from: MajorAmount | None = None
    rearm_percent: Annotated[int, Field(ge=1, le=100)] = 50


class LargeNetOutflowPayload(TypedDict):
    """Much more went out of an account than came in."""

    account_id: str
    currency: str
    outflow_minor: int
    balance_minor: int
    """As the entry states it."""
    from_on: str
    to_on: str
    """First and last day of the window."""
    threshold_minor: int


class BalanceDropRule(RuleBase):
    """Fires when a balance has lost `percent` of its peak in the last `days` days, the peak being at least `minimum`.

    Arms again at `rearm_percent` of that peak, or when the fall itself is so long ago.
    """

    kind: Literal["balance_drop"]
    percent: Annotated[int, Field(ge=1, le=100)]
    days: Annotated[int, Field(ge=1, le=366)] = 90
    """The window moves in steps of an eighth of it, in whole days, and reaches back that much less or this many."""
    minimum: MajorAmount
    rearm_percent: Annotated[int, Field(ge=1, le=100)] = 90

    @model_validator(mode="after")
    def _recovers_above_the_fall(self) -> "BalanceDropRule":
        if self.rearm_percent <= 100 - self.percent:
            raise ValueError(
                f"rearm_percent: should be above {100 - self.percent}, what is left after the fall, "
                "or it would fire again at once"
            )
        return self


class BalanceDropPayload(TypedDict):
    """A customer takes his money elsewhere."""

    account_id: str
    currency: str
    balance_minor: int
    peak_minor: int
    percent: int
    """Of the peak that is lost, rounded down; above 100 where the balance is negative."""
    days: int
