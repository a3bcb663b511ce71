"""Rule `vip_complaint`: a customer complains who matters most."""

from typing import Final

from schemas.complaint_rules import VipComplaintRule
from schemas.complaints import ComplaintReceived, ComplaintResolved, ComplaintWithdrawn
from schemas.views import PROFILE
from streams.change import Change
from streams.folds.complaints import FINISHED
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Finding, Kind, Resolution, Verdict
from streams.view import Section

__all__ = ["VipComplaint"]

RECEIVED: Final = "received"
"""The cause: a complaint is told of once."""


class VipComplaint(Kind[VipComplaintRule]):
    """Judged by what is known of the customer when the complaint comes in."""

    watches = (ComplaintReceived, ComplaintResolved, ComplaintWithdrawn)

    def __init__(self, rule: VipComplaintRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._tiers = frozenset(tier.value for tier in rule.tiers)

    def judge(self, change: Change) -> Verdict | None:
        """Told when a complaint is first received; over when it is."""
        before, after = change.before, change.after
        if not isinstance(change.event, ComplaintReceived):
            is_over = after["status"] in FINISHED
            return Verdict(resolves=(Resolution(change.section_name, RECEIVED),)) if is_over else None
        if before is not None and before["received_on"] is not None:
            return None
        profile = change.view.get(PROFILE)
        if profile is None or not (profile["vip"] or profile.get("tier") in self._tiers):
            return None
        return Verdict(raises=self._finding(change, profile)) if self.covers(change.view, after) else None

    def _finding(self, change: Change, profile: Section) -> Finding:
        event: ComplaintReceived = change.event
        return Finding(
            rule=self.rule,
            subject=change.section_name,
            cause=RECEIVED,
            raised_at=event.occurred_at,
            payload={
                "complaint_id": event.complaint_id,
                "complaint_on": event.received_on.isoformat(),
                "product": event.product,
                "content": event.content,
                "customer_name": profile["name"],
                "tier": profile.get("tier"),
                "vip": bool(profile["vip"]),
            },
            thresholds={"tiers": [tier.value for tier in self.rule.tiers]},
            position=change.position,
        )
