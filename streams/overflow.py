"""A deadline that makes a section too large when it fires: no record is to blame, so none can be set aside for it."""

from collections.abc import Iterable
from datetime import datetime

from schemas.base import utc_text
from schemas.views import DEADLINES
from streams.alerting import is_of_alert
from streams.folds.deadlines import parts_of
from streams.rules import Rules
from streams.view import View

__all__ = ["DeadlineOverflow", "rules_due"]


class DeadlineOverflow(Exception):
    """Deadlines of a customer can't be fired within the limit of a section; the worker stops, and nothing of it counts.

    A dead letter would lose them: they stay in the view until they fit, or their rules do not ask for them any more.
    """

    def __init__(
        self, customer_id: str, section: str, size: int, limit: int, at: datetime, rules: Iterable[str]
    ) -> None:
        named = ", ".join(sorted(rules))
        super().__init__(
            f"the deadlines of customer {customer_id} due at {utc_text(at)} can't be fired: section {section} would "
            f"hold {size} bytes, and the limit is {limit}. Nothing of it is committed, they stay in the view, and a "
            f"restart meets them again. They are of these rules: {named}. To go on, put the rules without "
            "escalate_after and expire_after (`c360 rules put`), or disable them (`c360 rules disable`), and start the "
            "worker again; once enabled, a rule raises what waited. For good: have that customer's contracts that are "
            "over closed at the source, and set closed_alert_days."
        )


def rules_due(view: View, rules: Rules, at: datetime) -> set[str]:
    """The ids of the rules for which some deadline of the view has fallen due at `at`."""
    section, found = view.get(DEADLINES), set[str]()
    for key, part in ({} if section is None else section["due"]).items():
        due_at = rules.due_at_of(key, part)
        if due_at is not None and due_at <= at:
            found |= _rules_of(key, view, rules)
    return found


def _rules_of(key: str, view: View, rules: Rules) -> set[str]:
    subject, kind = parts_of(key)
    if not is_of_alert(subject):
        return {rule.rule.id for rule in rules.watching(kind)}
    alert = view.get(subject)
    return set() if alert is None else {alert["proof"]["rule_id"]}
