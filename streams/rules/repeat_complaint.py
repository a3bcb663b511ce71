"""Rule `repeat_complaint`: a customer complains of the same again."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from schemas.complaint_rules import RepeatComplaintRule
from schemas.complaints import ComplaintReceived, ComplaintResolved, ComplaintWithdrawn
from schemas.views import complaint_section
from streams.change import Change
from streams.folds.complaints import FINISHED, WITHDRAWN
from streams.rules.kind import Finding, Kind, Resolution, Verdict
from streams.view import Section

__all__ = ["RepeatComplaint"]

REPEATED: Final = "repeated"
"""The cause: a complaint is told of once."""


class RepeatComplaint(Kind[RepeatComplaintRule]):
    """It remembers nothing: the complaints are all in the view, and are looked at when one more comes in."""

    watches = (ComplaintReceived, ComplaintResolved, ComplaintWithdrawn)

    def judge(self, change: Change) -> Verdict | None:
        """Told when a complaint is first received; over when it is."""
        before, after = change.before, change.after
        if not isinstance(change.event, ComplaintReceived):
            is_over = after["status"] in FINISHED
            return Verdict(resolves=(Resolution(change.section_name, REPEATED),)) if is_over else None
        is_known = before is not None and before["received_on"] is not None
        if is_known or after["status"] == WITHDRAWN or not self.covers(change.view, after):
            return None
        count = 1 + sum(1 for other in self._others(change) if self._is_like(other, after))
        return None if count < self.rule.count else Verdict(raises=self._finding(change, count))

    @staticmethod
    def _others(change: Change) -> Iterator[Section]:
        for name in change.view.names(complaint_section("")):
            other = change.view.get(name)
            if other is not None and name != change.section_name:
                yield other

    def _is_like(self, other: Section, complaint: Section) -> bool:
        """Of the category, and so near: also a later one, since either may have come first."""
        received_on, same = other["received_on"], self.rule.same
        if received_on is None or other["status"] == WITHDRAWN or other[same] != complaint[same]:
            return False
        apart = date.fromisoformat(received_on) - date.fromisoformat(complaint["received_on"])
        return abs(apart.days) <= self.rule.days

    def _finding(self, change: Change, count: int) -> Finding:
        event, after, rule = change.event, change.after, self.rule
        return Finding(
            rule=rule,
            subject=change.section_name,
            cause=REPEATED,
            raised_at=event.occurred_at,
            payload={
                "complaint_id": after["complaint_id"],
                "complaint_on": after["received_on"],
                "category": after[rule.same],
                "count": count,
                "days": rule.days,
                "content": after["content"],
            },
            thresholds={"same": rule.same, "count": rule.count, "days": rule.days},
            position=change.position,
            before={"count": count - 1},
            after={"count": count},
        )
