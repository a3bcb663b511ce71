"""Rule `product_gap`: a customer could use a product that he does not have."""

from schemas.relationship_rules import ProductGapRule
from schemas.views import HOLDINGS
from streams.change import Change
from streams.rules.held import HOLDING_EVENTS, Held, cause_of, held
from streams.rules.kind import Finding, Kind, Resolution, Verdict

__all__ = ["ProductGap"]


class ProductGap(Kind[ProductGapRule]):
    """It compares what was held before with what is held since, and remembers nothing."""

    watches = HOLDING_EVENTS

    def judge(self, change: Change) -> Verdict | None:
        """Whether a change of what he holds opens the gap, or closes it."""
        change_of = held(change)
        if change_of is None:
            return None
        before, after = change_of
        was, is_open = self._is_open(before), self._is_open(after)
        if was == is_open:
            return None
        if was:
            return Verdict(resolves=(Resolution(HOLDINGS, None),))
        return Verdict(raises=self._finding(change, before, after)) if self.covers(change.view, change.after) else None

    def _is_open(self, products: Held) -> bool:
        has_all = all(product in products for product in self.rule.has)
        return has_all and not any(product in products for product in self.rule.lacks)

    def _finding(self, change: Change, before: Held, after: Held) -> Finding:
        wanted = {"has": list(self.rule.has), "lacks": list(self.rule.lacks)}
        return Finding(
            rule=self.rule,
            subject=HOLDINGS,
            cause=cause_of(change),
            raised_at=change.event.occurred_at,
            payload=wanted,
            thresholds=wanted,
            position=change.position,
            before={"products": before},
            after={"products": after},
        )
