"""Rule `complaint_reminder`: a complaint came in, and the customer's host manager is told."""

from schemas.complaints import ComplaintReceived
from schemas.rules import ComplaintReminderRule
from schemas.views import complaint_section
from streams.rules.alerts import Finding
from streams.view import Section

__all__ = ["ComplaintReminder"]


class ComplaintReminder:
    """The rule; it has no threshold."""

    def __init__(self, rule: ComplaintReminderRule) -> None:
        self.rule = rule

    def finding(self, event: ComplaintReceived, profile: Section | None, position: list[object]) -> Finding:
        """What is to be told of the complaint, as the event states it."""
        return Finding(
            rule=self.rule,
            subject=complaint_section(event.complaint_id),
            cause="received",
            raised_at=event.occurred_at,
            payload={
                "complaint_on": event.received_on.isoformat(),
                "content": event.content,
                "customer_id": event.customer_id,
                "customer_name": None if profile is None else profile["name"],
            },
            thresholds={},
            position=position,
        )
