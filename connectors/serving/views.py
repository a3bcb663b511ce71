"""The lookup client: views and lists of customers out of Redis. `AsyncViews` is the same for asyncio."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Final, TypeVar

import hiredis
import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from connectors.errors import Unavailable
from connectors.identifiers import IdentifierKind, Identifiers
from connectors.redis_keys import DEFAULT_NAMESPACE, Keys, Who
from connectors.redis_refusals import redis_trouble
from connectors.serving.answers import (
    AlertOf,
    Birthday,
    Due,
    Hit,
    Holding,
    Match,
    Maturity,
    OpenComplaint,
    Page,
    PortfolioRow,
    Section,
    Untouched,
    Valued,
    View,
    received_on,
)
from connectors.serving.asking import Command, Steps, Turn
from connectors.serving.freshness import Freshness
from connectors.serving.identified import Identified
from connectors.serving.listings import Listings

__all__ = ["TIMEOUT_S", "View", "Views", "connect"]

TIMEOUT_S: Final = 2.0

# Its stub speaks of tuples of one.
_packed: Final[Any] = hiredis.pack_command

T = TypeVar("T")


def connect(url: str, timeout_s: float = TIMEOUT_S) -> "redis.Redis":
    """A client as `Views` wants it; nothing is sent yet."""
    # A connection that lay idle may have been closed meanwhile, so a second attempt; more would only hide a Redis down.
    once_more = Retry(NoBackoff(), 1)
    client = redis.Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=once_more)
    # Lookups read answers as RESP3 has them, whatever the address says.
    client.connection_pool.connection_kwargs["protocol"] = 3
    return client


class Views:
    """Looks up; may be shared by threads. `redis` must give bytes (no `decode_responses`).

    Every method raises `Unavailable` when Redis does not answer, `Incompatible` when what it holds is of another schema
    or secret, `WrongForm` when what is asked for can't be such an identifier, `ValueError` for a limit out of bounds.
    A lookup by number is one round trip, any other two. Each answer is of one namespace: a rebuild may be switched to
    at any moment without a lookup that fails or mixes the two.
    `who` is `manager("M1")` (as host or co-host) or `branch("B1")` of `connectors.redis_keys`.
    """

    def __init__(self, redis: "redis.Redis", identifiers: Identifiers) -> None:
        self._redis = redis
        self._identifiers = identifiers
        self._namespace = DEFAULT_NAMESPACE

    def by_number(self, customer_id: str) -> View | None:
        """The whole view of a customer, or None when there is none."""
        return self._ask(lambda names: self._identified(names).by_number(customer_id))

    def by_account(self, account_id: str) -> list[View]:
        """The customers that have this account: usually one, none when nobody has it."""
        return self._ask(lambda names: self._identified(names).by(IdentifierKind.ACCOUNT, account_id))

    def by_loan(self, contract_id: str) -> list[View]:
        """The customers that have this lending contract."""
        return self._ask(lambda names: self._identified(names).by(IdentifierKind.LOAN, contract_id))

    def by_phone(self, phone: str) -> list[View]:
        """The customers with this phone, however it is written, with or without country code."""
        return self._ask(lambda names: self._identified(names).by(IdentifierKind.PHONE, phone))

    def by_document(self, number: str) -> list[View]:
        """The customers with this document number; blanks, signs and letter case do not count."""
        return self._ask(lambda names: self._identified(names).by(IdentifierKind.DOCUMENT, number))

    def by_organisation_code(self, code: str) -> list[View]:
        """The customers with this organisation code; blanks, signs and letter case do not count."""
        return self._ask(lambda names: self._identified(names).by(IdentifierKind.ORGANISATION, code))

    def find(self, text: str) -> list[Match]:
        """The customers that a text may mean, whatever number it is; the one of this customer number first."""
        return self._ask(lambda names: self._identified(names).find(text))

    def search(self, prefix: str, limit: int = 20) -> list[Hit]:
        """Customers with a word of their name that begins like this, in order of the alphabet from that word on."""
        return self._ask(lambda names: self._identified(names).search(prefix, limit))

    def portfolio(self, who: Who, after: str | None = None, limit: int = 100) -> Page[PortfolioRow]:
        """Customers of a manager or branch, in order of their numbers."""
        return self._ask(lambda names: self._listings(names).portfolio(who, after, limit))

    def alerts_to(self, addressee: str, after: str | None = None, limit: int = 100) -> Page[AlertOf]:
        """Open alerts addressed to a manager, `branch:<id>`, a department or a desk, newest first."""
        return self._ask(lambda names: self._listings(names).alerts_to(addressee, after, limit))

    def alerts_of_branch(self, branch_id: str, after: str | None = None, limit: int = 100) -> Page[AlertOf]:
        """Open alerts of a branch's customers, whoever they are addressed to, newest first."""
        return self._ask(lambda names: self._listings(names).alerts_of_branch(branch_id, after, limit))

    def maturities(
        self, who: Who, from_day: date, to_day: date, after: str | None = None, limit: int = 100
    ) -> Page[Maturity]:
        """What falls due from one day to another, both included, in order of days."""
        return self._ask(lambda names: self._listings(names).maturities(who, (from_day, to_day), after, limit))

    def complaints(
        self, who: Who, after: str | None = None, limit: int = 100, due: Due = received_on
    ) -> Page[OpenComplaint]:
        """Complaints neither resolved nor withdrawn, what is owed first at the head.

        `due` says when that is. Where it counts the same days for all customers, so are the pages one after the other;
        else what a page holds is in order, and an earlier day may stand on a later page.
        """
        return self._ask(lambda names: self._listings(names).complaints(who, after, limit, due))

    def birthdays(self, who: Who, from_day: date, to_day: date, limit: int = 100) -> list[Birthday]:
        """Whose birthday (founding day) lies within these days, both included, in order of the calendar."""
        return self._ask(lambda names: self._listings(names).birthdays(who, (from_day, to_day), limit))

    def untouched(self, who: Who, since_day: date, limit: int = 100) -> list[Untouched]:
        """Customers with no contact known since the beginning of a day (UTC), the longest alone first."""
        return self._ask(lambda names: self._listings(names).untouched(who, since_day, limit))

    def top_by_value(
        self, currency: str, branch_id: str | None = None, after: str | None = None, limit: int = 20
    ) -> Page[Valued]:
        """Customers by the balance of their accounts not closed in one currency, greatest first."""
        return self._ask(lambda names: self._listings(names).top_by_value(currency, branch_id, after, limit))

    def top_by_product(
        self, product: str, currency: str, branch_id: str | None = None, after: str | None = None, limit: int = 20
    ) -> Page[Holding]:
        """Accounts of a product, or contracts (`loan`, `guarantee`, `acceptance`), greatest amount first."""
        return self._ask(lambda names: self._listings(names).top_by_product(product, currency, branch_id, after, limit))

    def timeline(self, customer_id: str) -> tuple[Section, ...] | None:
        """The newest events of a customer, oldest first, or None when there is no such customer."""
        return self._ask(lambda names: self._listings(names).timeline(customer_id))

    def freshness(self) -> Freshness:
        """How far Redis is behind, as the projector last said."""
        return self._ask(lambda names: self._listings(names).freshness())

    def _identified(self, namespace: str) -> Identified:
        return Identified(Keys(namespace), self._identifiers)

    def _listings(self, namespace: str) -> Listings:
        return Listings(Keys(namespace))

    def _ask(self, lookup: Callable[[str], Steps[T]]) -> T:
        turn = Turn(self._namespace, lookup)
        with _answering():
            while not turn.done:
                turn.answer(self._exchanged(turn.asks))
        self._namespace = turn.namespace
        return turn.found

    def _exchanged(self, commands: Sequence[Command]) -> list[Any]:
        """What redis-py's pipeline does, without the half of its work that is not needed here: a command object and an
        answer's callback for each command.
        """
        pool = self._redis.connection_pool
        packed = [b"".join(map(_packed, commands))]
        connection: Any = pool.get_connection()
        try:
            return list(
                connection.retry.call_with_retry(
                    lambda: _answers(connection, packed, len(commands)), lambda _error: connection.disconnect()
                )
            )
        except BaseException:
            # Answers that nobody read would be taken for those of the next lookup.
            connection.disconnect()
            raise
        finally:
            pool.release(connection)


def _answers(connection: Any, packed: list[bytes], awaited: int) -> list[Any]:
    connection.send_packed_command(packed)
    return [connection.read_response() for _ in range(awaited)]


@contextmanager
def _answering() -> Iterator[None]:
    """Whatever Redis or the way to it refuses is an `Unavailable`."""
    try:
        yield
    except RedisError as error:
        raise Unavailable("redis", redis_trouble(error)) from error
