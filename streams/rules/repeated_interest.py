"""Rule `repeated_interest`: a customer looks at a product again and again."""

from datetime import datetime, timedelta
from typing import Any, Final

from schemas.interactions import InterestShown
from schemas.relationship_rules import RepeatedInterestRule
from schemas.views import HOLDINGS, INTERACTIONS
from streams.change import Change
from streams.rules.calendar import BankCalendar
from streams.rules.kind import Finding, Kind, Verdict, state_of, with_state

__all__ = ["TOLD_KEPT", "RepeatedInterest"]

TOLD_KEPT: Final = 32
"""So many products a customer was last told of are remembered: as many as there are interests in his view."""


class RepeatedInterest(Kind[RepeatedInterestRule]):
    """It remembers, by product, the newest interest of which it told."""

    watches = (InterestShown,)

    def __init__(self, rule: RepeatedInterestRule, calendar: BankCalendar) -> None:
        super().__init__(rule, calendar)
        self._span = timedelta(days=rule.days)

    def judge(self, change: Change) -> Verdict | None:
        """Whether there are enough interests in the days that end with the newest one in the product."""
        rule, product = self.rule, change.event.product
        if rule.products is not None and product not in rule.products:
            return None
        shown = [_instant(part["at"]) for part in change.after["interests"] if part["product"] == product]
        if len(shown) < rule.count:
            return None
        last = shown[-1]
        recent = [at for at in shown if last - at < self._span]
        told = state_of(change.after, rule.id) or {}
        if len(recent) < rule.count or (product in told and last - _instant(told[product]) < self._span):
            return None
        if last - change.event.occurred_at >= self._span or self._is_held(change):
            return None
        if not self.covers(change.view, change.after):
            return None
        return self._told(change, told, recent)

    def _is_held(self, change: Change) -> bool:
        holdings = change.view.get(HOLDINGS) if self.rule.unless_held else None
        return holdings is not None and change.event.product in holdings["products"]

    def _told(self, change: Change, told: dict[str, str], recent: list[datetime]) -> Verdict:
        event: InterestShown = change.event
        of_product = [part["at"] for part in change.after["interests"] if part["product"] == event.product]
        first_at, last_at = of_product[-len(recent)], of_product[-1]
        newest = sorted({**told, event.product: last_at}.items(), key=lambda one: (_instant(one[1]), one[0]))
        payload: dict[str, Any] = {
            "product": event.product,
            "count": len(recent),
            "days": self.rule.days,
            "first_at": first_at,
            "last_at": last_at,
        }
        finding = Finding(
            rule=self.rule,
            subject=INTERACTIONS,
            cause=f"{event.source}:{event.source_seq}",
            raised_at=event.occurred_at,
            payload=payload,
            thresholds={"count": self.rule.count, "days": self.rule.days},
            position=change.position,
        )
        section = with_state(change.after, self.rule.id, dict(newest[-TOLD_KEPT:]))
        return Verdict(raises=finding, section=section)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
