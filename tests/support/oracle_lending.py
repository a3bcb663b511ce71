"""The oracle's part that judges rules on lending: levels of contracts, drawdowns, instalments, freezes, cover."""

from typing import TYPE_CHECKING, Any

from schemas.accounts import (
    AccountFrozen,
    AccountUnfrozen,
)
from schemas.loans import (
    LoanContractSigned,
    LoanDrawnDown,
    LoanEvent,
    LoanInstalmentMissed,
    LoanRepaid,
    LoanSettled,
)
from schemas.rules import (
    ArrearsRule,
    CollateralBelowCoverRule,
    DrawnOverLimitRule,
    FreezePlacedRule,
    InstalmentMissedRule,
    LargeDrawdownRule,
    LimitNearlyDrawnRule,
)
from tests.support.oracle_rules import Section, in_minor
from tests.support.oracle_views import CustomerViews, day_text, section_of

if TYPE_CHECKING:
    from tests.support.oracle import Record

__all__ = ["LendingRules"]


class LendingRules(CustomerViews):
    """Judges what a record does to a contract, to what is pledged for it, or to what is frozen."""

    def judge_lending(self, rule: Any, record: "Record", before: "list[Record]") -> None:
        """What a rule of this family says of a record, if it is one of this family."""
        match rule:
            case LimitNearlyDrawnRule() | DrawnOverLimitRule() | ArrearsRule():
                self._contract_level(rule, record, before)
            case LargeDrawdownRule():
                self._judge_drawdown(rule, record, before)
            case InstalmentMissedRule():
                self._judge_instalment(rule, record, before)
            case FreezePlacedRule():
                self._judge_freeze(rule, record, before)
            case CollateralBelowCoverRule():
                self._judge_cover(rule, record, before)

    def _contract_level(
        self, rule: LimitNearlyDrawnRule | DrawnOverLimitRule | ArrearsRule, record: "Record", before: "list[Record]"
    ) -> None:
        event = record.event
        if not isinstance(event, LoanEvent):
            return
        section = f"loan:{event.contract_id}"
        was, loan = self._earlier(before, section, lambda: self.loan(event.contract_id)), self.loan(event.contract_id)
        if was == loan:
            return
        reached, left = _level(rule, loan)
        if (section, rule.id) in self.remembered:
            if left:
                self._resolve(rule, section, self.remembered.pop((section, rule.id))["disarmed_by"], record)
        elif reached and self._covers(rule, loan):
            part = [event.drawdown_id] if not isinstance(event, LoanContractSigned) else []
            cause = ":".join([event.source, *part, str(event.source_seq)])
            self.remembered[section, rule.id] = {"disarmed_by": cause, "kind": rule.kind}
            payload = {"contract_id": event.contract_id, "currency": loan["currency"]} | _level_payload(rule, loan)
            names = ("arrears_minor",) if isinstance(rule, ArrearsRule) else ("contract_minor",)
            values = [
                None if of is None else {name: of[name] for name in (*names, "outstanding_minor")} for of in (was, loan)
            ]
            self._raise(rule, section, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _judge_drawdown(self, rule: LargeDrawdownRule, record: "Record", before: "list[Record]") -> None:
        event = record.event
        if not isinstance(event, LoanDrawnDown | LoanSettled):
            return
        section = f"loan:{event.contract_id}"
        loan, was = self.loan(event.contract_id), self._earlier(before, section, lambda: self.loan(event.contract_id))
        drawdown = loan["drawdowns"][event.drawdown_id]
        if isinstance(event, LoanSettled):
            if (
                was != loan
                and drawdown["amount_minor"]
                and drawdown["amount_minor"] >= in_minor(rule.threshold, loan["currency"])
            ):
                self._resolve(rule, f"{section}/drawdown:{event.drawdown_id}", "drawn", record)
            return
        held = ((was or {}).get("drawdowns", {})).get(event.drawdown_id, {}).get("amount_minor")
        threshold = in_minor(rule.threshold, loan["currency"])
        is_news = drawdown["amount_minor"] >= threshold and (held is None or held < threshold)
        if was != loan and is_news and drawdown["status"] != "settled" and self._covers(rule, loan):
            payload = {
                "contract_id": event.contract_id,
                "drawdown_id": event.drawdown_id,
                "currency": loan["currency"],
                "amount_minor": drawdown["amount_minor"],
                "drawn_on": drawdown["drawn_on"],
                "maturity_on": drawdown["maturity_on"],
                "threshold_minor": threshold,
            }
            values = {"amount_minor": held}, {"amount_minor": drawdown["amount_minor"]}
            subject = f"{section}/drawdown:{event.drawdown_id}"
            self._raise(rule, subject, "drawn", event.occurred_at, record, payload, values=values)

    def _judge_instalment(self, rule: InstalmentMissedRule, record: "Record", before: "list[Record]") -> None:
        event = record.event
        if not isinstance(event, LoanInstalmentMissed | LoanRepaid | LoanSettled):
            return
        section = f"loan:{event.contract_id}"
        loan, was = self.loan(event.contract_id), self._earlier(before, section, lambda: self.loan(event.contract_id))
        if was == loan:
            return
        drawdown = loan["drawdowns"][event.drawdown_id]
        held = ((was or {}).get("drawdowns", {})).get(event.drawdown_id, {"arrears_minor": 0, "missed": 0})
        causes = self.remembered.get((section, rule.id), {})
        is_over = drawdown["status"] == "settled" or drawdown["arrears_minor"] == 0
        if not isinstance(event, LoanInstalmentMissed):
            left = {key: value for key, value in causes.items() if key != event.drawdown_id} if is_over else causes
            for cause in causes.get(event.drawdown_id, []) if is_over else []:
                self._resolve(rule, f"{section}/drawdown:{event.drawdown_id}", cause, record)
            if left:
                self.remembered[section, rule.id] = left
            else:
                self.remembered.pop((section, rule.id), None)
        elif not is_over and drawdown["missed"] >= rule.from_missed and self._covers(rule, loan):
            cause = f"{event.source}:{event.source_seq}"
            of_drawdown = [*causes.get(event.drawdown_id, []), cause][-12:]
            self.remembered[section, rule.id] = causes | {event.drawdown_id: of_drawdown}
            payload = {
                "contract_id": event.contract_id,
                "drawdown_id": event.drawdown_id,
                "currency": event.currency,
                "due_on": day_text(event.due_on),
                "arrears_minor": event.arrears_minor,
                "missed": drawdown["missed"],
            }
            values = [{name: of[name] for name in ("arrears_minor", "missed")} for of in (held, drawdown)]
            subject = f"{section}/drawdown:{event.drawdown_id}"
            self._raise(rule, subject, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _judge_freeze(self, rule: FreezePlacedRule, record: "Record", before: "list[Record]") -> None:
        event = record.event
        if not isinstance(event, AccountFrozen | AccountUnfrozen):
            return
        section = f"account:{event.account_id}"
        account = self.account(event.account_id)
        was = self._earlier(before, section, lambda: self.account(event.account_id))
        if was == account:
            return
        causes = self.remembered.get((section, rule.id), {}).get("told", {})
        if isinstance(event, AccountUnfrozen):
            left = {key: value for key, value in causes.items() if key != event.freeze_id}
            if event.freeze_id in causes:
                self._resolve(rule, section, causes[event.freeze_id], record)
            if left:
                self.remembered[section, rule.id] = {"told": left}
            else:
                self.remembered.pop((section, rule.id), None)
            return
        threshold = None if rule.threshold is None else in_minor(rule.threshold, event.currency)
        is_large = threshold is None or event.amount_minor >= threshold
        # Superseded by a newer freeze or by its lifting, it states nothing but perhaps the currency.
        stands = account["freezes"][event.freeze_id] == {"amount_minor": event.amount_minor, "seq": event.source_seq}
        if event.freeze_id not in causes and is_large and stands and self._covers(rule, account):
            cause = f"{event.source}:{event.source_seq}"
            self.remembered[section, rule.id] = {"told": causes | {event.freeze_id: cause}}
            payload = {
                "account_id": event.account_id,
                "freeze_id": event.freeze_id,
                "currency": event.currency,
                "amount_minor": event.amount_minor,
                "frozen_minor": account["frozen_minor"],
                "reason": event.reason,
            }
            values = [{"frozen_minor": of["frozen_minor"] if of else 0} for of in (was, account)]
            self._raise(rule, section, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _judge_cover(self, rule: CollateralBelowCoverRule, record: "Record", before: "list[Record]") -> None:
        event: Any = record.event
        family = event.type.partition(".")[0]
        if event.type in ("loan.contract_signed", "loan.instalment_missed", "guarantee.called"):
            return
        if family not in ("collateral", "loan", "acceptance", "guarantee"):
            return
        subject, now = f"collateral:{event.contract_id}", self._cover(event.contract_id)
        was = self._earlier(before, subject, lambda: self._cover(event.contract_id))
        below = [
            of is not None and of["value"] * 10_000 < of["owed"] * of["percent"] * rule.percent for of in (was, now)
        ]
        if below == [True, False]:
            self._resolve(rule, subject, None, record)
        if now is None or below != [False, True] or not self._covers(rule, self.collateral(event.contract_id)):
            return
        part = next(
            (
                getattr(event, f"{name}_id")
                for name in ("drawdown", "bill", "collateral")
                if hasattr(event, f"{name}_id")
            ),
            "contract",
        )
        payload = {
            "contract_id": event.contract_id,
            "currency": self.collateral(event.contract_id)["currency"],
            "value_minor": now["value"],
            "owed_minor": now["owed"],
            "cover_percent": now["percent"],
        }
        values = [None if of is None else {"value_minor": of["value"], "owed_minor": of["owed"]} for of in (was, now)]
        cause = f"{event.source}:{family}:{part}:{event.source_seq}"
        self._raise(rule, subject, cause, event.occurred_at, record, payload, values=(values[0], values[1]))

    def _cover(self, contract_id: str) -> dict[str, int] | None:
        """What is pledged and owed; None where nothing has to be covered, or currencies differ."""
        known = {section_of(told.event) for told in self.told}
        if f"collateral:{contract_id}" not in known:
            return None
        collateral = self.collateral(contract_id)
        owing: list[tuple[str | None, int]] = []
        if f"loan:{contract_id}" in known:
            loan = self.loan(contract_id)
            owing.append((loan["currency"], loan["outstanding_minor"]))
        if f"acceptance:{contract_id}" in known:
            acceptance = self.acceptance(contract_id)
            owing.append((acceptance["currency"], acceptance["outstanding_minor"]))
        if f"guarantee:{contract_id}" in known:
            guarantee = self.guarantee(contract_id)
            is_over = guarantee["status"] in ("released", "expired")
            owing.append((guarantee["currency"], 0 if is_over else guarantee["amount_minor"] or 0))
        if collateral["cover_percent"] is None or any(code not in (None, collateral["currency"]) for code, _ in owing):
            return None
        owed = sum(minor for _, minor in owing)
        return {"value": collateral["value_minor"], "owed": owed, "percent": collateral["cover_percent"]}


def _level(rule: Any, loan: Section) -> tuple[bool, bool]:
    """Whether a contract is at the level of the rule, and whether it has left it."""
    limit, outstanding = loan["contract_minor"], loan["outstanding_minor"]
    if isinstance(rule, ArrearsRule):
        if loan["currency"] is None:
            return False, True
        threshold = max(1, in_minor(rule.threshold, loan["currency"]))
        arrears = loan["arrears_minor"]
        return arrears >= threshold, arrears * 100 < threshold * rule.rearm_percent
    if limit is None:
        return False, False
    if isinstance(rule, DrawnOverLimitRule):
        is_over = outstanding * 100 > limit * (100 + rule.tolerance_percent)
        return is_over, not is_over
    in_one_sum = [drawdown["amount_minor"] for drawdown in loan["drawdowns"].values()] == [limit]
    return outstanding * 100 >= limit * rule.percent and not in_one_sum, outstanding * 100 < limit * rule.rearm_percent


def _level_payload(rule: Any, loan: Section) -> Section:
    if isinstance(rule, ArrearsRule):
        threshold = max(1, in_minor(rule.threshold, loan["currency"]))
        return {name: loan[name] for name in ("arrears_minor", "outstanding_minor")} | {"threshold_minor": threshold}
    used = {"outstanding_minor": loan["outstanding_minor"], "limit_minor": loan["contract_minor"]}
    if isinstance(rule, DrawnOverLimitRule):
        return used | {"over_minor": loan["outstanding_minor"] - loan["contract_minor"]}
    return used | {"percent": 100 * loan["outstanding_minor"] // loan["contract_minor"]}
