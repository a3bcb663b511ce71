"""Fold of the summary: what is derived from the other sections, kept by difference, never by looking at them all."""

from typing import Any

from streams.folds.accounts import CLOSED
from streams.folds.complaints import FINISHED
from streams.folds.guarantees import OVER, guaranteed_of
from streams.folds.loans import SETTLED
from streams.folds.money import within_bounds
from streams.view import Section

__all__ = ["Tally"]


class Tally:
    """The summary while a step works: a copy, made when something first changes, so that the section never does.

    `account`, `loan`, `complaint` and those like them take a section before and after a fold; they refuse a sum beyond
    64 bits, and have then changed nothing.
    """

    __slots__ = ("_own", "_totals", "applied", "as_of", "due_on")

    _totals: dict[str, Any]
    applied: dict[str, list[Any]]
    as_of: str | None
    due_on: str | None

    def __init__(self, summary: Section | None) -> None:
        if summary is None:
            self._own, self._totals, self.applied, self.as_of, self.due_on = True, _nothing(), {}, None, None
        else:
            self._own = False
            self._totals = summary["totals"]
            self.applied = summary["applied"].copy()
            self.as_of = summary["as_of"]
            self.due_on = summary["due_on"]

    @property
    def unaddressed(self) -> int:
        """Open alerts that stand at a desk."""
        return int(self._totals["unaddressed"])

    def account(self, before: Section | None, after: Section) -> None:
        """An account came to be, or changed."""
        if before is not None and before["status"] == after["status"] and before["currency"] == after["currency"]:
            # Nearly every change: an account that counts as before, in a currency that is listed.
            difference = (after["balance_minor"] or 0) - (before["balance_minor"] or 0)
            if difference and after["status"] != CLOSED:
                self._add("balance_minor", after["currency"], difference)
            return
        was, balance_before = (0, 0) if before is None else _living_account(before)
        is_now, balance_after = _living_account(after)
        self._add("balance_minor", after["currency"], balance_after - balance_before)
        self._count("accounts", is_now - was)

    def loan(self, before: Section | None, after: Section) -> None:
        """A contract came to be, or changed."""
        was, outstanding = (0, 0) if before is None else _living_loan(before)
        is_now, outstanding_after = _living_loan(after)
        self._add("outstanding_minor", after["currency"], outstanding_after - outstanding)
        self._count("loans", is_now - was)

    def complaint(self, before: Section | None, after: Section) -> None:
        """A complaint came to be, or changed."""
        was = before is not None and before["status"] not in FINISHED
        self._count("complaints", (after["status"] not in FINISHED) - was)

    def guarantee(self, before: Section | None, after: Section) -> None:
        """A guarantee came to be, or changed."""
        was, amount = (0, 0) if before is None else (before["status"] not in OVER, guaranteed_of(before))
        self._add_seldom("guaranteed_minor", after["currency"], guaranteed_of(after) - amount)
        self._count_seldom("guarantees", (after["status"] not in OVER) - was)

    def acceptance(self, before: Section | None, after: Section) -> None:
        """An acceptance contract came to be, or changed."""
        was, outstanding = (0, 0) if before is None else _living_loan(before)
        is_now, outstanding_after = _living_loan(after)
        self._add_seldom("accepted_minor", after["currency"], outstanding_after - outstanding)
        self._count_seldom("acceptances", is_now - was)

    def collateral(self, before: Section | None, after: Section) -> None:
        """What is pledged for a contract changed."""
        value = 0 if before is None else before["value_minor"]
        self._add_seldom("collateral_minor", after["currency"], after["value_minor"] - value)

    @property
    def alert_count(self) -> int:
        """Alerts in the view."""
        return int(self._totals["alerts"])

    def alerts(self, more: int, more_at_desk: int) -> None:
        """There are so many alerts more, and so many more open ones stand at a desk."""
        self._count("alerts", more)
        self._count("unaddressed", more_at_desk)

    def section(self, as_of: str) -> Section:
        """The summary as it stands now."""
        return {"totals": self._totals, "due_on": self.due_on, "as_of": as_of, "applied": self.applied}

    def _count(self, name: str, difference: int) -> None:
        if difference:
            self._owned()[name] += difference

    def _add(self, name: str, currency: str | None, difference: int) -> None:
        held = self._totals[name]
        # A currency once met stays listed, also when nothing of it is left.
        if currency is None or (not difference and currency in held):
            return
        total = within_bounds(held.get(currency, 0) + difference, "totals")
        self._owned()[name] = {**held, currency: total}

    # Totals that most customers never have: absent until met, so that they cost the others nothing.

    def _count_seldom(self, name: str, difference: int) -> None:
        held = self._totals.get(name)
        if held is None or difference:
            self._owned()[name] = (held or 0) + difference

    def _add_seldom(self, name: str, currency: str | None, difference: int) -> None:
        held = self._totals.get(name, {})
        if currency is None or (not difference and currency in held):
            return
        total = within_bounds(held.get(currency, 0) + difference, "totals")
        self._owned()[name] = {**held, currency: total}

    def _owned(self) -> dict[str, Any]:
        if not self._own:
            self._totals = self._totals.copy()
            self._own = True
        return self._totals


def _nothing() -> dict[str, Any]:
    return {
        "accounts": 0,
        "loans": 0,
        "complaints": 0,
        "alerts": 0,
        "unaddressed": 0,
        "balance_minor": {},
        "outstanding_minor": {},
    }


def _living_account(section: Section) -> tuple[int, int]:
    """(1, balance) of an account, (0, 0) once it is closed."""
    return (0, 0) if section["status"] == CLOSED else (1, section["balance_minor"] or 0)


def _living_loan(section: Section) -> tuple[int, int]:
    """(1, outstanding) of a contract; a settled one counts no more, and has nothing outstanding."""
    return int(section["status"] != SETTLED), section["outstanding_minor"]
