"""Fold of lending: section `loan:<contract>`, with its drawdowns."""

from collections.abc import Callable
from typing import Any, Final

from schemas.loans import (
    LoanContractSigned,
    LoanDrawnDown,
    LoanEvent,
    LoanInstalmentMissed,
    LoanRepaid,
    LoanSettled,
)
from streams.folds.additive import counted
from streams.folds.money import in_currency, within_bounds
from streams.folds.order import stated
from streams.folds.parts import OPEN, SETTLED, Naming, earliest_maturity, still_to_pay, unsettled
from streams.view import Section

__all__ = ["SETTLED", "drawdown_subject", "fold", "outstanding_of", "subject_parts"]

IN_ARREARS: Final = "in_arrears"

_DRAWDOWNS = Naming("loan", "drawdown")
drawdown_subject, subject_parts = _DRAWDOWNS.subject, _DRAWDOWNS.parts


def outstanding_of(drawdown: Section) -> int:
    """What is still to be paid back, minor units."""
    return still_to_pay(drawdown, "repaid_minor")


def fold(section: Section | None, event: LoanEvent) -> Section:
    """The contract after `event`; the very section when the event is a duplicate or superseded.

    Raises `Refused` for another currency than the contract's, `Late` for a repayment or a missed instalment older than
    the window.
    """
    if section is None:
        section = _unheard_of(event.contract_id)
    if isinstance(event, LoanContractSigned):
        return _sign(section, event)
    if not isinstance(event, LoanSettled):
        section = in_currency(section, event.currency)
    held = section["drawdowns"].get(event.drawdown_id)
    drawdown = _FOLDS[type(event)](held or _not_drawn(), event)
    if drawdown is held:
        return section
    return _with_drawdown(section, event.drawdown_id, drawdown)


def _unheard_of(contract_id: str) -> Section:
    _DRAWDOWNS.expect_one_meaning(contract_id)
    return {
        "contract_id": contract_id,
        "currency": None,
        "contract_minor": None,
        "signed_on": None,
        "drawn_minor": 0,
        "outstanding_minor": 0,
        "arrears_minor": 0,
        "maturity_on": None,
        "status": OPEN,
        "drawdowns": {},
        "order": {},
    }


def _not_drawn() -> Section:
    return {
        "amount_minor": None,
        "drawn_on": None,
        "maturity_on": None,
        "repaid_minor": 0,
        "arrears_minor": 0,
        "missed": 0,
        "status": OPEN,
        "order": {},
        "recent": [],
    }


def _sign(section: Section, event: LoanContractSigned) -> Section:
    section = in_currency(section, event.currency)
    facts = {"contract_minor": event.limit_minor, "signed_on": event.signed_on.isoformat()}
    return stated(section, event.source_seq, {"signed": facts})


def _draw_down(drawdown: Section, event: LoanDrawnDown) -> Section:
    facts = {
        "amount_minor": event.amount_minor,
        "drawn_on": event.drawn_on.isoformat(),
        "maturity_on": event.maturity_on.isoformat(),
    }
    return stated(drawdown, event.source_seq, {"drawn": facts})


def _repay(drawdown: Section, event: LoanRepaid) -> Section:
    recent = counted(drawdown["recent"], event.source_seq)
    if recent is None:
        return drawdown
    repaid_minor = within_bounds(drawdown["repaid_minor"] + event.amount_minor, "amount_minor")
    counted_in = {**drawdown, "repaid_minor": repaid_minor, "recent": recent}
    return _with_arrears(counted_in, event.arrears_minor, event.source_seq)


def _miss(drawdown: Section, event: LoanInstalmentMissed) -> Section:
    recent = counted(drawdown["recent"], event.source_seq)
    if recent is None:
        return drawdown
    counted_in = {**drawdown, "missed": drawdown["missed"] + 1, "recent": recent}
    return _with_arrears(counted_in, event.arrears_minor, event.source_seq)


def _with_arrears(drawdown: Section, arrears_minor: int, seq: int) -> Section:
    facts: dict[str, Any] = {"arrears_minor": arrears_minor}
    if drawdown["status"] != SETTLED:
        facts["status"] = IN_ARREARS if arrears_minor else OPEN
    return stated(drawdown, seq, {"arrears": facts})


def _settle(drawdown: Section, event: LoanSettled) -> Section:
    return stated(drawdown, event.source_seq, {"settled": {"status": SETTLED}})


def _with_drawdown(section: Section, drawdown_id: str, drawdown: Section) -> Section:
    drawdowns = {**section["drawdowns"], drawdown_id: drawdown}
    left = unsettled(drawdowns.values())
    after = {
        **section,
        "drawn_minor": sum(part["amount_minor"] or 0 for part in drawdowns.values()),
        "outstanding_minor": sum(map(outstanding_of, left)),
        "arrears_minor": sum(part["arrears_minor"] for part in left),
        "maturity_on": earliest_maturity(left),
        "status": _status(left),
        "drawdowns": drawdowns,
    }
    within_bounds(max(after["drawn_minor"], after["arrears_minor"]), "amount_minor")
    return after


def _status(left: list[Section]) -> str:
    """Of a contract that has drawdowns, by those not settled."""
    if not left:
        return SETTLED
    return IN_ARREARS if any(part["status"] == IN_ARREARS for part in left) else OPEN


_FOLDS: Final[dict[type, Callable[[Section, Any], Section]]] = {
    LoanDrawnDown: _draw_down,
    LoanRepaid: _repay,
    LoanInstalmentMissed: _miss,
    LoanSettled: _settle,
}
