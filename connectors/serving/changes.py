"""Changes of views as they come: handed to whoever follows their customers."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from connectors.redis_keys import Who, branch, manager
from connectors.serving.kept_changes import Change, KeptChanges
from schemas.views import PROFILE

__all__ = ["Changes", "Following"]

_KEPT: Final = 5_000
_LOST_CUSTOMERS: Final = 50_000
_WAITING: Final = 1_000
"""Who is so many changes behind is told to look again instead."""
_LATELY_S: Final = 12.0
"""What was looked up may lack what has changed since so long ago: Redis may be up to 6 s behind before it counts as old
(`Freshness`), and what a page shows may be 6 s old when it begins to follow."""
_WOKEN_AT_ONCE: Final = 25
_BETWEEN_S: Final = 0.005


@dataclass(eq=False)
class Following:
    """Somebody who follows: take what came out of `waiting`."""

    customers: set[str]
    subject: str
    """Who follows."""
    whose: Who | None = None
    """A manager or a branch, whose customers come and go with their profiles; None: these customers alone."""
    began_at: float = 0.0
    """By a clock that never goes back."""
    waiting: deque[Change] = field(default_factory=deque)
    missed: bool = False
    """Some changes are not to be had any more: what is known has to be looked up again."""
    heard: dict[str, bool] = field(default_factory=dict)
    """Customers who came (True) or went, by their profiles, as far as no reading of the portfolio has shown it yet."""
    ended: str | None = None
    """Why nothing comes any more."""
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, change: Change) -> None:
        """Put a change into the queue; a full one is emptied, and something counts as missed."""
        if len(self.waiting) >= _WAITING:
            self.waiting.clear()
            self.missed = True
        else:
            self.waiting.append(change)
        self._woken.set()

    def miss(self) -> None:
        """What waits is not worth having: what is known has to be looked up again."""
        self.waiting.clear()
        self.heard.clear()
        self.missed = True
        self._woken.set()

    def end(self, reason: str) -> None:
        """Nothing comes any more."""
        self.ended = reason
        self._woken.set()

    def wake(self) -> None:
        """Let who waits look around, though nothing has come."""
        self._woken.set()

    async def come(self, within_s: float) -> None:
        """Returns when something has come, when he is woken, or when the time is over."""
        if not (self.waiting or self.missed or self.ended):
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._woken.wait()
        # Who is woken while he looks around does so once more.
        self._woken.clear()


class Changes:
    """Used from one event loop only."""

    def __init__(self, kept: int = _KEPT, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._kept = KeptChanges(kept, _LOST_CUSTOMERS, 2 * _LATELY_S)
        self._monotonic = monotonic
        self._by_customer: dict[str, set[Following]] = {}
        self._by_whose: dict[Who, set[Following]] = {}
        self._followings: set[Following] = set()
        self._unread: set[Following] = set()
        """Of a manager or a branch, whose customers have yet to be read."""
        self._by_subject: Counter[str] = Counter()

    @property
    def followers(self) -> int:
        """How many follow now."""
        return len(self._followings)

    def followed_by(self, subject: str) -> int:
        """How often somebody follows."""
        return self._by_subject[subject]

    def id_of(self, change: Change) -> str:
        """What a follower hands in as `after` when he returns."""
        return self._kept.place(change.number)

    def publish(self, batch: Iterable[tuple[str, Mapping[str, bytes | None]]]) -> None:
        """Hand out what has come: (customer, sections)."""
        now = self._monotonic()
        for customer_id, sections in batch:
            change = self._kept.add(customer_id, sections, now)
            profile = sections.get(PROFILE)
            if self._by_whose and profile is not None:
                self._reassign(customer_id, profile)
            for following in self._by_customer.get(customer_id, ()):
                following.offer(change)

    def follow(
        self, customers: Iterable[str], subject: str, whose: Who | None = None, after: str | None = None
    ) -> Following:
        """Follow from where `after` says, or from some seconds ago: what was looked up meanwhile may lack that.

        Of a manager or a branch by `resume`, once the customers are read.
        """
        following = Following(set(customers), subject, whose, self._monotonic())
        self._followings.add(following)
        self._by_subject[subject] += 1
        for customer_id in following.customers:
            self._by_customer.setdefault(customer_id, set()).add(following)
        if whose is not None:
            self._by_whose.setdefault(whose, set()).add(following)
            self._unread.add(following)
        else:
            self.resume(following, after)
        return following

    def place(self, following: Following) -> str:
        """Where he stands before what waits for him: what he hands in as `after` when he has had all the rest."""
        waiting = following.waiting
        return self._kept.place(waiting[0].number - 1 if waiting else self._kept.newest)

    def has_to_read(self, following: Following) -> bool:
        """Whether the customers are still to be read, since he began or since all views became others."""
        return following in self._unread

    def has_read(self, following: Following, customers: Iterable[str]) -> bool:
        """These are the customers by a reading of the portfolio; whether that made others of them.

        What was read may be behind what was heard: who went, while it was read or before, does not come back by it.
        """
        self._unread.discard(following)
        read = set(customers)
        for customer_id, stands in list(following.heard.items()):
            if (customer_id in read) is stands:
                del following.heard[customer_id]
            elif stands:
                read.add(customer_id)
            else:
                read.discard(customer_id)
        gone, come = following.customers - read, read - following.customers
        for customer_id in gone:
            self._drop(following, customer_id)
        for customer_id in come:
            self._add(following, customer_id)
        return bool(gone or come)

    def resume(self, following: Following, after: str | None = None) -> None:
        """Tell him what came after that place, or since some seconds before he began, of his customers as they are now.

        Where not all of it is kept, something counts as missed; what is kept of the last seconds is told all the same.
        """
        following.waiting.clear()
        following.missed = False
        number = None if after is None else self._kept.number_of(after)
        if number is None or not self._kept.has_all(number, following.customers):
            number = self._kept.newest_at(following.began_at - _LATELY_S)
            following.missed = after is not None or not self._kept.has_all(number, following.customers)
        for change in self._kept.after(number, following.customers):
            following.offer(change)

    def leave(self, following: Following) -> None:
        """He does not follow any more."""
        if following not in self._followings:
            return
        self._followings.discard(following)
        self._unread.discard(following)
        self._by_subject[following.subject] -= 1
        if not self._by_subject[following.subject]:
            del self._by_subject[following.subject]
        for customer_id in following.customers:
            _take_out(self._by_customer, customer_id, following)
        if following.whose is not None:
            _take_out(self._by_whose, following.whose, following)

    def wake(self) -> None:
        """Let all look around: something else has changed that each is told of.

        A few at a time: ten thousand who are told at once would let nobody else be answered for a second.
        """
        everybody = list(self._followings)
        _wake(everybody[:_WOKEN_AT_ONCE])
        for turn, start in enumerate(range(_WOKEN_AT_ONCE, len(everybody), _WOKEN_AT_ONCE), 1):
            those = everybody[start : start + _WOKEN_AT_ONCE]
            asyncio.get_running_loop().call_later(turn * _BETWEEN_S, _wake, those)

    def look_again(self) -> None:
        """All views are others now: whoever follows has to look them up again."""
        self._kept.forget(self._monotonic())
        for following in self._followings:
            following.miss()
            if following.whose is not None:
                self._unread.add(following)

    def close(self) -> None:
        """End all."""
        for following in self._followings:
            following.end("closing")

    def _reassign(self, customer_id: str, profile: bytes) -> None:
        now = _who_looks_after(orjson.loads(profile))
        for following in [one for one in self._by_customer.get(customer_id, ()) if one.whose not in {None, *now}]:
            following.heard[customer_id] = False
            self._drop(following, customer_id)
        for who in now & self._by_whose.keys():
            for following in self._by_whose[who]:
                if customer_id not in following.customers:
                    following.heard[customer_id] = True
                    self._add(following, customer_id)
        # Whom a reading under way would bring back is not known yet.
        for following in self._unread:
            following.heard[customer_id] = following.whose in now

    def _add(self, following: Following, customer_id: str) -> None:
        following.customers.add(customer_id)
        self._by_customer.setdefault(customer_id, set()).add(following)

    def _drop(self, following: Following, customer_id: str) -> None:
        following.customers.discard(customer_id)
        _take_out(self._by_customer, customer_id, following)


def _who_looks_after(profile: Mapping[str, Any]) -> set[Who]:
    managers = {profile.get("host_manager"), *(profile.get("co_hosts") or ())} - {None}
    home = profile.get("home_branch")
    return {*map(manager, managers), *([] if home is None else [branch(home)])}


def _wake(those: Iterable[Following]) -> None:
    for following in those:
        following.wake()


def _take_out(index: dict[str, set[Following]], name: str, following: Following) -> None:
    standing = index.get(name)
    if standing is not None:
        standing.discard(following)
        if not standing:
            del index[name]
