"""What the parts of one step share: the view with its summary, and the alerts raised so far."""

from dataclasses import dataclass
from datetime import datetime

from schemas.views import DEADLINES, PROFILE, SUMMARY, alert_section
from streams.change import Change
from streams.folds.deadlines import earliest_untold
from streams.folds.summary import Tally
from streams.pending import Pending
from streams.rules import Rules
from streams.rules.alerts import addressed, alert_id_of, group_id_of, raised, stands_at_desk, topic_of
from streams.rules.conditions import under_condition
from streams.rules.kind import Finding
from streams.view import Section, View

__all__ = ["Raised", "Working"]


@dataclass(frozen=True, slots=True)
class Raised:
    """A record for an alert topic; `section` is the Alert, the same as in the view's section `alert:<id>`."""

    topic: str
    section_name: str
    section: Section


class Working:
    """A view being changed by one step."""

    __slots__ = ("alerts", "applied_moved", "as_of", "pending", "rules", "tally", "view")

    def __init__(self, view: View, rules: Rules, as_of: str, due_at: datetime | None) -> None:
        self.view = view
        self.rules = rules
        self.as_of = as_of
        self.tally = Tally(view.get(SUMMARY))
        self.pending = Pending(view, rules, due_at)
        self.alerts: list[Raised] = []
        self.applied_moved = False

    def put(self, name: str, section: Section) -> None:
        """Replace a section."""
        self.view.changed[name] = section

    def close(self) -> None:
        """Put the deadlines that changed and, when there is anything new in it, the summary."""
        changed, tally = self.view.changed, self.tally
        if self.pending.close():
            tally.due_on = earliest_untold(changed[DEADLINES])
        if changed:
            changed[SUMMARY] = tally.section(self.as_of)
        elif self.applied_moved:
            changed[SUMMARY] = tally.section(tally.as_of or self.as_of)

    # -- alerts --

    def judge(self, change: Change) -> None:
        """Ask the rules that watch such events, and do what they say."""
        for _, judge in self.rules.judges(type(change.event)):
            verdict = judge(change)
            if verdict is None:
                continue
            if verdict.section is not None:
                self.put(change.section_name, verdict.section)
                change.after = verdict.section
            if verdict.raises is not None:
                self.raise_alert(verdict.raises, change.event.event_id)

    def raise_alert(self, finding: Finding, group: str) -> None:
        """Raise the alert of a finding, unless it was raised before, lies before `raise_after`, or fails its condition.

        Alerts of one `group` share their group id.
        """
        raise_after = self.rules.raise_after
        if raise_after is not None and finding.raised_at < raise_after:
            return
        customer_id = self.view.customer_id
        alert_id = alert_id_of(finding.rule.id, customer_id, finding.subject, finding.cause)
        if self.view.has(alert_section(alert_id)):
            return
        profile = self.view.get(PROFILE)
        allowed = under_condition(finding, customer_id, profile)
        if allowed is None:
            return
        alert = raised(allowed, alert_id, group_id_of(customer_id, group), customer_id, profile, self.as_of)
        self._publish(alert)
        self.tally.alert_raised(stands_at_desk(alert))

    def address_alerts(self, profile: Section) -> None:
        """Publish again, now addressed, the alerts at a desk that `profile` names somebody for."""
        if not self.tally.unaddressed:
            return
        # All alerts of the customer are looked at, but only when he has some at a desk and his profile changed.
        at_desk = [alert for name in self.view.names(alert_section("")) if stands_at_desk(alert := self._held(name))]
        at_desk.sort(key=lambda alert: (datetime.fromisoformat(alert["raised_at"]), alert["alert_id"]))
        for alert in at_desk:
            after = addressed(alert, profile)
            if after is not alert:
                self._publish(after)
                self.tally.alert_addressed()

    def _publish(self, alert: Section) -> None:
        name = alert_section(alert["alert_id"])
        self.put(name, alert)
        self.alerts.append(Raised(topic_of(alert), name, alert))

    def _held(self, name: str) -> Section:
        section = self.view.get(name)
        assert section is not None
        return section
