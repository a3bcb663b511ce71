"""Which rules an entry or a balance can concern: found by its amount, without asking those that it can't.

Nearly every event is an entry that no rule has anything to say about. A rule says as data from which balance, and from
which amount, it looks at an account of which it remembers nothing; so one comparison with the lowest of all answers for
all of them, however many there are.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from schemas.accounts import AccountEntryBooked
from schemas.views import PROFILE
from streams.change import Change
from streams.rules.kind import Kind, Party, Verdict, covers_party, party_of

__all__ = ["Attention", "Judge"]

Judge = tuple[Kind[Any], Callable[[Change], Verdict | None]]
"""A rule, and its `judge`."""

Held = tuple[str | None, str | None]
"""Currency and product of an account."""

_NEVER: Final = 1 << 64
"""More than any balance or amount."""
_TABLES_KEPT: Final = 10_000
_NOTHING: Final[Mapping[str, Any]] = {}


class _Reach(NamedTuple):
    """Rules by the amounts from which they are concerned, in ascending order."""

    balances: list[int]
    by_balance: list[int]
    amounts: list[int]
    by_amount: list[int]

    def reached(self, balance_minor: int, amount_minor: int) -> list[int]:
        """The places of the rules that such a balance, or such an amount, concerns."""
        concerned = self.by_balance[: bisect_right(self.balances, balance_minor)]
        return concerned + self.by_amount[: bisect_right(self.amounts, amount_minor)]


class Attention:
    """All rules in force that watch one type of event of an account: an entry, or a reported balance."""

    def __init__(self, event_type: type, kinds: Iterable[Kind[Any]]) -> None:
        self._judges: list[Judge] = [(kind, kind.judge) for kind in kinds if event_type in kind.watches]
        self._has_amount = event_type is AccountEntryBooked
        self._places = {kind.rule.id: place for place, (kind, _) in enumerate(self._judges)}
        self._limited_to_parties = any(kind.is_limited_to_parties for kind, _ in self._judges)
        self._lowest: dict[Held, tuple[int, int]] = {}
        self._reaches: dict[tuple[str | None, str | None, Party | None], _Reach] = {}

    def asked(self, change: Change) -> Sequence[Judge]:
        """The rules to ask about a change, in their order; a rule that is not among them has nothing to say of it."""
        account = change.after
        held, balance_minor = (account["currency"], account["product"]), account["balance_minor"]
        amount_minor = abs(change.event.amount_minor) if self._has_amount else 0
        lowest = self._lowest.get(held) or self._lowest_of(held)
        if balance_minor < lowest[0] and amount_minor < lowest[1] and "rules" not in account and account["armed"]:
            return ()
        return self._concerned(change, balance_minor, amount_minor)

    def _concerned(self, change: Change, balance_minor: int, amount_minor: int) -> Sequence[Judge]:
        account = change.after
        states = account.get("rules", _NOTHING)
        if not states and not account["armed"]:
            # By a release that kept nothing but `armed`: which rule has disarmed it is not known.
            return self._judges
        currency, product = account["currency"], account["product"]
        concerned = set(self._reach(currency, product, None).reached(balance_minor, amount_minor))
        concerned.update(place for place in map(self._places.get, states) if place is not None)
        if self._limited_to_parties:
            party = party_of(change.view.get(PROFILE))
            concerned.update(self._reach(currency, product, party).reached(balance_minor, amount_minor))
        return [self._judges[place] for place in sorted(concerned)]

    def _lowest_of(self, held: Held) -> tuple[int, int]:
        """The least balance, and the least amount, that concerns any rule on such an account, whosever it is."""
        currency, product = held
        if len(self._lowest) >= _TABLES_KEPT:
            self._lowest.clear()
        froms = [_from(kind, currency) for kind, _ in self._judges if _holds_for(kind, product)]
        lowest = min((one for one, _ in froms), default=_NEVER), min((one for _, one in froms), default=_NEVER)
        self._lowest[held] = lowest
        return lowest

    def _reach(self, currency: str | None, product: str | None, party: Party | None) -> _Reach:
        """Of the rules that hold for such an account: for all customers (`party` None), or for such a one only."""
        key = currency, product, party
        if key not in self._reaches:
            if len(self._reaches) >= _TABLES_KEPT:
                self._reaches.clear()
            self._reaches[key] = _reach_of(
                (place, _from(kind, currency))
                for place, (kind, _) in enumerate(self._judges)
                if _holds(kind, product, party)
            )
        return self._reaches[key]


def _holds(kind: Kind[Any], product: str | None, party: Party | None) -> bool:
    if not _holds_for(kind, product):
        return False
    if party is None:
        return not kind.is_limited_to_parties
    return kind.is_limited_to_parties and covers_party(kind.rule.scope, party)


def _holds_for(kind: Kind[Any], product: str | None) -> bool:
    of = kind.rule.scope.product
    return of is None or product in of


def _from(kind: Kind[Any], currency: str | None) -> tuple[int, int]:
    """From which balance, and from which amount, an account in the currency concerns the rule."""
    of = kind.rule.scope.currency
    if of is not None and currency not in of:
        return _NEVER, _NEVER
    if kind.concerns is None:
        return -_NEVER, 0
    balances, amounts = kind.concerns
    return balances.get(currency or "", _NEVER), amounts.get(currency or "", _NEVER)


def _reach_of(froms: Iterable[tuple[int, tuple[int, int]]]) -> _Reach:
    of_rules = list(froms)
    by_balance = sorted((balance, place) for place, (balance, _) in of_rules if balance < _NEVER)
    by_amount = sorted((amount, place) for place, (_, amount) in of_rules if amount < _NEVER)
    return _Reach(
        [balance for balance, _ in by_balance],
        [place for _, place in by_balance],
        [amount for amount, _ in by_amount],
        [place for _, place in by_amount],
    )
