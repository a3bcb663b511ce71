"""Rule `win_back`: a customer holds nothing any more, so somebody should try to win him back."""

from schemas.relationship_rules import WinBackRule
from schemas.views import HOLDINGS
from streams.change import Change
from streams.rules.held import HOLDING_EVENTS, Held, cause_of, held
from streams.rules.kind import Finding, Kind, Resolution, Verdict

__all__ = ["WinBack"]


class WinBack(Kind[WinBackRule]):
    """It compares what was held before with what is held since, and remembers nothing."""

    watches = HOLDING_EVENTS

    def judge(self, change: Change) -> Verdict | None:
        """Whether the last product is over, or he is back."""
        change_of = held(change)
        if change_of is None:
            return None
        before, after = (self._counted(products) for products in change_of)
        if bool(before) == bool(after):
            return None
        if after:
            return Verdict(resolves=(Resolution(HOLDINGS, None),))
        return Verdict(raises=self._finding(change, before, after)) if self.covers(change.view, change.after) else None

    def _counted(self, products: Held) -> Held:
        of = self.rule.products
        return products if of is None else {product: count for product, count in products.items() if product in of}

    def _finding(self, change: Change, before: Held, after: Held) -> Finding:
        return Finding(
            rule=self.rule,
            subject=HOLDINGS,
            cause=cause_of(change),
            raised_at=change.event.occurred_at,
            payload={"last_product": next(iter(before)), "section": change.section_name},
            thresholds={} if self.rule.products is None else {"products": list(self.rule.products)},
            position=change.position,
            before={"products": before},
            after={"products": after},
        )
