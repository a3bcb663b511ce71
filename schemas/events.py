"""The union of all input events, and the only door from bytes to an event."""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, TypeAdapter

from schemas.acceptances import AcceptanceEvent
from schemas.accounts import AccountEvent
from schemas.actions import AlertAction
from schemas.clock import ClockTicked
from schemas.collateral import CollateralEvent
from schemas.complaints import ComplaintEvent
from schemas.customers import CustomerEvent
from schemas.guarantees import GuaranteeEvent
from schemas.interactions import InteractionEvent
from schemas.loans import LoanEvent

__all__ = ["EVENTS_BY_TOPIC", "CreditEvent", "CustomerScoped", "Event", "adapter_of"]

CreditEvent = LoanEvent | GuaranteeEvent | AcceptanceEvent | CollateralEvent
"""What the credit system tells of contracts: one topic, so that a contract and its collateral stay in order."""

CustomerScoped = CustomerEvent | AccountEvent | CreditEvent | ComplaintEvent | InteractionEvent | AlertAction
"""Everything told about one customer."""

Event = CustomerScoped | ClockTicked

EVENTS_BY_TOPIC: Final[dict[str, object]] = {
    "customer-changes": CustomerEvent,
    "account-changes": AccountEvent,
    "loan-drawdowns": CreditEvent,
    "complaint-events": ComplaintEvent,
    "interaction-events": InteractionEvent,
    "alert-actions": AlertAction,
    "clock": ClockTicked,
}
"""Input topic -> the type of its values."""


def adapter_of(topic: str) -> TypeAdapter[Event]:
    """The validator of a topic's values; build it once and keep it."""
    events = EVENTS_BY_TOPIC[topic]
    if events is ClockTicked:
        return TypeAdapter(ClockTicked)
    tagged: Any = Annotated[events, Field(discriminator="type")]
    # Numbers and instants seldom come again: looking each text up costs more than making it.
    return TypeAdapter(tagged, config=ConfigDict(cache_strings="keys"))
