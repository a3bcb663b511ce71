"""What the parts of one step share: the view with its summary, and the alerts raised so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.views import DEADLINES, PROFILE, SUMMARY, alert_section
from streams.change import Change
from streams.folds import deadlines
from streams.folds.loans import outstanding_of, subject_parts
from streams.folds.summary import Tally
from streams.rules import Rules
from streams.rules.alerts import addressed, alert_id_of, group_id_of, raised, stands_at_desk, topic_of
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

    __slots__ = ("alerts", "applied_moved", "as_of", "rules", "tally", "view")

    def __init__(self, view: View, rules: Rules, as_of: str) -> None:
        self.view = view
        self.rules = rules
        self.as_of = as_of
        self.tally = Tally(view.get(SUMMARY))
        self.alerts: list[Raised] = []
        self.applied_moved = False

    def put(self, name: str, section: Section) -> None:
        """Replace a section."""
        self.view.changed[name] = section

    def close(self) -> None:
        """Put the summary, when there is anything new in it."""
        changed, tally = self.view.changed, self.tally
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
        """Raise the alert of a finding, unless it was raised before or lies before `raise_after`.

        Alerts of one `group` share their group id.
        """
        raise_after = self.rules.raise_after
        if raise_after is not None and finding.raised_at < raise_after:
            return
        customer_id = self.view.customer_id
        alert_id = alert_id_of(finding.rule.id, customer_id, finding.subject, finding.cause)
        if self.view.has(alert_section(alert_id)):
            return
        group_id = group_id_of(customer_id, group)
        alert = raised(finding, alert_id, group_id, customer_id, self.view.get(PROFILE), self.as_of)
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

    # -- deadlines --

    def is_due(self, at: datetime) -> bool:
        """Whether any deadline has fallen due at `at`."""
        due_on = self.tally.due_on
        if due_on is None:
            return False
        horizon = self.rules.horizon(at)
        return horizon is not None and due_on <= horizon

    def fire(self, at: datetime) -> None:
        """Raise the maturities that have fallen due at `at`, in order of (day, subject); they leave the deadlines."""
        if not self.is_due(at):
            return
        rule, horizon = self.rules.maturity, self.rules.horizon(at)
        assert rule is not None
        assert horizon is not None
        fallen = deadlines.fallen_due(self._held(DEADLINES), horizon)
        for subject, deadline in fallen:
            self.raise_alert(
                rule.finding(subject, deadline, self._what_matures(subject)), f"{subject}|{deadline['on']}"
            )
        self.drop_deadlines([subject for subject, _ in fallen])

    def _what_matures(self, subject: str) -> dict[str, Any]:
        """The deposit or drawdown as an alert's payload describes it."""
        account = self.view.get(subject)
        if account is not None:
            return {name: account[name] for name in ("currency", "account_id", "balance_minor")}
        name, drawdown_id = subject_parts(subject)
        loan = self._held(name)
        drawdown = loan["drawdowns"][drawdown_id]
        return {
            "currency": loan["currency"],
            "contract_id": loan["contract_id"],
            "drawdown_id": drawdown_id,
            "amount_minor": drawdown["amount_minor"],
            "outstanding_minor": outstanding_of(drawdown),
        }

    def state_deadline(self, subject: str, maturity_on: str | None, change: Change) -> None:
        """From now on `subject` falls due on `maturity_on`, unless that is no deadline: null, past or already told."""
        stated_at = change.event.occurred_at
        if maturity_on is None or self._was_past(maturity_on, stated_at) or self._was_raised(subject, maturity_on):
            self.drop_deadlines([subject])
            return
        part = deadlines.deadline(maturity_on, stated_at, change.position)
        self._put_deadlines(deadlines.with_subject(self.view.get(DEADLINES), subject, part))

    def drop_deadlines(self, subjects: Sequence[str]) -> None:
        """From now on `subjects` have no deadline."""
        section = self.view.get(DEADLINES)
        after = deadlines.without_subjects(section, subjects)
        if after is not None and after is not section:
            self._put_deadlines(after)

    def _put_deadlines(self, section: Section) -> None:
        self.put(DEADLINES, section)
        self.tally.due_on = deadlines.earliest(section)

    def _was_past(self, maturity_on: str, stated_at: datetime) -> bool:
        return self.rules.calendar.day_of(stated_at).isoformat() > maturity_on

    def _was_raised(self, subject: str, maturity_on: str) -> bool:
        maturity = self.rules.maturity
        if maturity is None:
            return False
        alert_id = alert_id_of(maturity.rule.id, self.view.customer_id, subject, maturity_on)
        return self.view.has(alert_section(alert_id))
