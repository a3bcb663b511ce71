"""Contact of the generated bank with its customers: calls and visits, interest, campaigns, complaints."""

from collections.abc import Callable
from random import Random
from typing import Final

from connectors.sources.generator.customers import Customer
from connectors.sources.generator.teller import Teller

__all__ = ["Service"]

_CHANNELS: Final = ("call", "call", "call", "visit", "branch", "mail", "email", "e_bank")
_OUTCOMES: Final = ("reached", "reached", "reached", "not_reached", "agreed", "declined")
_PRODUCTS: Final = ("mortgage", "savings", "credit-card", "insurance", "leasing", "term-deposit")
_RESPONSES: Final = ("accepted", "interested", "declined", "no_answer", "no_answer")
_ISSUES: Final = ("Charged twice", "Card not accepted", "Wrong address", "Waiting too long", "Rate not as agreed")


class Service:
    """Each method is one act of a customer, or of the bank towards him."""

    def __init__(self, teller: Teller, random: Random, later: Callable[[int, Callable[[], None]], None]) -> None:
        self._teller = teller
        self._random = random
        self._later = later

    def contact(self, customer: Customer) -> None:
        """A call, a visit, a letter."""
        pick = self._random.choice
        told = {"channel": pick(_CHANNELS), "direction": pick(("inbound", "outbound")), "outcome": pick(_OUTCOMES)}
        self._teller.tell("interaction.contact_made", customer.id, **told)

    def show_interest(self, customer: Customer) -> None:
        """He looks at a product, often more than once."""
        product = self._random.choice(_PRODUCTS)
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            self._teller.tell("interaction.interest_shown", customer.id, product=product, channel="e_bank")

    def answer_campaign(self, customer: Customer) -> None:
        """He answers an offer, or does not."""
        told = {"campaign_id": f"{self._teller.today[:7]}", "response": self._random.choice(_RESPONSES)}
        product = self._random.choice(_PRODUCTS)
        self._teller.tell("interaction.campaign_answered", customer.id, **told, channel="email", product=product)

    def score(self, customer: Customer) -> None:
        """He says how content he is."""
        score = self._random.choice((2, 5, 7, 8, 8, 9, 9, 10))
        self._teller.tell("interaction.satisfaction_scored", customer.id, score=score)

    def complain(self, customer: Customer) -> None:
        """A complaint, taken up after some days, and answered or withdrawn."""
        customer.complaints += 1
        complaint = f"{customer.id}-K{customer.complaints}"
        issue = self._random.choice(_ISSUES)
        told = {"product": self._random.choice(("Account", "Card", "Loan")), "issue": issue, "content": f"{issue}."}
        channel, on = self._random.choice(("call_centre", "web", "branch", "e_bank")), self._teller.today
        self._teller.tell(
            "complaint.received", customer.id, complaint_id=complaint, received_on=on, **told, channel=channel
        )
        begun = self._random.randrange(1, 4)
        of = {"complaint_id": complaint}
        self._later(begun, lambda: self._teller.tell("complaint.updated", customer.id, **of, progress="in_progress"))
        self._later(begun + self._random.randrange(2, 40), lambda: self._finish(customer, complaint))

    def _finish(self, customer: Customer, complaint: str) -> None:
        on = self._teller.today
        if self._random.random() < 0.1:
            self._teller.tell("complaint.withdrawn", customer.id, complaint_id=complaint, withdrawn_on=on)
        else:
            told = {"resolved_on": on, "resolution": "Put right."}
            self._teller.tell("complaint.resolved", customer.id, complaint_id=complaint, **told)
