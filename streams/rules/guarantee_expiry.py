"""Rule `guarantee_expiry`: a guarantee ends in some days."""

from schemas.guarantees import GuaranteeReleased
from schemas.rules import GuaranteeExpiryRule
from streams.change import Change
from streams.folds.falling_due import GUARANTEE_EXPIRY
from streams.folds.guarantees import OVER
from streams.rules.ahead import Ahead
from streams.rules.kind import Due, Finding, Verdict

__all__ = ["GuaranteeExpiry"]


class GuaranteeExpiry(Ahead[GuaranteeExpiryRule]):
    """Told of a guarantee that binds the bank."""

    watches = (GuaranteeReleased,)
    deadline = GUARANTEE_EXPIRY.name

    def judge(self, change: Change) -> Verdict | None:
        """A guarantee that is over expires no more."""
        after = change.after
        return self.over(change.section_name, after["expires_on"]) if after["status"] in OVER else None

    def fall_due(self, due: Due) -> Finding | None:
        """The guarantee as it is now."""
        guarantee = due.view.get(due.subject)
        assert guarantee is not None
        if not self.covers(due.view, guarantee):
            return None
        names = ("currency", "contract_id", "letter_number", "beneficiary", "amount_minor", "called_minor")
        return self.finding(due, "expires_on", {name: guarantee[name] for name in names})
