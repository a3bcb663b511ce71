"""Rule `tier_changed`: a customer is graded higher or lower than before."""

from typing import Final

from schemas.customers import CustomerAmended, CustomerRegistered, CustomerTier
from schemas.relationship_rules import TierChangedRule
from schemas.views import PROFILE
from streams.change import Change
from streams.rules.kind import Finding, Kind, Verdict

__all__ = ["TierChanged"]

_GRADES: Final = {tier.value: grade for grade, tier in enumerate(CustomerTier)}


class TierChanged(Kind[TierChangedRule]):
    """The first tier that is stated changes nothing: there was none before."""

    watches = (CustomerRegistered, CustomerAmended)

    def judge(self, change: Change) -> Verdict | None:
        """Whether the tier held is another one now."""
        before = None if change.before is None else change.before.get("tier")
        tier = change.after["tier"]
        if before is None or tier == before:
            return None
        direction = "up" if _GRADES[tier] > _GRADES[before] else "down"
        if self.rule.direction not in ("both", direction) or not self.covers(change.view, change.after):
            return None
        return Verdict(
            raises=Finding(
                rule=self.rule,
                subject=PROFILE,
                cause=f"{change.event.source}:{change.event.source_seq}",
                raised_at=change.event.occurred_at,
                payload={"tier_before": before, "tier": tier, "direction": direction},
                thresholds={"direction": self.rule.direction},
                position=change.position,
                before={"tier": before},
                after={"tier": tier},
            )
        )
