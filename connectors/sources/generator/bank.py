"""The generated bank, day by day: customers come, act, and what they began takes its course."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from connectors.sources.generator.customers import Account, Customer
from connectors.sources.generator.lending import Lending
from connectors.sources.generator.service import Service
from connectors.sources.generator.teller import Teller
from connectors.sources.ordering import OutgoingEvent

__all__ = ["GeneratedBank"]

_CORPORATE: Final = 0.15
_COMING: Final = 0.25
"""All customers have come after this part of the days."""
_FIRST_NAMES: Final = (
    "Jana",
    "Petr",
    "Eva",
    "Jan",
    "Marie",
    "Tomáš",
    "Lucie",
    "Pavel",
    "Anna",
    "Martin",
    "Hana",
    "Jiří",
)
_LAST_NAMES: Final = ("Novák", "Svoboda", "Dvořák", "Černý", "Procházka", "Kučera", "Veselý", "Horák", "Němec", "Marek")
_TRADES: Final = ("Mill", "Bakery", "Freight", "Glassworks", "Brewery", "Foundry", "Textiles", "Dairy", "Timber")
_TIERS: Final = ("small", "small", "small", "medium", "medium", "potential", "key", "top")
_CURRENCIES: Final = ("CZK",) * 16 + ("EUR", "EUR", "EUR", "USD")


@dataclass(frozen=True)
class GeneratedBank:
    """`customers` customers over `days` days from `begins_on`; equal fields give equal events."""

    customers: int
    days: int
    begins_on: date
    seed: int = 360
    activity: float = 0.5
    """What a customer does on a day, on average; what contracts bring about comes on top."""

    def events(self) -> Iterator[OutgoingEvent]:
        """All events in event-time order. In memory are the customers and one day."""
        life = _Life(self)
        for day in range(self.days):
            life.live(day)
            yield from life.teller.take()

    def reference(self) -> dict[str, list[dict[str, str]]]:
        """The branches and managers that the events name, as a file for `c360 reference load`."""
        branches, managers = _branches(self.customers), _managers(self.customers)
        return {
            "calendars": [{"id": "default"}],
            "branches": [
                {"id": f"BR-{number:03d}", "name": f"Branch {number}", "head": f"M{number:04d}"}
                for number in range(branches)
            ],
            "managers": [
                {
                    "id": f"M{number:04d}",
                    "name": f"{_FIRST_NAMES[number % 12]} {_LAST_NAMES[number % 10]}",
                    "branch": f"BR-{number % branches:03d}",
                }
                for number in range(managers)
            ],
        }


def _managers(customers: int) -> int:
    return max(4, customers // 80)


def _branches(customers: int) -> int:
    return max(1, _managers(customers) // 12)


@dataclass
class _Life:
    """The bank in the course of its days."""

    bank: GeneratedBank
    teller: Teller = field(default_factory=Teller)
    present: list[Customer] = field(default_factory=list)
    agenda: dict[int, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))
    """Day -> what falls due on it."""

    def __post_init__(self) -> None:
        self.random = Random(self.bank.seed)
        self.day = 0
        self.lending = Lending(self.teller, self.random, self.later)
        self.service = Service(self.teller, self.random, self.later)
        likely: tuple[tuple[int, Callable[[Customer], object]], ...] = (
            (760, self._book),
            (40, self._report),
            (12, self._freeze),
            (10, self._deposit),
            (8, self._amend),
            (4, self._change_host),
            (2, self._close),
            (14, self.lending.lend),
            (24, self.lending.draw_more),
            (16, self.lending.guarantee),
            (12, self.lending.accept),
            (16, self.lending.value_anew),
            (40, self.service.contact),
            (36, self.service.show_interest),
            (10, self.service.answer_campaign),
            (4, self.service.score),
            (6, self.service.complain),
        )
        self._acts = [act for _, act in likely]
        self._weights = [weight for weight, _ in likely]

    def later(self, days: int, action: Callable[[], None]) -> None:
        """It happens so many days from now, if the bank lives to see it."""
        if self.day + days < self.bank.days:
            self.agenda[self.day + days].append(action)

    def live(self, day: int) -> None:
        """One day: what falls due early, then those who come, then what customers do."""
        self.day = day
        midnight = datetime.combine(self.bank.begins_on + timedelta(days=day), time(), UTC)
        due = self.agenda.pop(day, [])
        self._spread(midnight + timedelta(hours=5), due)
        self._spread(midnight + timedelta(hours=7), [self._come] * self._comers(day))
        about = len(self.present) * self.bank.activity
        acts = int(about) + (self.random.random() < about % 1)
        self._spread(midnight + timedelta(hours=9), [self._act] * acts, hours=10)

    def _spread(self, begin: datetime, actions: list[Callable[[], None]], hours: int = 2) -> None:
        for place, action in enumerate(actions):
            self.teller.now = begin + timedelta(milliseconds=hours * 3_600_000 * place // len(actions))
            action()

    def _comers(self, day: int) -> int:
        coming = max(1, int(self.bank.days * _COMING))
        until = -(-self.bank.customers * min(day + 1, coming) // coming)
        return until - len(self.present)

    def _act(self) -> None:
        # Squared: a few customers do much, most do little.
        customer = self.present[int(len(self.present) * self.random.random() ** 2)]
        (act,) = self.random.choices(self._acts, self._weights)
        if act(customer) is False:
            self._book(customer)

    # -- customers --

    def _come(self) -> None:
        number, random = len(self.present), self.random
        customer = Customer(f"G{number:08d}", is_corporate=random.random() < _CORPORATE)
        self.present.append(customer)
        manager = random.randrange(_managers(self.bank.customers))
        self.teller.tell(
            "customer.registered",
            customer.id,
            registered_on=self.teller.today,
            home_branch=f"BR-{manager % _branches(self.bank.customers):03d}",
            phone=f"+420{600_000_000 + number % 300_000_000}",
            email=f"{customer.id.lower()}@mail.example",
            address=f"Street {random.randrange(1, 200)}, Town {random.randrange(50)}",
            tier=random.choice(_TIERS),
            vip=random.random() < 0.03,
            **self._party(customer),
        )
        self._assign_host(customer, manager)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            self._open(customer, "current", random.choice(_CURRENCIES))

    def _party(self, customer: Customer) -> dict[str, Any]:
        random, serial = self.random, int(customer.id[1:])
        if customer.is_corporate:
            return {
                "kind": "corporate",
                "name": f"{random.choice(_LAST_NAMES)} {random.choice(_TRADES)} {serial}",
                "born_on": date(random.randrange(1960, 2024), random.randrange(1, 13), 1).isoformat(),
                "organisation_code": f"{10_000_000 + serial}",
            }
        return {
            "kind": "personal",
            "name": f"{random.choice(_FIRST_NAMES)} {random.choice(_LAST_NAMES)}",
            "born_on": date(random.randrange(1940, 2007), random.randrange(1, 13), random.randrange(1, 29)).isoformat(),
            "document_number": f"{200_000_000 + serial}",
        }

    def _assign_host(self, customer: Customer, manager: int) -> None:
        customer.hosts += 1
        relationship = f"host:{customer.id}:{customer.hosts}"
        told = {"role": "host", "party_id": f"M{manager:04d}"}
        self.teller.tell("relationship.assigned", customer.id, relationship_id=relationship, **told)

    def _change_host(self, customer: Customer) -> None:
        relationship = f"host:{customer.id}:{customer.hosts}"
        self.teller.tell("relationship.ended", customer.id, relationship_id=relationship)
        self._assign_host(customer, self.random.randrange(_managers(self.bank.customers)))

    def _amend(self, customer: Customer) -> None:
        number = self.random.randrange(10**6)
        told = self.random.choice(
            (
                {"address": f"Street {number % 200}, Town {number % 50}"},
                {"phone": f"+420777{number:06d}"},
                {"tier": _TIERS[number % len(_TIERS)]},
                {"vip": number % 4 == 0},
            )
        )
        self.teller.tell("customer.amended", customer.id, **told)

    # -- accounts --

    def _open(self, customer: Customer, product: str, currency: str, maturity_on: str | None = None) -> Account:
        account = Account(f"{customer.id}-A{len(customer.accounts)}", currency, product)
        customer.accounts.append(account)
        terms = {"product": product, "currency": currency, "opened_on": self.teller.today, "maturity_on": maturity_on}
        self.teller.tell("account.opened", customer.id, account_id=account.id, **terms)
        self._move(customer, account, self.random.randrange(50_000, 6_000_000) * (20 if customer.is_corporate else 1))
        return account

    def _book(self, customer: Customer) -> bool | None:
        living = [account for account in customer.accounts if account.is_open and account.product == "current"]
        if not living:
            return None
        account = self.random.choice(living)
        scale = 20 if customer.is_corporate else 1
        if self.random.random() < 0.01:
            amount = self.random.choice((-1, 1)) * self.random.randrange(5_000_000, 12_000_000) * scale
        else:
            # Drawn towards the middle, as wages in and rent out are.
            amount = (
                self.random.randrange(-400_000, 400_000) * scale + (3_000_000 * scale - account.balance_minor) // 20
            )
        self._move(customer, account, amount)
        return None

    def _move(self, customer: Customer, account: Account, amount_minor: int) -> None:
        account.balance_minor += amount_minor
        told = {"amount_minor": amount_minor, "balance_minor": account.balance_minor, "currency": account.currency}
        self.teller.tell(
            "account.entry_booked", customer.id, account_id=account.id, booked_on=self.teller.today, **told
        )

    def _report(self, customer: Customer) -> bool | None:
        account = self.random.choice(customer.accounts)
        if not account.is_open:
            return False
        told = {"balance_minor": account.balance_minor, "currency": account.currency}
        self.teller.tell("account.balance_reported", customer.id, account_id=account.id, **told)
        return None

    def _freeze(self, customer: Customer) -> bool | None:
        account = customer.accounts[0]
        if not account.is_open or account.balance_minor <= 0:
            return False
        account.freezes += 1
        of = {"account_id": account.id, "freeze_id": f"F{account.freezes}"}
        amount = max(1, account.balance_minor // self.random.randrange(2, 6))
        self.teller.tell("account.frozen", customer.id, **of, amount_minor=amount, currency=account.currency)
        self.later(self.random.randrange(5, 60), lambda: self.teller.tell("account.unfrozen", customer.id, **of))
        return None

    def _deposit(self, customer: Customer) -> None:
        days = self.random.choice((30, 60, 90, 180))
        account = self._open(customer, "term-deposit", "CZK", self.teller.day_after(days))
        self.later(days, lambda: self._mature(customer, account, days))

    def _mature(self, customer: Customer, account: Account, days: int) -> None:
        if self.random.random() < 0.6:
            on = self.teller.day_after(days)
            told = {"product": account.product, "maturity_on": on}
            self.teller.tell("account.terms_changed", customer.id, account_id=account.id, **told)
            self.later(days, lambda: self._mature(customer, account, days))
        else:
            self._end(customer, account)

    def _close(self, customer: Customer) -> bool | None:
        account = customer.accounts[-1]
        if len(customer.accounts) == 1 or not account.is_open or account.product != "current":
            return False
        self._end(customer, account)
        return None

    def _end(self, customer: Customer, account: Account) -> None:
        account.is_open = False
        self._move(customer, account, -account.balance_minor)
        self.teller.tell("account.closed", customer.id, account_id=account.id, closed_on=self.teller.today)
