"""The oracle's part that judges rules on complaints, on the customer himself and on what he holds."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from schemas.complaint_rules import RepeatComplaintRule, VipComplaintRule
from schemas.complaints import ComplaintEvent, ComplaintReceived, ComplaintResolved, ComplaintWithdrawn
from schemas.customers import CustomerAmended, CustomerRegistered, RelationshipAssigned, RelationshipEnded
from schemas.interactions import InterestShown
from schemas.relationship_rules import (
    AddressMovedRule,
    HostChangedRule,
    ProductGapRule,
    RepeatedInterestRule,
    TierChangedRule,
    WinBackRule,
)
from tests.support.oracle_rules import Judged, Section

if TYPE_CHECKING:
    from tests.support.oracle import Record

__all__ = ["RelationshipRules"]

HOLDING = ("account", "loan", "guarantee", "acceptance")
TIERS = ("small", "medium", "key", "potential", "top")


class RelationshipRules(Judged):
    """Judges what the newest record changed, by looking at everything before it and after it."""

    def judge_relationship(self, rule: Any, record: "Record", before: "list[Record]") -> None:
        """What a rule of these families says of a record, if it is one of them."""
        event: Any = record.event
        match rule:
            case RepeatComplaintRule() | VipComplaintRule() if isinstance(event, ComplaintReceived):
                received = [told.event for told in before if isinstance(told.event, ComplaintReceived)]
                if all(other.complaint_id != event.complaint_id for other in received):
                    self._complaint_came(rule, record)
            case RepeatComplaintRule() | VipComplaintRule() if isinstance(
                event, ComplaintResolved | ComplaintWithdrawn
            ):
                was = self._at(before, lambda: self.complaint(event.complaint_id))
                complaint = self.complaint(event.complaint_id)
                if was != complaint and complaint["status"] in ("resolved", "withdrawn"):
                    cause = "repeated" if isinstance(rule, RepeatComplaintRule) else "received"
                    self._resolve(rule, f"complaint:{event.complaint_id}", cause, record)
            case TierChangedRule() | AddressMovedRule() if isinstance(event, CustomerRegistered | CustomerAmended):
                self._party_changed(rule, record, self._at(before, self.profile), self.profile())
            case HostChangedRule() if isinstance(event, RelationshipAssigned | RelationshipEnded):
                self._handed_over(rule, record, self._at(before, self.profile), self.profile())
            case RepeatedInterestRule() if isinstance(event, InterestShown):
                if self._at(before, self.interactions) != self.interactions():
                    self._interest(rule, record)
            case ProductGapRule() | WinBackRule() if event.type.partition(".")[0] in HOLDING:
                self._holdings_changed(rule, record, self._at(before, self.held), self.held())

    def _at(self, before: "list[Record]", compute: Callable[[], Any]) -> Any:
        told, self.told = self.told, before
        try:
            return compute()
        finally:
            self.told = told

    def _complaint_came(self, rule: RepeatComplaintRule | VipComplaintRule, record: "Record") -> None:
        event: Any = record.event
        complaint, profile = self.complaint(event.complaint_id), self.profile()
        if not self._covers(rule, complaint):
            return
        subject, told = f"complaint:{event.complaint_id}", {"complaint_id": event.complaint_id}
        if isinstance(rule, VipComplaintRule):
            tiers = [tier.value for tier in rule.tiers]
            if profile["vip"] or profile["tier"] in tiers:
                told |= {"complaint_on": event.received_on.isoformat(), "product": event.product}
                told |= {"content": event.content, "customer_name": profile["name"]}
                told |= {"tier": profile["tier"], "vip": bool(profile["vip"])}
                thresholds: Section = {"tiers": tiers}
                self._raise(rule, subject, "received", event.occurred_at, record, told, thresholds=thresholds)
            return
        ids = {told.event.complaint_id for told in self.told if isinstance(told.event, ComplaintEvent)}
        all_complaints = [self.complaint(complaint_id) for complaint_id in sorted(ids)]
        on = date.fromisoformat(complaint["received_on"])
        like = [
            other
            for other in all_complaints
            if other["received_on"]
            and other["status"] != "withdrawn"
            and other[rule.same] == complaint[rule.same]
            and abs((date.fromisoformat(other["received_on"]) - on).days) <= rule.days
        ]
        if complaint["status"] != "withdrawn" and len(like) >= rule.count:
            told |= {"complaint_on": complaint["received_on"], "category": complaint[rule.same]}
            told |= {"count": len(like), "days": rule.days, "content": complaint["content"]}
            values = {"count": len(like) - 1}, {"count": len(like)}
            thresholds = {"same": rule.same, "count": rule.count, "days": rule.days}
            self._raise(
                *(rule, subject, "repeated", event.occurred_at, record, told), values=values, thresholds=thresholds
            )

    def _party_changed(
        self, rule: TierChangedRule | AddressMovedRule, record: "Record", was: Section, now: Section
    ) -> None:
        event: Any = record.event
        of = ("profile", f"{event.source}:{event.source_seq}", event.occurred_at, record)
        if not self._covers(rule, now):
            return
        if isinstance(rule, AddressMovedRule):
            before, after = was["address"], now["address"]
            if before and before.lower().split() != after.lower().split():
                self._raise(rule, *of, {"address_before": before, "address": after}, thresholds={})
            return
        before, after = was["tier"], now["tier"]
        if before and before != after:
            direction = "up" if TIERS.index(after) > TIERS.index(before) else "down"
            if rule.direction in (direction, "both"):
                payload = {"tier_before": before, "tier": after, "direction": direction}
                values = {"tier": before}, {"tier": after}
                self._raise(rule, *of, payload, values=values, thresholds={"direction": rule.direction})

    def _handed_over(self, rule: HostChangedRule, record: "Record", was: Section, now: Section) -> None:
        event: Any = record.event
        before, after = was["host_manager"], now["host_manager"]
        if before == after or not self._covers(rule, now):
            return
        place = "profile", rule.id
        left = self.remembered.pop(place, {}).get("left")
        if after is None:
            self.remembered[place] = {"left": before}
            return
        former = before or left
        if former and former != after:
            cause = f"{event.source}:{event.relationship_id}:{event.source_seq}"
            values = {"host_manager": former}, {"host_manager": after}
            payload = {"host_before": former, "host": after}
            self._raise(*(rule, "profile", cause, event.occurred_at, record, payload), values=values, thresholds={})

    def _interest(self, rule: RepeatedInterestRule, record: "Record") -> None:
        event: Any = record.event
        place, days = ("interactions", rule.id), timedelta(days=rule.days)
        of_product = [part for part in self.interactions()["interests"] if part["product"] == event.product]
        if not of_product:
            return
        newest = max(datetime.fromisoformat(part["at"]) for part in of_product)
        recent = [part for part in of_product if datetime.fromisoformat(part["at"]) > newest - days]
        told = self.remembered.get(place, {})
        if len(recent) < rule.count or event.occurred_at <= newest - days:
            return
        if event.product in told and datetime.fromisoformat(told[event.product]) > newest - days:
            return
        if rule.unless_held and event.product in self.held():
            return
        if (rule.products and event.product not in rule.products) or not self._covers(rule, self.interactions()):
            return
        self.remembered[place] = told | {event.product: recent[-1]["at"]}
        payload = {
            "product": event.product,
            "count": len(recent),
            "days": rule.days,
            "first_at": recent[0]["at"],
            "last_at": recent[-1]["at"],
        }
        cause = f"{event.source}:{event.source_seq}"
        self._raise(
            *(rule, "interactions", cause, event.occurred_at, record, payload),
            thresholds={"count": rule.count, "days": rule.days},
        )

    def _holdings_changed(
        self, rule: ProductGapRule | WinBackRule, record: "Record", was: Section, now: Section
    ) -> None:
        event: Any = record.event
        part = getattr(event, "drawdown_id", getattr(event, "bill_id", ""))
        entity = event.account_id if event.type.startswith("account") else getattr(event, "contract_id", "")
        section = f"{event.type.partition('.')[0]}:{entity}"
        if was == now:
            return
        thresholds: Section
        if isinstance(rule, ProductGapRule):
            gap = [all(one in held for one in rule.has) and not set(rule.lacks) & set(held) for held in (was, now)]
            comes_true, is_over = gap == [False, True], gap == [True, False]
            payload = thresholds = {"has": list(rule.has), "lacks": list(rule.lacks)}
        else:
            was, now = (
                {product: count for product, count in held.items() if not rule.products or product in rule.products}
                for held in (was, now)
            )
            comes_true, is_over = bool(was) and not now, bool(now) and not was
            payload = {"last_product": "".join(was), "section": section}
            thresholds = {"products": list(rule.products)} if rule.products else {}
        if is_over:
            self._resolve(rule, "holdings", None, record)
        if comes_true and self._covers(rule, self.sections()[section]):
            cause = f"{section}:{event.source}:{part}:{event.source_seq}"
            values = {"products": was}, {"products": now}
            self._raise(
                *(rule, "holdings", cause, event.occurred_at, record, payload), values=values, thresholds=thresholds
            )
