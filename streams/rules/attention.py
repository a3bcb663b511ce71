"""Which rules an entry or a balance can concern: found by its amount, without asking those that it can't.

Nearly every event is an entry that no rule has anything to say about. A rule says as data from which balance, below
which, and from which amount it looks at an account, as long as it remembers nothing of it and since. So an account has
a band in which nothing concerns any rule, and one comparison with its ends answers for all of them, however many there
are.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from schemas.accounts import AccountEntryBooked
from schemas.views import PROFILE
from streams.change import Change
from streams.rules.kind import ARMED, Kind, Party, Verdict, covers_party, party_of
from streams.view import Section

__all__ = ["Attention", "Judge"]

Judge = tuple[Kind[Any], Callable[[Change], Verdict | None]]
"""A rule, and its `judge`."""

Held = tuple[str | None, str | None, tuple[str, ...]]
"""Currency and product of an account, and the ids of the rules that remember something of it."""

_NEVER: Final = 1 << 64
"""More than any balance or amount."""
_TABLES_KEPT: Final = 10_000
_ANYBODY: Final[Party] = (None, None, None)


class _Reach(NamedTuple):
    """What concerns a rule: balances from so much on, amounts from so much on, balances below so much."""

    balance: int
    amount: int
    below: int


_ALL: Final = _Reach(-_NEVER, 0, _NEVER)
_NONE: Final = _Reach(_NEVER, _NEVER, -_NEVER)


class _Table:
    """The rules that hold for an account of some customers, each with its reach: who is asked is looked up."""

    __slots__ = ("_amounts", "_balances", "_belows", "_found", "_reaches")

    def __init__(self, reaches: Sequence[tuple[Judge, _Reach]]) -> None:
        """In the order of the rules."""
        self._reaches = reaches
        self._balances, self._amounts, self._belows = (sorted({reach[end] for _, reach in reaches}) for end in range(3))
        self._found: dict[tuple[int, int, int], Sequence[Judge]] = {}

    def asked(self, balance_minor: int, amount_minor: int) -> Sequence[Judge]:
        """The rules that such a balance, or such an amount, concerns: the same between two ends of their reaches."""
        place = (
            bisect_right(self._balances, balance_minor),
            bisect_right(self._amounts, amount_minor),
            bisect_right(self._belows, balance_minor),
        )
        found = self._found.get(place)
        if found is None:
            if len(self._found) >= _TABLES_KEPT:
                self._found.clear()
            found = self._found[place] = [
                judge
                for judge, (balance, amount, below) in self._reaches
                if balance_minor >= balance or amount_minor >= amount or balance_minor < below
            ]
        return found


class Attention:
    """All rules in force that watch one type of event of an account: an entry, or a reported balance."""

    def __init__(self, event_type: type, kinds: Iterable[Kind[Any]]) -> None:
        self._judges: list[Judge] = [(kind, kind.judge) for kind in kinds if event_type in kind.watches]
        self._has_amount = event_type is AccountEntryBooked
        self._limited_to_parties = any(kind.is_limited_to_parties for kind, _ in self._judges)
        self._quiet: dict[Held, _Reach] = {}
        self._tables: dict[tuple[Held, Party], _Table] = {}

    def asked(self, change: Change) -> Sequence[Judge]:
        """The rules to ask about a change, in their order; a rule that is not among them has nothing to say of it."""
        account = change.after
        is_plain = "rules" not in account and account["armed"]
        held = account["currency"], account["product"], () if is_plain else _remembering(account)
        balance_minor = account["balance_minor"]
        amount_minor = abs(change.event.amount_minor) if self._has_amount else 0
        balance, amount, below = self._quiet.get(held) or self._quiet_of(held)
        if below <= balance_minor < balance and amount_minor < amount:
            return ()
        party = party_of(change.view.get(PROFILE)) if self._limited_to_parties else _ANYBODY
        table = self._tables.get((held, party)) or self._table_of(held, party)
        return table.asked(balance_minor, amount_minor)

    def _quiet_of(self, held: Held) -> _Reach:
        """Beyond which balances, and amounts, some rule is concerned by such an account, whosever it is."""
        if len(self._quiet) >= _TABLES_KEPT:
            self._quiet.clear()
        reaches = [_NONE, *(_reach_of(kind, held) for kind, _ in self._judges)]
        balances, amounts, belows = zip(*reaches, strict=True)
        quiet = self._quiet[held] = _Reach(min(balances), min(amounts), max(belows))
        return quiet

    def _table_of(self, held: Held, party: Party) -> _Table:
        if len(self._tables) >= _TABLES_KEPT:
            self._tables.clear()
        reaches = (
            (judge, _reach_of(judge[0], held))
            for judge in self._judges
            if covers_party(judge[0].rule.scope, party) or judge[0].may_remember(held[2])
        )
        table = self._tables[held, party] = _Table([one for one in reaches if one[1] != _NONE])
        return table


def _remembering(account: Section) -> tuple[str, ...]:
    states = tuple(account.get("rules", ()))
    return states if account["armed"] else (*states, ARMED)


def _reach_of(kind: Kind[Any], held: Held) -> _Reach:
    """What of such an account concerns the rule, if it holds for its customer."""
    currency, product, remembering = held
    scope = kind.rule.scope
    is_for_others = (scope.product is not None and product not in scope.product) or (
        scope.currency is not None and currency not in scope.currency
    )
    remembers = kind.may_remember(remembering)
    if is_for_others and not remembers:
        return _NONE
    concern = kind.concerns_remembering if remembers else kind.concerns
    if concern is None:
        return _ALL
    code = currency or ""
    balances, amounts, below = concern
    return _Reach(balances.get(code, _NEVER), amounts.get(code, _NEVER), below.get(code, -_NEVER))
