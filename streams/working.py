"""What the parts of one step share: the view with its summary, and the alerts raised so far."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from schemas.views import DEADLINES, SUMMARY, alert_section
from streams.folds.deadlines import earliest_untold
from streams.folds.summary import Tally
from streams.pending import Pending
from streams.rules import Rules
from streams.rules.alerts import topic_of
from streams.view import Section, View

__all__ = ["Raised", "Working"]


class Raised(NamedTuple):
    """A record for an alert topic; `section` is the Alert, the same as in the view's section `alert:<id>`."""

    topic: str
    section_name: str
    section: Section


class Working:
    """A view being changed by one step."""

    __slots__ = ("alerts", "applied_moved", "as_of", "in_force", "pending", "rules", "tally", "view")

    def __init__(
        self, view: View, rules: Rules, as_of: str, due_at: datetime | None, in_force: Mapping[str, datetime]
    ) -> None:
        self.view = view
        self.rules = rules
        self.in_force = in_force
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
        if changed or self.view.removed:
            changed[SUMMARY] = tally.section(self.as_of)
        elif self.applied_moved:
            changed[SUMMARY] = tally.section(tally.as_of or self.as_of)

    def remove(self, name: str) -> None:
        """Take a section out."""
        self.view.remove(name)

    def publish(self, alert: Section) -> None:
        """Put an alert as it is now, and publish it."""
        name = alert_section(alert["alert_id"])
        self.put(name, alert)
        self.alerts.append(Raised(topic_of(alert), name, alert))
