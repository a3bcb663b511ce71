"""The lookup client for asyncio: `Views`, with every method awaited."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from connectors.identifiers import IdentifierKind, Identifiers
from connectors.redis_keys import Keys, Who
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
from connectors.serving.asking import ASKING_POINTER, Steps, Turn, in_force
from connectors.serving.freshness import Freshness
from connectors.serving.identified import Identified, asking_view, view_of
from connectors.serving.listings import Listings
from connectors.serving.redis_line import RedisLine
from connectors.serving.views import TIMEOUT_S

__all__ = ["AsyncViews", "connect"]

T = TypeVar("T")


def connect(url: str, timeout_s: float = TIMEOUT_S) -> RedisLine:
    """A connection as `AsyncViews` wants it, of the event loop that runs; nothing is sent yet."""
    return RedisLine(url, timeout_s)


class AsyncViews:
    """As `Views`, which says what each method promises; may be shared by the tasks of one event loop."""

    def __init__(self, line: RedisLine, identifiers: Identifiers) -> None:
        self._line = line
        self._identifiers = identifiers
        self._keys = Keys()

    async def by_number(self, customer_id: str) -> View | None:
        """See `Views`."""
        # What is asked most goes without the machinery of rounds (ops/decisions/0026), while the namespace stays.
        keys = self._keys
        fields, pointer = await self._line.ask((asking_view(keys, customer_id), ASKING_POINTER))
        if in_force(pointer) == keys.namespace:
            return view_of(customer_id, fields)
        return await self._ask(lambda names: self._identified(names).by_number(customer_id))

    async def by_account(self, account_id: str) -> list[View]:
        """See `Views`."""
        return await self._ask(lambda names: self._identified(names).by(IdentifierKind.ACCOUNT, account_id))

    async def by_loan(self, contract_id: str) -> list[View]:
        """See `Views`."""
        return await self._ask(lambda names: self._identified(names).by(IdentifierKind.LOAN, contract_id))

    async def by_phone(self, phone: str) -> list[View]:
        """See `Views`."""
        return await self._ask(lambda names: self._identified(names).by(IdentifierKind.PHONE, phone))

    async def by_document(self, number: str) -> list[View]:
        """See `Views`."""
        return await self._ask(lambda names: self._identified(names).by(IdentifierKind.DOCUMENT, number))

    async def by_organisation_code(self, code: str) -> list[View]:
        """See `Views`."""
        return await self._ask(lambda names: self._identified(names).by(IdentifierKind.ORGANISATION, code))

    async def find(self, text: str) -> list[Match]:
        """See `Views`."""
        return await self._ask(lambda names: self._identified(names).find(text))

    async def search(self, prefix: str, limit: int = 20) -> list[Hit]:
        """See `Views`."""
        return await self._ask(lambda names: self._identified(names).search(prefix, limit))

    async def portfolio(self, who: Who, after: str | None = None, limit: int = 100) -> Page[PortfolioRow]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).portfolio(who, after, limit))

    async def alerts_to(self, addressee: str, after: str | None = None, limit: int = 100) -> Page[AlertOf]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).alerts_to(addressee, after, limit))

    async def alerts_of_branch(self, branch_id: str, after: str | None = None, limit: int = 100) -> Page[AlertOf]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).alerts_of_branch(branch_id, after, limit))

    async def maturities(
        self, who: Who, from_day: date, to_day: date, after: str | None = None, limit: int = 100
    ) -> Page[Maturity]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).maturities(who, (from_day, to_day), after, limit))

    async def complaints(
        self, who: Who, after: str | None = None, limit: int = 100, due: Due = received_on
    ) -> Page[OpenComplaint]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).complaints(who, after, limit, due))

    async def birthdays(self, who: Who, from_day: date, to_day: date, limit: int = 100) -> list[Birthday]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).birthdays(who, (from_day, to_day), limit))

    async def untouched(self, who: Who, since_day: date, limit: int = 100) -> list[Untouched]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).untouched(who, since_day, limit))

    async def top_by_value(
        self, currency: str, branch_id: str | None = None, after: str | None = None, limit: int = 20
    ) -> Page[Valued]:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).top_by_value(currency, branch_id, after, limit))

    async def top_by_product(
        self, product: str, currency: str, branch_id: str | None = None, after: str | None = None, limit: int = 20
    ) -> Page[Holding]:
        """See `Views`."""
        return await self._ask(
            lambda names: self._listings(names).top_by_product(product, currency, branch_id, after, limit)
        )

    async def timeline(self, customer_id: str) -> tuple[Section, ...] | None:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).timeline(customer_id))

    async def freshness(self) -> Freshness:
        """See `Views`."""
        return await self._ask(lambda names: self._listings(names).freshness())

    def _identified(self, namespace: str) -> Identified:
        return Identified(Keys(namespace), self._identifiers)

    def _listings(self, namespace: str) -> Listings:
        return Listings(Keys(namespace))

    async def _ask(self, lookup: Callable[[str], Steps[T]]) -> T:
        turn = Turn(self._keys.namespace, lookup)
        while not turn.done:
            turn.answer(await self._line.ask(turn.asks))
        if turn.namespace != self._keys.namespace:
            self._keys = Keys(turn.namespace)
        return turn.found
