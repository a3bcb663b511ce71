"""The lookup client: a customer's view out of Redis in one round trip."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import redis
from redis.exceptions import RedisError

from connectors.errors import Unavailable
from connectors.redis_keys import DEFAULT_NAMESPACE, POINTER, POSITION, Keys
from connectors.serving.assembly import assemble
from connectors.serving.freshness import Freshness
from schemas.views import SUMMARY, account_section, loan_section

__all__ = ["View", "Views", "connect"]

_POINTER_GOOD_FOR_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class View:
    """One customer's view as it stood in Redis at one instant."""

    customer_id: str
    sections: dict[str, bytes]
    """Section name -> JSON."""

    def json(self) -> bytes:
        """The whole view as one JSON object."""
        return assemble(self.customer_id, self.sections)


def connect(url: str, timeout_s: float = 2.0) -> "redis.Redis":
    """A client as `Views` wants it; nothing is sent yet."""
    return redis.Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)


class Views:
    """Looks views up; every method raises `Unavailable` when Redis does not answer.

    `redis` must give bytes (no `decode_responses`). The namespace in force is asked for at most every few seconds, so
    a switch to a rebuilt one is followed soon, and a lookup is otherwise one round trip.
    """

    def __init__(self, redis: "redis.Redis", monotonic: Callable[[], float] = time.monotonic) -> None:
        self._redis = redis
        self._monotonic = monotonic
        self._keys = Keys()
        self._keys_until: float | None = None

    def by_number(self, customer_id: str) -> View | None:
        """The view of a customer, or None when there is none."""
        with _answering():
            return self._view(customer_id)

    def by_account(self, account_id: str) -> list[View]:
        """The views that have this account: usually one, none when nobody has it."""
        with _answering():
            return self._having(self._current().account(account_id), account_section(account_id))

    def by_loan(self, contract_id: str) -> list[View]:
        """The views that have this lending contract."""
        with _answering():
            return self._having(self._current().loan(contract_id), loan_section(contract_id))

    def freshness(self) -> Freshness:
        """How far Redis is behind, as the projector last said."""
        with _answering():
            told: Any = self._redis.hgetall(self._current().projector)
        return Freshness.of(told)

    def _having(self, index: str, section: str) -> list[View]:
        """Whoever the index names and who has the section: an entry may outlive its section for a moment."""
        candidates: Any = self._redis.smembers(index)
        views = (self._view(candidate.decode()) for candidate in sorted(candidates))
        return [view for view in views if view is not None and section in view.sections]

    def _view(self, customer_id: str) -> View | None:
        found: Any = self._redis.hgetall(self._current().view(customer_id))
        sections = {name.decode(): value for name, value in found.items()}
        sections.pop(POSITION, None)
        # Without a summary it is the trace of a deleted customer.
        return View(customer_id, sections) if SUMMARY in sections else None

    def _current(self) -> Keys:
        now = self._monotonic()
        if self._keys_until is None or now >= self._keys_until:
            namespace: Any = self._redis.get(POINTER)
            self._keys = Keys(namespace.decode() if namespace else DEFAULT_NAMESPACE)
            self._keys_until = now + _POINTER_GOOD_FOR_S
        return self._keys


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Unavailable("redis", str(error) or type(error).__name__) from error
