"""Contracts of the generated bank: loans and facilities, guarantees, acceptances, collateral."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from connectors.sources.generator.customers import Customer, Facility
from connectors.sources.generator.teller import Teller

__all__ = ["Lending"]

_CURRENCY: Final = "CZK"
_MISSED: Final = 0.06
"""Of the instalments."""
_KINDS: Final = ("real_estate", "real_estate", "vehicle", "deposit", "securities", "receivables", "inventory")


class Lending:
    """Each method is one act of a customer; False when there is nothing of the kind for him to do."""

    def __init__(self, teller: Teller, random: Random, later: Callable[[int, Callable[[], None]], None]) -> None:
        self._teller = teller
        self._random = random
        self._later = later

    def lend(self, customer: Customer) -> bool | None:
        """A loan paid out at once to a person, a facility to an organisation."""
        if len(customer.facilities) >= 3:
            return False
        limit = self._random.randrange(20, 400) * 100_000 * (10 if customer.is_corporate else 1)
        facility = Facility(self._contract(customer), limit)
        customer.facilities.append(facility)
        told = {"limit_minor": limit, "currency": _CURRENCY, "signed_on": self._teller.today}
        self._teller.tell("loan.contract_signed", customer.id, contract_id=facility.contract_id, **told)
        if self._random.random() < 0.6:
            self._pledge(customer, facility)
        if not customer.is_corporate:
            self._pay_out(customer, facility)
        return None

    def draw_more(self, customer: Customer) -> bool | None:
        """Another drawdown under a facility, now and then a little more than there is left."""
        if not customer.is_corporate or not customer.facilities:
            return False
        facility = self._random.choice(customer.facilities)
        left = facility.limit_minor - facility.outstanding_minor
        if left < facility.limit_minor // 20:
            return False
        amount = left * self._random.randrange(20, 103) // 100
        days = self._random.choice((60, 90, 180))
        of = self._draw(customer, facility, amount, days)
        self._later(days, lambda: self._pay_back(customer, facility, of, amount))
        return None

    def _pay_out(self, customer: Customer, facility: Facility) -> None:
        months = self._random.choice((12, 24, 36))
        of = self._draw(customer, facility, facility.limit_minor, months * 30)
        instalment = -(-facility.limit_minor // months)
        self._later(30, lambda: self._instalment(customer, facility, of, instalment, 0))

    def _draw(self, customer: Customer, facility: Facility, amount: int, days: int) -> dict[str, str]:
        facility.drawdowns += 1
        facility.outstanding_minor += amount
        of = {"contract_id": facility.contract_id, "drawdown_id": f"D{facility.drawdowns}"}
        told = {"amount_minor": amount, "currency": _CURRENCY, "drawn_on": self._teller.today}
        self._teller.tell("loan.drawn_down", customer.id, **of, **told, maturity_on=self._teller.day_after(days))
        return of

    def _instalment(
        self, customer: Customer, facility: Facility, of: dict[str, str], instalment: int, arrears: int
    ) -> None:
        due = min(instalment + arrears, facility.outstanding_minor)
        if self._random.random() < _MISSED:
            told: dict[str, Any] = {"due_on": self._teller.today, "arrears_minor": due, "currency": _CURRENCY}
            self._teller.tell("loan.instalment_missed", customer.id, **of, **told)
            arrears = due
        else:
            self._repay(customer, facility, of, due)
            arrears = 0
        if facility.outstanding_minor:
            self._later(30, lambda: self._instalment(customer, facility, of, instalment, arrears))
        else:
            self._settle(customer, of)

    def _pay_back(self, customer: Customer, facility: Facility, of: dict[str, str], amount: int) -> None:
        self._repay(customer, facility, of, amount)
        self._settle(customer, of)

    def _repay(self, customer: Customer, facility: Facility, of: dict[str, str], amount: int) -> None:
        facility.outstanding_minor -= amount
        told = {"amount_minor": amount, "currency": _CURRENCY, "repaid_on": self._teller.today}
        self._teller.tell("loan.repaid", customer.id, **of, **told)

    def _settle(self, customer: Customer, of: dict[str, str]) -> None:
        self._teller.tell("loan.settled", customer.id, **of, settled_on=self._teller.today)

    # -- collateral --

    def _pledge(self, customer: Customer, facility: Facility) -> None:
        facility.pledges += 1
        self._teller.tell(
            "collateral.pledged",
            customer.id,
            contract_id=facility.contract_id,
            collateral_id=f"P{facility.pledges}",
            collateral_kind=self._random.choice(_KINDS),
            value_minor=facility.limit_minor * self._random.randrange(100, 160) // 100,
            currency=_CURRENCY,
            pledged_on=self._teller.today,
            cover_percent=self._random.choice((80, 100, 120)),
        )

    def value_anew(self, customer: Customer) -> bool | None:
        """A pledge is valued again, or released when nothing is owed."""
        pledged = [facility for facility in customer.facilities if facility.pledges]
        if not pledged:
            return False
        facility = self._random.choice(pledged)
        of = {"contract_id": facility.contract_id, "collateral_id": f"P{facility.pledges}"}
        if not facility.outstanding_minor and self._random.random() < 0.5:
            self._teller.tell("collateral.released", customer.id, **of, released_on=self._teller.today)
            customer.facilities.remove(facility)
            return None
        value = facility.limit_minor * self._random.randrange(70, 160) // 100
        told = {"value_minor": value, "currency": _CURRENCY, "valued_on": self._teller.today}
        self._teller.tell("collateral.valued", customer.id, **of, **told)
        return None

    # -- guarantees and acceptances --

    def guarantee(self, customer: Customer) -> bool | None:
        """A letter, which ends after some months; sometimes it is extended or called before."""
        if not customer.is_corporate:
            return False
        contract, days = self._contract(customer), self._random.choice((90, 180, 270))
        amount = self._random.randrange(10, 300) * 100_000
        told: dict[str, Any] = {"amount_minor": amount, "currency": _CURRENCY, "issued_on": self._teller.today}
        told |= {"letter_number": f"LG-{contract}", "beneficiary": f"Town {self._random.randrange(50)}"}
        expires_on = self._teller.day_after(days)
        self._teller.tell("guarantee.issued", customer.id, contract_id=contract, **told, expires_on=expires_on)
        fate = self._random.random()
        if fate < 0.2:
            self._later(days // 2, lambda: self._extend(customer, contract))
            days += 60
        elif fate < 0.3:
            self._later(days // 2, lambda: self._call(customer, contract, amount))
        self._later(days, lambda: self._release(customer, contract, "returned" if fate > 0.7 else "expired"))
        return None

    def _extend(self, customer: Customer, contract: str) -> None:
        told = {"currency": _CURRENCY, "expires_on": self._teller.day_after(90)}
        self._teller.tell("guarantee.amended", customer.id, contract_id=contract, **told)

    def _call(self, customer: Customer, contract: str, amount: int) -> None:
        told = {"called_minor": amount // 2, "currency": _CURRENCY, "called_on": self._teller.today}
        self._teller.tell("guarantee.called", customer.id, contract_id=contract, **told)

    def _release(self, customer: Customer, contract: str, ground: str) -> None:
        on = self._teller.today
        self._teller.tell("guarantee.released", customer.id, contract_id=contract, released_on=on, ground=ground)

    def accept(self, customer: Customer) -> bool | None:
        """Some bills under one contract; most are provided for before they mature."""
        if not customer.is_corporate:
            return False
        contract = self._contract(customer)
        for number in range(self._random.choice((1, 2, 3))):
            amount, days = self._random.randrange(5, 80) * 100_000, self._random.choice((30, 60, 90))
            of = {"contract_id": contract, "bill_id": f"B{number}"}
            told = {"amount_minor": amount, "currency": _CURRENCY, "accepted_on": self._teller.today}
            maturity_on = self._teller.day_after(days)
            self._teller.tell("acceptance.accepted", customer.id, **of, **told, maturity_on=maturity_on)
            if self._random.random() < 0.7:
                self._later(days - 5, lambda of=of, amount=amount: self._provide(customer, of, amount))  # type: ignore[misc]
            self._later(days, lambda of=of: self._settle_bill(customer, of))  # type: ignore[misc]
        return None

    def _provide(self, customer: Customer, of: dict[str, str], amount: int) -> None:
        told = {"paid_minor": amount, "currency": _CURRENCY, "paid_on": self._teller.today}
        self._teller.tell("acceptance.paid", customer.id, **of, **told)

    def _settle_bill(self, customer: Customer, of: dict[str, str]) -> None:
        self._teller.tell("acceptance.settled", customer.id, **of, settled_on=self._teller.today)

    def _contract(self, customer: Customer) -> str:
        customer.contracts += 1
        return f"{customer.id}-L{customer.contracts}"
