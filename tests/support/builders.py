"""Builders of events and rules with sensible defaults: `an_entry(amount_minor=5)` says what matters.

Every keyword of an event may be overridden. Instants and days may be given as objects or as texts, since a builder
sends the fields through JSON, as the wire does.
"""

from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import orjson
from pydantic import BaseModel

from schemas.acceptances import AcceptanceAccepted, AcceptancePaid, AcceptanceSettled
from schemas.accounts import (
    AccountBalanceReported,
    AccountClosed,
    AccountEntryBooked,
    AccountFrozen,
    AccountOpened,
    AccountTermsChanged,
    AccountUnfrozen,
)
from schemas.actions import AlertAcknowledged, AlertDismissed, AlertResolved, AlertSnoozed
from schemas.clock import ClockTicked
from schemas.collateral import CollateralPledged, CollateralReleased, CollateralValued
from schemas.complaints import (
    ComplaintReceived,
    ComplaintResolved,
    ComplaintUpdated,
    ComplaintWithdrawn,
)
from schemas.customers import (
    CustomerAmended,
    CustomerRegistered,
    RelationshipAssigned,
    RelationshipEnded,
)
from schemas.events import Event
from schemas.guarantees import GuaranteeAmended, GuaranteeCalled, GuaranteeIssued, GuaranteeReleased
from schemas.interactions import CampaignAnswered, ContactMade, InterestShown, SatisfactionScored
from schemas.loans import (
    LoanContractSigned,
    LoanDrawnDown,
    LoanInstalmentMissed,
    LoanRepaid,
    LoanSettled,
)
from schemas.rules import RuleFile
from streams.rules import Rules

CUSTOMER: Final = "C1"
ACCOUNT: Final = "A1"
CONTRACT: Final = "L1"
DRAWDOWN: Final = "D1"
BILL: Final = "B1"
COLLATERAL: Final = "P1"
COMPLAINT: Final = "K1"
ALERT: Final = "f8a8a3b0-5f0e-5e0e-9d0a-6c5f6f1f2a11"
NOON: Final = datetime(2020, 3, 2, 12, tzinfo=UTC)
"""When every event occurs unless it says otherwise."""

TOPIC_OF_FAMILY: Final = {
    "customer": "customer-changes",
    "relationship": "customer-changes",
    "account": "account-changes",
    "loan": "loan-drawdowns",
    "guarantee": "loan-drawdowns",
    "acceptance": "loan-drawdowns",
    "collateral": "loan-drawdowns",
    "interaction": "interaction-events",
    "complaint": "complaint-events",
    "alert": "alert-actions",
    "clock": "clock",
}

AnyEvent = TypeVar("AnyEvent", bound=BaseModel)


def _built(model: type[AnyEvent], kind: str, defaults: dict[str, Any], stated: dict[str, Any]) -> AnyEvent:
    fields: dict[str, Any] = {
        "type": kind,
        "source": "core",
        "occurred_at": NOON,
        "recorded_at": stated.get("occurred_at", NOON),
        "customer_id": CUSTOMER,
        "source_seq": 0,
        **defaults,
        **stated,
    }
    entity = (
        "drawdown_id",
        "bill_id",
        "collateral_id",
        "contract_id",
        "complaint_id",
        "relationship_id",
        "account_id",
        "customer_id",
    )
    name = next(str(fields[key]) for key in entity if key in fields)
    fields.setdefault("event_id", f"{fields['source']}:{name}:{kind}:{fields['source_seq']}")
    return model.model_validate_json(orjson.dumps(fields))


def wire(event: BaseModel) -> bytes:
    """The event as its topic carries it."""
    return event.model_dump_json().encode()


def topic_of(event: Event) -> str:
    """The input topic that carries events of this type."""
    return TOPIC_OF_FAMILY[event.type.partition(".")[0]]


# -- the party and who looks after it --


def a_customer(**stated: Any) -> CustomerRegistered:
    return _built(
        CustomerRegistered,
        "customer.registered",
        {"name": "Jana Novotná", "registered_on": "2015-01-05", "kind": "personal"},
        stated,
    )


def an_amendment(**stated: Any) -> CustomerAmended:
    return _built(CustomerAmended, "customer.amended", {"source_seq": 1}, stated)


def a_relationship(**stated: Any) -> RelationshipAssigned:
    defaults = {"relationship_id": "R1", "role": "host", "party_id": "M001"}
    return _built(RelationshipAssigned, "relationship.assigned", defaults, stated)


def a_host(party_id: str = "M001", **stated: Any) -> RelationshipAssigned:
    """The assignment of a host manager, a relationship of its own per manager."""
    return a_relationship(**{"relationship_id": f"host-{party_id}", "party_id": party_id, **stated})


def a_co_host(party_id: str = "M002", **stated: Any) -> RelationshipAssigned:
    named = {"relationship_id": f"co-host-{party_id}", "role": "co_host", "party_id": party_id}
    return a_relationship(**{**named, **stated})


def a_signatory(party_id: str = "P001", **stated: Any) -> RelationshipAssigned:
    named = {"relationship_id": f"signatory-{party_id}", "role": "signatory", "party_id": party_id}
    return a_relationship(**{**named, **stated})


def a_relationship_end(**stated: Any) -> RelationshipEnded:
    return _built(RelationshipEnded, "relationship.ended", {"relationship_id": "R1", "source_seq": 1}, stated)


# -- accounts --


def an_account(**stated: Any) -> AccountOpened:
    """A current account in CZK; a `maturity_on` makes it a term deposit."""
    defaults = {
        "account_id": ACCOUNT,
        "product": "current",
        "currency": "CZK",
        "opened_on": "2020-01-02",
    }
    return _built(AccountOpened, "account.opened", defaults, stated)


def an_entry(**stated: Any) -> AccountEntryBooked:
    defaults = {
        "account_id": ACCOUNT,
        "source_seq": 1,
        "amount_minor": 1_000_00,
        "balance_minor": 1_000_00,
        "currency": "CZK",
        "booked_on": "2020-03-02",
    }
    return _built(AccountEntryBooked, "account.entry_booked", defaults, stated)


def a_balance(**stated: Any) -> AccountBalanceReported:
    defaults = {
        "account_id": ACCOUNT,
        "source_seq": 1,
        "balance_minor": 1_000_00,
        "currency": "CZK",
    }
    return _built(AccountBalanceReported, "account.balance_reported", defaults, stated)


def new_terms(**stated: Any) -> AccountTermsChanged:
    defaults = {"account_id": ACCOUNT, "source_seq": 1, "product": "term-deposit"}
    return _built(AccountTermsChanged, "account.terms_changed", defaults, stated)


def a_freeze(**stated: Any) -> AccountFrozen:
    defaults = {
        "account_id": ACCOUNT,
        "source_seq": 1,
        "freeze_id": "F1",
        "amount_minor": 500_00,
        "currency": "CZK",
    }
    return _built(AccountFrozen, "account.frozen", defaults, stated)


def an_unfreeze(**stated: Any) -> AccountUnfrozen:
    defaults = {"account_id": ACCOUNT, "source_seq": 2, "freeze_id": "F1"}
    return _built(AccountUnfrozen, "account.unfrozen", defaults, stated)


def a_closure(**stated: Any) -> AccountClosed:
    defaults = {"account_id": ACCOUNT, "source_seq": 9, "closed_on": "2020-03-02"}
    return _built(AccountClosed, "account.closed", defaults, stated)


# -- lending --


def a_contract(**stated: Any) -> LoanContractSigned:
    defaults = {
        "contract_id": CONTRACT,
        "limit_minor": 100_000_00,
        "currency": "CZK",
        "signed_on": "2020-03-02",
    }
    return _built(LoanContractSigned, "loan.contract_signed", defaults, stated)


def _of_drawdown(**more: Any) -> dict[str, Any]:
    return {"contract_id": CONTRACT, "drawdown_id": DRAWDOWN, **more}


def a_drawdown(**stated: Any) -> LoanDrawnDown:
    defaults = _of_drawdown(amount_minor=80_000_00, currency="CZK", drawn_on="2020-03-02", maturity_on="2021-03-02")
    return _built(LoanDrawnDown, "loan.drawn_down", defaults, stated)


def a_repayment(**stated: Any) -> LoanRepaid:
    defaults = _of_drawdown(source_seq=1, amount_minor=10_000_00, currency="CZK", repaid_on="2020-03-02")
    return _built(LoanRepaid, "loan.repaid", defaults, stated)


def a_missed_instalment(**stated: Any) -> LoanInstalmentMissed:
    defaults = _of_drawdown(source_seq=1, due_on="2020-03-01", arrears_minor=2_000_00, currency="CZK")
    return _built(LoanInstalmentMissed, "loan.instalment_missed", defaults, stated)


def a_settlement(**stated: Any) -> LoanSettled:
    return _built(LoanSettled, "loan.settled", _of_drawdown(source_seq=9, settled_on="2020-03-02"), stated)


# -- guarantees, acceptances, collateral --


def a_guarantee(**stated: Any) -> GuaranteeIssued:
    defaults = {
        "contract_id": "G1",
        "letter_number": "LG-1",
        "amount_minor": 50_000_00,
        "currency": "CZK",
        "beneficiary": "City of Olomouc",
        "issued_on": "2020-03-02",
        "expires_on": "2021-03-02",
    }
    return _built(GuaranteeIssued, "guarantee.issued", defaults, stated)


def a_guarantee_amendment(**stated: Any) -> GuaranteeAmended:
    defaults = {"contract_id": "G1", "source_seq": 1, "currency": "CZK"}
    return _built(GuaranteeAmended, "guarantee.amended", defaults, stated)


def a_guarantee_call(**stated: Any) -> GuaranteeCalled:
    defaults = {
        "contract_id": "G1",
        "source_seq": 2,
        "called_minor": 5_000_00,
        "currency": "CZK",
        "called_on": "2020-03-02",
    }
    return _built(GuaranteeCalled, "guarantee.called", defaults, stated)


def a_guarantee_release(**stated: Any) -> GuaranteeReleased:
    defaults = {"contract_id": "G1", "source_seq": 9, "released_on": "2020-03-02", "ground": "returned"}
    return _built(GuaranteeReleased, "guarantee.released", defaults, stated)


def _of_bill(**more: Any) -> dict[str, Any]:
    return {"contract_id": "AC1", "bill_id": BILL, **more}


def a_bill(**stated: Any) -> AcceptanceAccepted:
    defaults = _of_bill(amount_minor=40_000_00, currency="CZK", accepted_on="2020-03-02", maturity_on="2020-09-02")
    return _built(AcceptanceAccepted, "acceptance.accepted", defaults, stated)


def a_bill_payment(**stated: Any) -> AcceptancePaid:
    defaults = _of_bill(source_seq=1, paid_minor=10_000_00, currency="CZK", paid_on="2020-03-02")
    return _built(AcceptancePaid, "acceptance.paid", defaults, stated)


def a_bill_settlement(**stated: Any) -> AcceptanceSettled:
    return _built(AcceptanceSettled, "acceptance.settled", _of_bill(source_seq=9, settled_on="2020-03-02"), stated)


def _of_pledge(**more: Any) -> dict[str, Any]:
    return {"contract_id": CONTRACT, "collateral_id": COLLATERAL, **more}


def a_pledge(**stated: Any) -> CollateralPledged:
    defaults = _of_pledge(
        collateral_kind="real_estate", value_minor=120_000_00, currency="CZK", pledged_on="2020-03-02"
    )
    return _built(CollateralPledged, "collateral.pledged", defaults, stated)


def a_valuation(**stated: Any) -> CollateralValued:
    defaults = _of_pledge(source_seq=1, value_minor=90_000_00, currency="CZK", valued_on="2020-03-02")
    return _built(CollateralValued, "collateral.valued", defaults, stated)


def a_collateral_release(**stated: Any) -> CollateralReleased:
    defaults = _of_pledge(source_seq=9, released_on="2020-03-02")
    return _built(CollateralReleased, "collateral.released", defaults, stated)


# -- contact --


def a_contact(**stated: Any) -> ContactMade:
    defaults = {"source": "call-centre", "channel": "call", "direction": "inbound"}
    return _built(ContactMade, "interaction.contact_made", defaults, stated)


def a_campaign_answer(**stated: Any) -> CampaignAnswered:
    defaults = {"source": "campaigns", "campaign_id": "SPRING", "response": "interested", "channel": "email"}
    return _built(CampaignAnswered, "interaction.campaign_answered", defaults, stated)


def an_interest(**stated: Any) -> InterestShown:
    defaults = {"source": "e-bank", "product": "mortgage", "channel": "e_bank"}
    return _built(InterestShown, "interaction.interest_shown", defaults, stated)


def a_score(**stated: Any) -> SatisfactionScored:
    return _built(SatisfactionScored, "interaction.satisfaction_scored", {"source": "surveys", "score": 8}, stated)


# -- complaints --


def a_complaint(**stated: Any) -> ComplaintReceived:
    defaults = {
        "complaint_id": COMPLAINT,
        "received_on": "2020-03-01",
        "product": "Credit card",
        "issue": "Billing dispute",
        "content": "Charged twice",
        "channel": "web",
    }
    return _built(ComplaintReceived, "complaint.received", defaults, stated)


def a_complaint_update(**stated: Any) -> ComplaintUpdated:
    return _built(ComplaintUpdated, "complaint.updated", {"complaint_id": COMPLAINT, "source_seq": 1}, stated)


def a_resolution(**stated: Any) -> ComplaintResolved:
    defaults = {"complaint_id": COMPLAINT, "source_seq": 2, "resolved_on": "2020-03-05"}
    return _built(ComplaintResolved, "complaint.resolved", defaults, stated)


def a_withdrawal(**stated: Any) -> ComplaintWithdrawn:
    defaults = {"complaint_id": COMPLAINT, "source_seq": 2, "withdrawn_on": "2020-03-05"}
    return _built(ComplaintWithdrawn, "complaint.withdrawn", defaults, stated)


# -- what people do with alerts --


def an_acknowledgement(alert_id: str = ALERT, **stated: Any) -> AlertAcknowledged:
    return _built(AlertAcknowledged, "alert.acknowledged", {"alert_id": alert_id, "actor": "M001"}, stated)


def a_snooze(alert_id: str = ALERT, until: datetime | str = "2020-03-09T08:00:00Z", **stated: Any) -> AlertSnoozed:
    return _built(AlertSnoozed, "alert.snoozed", {"alert_id": alert_id, "actor": "M001", "until": until}, stated)


def a_dismissal(alert_id: str = ALERT, **stated: Any) -> AlertDismissed:
    defaults = {"alert_id": alert_id, "actor": "M001", "reason": "nothing to it"}
    return _built(AlertDismissed, "alert.dismissed", defaults, stated)


def an_alert_resolution(alert_id: str = ALERT, **stated: Any) -> AlertResolved:
    return _built(AlertResolved, "alert.resolved", {"alert_id": alert_id, "actor": "M001"}, stated)


# -- time --


def a_tick(at: datetime | str = NOON, **stated: Any) -> ClockTicked:
    return _built(
        ClockTicked,
        "clock.ticked",
        {"source": "clock", "occurred_at": at, "recorded_at": at},
        stated,
    )


# -- rules --


def some_rules(
    bank_timezone: str = "UTC",
    raise_after: datetime | None = None,
    closed_alert_days: int | None = None,
    **stated: dict[str, Any] | None,
) -> Rules:
    """The shipped rules; a keyword named as a kind overrides fields of that rule, None leaves the kind out."""
    defaults: dict[str, dict[str, Any]] = {
        "large_balance": {"threshold": "100000.00", "rearm_percent": 95},
        "large_entry": {"threshold": "50000.00"},
        "maturity": {"days_before": 30},
        "complaint_reminder": {},
    }
    rules = []
    for kind, fields in defaults.items():
        overrides = stated.get(kind, {})
        if overrides is not None:
            named = {"id": kind.replace("_", "-"), "kind": kind, "version": 1, "severity": "notice"}
            rules.append({**named, **fields, **overrides})
    settings: dict[str, Any] = {"raise_after": raise_after, "closed_alert_days": closed_alert_days}
    return rules_of(*rules, bank_timezone=bank_timezone, **settings)


def rules_of(*rules: dict[str, Any], bank_timezone: str = "UTC", **settings: Any) -> Rules:
    """These rules and no others."""
    return Rules(RuleFile.model_validate({"rules": list(rules)}), bank_timezone, **settings)
