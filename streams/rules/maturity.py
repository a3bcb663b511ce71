"""Rule `maturity`: a drawdown or a term deposit falls due in some days."""

from typing import Any

from schemas.accounts import AccountClosed
from schemas.loans import LoanSettled
from schemas.rules import MaturityRule
from schemas.views import account_section
from streams.change import Change
from streams.folds.accounts import CLOSED
from streams.folds.falling_due import MATURITY
from streams.folds.loans import drawdown_subject, outstanding_of, subject_parts
from streams.rules.ahead import Ahead
from streams.rules.kind import Due, Finding, Verdict
from streams.view import Section, View

__all__ = ["Maturity"]


class Maturity(Ahead[MaturityRule]):
    """Told of a deposit that is not closed, of a drawdown that is not settled."""

    watches = (AccountClosed, LoanSettled)
    deadline = MATURITY.name

    def judge(self, change: Change) -> Verdict | None:
        """Nothing matures any more of what is closed or settled."""
        return self.over(*_ended(change))

    def fall_due(self, due: Due) -> Finding | None:
        """The deposit or drawdown as it is now."""
        section, what = _what_matures(due.subject, due.view)
        if not self.covers(due.view, section):
            return None
        return self.finding(due, "maturity_on", what)


def _ended(change: Change) -> tuple[str, str | None]:
    """(subject, its maturity), when the change ended it."""
    event = change.event
    if isinstance(event, AccountClosed):
        subject, is_over = account_section(event.account_id), change.after["status"] == CLOSED
        return subject, change.after["maturity_on"] if is_over else None
    subject = drawdown_subject(event.contract_id, event.drawdown_id)
    return subject, change.after["drawdowns"][event.drawdown_id]["maturity_on"]


def _what_matures(subject: str, view: View) -> tuple[Section, dict[str, Any]]:
    """Its section, and it as an alert's payload describes it."""
    account = view.get(subject)
    if account is not None:
        return account, {name: account[name] for name in ("currency", "account_id", "balance_minor")}
    name, drawdown_id = subject_parts(subject)
    loan = view.get(name)
    assert loan is not None
    drawdown = loan["drawdowns"][drawdown_id]
    return loan, {
        "currency": loan["currency"],
        "contract_id": loan["contract_id"],
        "drawdown_id": drawdown_id,
        "amount_minor": drawdown["amount_minor"],
        "outstanding_minor": outstanding_of(drawdown),
    }
