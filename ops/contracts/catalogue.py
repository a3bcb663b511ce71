"""Every contract by name: what c360 consumes (events, ticks, rules) and publishes (sections, alerts, set-aside)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from schemas.alerts import Alert
from schemas.aside import LetterDecision, SetAside
from schemas.audit import LookupAudit
from schemas.deliveries import Delivery
from schemas.events import EVENTS_BY_TOPIC
from schemas.generations import ViewGenerations
from schemas.payloads import PAYLOADS
from schemas.reference import Branch, Calendar, Department, Manager
from schemas.rules import RuleChange
from schemas.views import (
    DEADLINES,
    HOLDINGS,
    INTERACTIONS,
    PROFILE,
    PROGRESS,
    SUMMARY,
    TIMELINE,
    AcceptanceSection,
    AccountSection,
    BalanceHistorySection,
    CollateralSection,
    ComplaintSection,
    DeadlinesSection,
    GuaranteeSection,
    HoldingsSection,
    InteractionsSection,
    LoanSection,
    ProfileSection,
    ProgressSection,
    SummarySection,
    TimelineSection,
)

__all__ = [
    "ALERT",
    "CATALOGUE",
    "DELIVERY",
    "LETTER_DECISION",
    "LOOKUP_AUDITED",
    "REFERENCES",
    "RULE_CHANGE",
    "SECTIONS",
    "SET_ASIDE",
    "VIEW_GENERATIONS_STAND",
    "Contract",
    "Direction",
    "events_of",
    "payload_name",
]

Direction = Literal["consumed", "published"]

ALERT: Final = "alert"
SET_ASIDE: Final = "set-aside"
RULE_CHANGE: Final = "rule-change"
LETTER_DECISION: Final = "letter-decision"
VIEW_GENERATIONS_STAND: Final = "view-generations"
REFERENCES: Final[dict[str, object]] = {
    "reference.calendar": Calendar,
    "reference.branch": Branch,
    "reference.manager": Manager,
    "reference.department": Department,
}
"""Contract name -> type, of every kind of reference data."""
DELIVERY: Final = "delivery"
LOOKUP_AUDITED: Final = "lookup-audit"
SECTIONS: Final[dict[str, object]] = {
    f"section.{PROFILE}": ProfileSection,
    "section.account": AccountSection,
    "section.history": BalanceHistorySection,
    "section.loan": LoanSection,
    "section.guarantee": GuaranteeSection,
    "section.acceptance": AcceptanceSection,
    "section.collateral": CollateralSection,
    "section.complaint": ComplaintSection,
    f"section.{INTERACTIONS}": InteractionsSection,
    f"section.{HOLDINGS}": HoldingsSection,
    f"section.{TIMELINE}": TimelineSection,
    f"section.{DEADLINES}": DeadlinesSection,
    f"section.{SUMMARY}": SummarySection,
    f"section.{PROGRESS}": ProgressSection,
}
"""Contract name -> type, of every section but the alerts', which are `Alert` itself."""


@dataclass(frozen=True)
class Contract:
    """A value that crosses c360's border."""

    name: str
    """An event's is its `type`; also the file's, before `.json`."""
    type: Any
    direction: Direction


def payload_name(kind: str) -> str:
    """The contract of the payload of alerts of a kind."""
    return f"alert-payload.{kind}"


def events_of(topic: str) -> dict[str, object]:
    """Event type -> model, of an input topic."""
    models: tuple[Any, ...] = get_args(EVENTS_BY_TOPIC[topic]) or (EVENTS_BY_TOPIC[topic],)
    return {get_args(model.model_fields["type"].annotation)[0]: model for model in models}


def _contracts() -> Iterator[Contract]:
    for topic in EVENTS_BY_TOPIC:
        for name, model in events_of(topic).items():
            yield Contract(name, model, "consumed")
    yield Contract(RULE_CHANGE, RuleChange, "consumed")
    yield Contract(LETTER_DECISION, LetterDecision, "consumed")
    for name, reference in REFERENCES.items():
        yield Contract(name, reference, "consumed")
    for name, section in SECTIONS.items():
        yield Contract(name, section, "published")
    yield Contract(ALERT, Alert, "published")
    for kind, payload in PAYLOADS.items():
        yield Contract(payload_name(kind), payload, "published")
    yield Contract(SET_ASIDE, SetAside, "published")
    yield Contract(DELIVERY, Delivery, "published")
    yield Contract(LOOKUP_AUDITED, LookupAudit, "published")
    yield Contract(VIEW_GENERATIONS_STAND, ViewGenerations, "published")


CATALOGUE: Final[dict[str, Contract]] = {contract.name: contract for contract in _contracts()}
