"""Rule `acceptance_maturity`: the bank has to pay a bill in some days, and the customer to provide for it."""

from schemas.acceptances import AcceptanceSettled
from schemas.rules import AcceptanceMaturityRule
from streams.change import Change
from streams.folds.acceptances import bill_subject, subject_parts, to_provide
from streams.folds.falling_due import BILL_MATURITY
from streams.rules.ahead import Ahead
from streams.rules.kind import Due, Finding, Verdict

__all__ = ["AcceptanceMaturity"]


class AcceptanceMaturity(Ahead[AcceptanceMaturityRule]):
    """Told of a bill that is not settled."""

    watches = (AcceptanceSettled,)
    deadline = BILL_MATURITY.name

    def judge(self, change: Change) -> Verdict | None:
        """A settled bill matures no more."""
        event = change.event
        bill = change.after["bills"][event.bill_id]
        return self.over(bill_subject(event.contract_id, event.bill_id), bill["maturity_on"])

    def fall_due(self, due: Due) -> Finding | None:
        """The bill as it is now."""
        name, bill_id = subject_parts(due.subject)
        contract = due.view.get(name)
        assert contract is not None
        if not self.covers(due.view, contract):
            return None
        bill = contract["bills"][bill_id]
        what = {
            "currency": contract["currency"],
            "contract_id": contract["contract_id"],
            "bill_id": bill_id,
            "payee": bill["payee"],
            "amount_minor": bill["amount_minor"],
            "to_provide_minor": to_provide(bill),
        }
        return self.finding(due, "maturity_on", what)
