"""The oracle's part that judges rules on balances and flows."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.balance_rules import BalanceDropRule, ForeignCurrencyBalanceRule, LargeBalanceDownRule, LargeNetOutflowRule
from tests.support.oracle_rules import Judged, Section, in_minor
from tests.support.oracle_views import field_of

if TYPE_CHECKING:
    from tests.support.oracle import Record

__all__ = ["BalanceRules"]

FAMILY = (LargeNetOutflowRule, LargeBalanceDownRule, ForeignCurrencyBalanceRule, BalanceDropRule)


class BalanceRules(Judged):
    """Judges what an account's newest record says of its balance, and of its entries so far."""

    counted_in: dict[tuple[str, str], list[tuple[date, int]]]
    """(section, rule) -> day and amount of the entries that count in the rule's window."""
    stood_at: dict[tuple[str, str], list[tuple[int, int]]]
    """(section, rule) -> step and amount of the balances that the rule has seen."""

    def judge_balance(self, rule: Any, record: "Record", before: "list[Record]") -> None:
        """What a rule of this family says of a record, if it is one of this family."""
        event: Any = record.event
        if not isinstance(event, AccountBalanceReported | AccountEntryBooked) or not isinstance(rule, FAMILY):
            return
        of_account = [told.event for told in before if field_of(told.event, "account_id") == event.account_id]
        if isinstance(rule, LargeNetOutflowRule):
            booked = {told.source_seq for told in of_account if isinstance(told, AccountEntryBooked)}
            if isinstance(event, AccountEntryBooked) and event.source_seq not in booked:
                self._outflow(rule, record)
            return
        stated = [told for told in of_account if isinstance(told, AccountBalanceReported | AccountEntryBooked)]
        newest = max((told.source_seq for told in stated), default=-1)
        if event.source_seq <= newest:
            return
        last = next((told.balance_minor for told in stated if told.source_seq == newest), None)
        match rule:
            case LargeBalanceDownRule():
                self._fall(rule, record, last)
            case ForeignCurrencyBalanceRule():
                self._foreign(rule, record, last)
            case BalanceDropRule():
                self._drop(rule, record, last)

    def _fall(self, rule: LargeBalanceDownRule, record: "Record", last: int | None) -> None:
        event: Any = record.event
        place = f"account:{event.account_id}", rule.id
        threshold = in_minor(rule.threshold, event.currency)
        is_covered = self._covers(rule, self.account(event.account_id))
        was_large = self.remembered.get(place) == {"armed": True}
        if event.balance_minor * 100 >= threshold * rule.rearm_percent:
            fell_by = self.remembered.pop(place, {}).get("fell_by")
            if fell_by:
                self._resolve(rule, place[0], fell_by, record)
            if is_covered or was_large:
                self.remembered[place] = {"armed": True}
        elif event.balance_minor < threshold and was_large:
            del self.remembered[place]
            if is_covered:
                self.remembered[place] = {"fell_by": _cause(event)}
                thresholds = {"threshold_minor": threshold, "rearm_percent": rule.rearm_percent}
                self._tell(rule, record, last, {"threshold_minor": threshold}, thresholds)

    def _foreign(self, rule: ForeignCurrencyBalanceRule, record: "Record", last: int | None) -> None:
        event: Any = record.event
        place = f"account:{event.account_id}", rule.id
        threshold = in_minor(rule.threshold, event.currency)
        if event.currency == rule.home_currency:
            return
        if place in self.remembered:
            if event.balance_minor * 100 < threshold * rule.rearm_percent:
                self._resolve(rule, place[0], self.remembered.pop(place)["reached_by"], record)
        elif event.balance_minor >= threshold and self._covers(rule, self.account(event.account_id)):
            self.remembered[place] = {"reached_by": _cause(event)}
            told = {"threshold_minor": threshold, "home_currency": rule.home_currency}
            self._tell(rule, record, last, told, told | {"rearm_percent": rule.rearm_percent})

    def _outflow(self, rule: LargeNetOutflowRule, record: "Record") -> None:
        event: Any = record.event
        place = f"account:{event.account_id}", rule.id
        least = in_minor(rule.entries_from, event.currency) if rule.entries_from else 1
        if abs(event.amount_minor) < least or not self._covers(rule, self.account(event.account_id)):
            return
        entries = self.counted_in.setdefault(place, [])
        days = timedelta(days=rule.days - 1)
        before = {} if not entries else _sums(entries, max(day for day, _ in entries) - days)
        day = self._day_of(event.occurred_at)
        newest = max([day, *(held for held, _ in entries)])
        if day < newest - days:
            return
        entries.append((day, event.amount_minor))
        sums = _sums(entries, newest - days)
        outflow = -sum(sums.values())
        threshold = max(1, in_minor(rule.threshold, event.currency))
        fired_by = self.remembered.get(place, {}).get("fired_by")
        self.remembered[place] = {"sums": sums}
        if fired_by and outflow * 100 >= threshold * rule.rearm_percent:
            self.remembered[place]["fired_by"] = fired_by
        elif fired_by:
            self._resolve(rule, place[0], fired_by, record)
        elif not fired_by and outflow >= threshold:
            self.remembered[place]["fired_by"] = _cause(event)
            payload = {
                "account_id": event.account_id,
                "currency": event.currency,
                "outflow_minor": outflow,
                "balance_minor": event.balance_minor,
                "from_on": (newest - days).isoformat(),
                "to_on": newest.isoformat(),
                "threshold_minor": threshold,
            }
            thresholds = {"threshold_minor": threshold, "days": rule.days, "rearm_percent": rule.rearm_percent}
            values = {"outflow_minor": -sum(before.values())}, {"outflow_minor": outflow}
            self._raise(
                *(rule, place[0], _cause(event), event.occurred_at, record, payload),
                values=values,
                thresholds=thresholds,
            )

    def _drop(self, rule: BalanceDropRule, record: "Record", last: int | None) -> None:
        event: Any = record.event
        place = f"account:{event.account_id}", rule.id
        minimum, balance = max(1, in_minor(rule.minimum, event.currency)), event.balance_minor
        if not self._covers(rule, self.account(event.account_id)):
            return
        days = -(-rule.days // 8)
        step = self._day_of(event.occurred_at).toordinal() // days
        if place not in self.remembered:
            if balance < minimum:
                return
            # What came before nothing was remembered has left the window once, and does not come back.
            self.stood_at[place] = []
        seen = self.stood_at[place]
        seen[:] = [(held, minor) for held, minor in seen if held > step - 8]
        if balance >= minimum:
            seen.append((step, balance))
        peaks = {held: max(minor for of, minor in seen if of == held) for held, _ in seen}
        shown = {
            date.fromordinal(held * days).isoformat(): peak
            for held, peak in peaks.items()
            if all(peak > other for later, other in peaks.items() if later > held)
        }
        fell = self.remembered.pop(place, {}).get("fell")
        peak = max(peaks.values(), default=0)
        has_recovered = fell is not None and balance * 100 >= fell["from_minor"] * rule.rearm_percent
        if fell is not None and has_recovered:
            self._resolve(rule, place[0], fell["cause"], record)
        if has_recovered or (fell and date.fromisoformat(fell["on"]).toordinal() // days <= step - 8):
            fell = None
        if not fell and not has_recovered and peak and balance * 100 <= peak * (100 - rule.percent):
            on = date.fromordinal(step * days).isoformat()
            fell = {"from_minor": peak, "on": on, "cause": _cause(event)}
            told = {"peak_minor": peak, "percent": (peak - balance) * 100 // peak, "days": rule.days}
            limits = {"minimum_minor": minimum, "rearm_percent": rule.rearm_percent}
            self._tell(rule, record, last, told, {"percent": rule.percent, "days": rule.days} | limits)
        state = ({"peaks": shown} if shown else {}) | ({"fell": fell} if fell else {})
        if state:
            self.remembered[place] = state

    def _tell(self, rule: Any, record: "Record", last: int | None, told: Section, thresholds: Section) -> None:
        event: Any = record.event
        payload = {
            "account_id": event.account_id,
            "currency": event.currency,
            "balance_minor": event.balance_minor,
        } | told
        values = {"balance_minor": last}, {"balance_minor": event.balance_minor}
        self._raise(
            *(rule, f"account:{event.account_id}", _cause(event), event.occurred_at, record, payload),
            values=values,
            thresholds=thresholds,
        )


def _sums(entries: list[tuple[date, int]], first: date) -> dict[str, int]:
    days = {day for day, _ in entries if day >= first}
    return {day.isoformat(): sum(amount for on, amount in entries if on == day) for day in days}


def _cause(event: Any) -> str:
    return f"{event.source}:{event.source_seq}"
