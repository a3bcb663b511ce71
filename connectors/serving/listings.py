"""Lookups that give lists: who somebody's customers are, what is open or falls due with them, who has most."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeVar

import orjson

from connectors.indexing import OPEN_ALERT_STATES, OWED, looked_after_by, maturities_of, product_of, waiting_for
from connectors.redis_keys import Keys, Who
from connectors.serving.answers import (
    AlertOf,
    Birthday,
    Due,
    Holding,
    Maturity,
    OpenComplaint,
    Page,
    Party,
    PortfolioRow,
    Section,
    Untouched,
    Valued,
)
from connectors.serving.asking import Command, Steps
from connectors.serving.freshness import Freshness
from connectors.serving.pages import after_these, in_turn, starts
from schemas.views import INTERACTIONS, PROFILE, SUMMARY, TIMELINE, alert_section, complaint_section

__all__ = ["MOST", "Listings"]

MOST: Final = 500
"""Items a page may have."""

_NO_DAY: Final = "9999-12-31"

T = TypeVar("T")
_EMPTY: Final[Section] = {}


class Listings:
    """These lookups in one namespace: two rounds each, first the index, then what its members point to.

    An item is given only if the section it was made of still says so, whatever the index holds.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def portfolio(self, who: Who, after: str | None, limit: int) -> Steps[Page[PortfolioRow]]:
        """In order of customer numbers; `after` is one."""
        least = "-" if after is None else f"({after}"
        members = yield from self._members(
            ("ZRANGEBYLEX", self._keys.portfolio(who), least, "+", "LIMIT", 0, _limit(limit) + 1)
        )
        shown = members[:limit]
        found = yield from self._sections([(each, [PROFILE, SUMMARY]) for each in shown])
        rows = [_row(each, profile, summary) for each, (profile, summary) in found if who in looked_after_by(profile)]
        return Page(tuple(rows), shown[-1] if len(members) > limit else None)

    def alerts(
        self, key: str, true: Callable[[Section, Section], bool], after: str | None, limit: int
    ) -> Steps[Page[AlertOf]]:
        """Open alerts of the index `key` that are still in its sense (`true` of alert and profile), newest first."""
        start = _offset(after)
        members = yield from self._members(("ZREVRANGE", key, start, start + _limit(limit)))
        asked = [_split(member, alert_section) for member in members[:limit]]
        raw = yield from self._raw([(each, [PROFILE, section]) for each, section in asked])
        items = []
        for customer_id, (profile, value) in raw:
            alert, party = _decoded(value), _decoded(profile)
            if value is not None and alert.get("state") in OPEN_ALERT_STATES and true(alert, party):
                items.append(AlertOf(Party.of(customer_id, party), value, alert))
        return _page(items, members, start, limit)

    def alerts_to(self, addressee: str, after: str | None, limit: int) -> Steps[Page[AlertOf]]:
        """Addressed to a manager, `branch:<id>`, a department or a desk."""
        return self.alerts(self._keys.alerts_to(addressee), lambda alert, _: alert["to"] == addressee, after, limit)

    def alerts_of_branch(self, branch_id: str, after: str | None, limit: int) -> Steps[Page[AlertOf]]:
        """Of a branch's customers, whoever they are addressed to."""
        return self.alerts(
            self._keys.alerts_of(branch_id), lambda _, party: party.get("home_branch") == branch_id, after, limit
        )

    def maturities(self, who: Who, days: tuple[date, date], after: str | None, limit: int) -> Steps[Page[Maturity]]:
        """From the first day to the last, both included, in order of days."""
        start = _offset(after)
        first, last = (day.toordinal() for day in days)
        members = yield from self._members(
            ("ZRANGEBYSCORE", self._keys.maturities(who), first, last, "LIMIT", start, _limit(limit) + 1)
        )
        asked = [_split(member, str) for member in members[:limit]]
        found = yield from self._sections([(each, [PROFILE, _section_of(subject)]) for each, subject in asked])
        items = []
        for (_, subject), (customer_id, (profile, section)) in zip(asked, found, strict=True):
            on = dict(maturities_of(_section_of(subject), section)).get(subject)
            if on is not None and days[0] <= on <= days[1] and who in looked_after_by(profile):
                amount = _amount_of(subject, section)
                items.append(Maturity(Party.of(customer_id, profile), subject, on, section.get("currency"), amount))
        return _page(items, members, start, limit)

    def complaints(self, who: Who, after: str | None, limit: int, due: Due) -> Steps[Page[OpenComplaint]]:
        """In order of the days that `due` gives, then of receipt: two lists, by what is owed next, read as one.

        A page may have fewer than `limit`, though more follow: where items of the index are passed over.
        """
        begun = starts(after, len(OWED))
        answers = yield [
            ("ZRANGE", self._keys.complaints(owed, who), start, start + _limit(limit))
            for owed, start in zip(OWED, begun, strict=True)
        ]
        members = [[member.decode() for member in answer] for answer in answers]
        asked = [_split(member, complaint_section) for some in members for member in some[:limit]]
        found = iter((yield from self._sections([(each, [PROFILE, section]) for each, section in asked])))
        lists = [
            [_open_complaint(who, owed, *next(found)) for _ in some[:limit]]
            for owed, some in zip(OWED, members, strict=True)
        ]

        def order(item: OpenComplaint) -> tuple[str, str]:
            days = due(item.profile, item.complaint), item.complaint.get("received_on")
            return days[0] or _NO_DAY, days[1] or _NO_DAY

        items, used = in_turn(lists, [len(some) > limit for some in members], order, limit)
        left = any(taken < len(some) for taken, some in zip(used, members, strict=True))
        return Page(tuple(items), after_these(begun, used) if left else None)

    def birthdays(self, who: Who, days: tuple[date, date], limit: int) -> Steps[list[Birthday]]:
        """Within so many days of a year, in order of the calendar from the first of them."""
        key = self._keys.birthdays(who)
        ranges: list[Command] = [
            ("ZRANGEBYSCORE", key, first, last, "LIMIT", 0, _limit(limit)) for first, last in _of_the_year(*days)
        ]
        answers = yield ranges
        members = [member.decode() for answer in answers for member in answer][:limit]
        found = yield from self._sections([(each, [PROFILE]) for each in members])
        return [
            Birthday(Party.of(each, profile), date.fromisoformat(profile["born_on"]))
            for each, (profile,) in found
            if profile.get("born_on") and who in looked_after_by(profile)
        ]

    def untouched(self, who: Who, since: date, limit: int) -> Steps[list[Untouched]]:
        """With no contact known since the beginning of that day (UTC), the longest alone first."""
        instant = datetime.combine(since, time(), UTC)
        members = yield from self._members(
            ("ZRANGEBYSCORE", self._keys.contacts(who), "-inf", f"({instant.timestamp()}", "LIMIT", 0, _limit(limit))
        )
        found = yield from self._sections([(each, [PROFILE, INTERACTIONS]) for each in members])
        items = []
        for customer_id, (profile, interactions) in found:
            told = interactions.get("last_contact_at")
            last = None if told is None else datetime.fromisoformat(told)
            if (last is None or last < instant) and who in looked_after_by(profile):
                items.append(Untouched(Party.of(customer_id, profile), last))
        return items

    def top_by_value(self, currency: str, branch_id: str | None, after: str | None, limit: int) -> Steps[Page[Valued]]:
        """By the balance of accounts not closed in one currency, greatest first."""
        start = _offset(after)
        members = yield from self._members(
            ("ZREVRANGE", self._keys.value(currency, branch_id), start, start + _limit(limit))
        )
        found = yield from self._sections([(each, [PROFILE, SUMMARY]) for each in members[:limit]])
        items = [
            Valued(Party.of(each, profile), currency, balance)
            for each, (profile, summary) in found
            if (balance := (summary.get("totals") or _EMPTY).get("balance_minor", _EMPTY).get(currency)) is not None
            and branch_id in (None, profile.get("home_branch"))
        ]
        items.sort(key=lambda item: item.balance_minor, reverse=True)
        return _page(items, members, start, limit)

    def top_by_product(
        self, product: str, currency: str, branch_id: str | None, after: str | None, limit: int
    ) -> Steps[Page[Holding]]:
        """The accounts or contracts of one product and currency, greatest amount first."""
        start = _offset(after)
        members = yield from self._members(
            ("ZREVRANGE", self._keys.product(product, currency, branch_id), start, start + _limit(limit))
        )
        asked = [_split(member, str) for member in members[:limit]]
        found = yield from self._sections([(each, [PROFILE, section]) for each, section in asked])
        items = []
        for (_, name), (customer_id, (profile, section)) in zip(asked, found, strict=True):
            held = product_of(name, section)
            if held is not None and held[:2] == (product, currency) and branch_id in (None, profile.get("home_branch")):
                items.append(Holding(Party.of(customer_id, profile), name, currency, held[2]))
        items.sort(key=lambda item: item.amount_minor, reverse=True)
        return _page(items, members, start, limit)

    def timeline(self, customer_id: str) -> Steps[tuple[Section, ...] | None]:
        """One round."""
        (answer,) = yield [("HMGET", self._keys.view(customer_id), SUMMARY, TIMELINE)]
        summary, timeline = answer
        return None if summary is None else tuple(_decoded(timeline).get("events", ()))

    def freshness(self) -> Steps[Freshness]:
        """One round."""
        (told,) = yield [("HGETALL", self._keys.projector)]
        return Freshness.of(told)

    def _members(self, command: Command) -> Steps[list[str]]:
        (members,) = yield [command]
        return [member.decode() for member in members]

    def _sections(self, asked: Sequence[tuple[str, Sequence[str]]]) -> Steps[list[tuple[str, list[Section]]]]:
        """Customer and these of his sections, empty ones for those that are not there; one round, if any is asked."""
        raw = yield from self._raw(asked)
        return [(customer_id, [_decoded(value) for value in values]) for customer_id, values in raw]

    def _raw(self, asked: Sequence[tuple[str, Sequence[str]]]) -> Steps[list[tuple[str, list[bytes | None]]]]:
        if not asked:
            return []
        answers = yield [("HMGET", self._keys.view(customer_id), *names) for customer_id, names in asked]
        return [(customer_id, values) for (customer_id, _), values in zip(asked, answers, strict=True)]


def _limit(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise ValueError(f"a page has 1 to {MOST} items, not {limit}")
    return limit


def _offset(after: str | None) -> int:
    (start,) = starts(after, 1)
    return start


def _page(items: Iterable[T], members: Sequence[str], start: int, limit: int) -> Page[T]:
    return Page(tuple(items), str(start + limit) if len(members) > limit else None)


def _split(member: str, named: Callable[[str], str]) -> tuple[str, str]:
    customer_id, _, rest = member.partition("/")
    return customer_id, named(rest)


def _section_of(subject: str) -> str:
    for inner in ("/drawdown:", "/bill:"):
        if not subject.startswith("account:"):
            subject = subject.partition(inner)[0]
    return subject


def _amount_of(subject: str, section: Section) -> int | None:
    family, _, rest = subject.partition(":")
    amount: int | None
    if family == "account":
        amount = section.get("balance_minor")
    elif family == "guarantee":
        amount = section.get("amount_minor")
    elif family == "loan":
        amount = _left(section["drawdowns"][rest.partition("/drawdown:")[2]], "repaid_minor")
    else:
        amount = _left(section["bills"][rest.partition("/bill:")[2]], "paid_minor")
    return amount


def _left(part: Mapping[str, Any], paid: str) -> int | None:
    """What is outstanding of an amount, as the folds count it."""
    amount = part["amount_minor"]
    return None if amount is None else max(0, amount - part[paid])


def _of_the_year(first: date, last: date) -> list[tuple[int, int]]:
    """The days as ranges of month * 100 + day. Who was born on 29 February has his day on 1 March of other years."""
    if (last - first).days >= 365:
        return [(101, 1231)]
    begin, end = (day.month * 100 + day.day for day in (first, last))
    if begin == 301 and not _is_leap(first.year):
        begin = 229
    return [(begin, end)] if begin <= end else [(begin, 1231), (101, end)]


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _open_complaint(who: Who, owed: str, customer_id: str, sections: Sequence[Section]) -> OpenComplaint | None:
    """None where it is not one to which this is owed next, or not theirs, any more."""
    profile, complaint = sections
    waiting = waiting_for(complaint)
    if waiting is None or waiting[0] != owed or who not in looked_after_by(profile):
        return None
    return OpenComplaint(Party.of(customer_id, profile), profile, complaint)


def _row(customer_id: str, profile: Section, summary: Section) -> PortfolioRow:
    return PortfolioRow(Party.of(customer_id, profile), summary.get("totals") or _EMPTY, summary.get("as_of"))


def _decoded(value: bytes | None) -> Section:
    return _EMPTY if value is None else orjson.loads(value)
