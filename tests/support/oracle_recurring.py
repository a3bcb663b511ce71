"""The oracle's part for what falls due time after time: birthdays, and days since which nothing was booked."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from schemas.accounts import AccountEntryBooked, AccountEvent, AccountOpened
from schemas.customers import CustomerAmended, CustomerRegistered
from schemas.relationship_rules import DormancyRule
from schemas.rules import BirthdayRule
from tests.support.oracle_rules import Judged, Section

if TYPE_CHECKING:
    from tests.support.oracle import Record

__all__ = ["BIRTHDAY", "DORMANCY", "RecurringRules"]

BIRTHDAY = "profile|birthday"
DORMANCY = "profile|dormancy"


class RecurringRules(Judged):
    """Keeps its two deadlines among the customer's, and says what follows when one is looked at."""

    due: dict[str, Any]
    """Key -> a deadline with `on`, `stated` (the record) and `told`."""
    at: datetime
    """The clock."""
    new_due: Callable[..., Any]

    def judge_recurring(self, rule: Any, record: "Record", before: "list[Record]") -> None:
        """What an event does to what was told."""
        event: Any = record.event
        match rule:
            case BirthdayRule() if isinstance(event, CustomerRegistered | CustomerAmended):
                was, now = self._born(before)
                if was and was != now:
                    self._resolve(rule, "profile", None, record)
            case DormancyRule() if isinstance(event, AccountEntryBooked):
                place = f"account:{event.account_id}", rule.id
                last = self.account(event.account_id)["last_entry_on"]
                # A duplicate adds no day, so it wakes nobody.
                if place in self.remembered and last > self.remembered[place]["silent_since"]:
                    self._resolve(rule, "profile", self.remembered.pop(place)["silent_since"], record)
                    self._silent_from(date.fromisoformat(str(last)), record)
            case DormancyRule() if isinstance(event, AccountOpened) and self._has_changed(event, before):
                known = [
                    state["silent_since"]
                    for (section, rule_id), state in self.remembered.items()
                    if rule_id == rule.id and section.startswith("account:")
                ]
                if known and self.account(event.account_id)["opened_on"] > max(known):
                    self._resolve(rule, "profile", max(known), record)

    def state_recurring(self, record: "Record", before: "list[Record]") -> None:
        """What an event says falls due."""
        event: Any = record.event
        if isinstance(event, CustomerRegistered | CustomerAmended):
            was, now = self._born(before)
            if now and was != now:
                on, held = next_anniversary(now, self._day_of(self.at)), self.due.pop(BIRTHDAY, None)
                if on is not None:
                    self.due[BIRTHDAY] = self.new_due(on, record, held.told if held and held.on == on else None)
        if isinstance(event, AccountOpened) and self._has_changed(event, before):
            on = _last_activity(self.account(event.account_id))
            assert on is not None
            self._silent_from(on, record)

    def _silent_from(self, on: date, record: "Record") -> None:
        held = self.due.get(DORMANCY)
        if held is None or held.on <= on:
            self.due[DORMANCY] = self.new_due(on, record, held.told if held and held.on == on else None)

    def _born(self, before: "list[Record]") -> tuple[str | None, str | None]:
        told, self.told = self.told, before
        try:
            was = self.profile()["born_on"]
        finally:
            self.told = told
        return was, self.profile()["born_on"]

    def _has_changed(self, event: Any, before: "list[Record]") -> bool:
        section = f"account:{event.account_id}"
        was = self._earlier(before, section, lambda: self.account(event.account_id))
        return bool(was != self.account(event.account_id))

    def moved_on(self, key: str) -> bool:
        """Before a look: whether the customer was active since the day, or has no account any more."""
        if key != DORMANCY:
            return False
        accounts = self._accounts()
        if all(account["status"] == "closed" for account in accounts.values()):
            del self.due[key]
            return True
        on = max(day for day in map(_last_activity, accounts.values()) if day is not None)
        held = self.due[key]
        if on > held.on:
            self.due[key] = self.new_due(on, held.stated, None)
        return bool(on > held.on)

    def fall_again(self, key: str) -> None:
        """After the last look: the next birthday; a silence stays as it is."""
        if key == DORMANCY:
            return
        held = self.due.pop(key)
        if key == BIRTHDAY:
            on = next_anniversary(self.profile()["born_on"], date(held.on.year + 1, 1, 1))
            if on is not None:
                self.due[key] = self.new_due(on, held.stated, None)

    def look_recurring(self, rule: Any, due: Any, number: int, due_at: datetime, cause: str) -> None:
        """A rule looks at one of the two."""
        in_force_since = self.policy.in_force_since.get(rule.id)
        if not in_force_since or due_at >= in_force_since:
            raised_at = max(due_at, due.stated.event.occurred_at)
            if isinstance(rule, BirthdayRule):
                self._birthday(rule, due, number, raised_at, cause)
            else:
                self._silent_long(rule, due, raised_at)

    def remember_look(self, rule: Any, due: Any) -> None:
        """Told or not, a silence is remembered with every account."""
        if isinstance(rule, DormancyRule):
            for account_id in self._accounts():
                self.remembered[f"account:{account_id}", rule.id] = {"silent_since": due.on.isoformat()}

    def _birthday(self, rule: BirthdayRule, due: Any, number: int, raised_at: datetime, cause: str) -> None:
        profile = self.profile()
        if not self._covers(rule, profile):
            return
        payload = {
            "on": due.on.isoformat(),
            "days_before": number,
            "occasion": "founding" if profile["kind"] == "corporate" else "birthday",
            "name": profile["name"],
            "born_on": profile["born_on"],
            "years": due.on.year - int(profile["born_on"][:4]),
        }
        group = f"{BIRTHDAY}|{due.on.isoformat()}|{-number:+}{self._unit(BIRTHDAY)}"
        told = (rule, "profile", cause, raised_at, due.stated, payload, group)
        self._raise(*told, thresholds={"days_before": number}, due_on=due.on)

    def _silent_long(self, rule: DormancyRule, due: Any, raised_at: datetime) -> None:
        if not self._covers(rule, self.profile()):
            return
        living = [account for account in self._accounts().values() if account["status"] != "closed"]
        on = due.on.isoformat()
        payload = {"silent_since": on, "days": rule.days, "accounts": len(living)}
        told = (rule, "profile", on, raised_at, due.stated, payload, f"{DORMANCY}|{on}|+{rule.days}d")
        self._raise(*told, thresholds={"days": rule.days}, due_on=due.on)

    def _accounts(self) -> dict[str, Section]:
        ids = {told.event.account_id for told in self.told if isinstance(told.event, AccountEvent)}
        return {account_id: self.account(account_id) for account_id in sorted(ids)}


def next_anniversary(born_on: str, since: date) -> date | None:
    """The first one on or after a day."""
    born = date.fromisoformat(born_on)
    years: Sequence[int] = range(born.year + 1, date.max.year + 1)
    for year in years:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        day = 28 if (born.month, born.day) == (2, 29) and not leap else born.day
        if date(year, born.month, day) >= since:
            return date(year, born.month, day)
    return None


def _last_activity(account: Section) -> date | None:
    days = [account[name] for name in ("opened_on", "last_entry_on") if account.get(name)]
    return date.fromisoformat(max(days)) if days else None
