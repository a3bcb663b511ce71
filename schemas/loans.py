"""Events of lending: topic `loan-drawdowns`. A contract is an entity, and each drawdown under it is one."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.base import MAX_MINOR, Currency, Day, EntityId, PositiveMinor
from schemas.header import Header

__all__ = [
    "LoanContractSigned",
    "LoanDrawnDown",
    "LoanEvent",
    "LoanInstalmentMissed",
    "LoanRepaid",
    "LoanSettled",
]

NonNegativeMinor = Annotated[int, Field(ge=0, le=MAX_MINOR)]


class _ContractHeader(Header):
    contract_id: EntityId


class _DrawdownHeader(_ContractHeader):
    drawdown_id: EntityId


class LoanContractSigned(_ContractHeader):
    """A facility of `limit_minor` is agreed; entity: the contract."""

    type: Literal["loan.contract_signed"]
    limit_minor: PositiveMinor
    currency: Currency
    signed_on: Day


class LoanDrawnDown(_DrawdownHeader):
    """An amount is drawn under the contract and falls due on `maturity_on`; entity: the drawdown."""

    type: Literal["loan.drawn_down"]
    amount_minor: PositiveMinor
    currency: Currency
    drawn_on: Day
    maturity_on: Day


class LoanRepaid(_DrawdownHeader):
    """Principal paid back, and what is still in arrears after it; entity: the drawdown."""

    type: Literal["loan.repaid"]
    amount_minor: PositiveMinor
    currency: Currency
    repaid_on: Day
    arrears_minor: NonNegativeMinor = 0


class LoanInstalmentMissed(_DrawdownHeader):
    """An instalment was not paid; `arrears_minor` is the total in arrears after it; entity: the drawdown."""

    type: Literal["loan.instalment_missed"]
    due_on: Day
    arrears_minor: PositiveMinor
    currency: Currency


class LoanSettled(_DrawdownHeader):
    """The drawdown is paid back whole; entity: the drawdown."""

    type: Literal["loan.settled"]
    settled_on: Day


LoanEvent = LoanContractSigned | LoanDrawnDown | LoanRepaid | LoanInstalmentMissed | LoanSettled
