"""Rule `complaint_reminder`: a complaint came in, and the customer's host manager is told."""

from typing import Final

from schemas.complaints import ComplaintReceived, ComplaintResolved, ComplaintWithdrawn
from schemas.rules import ComplaintReminderRule
from schemas.views import PROFILE
from streams.change import Change
from streams.folds.complaints import FINISHED
from streams.rules.kind import Finding, Kind, Resolution, Verdict

__all__ = ["ComplaintReminder"]

RECEIVED: Final = "received"
"""The cause: a complaint is told of once."""


class ComplaintReminder(Kind[ComplaintReminderRule]):
    """The rule; it has no threshold."""

    watches = (ComplaintReceived, ComplaintResolved, ComplaintWithdrawn)

    def judge(self, change: Change) -> Verdict | None:
        """Told when it is first received; over when the complaint is."""
        if not isinstance(change.event, ComplaintReceived):
            is_over = change.after["status"] in FINISHED
            return Verdict(resolves=(Resolution(change.section_name, RECEIVED),)) if is_over else None
        is_known = change.before is not None and change.before["received_on"] is not None
        if is_known or not self.covers(change.view, change.after):
            return None
        return Verdict(raises=self._finding(change, change.event))

    def _finding(self, change: Change, event: ComplaintReceived) -> Finding:
        profile = change.view.get(PROFILE)
        return Finding(
            rule=self.rule,
            subject=change.section_name,
            cause=RECEIVED,
            raised_at=event.occurred_at,
            payload={
                "complaint_on": event.received_on.isoformat(),
                "content": event.content,
                "customer_id": event.customer_id,
                "customer_name": None if profile is None else profile["name"],
            },
            thresholds={},
            position=change.position,
        )
