"""The oracle's part that recomputes the sections of a view from what was told."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any, Final

from schemas.acceptances import AcceptanceAccepted, AcceptanceEvent, AcceptancePaid, AcceptanceSettled
from schemas.accounts import (
    AccountBalanceReported,
    AccountClosed,
    AccountEntryBooked,
    AccountEvent,
    AccountFrozen,
    AccountOpened,
    AccountTermsChanged,
    AccountUnfrozen,
)
from schemas.alerts import COMPLAINTS_DESK, CUSTOMER_DESK
from schemas.collateral import CollateralEvent, CollateralPledged, CollateralReleased, CollateralValued
from schemas.complaints import (
    ComplaintEvent,
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
from schemas.guarantees import (
    GuaranteeAmended,
    GuaranteeCalled,
    GuaranteeEvent,
    GuaranteeIssued,
    GuaranteeReleased,
)
from schemas.interactions import CampaignAnswered, ContactMade, InteractionEvent, InterestShown, SatisfactionScored
from schemas.loans import (
    LoanContractSigned,
    LoanDrawnDown,
    LoanEvent,
    LoanInstalmentMissed,
    LoanRepaid,
    LoanSettled,
)
from tests.support.oracle_past import stated_on
from tests.support.oracle_rules import Judged, Section

__all__ = [
    "DESKS",
    "OPEN",
    "WINDOW",
    "CustomerViews",
    "Sections",
    "complaint_status",
    "currency_of",
    "day_text",
    "instant_text",
    "newest_of",
    "outstanding_of",
    "products",
    "section_of",
    "totals",
]

WINDOW: Final = 32
DESKS: Final = (CUSTOMER_DESK, COMPLAINTS_DESK)
OPEN: Final = ("raised", "acknowledged", "snoozed")
Sections = dict[str, Section]


class CustomerViews(Judged):
    """Looks every fact up among all that was told, each time."""

    disarmed: dict[tuple[str, str], str]
    """(account, rule) -> the cause of the alert after which the rule has not been armed again."""

    def profile(self) -> Section:
        profile: Section = {"order": {}}
        party = [told.event for told in self.told if isinstance(told.event, CustomerRegistered | CustomerAmended)]
        for name in (
            "name",
            "kind",
            "registered_on",
            "born_on",
            "document_number",
            "organisation_code",
            "phone",
            "email",
            "address",
            "home_branch",
            "vip",
            "tier",
        ):
            _state(profile, name, party, _field(name))
        relationships: Sections = {}
        links = [told.event for told in self.told if isinstance(told.event, RelationshipAssigned | RelationshipEnded)]
        for link in links:
            of_link = [event for event in links if event.relationship_id == link.relationship_id]
            assigned = newest_of(event for event in of_link if isinstance(event, RelationshipAssigned))
            last = newest_of(of_link)
            assert last is not None
            relationships[link.relationship_id] = {
                "role": assigned.role.value if assigned else None,
                "party_id": assigned.party_id if assigned else None,
                "account_id": assigned.account_id if assigned else None,
                "since": instant_text(assigned.occurred_at) if assigned else None,
                "active": isinstance(last, RelationshipAssigned),
                "seq": last.source_seq,
                "assigned_seq": assigned.source_seq if assigned else -1,
            }
        profile["relationships"] = relationships
        current = {key: part for key, part in relationships.items() if part["active"]}
        hosts = [
            (datetime.fromisoformat(part["since"]), key, part["party_id"])
            for key, part in current.items()
            if part["role"] == "host"
        ]
        profile["host_manager"] = max(hosts)[2] if hosts else None
        for name, role in (("co_hosts", "co_host"), ("signatories", "signatory")):
            profile[name] = sorted({part["party_id"] for part in current.values() if part["role"] == role})
        if rules := self.remembered_in("profile"):
            profile["rules"] = rules
        return profile

    def account(self, account_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, AccountEvent) and event.account_id == account_id)
        account: Section = {"account_id": account_id, "currency": currency_of(events), "order": {}}
        _state(account, "opened_on", events, _field("opened_on"))
        _state(account, "closed_on", events, _field("closed_on"))
        life = newest_of(event for event in events if isinstance(event, AccountOpened | AccountClosed))
        terms = newest_of(event for event in events if isinstance(event, AccountOpened | AccountTermsChanged))
        balance = newest_of(event for event in events if isinstance(event, AccountEntryBooked | AccountBalanceReported))
        for name, stated in (("life", life), ("terms", terms), ("balance", balance)):
            if stated:
                account["order"][name] = stated.source_seq
        account["product"] = terms.product if terms else None
        account["maturity_on"] = day_text(terms.maturity_on) if terms else None
        account["balance_minor"] = balance.balance_minor if balance else None
        if balance:
            account["balance_on"] = stated_on(balance, self._day_of).isoformat()
        seqs = sorted({event.source_seq for event in events if isinstance(event, AccountEntryBooked)})
        account["entries"] = len(seqs)
        account["recent"] = seqs[-WINDOW:]
        counted: dict[int, AccountEntryBooked] = {}
        for event in events:
            if isinstance(event, AccountEntryBooked):
                counted.setdefault(event.source_seq, event)
        if counted:
            account["last_entry_on"] = day_text(max(event.booked_on for event in counted.values()))
        freezes: Sections = {}
        for event in events:
            if isinstance(event, AccountFrozen | AccountUnfrozen):
                freeze_id = event.freeze_id
                last = newest_of(
                    other
                    for other in events
                    if isinstance(other, AccountFrozen | AccountUnfrozen) and other.freeze_id == freeze_id
                )
                assert last is not None
                amount = last.amount_minor if isinstance(last, AccountFrozen) else None
                freezes[freeze_id] = {"amount_minor": amount, "seq": last.source_seq}
        standing = [part["amount_minor"] for part in freezes.values() if part["amount_minor"] is not None]
        account["freezes"] = freezes
        account["frozen_minor"] = sum(standing)
        account["status"] = "closed" if isinstance(life, AccountClosed) else "frozen" if standing else "open"
        disarmed = {
            rule_id: {"disarmed_by": cause}
            for (held_account, rule_id), cause in self.disarmed.items()
            if held_account == account_id
        }
        account["armed"] = not disarmed
        if rules := disarmed | self.remembered_in(f"account:{account_id}"):
            account["rules"] = rules
        return account

    def loan(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, LoanEvent) and event.contract_id == contract_id)
        signed = newest_of(event for event in events if isinstance(event, LoanContractSigned))
        drawdowns: Sections = {}
        for event in events:
            if not isinstance(event, LoanContractSigned):
                drawdowns[event.drawdown_id] = self.drawdown(contract_id, event.drawdown_id)
        unsettled = [part for part in drawdowns.values() if part["status"] != "settled"]
        days = [part["maturity_on"] for part in unsettled if part["maturity_on"]]
        rules = self.remembered_in(f"loan:{contract_id}")
        return ({"rules": rules} if rules else {}) | {
            "contract_id": contract_id,
            "currency": currency_of(events),
            "contract_minor": signed.limit_minor if signed else None,
            "signed_on": day_text(signed.signed_on) if signed else None,
            "drawn_minor": sum(part["amount_minor"] or 0 for part in drawdowns.values()),
            "outstanding_minor": sum(map(outstanding_of, unsettled)),
            "arrears_minor": sum(part["arrears_minor"] for part in unsettled),
            "maturity_on": min(days) if days else None,
            "status": "settled"
            if drawdowns and not unsettled
            else "in_arrears"
            if any(part["status"] == "in_arrears" for part in unsettled)
            else "open",
            "drawdowns": drawdowns,
            "order": {"signed": signed.source_seq} if signed else {},
        }

    def drawdown(self, contract_id: str, drawdown_id: str) -> Section:
        events = self._of(
            lambda event: (
                isinstance(event, LoanEvent)
                and not isinstance(event, LoanContractSigned)
                and (event.contract_id, event.drawdown_id) == (contract_id, drawdown_id)
            )
        )
        drawn = newest_of(event for event in events if isinstance(event, LoanDrawnDown))
        arrears = newest_of(event for event in events if isinstance(event, LoanRepaid | LoanInstalmentMissed))
        settled = newest_of(event for event in events if isinstance(event, LoanSettled))
        counted: dict[int, Any] = {}
        for event in events:
            if isinstance(event, LoanRepaid | LoanInstalmentMissed):
                counted.setdefault(event.source_seq, event)
        stated = {"drawn": drawn, "arrears": arrears, "settled": settled}
        arrears_minor = arrears.arrears_minor if arrears else 0
        return {
            "amount_minor": drawn.amount_minor if drawn else None,
            "drawn_on": day_text(drawn.drawn_on) if drawn else None,
            "maturity_on": day_text(drawn.maturity_on) if drawn else None,
            "repaid_minor": sum(event.amount_minor for event in counted.values() if isinstance(event, LoanRepaid)),
            "arrears_minor": arrears_minor,
            "missed": sum(isinstance(event, LoanInstalmentMissed) for event in counted.values()),
            "status": "settled" if settled else "in_arrears" if arrears_minor > 0 else "open",
            "order": {name: event.source_seq for name, event in stated.items() if event},
            "recent": sorted(counted)[-WINDOW:],
        }

    def guarantee(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, GuaranteeEvent) and event.contract_id == contract_id)
        guarantee: Section = {"contract_id": contract_id, "currency": currency_of(events), "order": {}}
        for name in ("letter_number", "amount_minor", "beneficiary", "issued_on", "expires_on"):
            _state(guarantee, name, events, _field(name))
        for name in ("called_minor", "called_on", "released_on"):
            _state(guarantee, name, events, _field(name))
        guarantee["called_minor"] = guarantee["called_minor"] or 0
        _state(guarantee, "status", events, _guarantee_status)
        guarantee["status"] = guarantee["status"] or "open"
        return guarantee

    def acceptance(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, AcceptanceEvent) and event.contract_id == contract_id)
        bills: Sections = {}
        for event in events:
            bills[event.bill_id] = _bill([other for other in events if other.bill_id == event.bill_id])
        unsettled = [bill for bill in bills.values() if bill["status"] == "open"]
        days = [bill["maturity_on"] for bill in unsettled if bill["maturity_on"]]
        return {
            "contract_id": contract_id,
            "currency": currency_of(events),
            "accepted_minor": sum(bill["amount_minor"] or 0 for bill in bills.values()),
            "outstanding_minor": sum(max(0, (bill["amount_minor"] or 0) - bill["paid_minor"]) for bill in unsettled),
            "maturity_on": min(days) if days else None,
            "status": "open" if unsettled else "settled",
            "bills": bills,
        }

    def collateral(self, contract_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, CollateralEvent) and event.contract_id == contract_id)
        pledges: Sections = {}
        for event in events:
            pledges[event.collateral_id] = _pledge(
                [other for other in events if other.collateral_id == event.collateral_id]
            )
        standing = [pledge for pledge in pledges.values() if pledge["status"] == "pledged"]
        percents = [pledge["cover_percent"] for pledge in standing if pledge["cover_percent"]]
        return {
            "contract_id": contract_id,
            "currency": currency_of(events),
            "value_minor": sum(pledge["value_minor"] or 0 for pledge in standing),
            "cover_percent": max(percents) if percents else None,
            "pledges": pledges,
        }

    def interactions(self) -> Section:
        counted: dict[tuple[str, int], Any] = {}
        for event in self._of(lambda event: isinstance(event, InteractionEvent)):
            counted.setdefault((event.source, event.source_seq), event)
        told = sorted(counted.values(), key=lambda event: (event.occurred_at, event.source, event.source_seq))
        contacts = [event for event in told if isinstance(event, ContactMade)]
        campaigns = [event for event in told if isinstance(event, CampaignAnswered)]
        interests = [event for event in told if isinstance(event, InterestShown)]
        scores = [event for event in told if isinstance(event, SatisfactionScored)]
        reached = [event.occurred_at for event in contacts if event.outcome.value != "not_reached"]
        every: dict[str, list[Any]] = {
            "contacts": contacts,
            "campaigns": campaigns,
            "interests": interests,
            "scores": scores,
        }
        facts = ("channel", "direction", "outcome", "party_id", "product", "note")
        rules = self.remembered_in("interactions")
        return ({"rules": rules} if rules else {}) | {
            "last_contact_at": instant_text(max(reached)) if reached else None,
            "contacts": [_part(event, *facts) for event in contacts[-16:]],
            "campaigns": [_part(event, "campaign_id", "response", "channel", "product") for event in campaigns[-8:]],
            "interests": [_part(event, "product", "channel") for event in interests[-32:]],
            "satisfaction": _part(scores[-1], "score", "survey_id", "comment") if scores else None,
            "counts": {name: len(events) for name, events in every.items() if events},
            "recent": {source: sorted(seq for of, seq in counted if of == source)[-WINDOW:] for source, _ in counted},
        }

    def complaint(self, complaint_id: str) -> Section:
        events = self._of(lambda event: isinstance(event, ComplaintEvent) and event.complaint_id == complaint_id)
        complaint: Section = {"complaint_id": complaint_id, "order": {}}
        for name in ("received_on", "product", "issue", "content", "channel", "resolution"):
            _state(complaint, name, events, _field(name))
        _state(complaint, "status", events, complaint_status)
        complaint["status"] = complaint["status"] or "open"
        _state(
            complaint,
            "closed_on",
            events,
            lambda event: field_of(event, "resolved_on") or field_of(event, "withdrawn_on"),
        )
        return complaint

    def _of(self, wanted: Callable[[Any], bool]) -> list[Any]:
        return [told.event for told in self.told if wanted(told.event)]

    def held(self) -> dict[str, int]:
        compute = {
            "account": self.account,
            "loan": self.loan,
            "guarantee": self.guarantee,
            "acceptance": self.acceptance,
        }
        names = {section_of(told.event) for told in self.told}
        parts = [(name, *name.split(":", 1)) for name in names if name.split(":")[0] in compute]
        return products({name: compute[family](entity) for name, family, entity in parts})

    def remembered_in(self, section: str) -> Sections:
        return {rule_id: state for (held, rule_id), state in self.remembered.items() if held == section}


def totals(sections: Sections) -> Section:
    """The summary's totals, recomputed from the other sections."""
    accounts = [section for name, section in sections.items() if name.startswith("account:")]
    loans = [section for name, section in sections.items() if name.startswith("loan:")]
    complaints = [section for name, section in sections.items() if name.startswith("complaint:")]
    alerts = [section for name, section in sections.items() if name.startswith("alert:")]
    balances = {account["currency"]: 0 for account in accounts if account["currency"]}
    for account in accounts:
        if account["status"] != "closed" and account["balance_minor"] is not None:
            balances[account["currency"]] += account["balance_minor"]
    outstanding = {loan["currency"]: 0 for loan in loans if loan["currency"]}
    for loan in loans:
        if loan["currency"]:
            outstanding[loan["currency"]] += loan["outstanding_minor"]
    return _seldom_totals(sections) | {
        "accounts": sum(account["status"] != "closed" for account in accounts),
        "loans": sum(loan["status"] != "settled" for loan in loans),
        "complaints": sum(complaint["status"] in ("open", "in_progress") for complaint in complaints),
        "alerts": len(alerts),
        "unaddressed": sum(alert["to"] in DESKS and alert["state"] in OPEN for alert in alerts),
        "balance_minor": balances,
        "outstanding_minor": outstanding,
    }


def _seldom_totals(sections: Sections) -> Section:
    """What stands in the totals only of those who ever had such contracts."""
    result: Section = {}
    guarantees = [section for name, section in sections.items() if name.startswith("guarantee:")]
    acceptances = [section for name, section in sections.items() if name.startswith("acceptance:")]
    collateral = [section for name, section in sections.items() if name.startswith("collateral:")]
    binding = [guarantee for guarantee in guarantees if guarantee["status"] in ("open", "called")]
    if guarantees:
        result["guarantees"] = len(binding)
    if acceptances:
        result["acceptances"] = sum(acceptance["status"] == "open" for acceptance in acceptances)
    for name, sections_met, amounts in (
        ("guaranteed_minor", guarantees, [(one["currency"], one["amount_minor"] or 0) for one in binding]),
        ("accepted_minor", acceptances, [(one["currency"], one["outstanding_minor"]) for one in acceptances]),
        ("collateral_minor", collateral, [(one["currency"], one["value_minor"]) for one in collateral]),
    ):
        currencies = {section["currency"] for section in sections_met if section["currency"]}
        if currencies:
            result[name] = {code: sum(minor for of, minor in amounts if of == code) for code in currencies}
    return result


def products(sections: Sections) -> dict[str, int]:
    """What is held, recomputed from the other sections."""
    held = [
        section["product"]
        for name, section in sections.items()
        if name.startswith("account:") and section["status"] != "closed" and section["product"]
    ]
    for product, over in (("loan", ("settled",)), ("guarantee", ("released", "expired")), ("acceptance", ("settled",))):
        living = [
            section
            for name, section in sections.items()
            if name.startswith(f"{product}:") and section["status"] not in over
        ]
        held += [product] * len(living)
    return {product: held.count(product) for product in held}


def section_of(event: Any) -> str:  # noqa: PLR0911 - a return per family of events
    if isinstance(event, AccountEvent):
        return f"account:{event.account_id}"
    if isinstance(event, LoanEvent):
        return f"loan:{event.contract_id}"
    if isinstance(event, ComplaintEvent):
        return f"complaint:{event.complaint_id}"
    if isinstance(event, GuaranteeEvent):
        return f"guarantee:{event.contract_id}"
    if isinstance(event, AcceptanceEvent):
        return f"acceptance:{event.contract_id}"
    if isinstance(event, CollateralEvent):
        return f"collateral:{event.contract_id}"
    if isinstance(event, InteractionEvent):
        return "interactions"
    return "profile"


def _bill(events: list[Any]) -> Section:
    accepted = newest_of(event for event in events if isinstance(event, AcceptanceAccepted))
    paid = newest_of(event for event in events if isinstance(event, AcceptancePaid))
    settled = newest_of(event for event in events if isinstance(event, AcceptanceSettled))
    bill: Section = {
        "amount_minor": accepted.amount_minor if accepted else None,
        "accepted_on": day_text(accepted.accepted_on) if accepted else None,
        "maturity_on": day_text(accepted.maturity_on) if accepted else None,
        "paid_minor": paid.paid_minor if paid else 0,
        "status": "settled" if settled else "open",
        "order": {
            name: event.source_seq
            for name, event in (("accepted", accepted), ("paid", paid), ("settled", settled))
            if event
        },
    }
    _state(bill, "payee", events, _field("payee"))
    return bill


def _pledge(events: list[Any]) -> Section:
    pledged = newest_of(event for event in events if isinstance(event, CollateralPledged))
    valued = newest_of(event for event in events if isinstance(event, CollateralPledged | CollateralValued))
    life = newest_of(event for event in events if isinstance(event, CollateralPledged | CollateralReleased))
    pledge: Section = {
        "kind": pledged.collateral_kind.value if pledged else None,
        "cover_percent": pledged.cover_percent if pledged else None,
        "pledged_on": day_text(pledged.pledged_on) if pledged else None,
        "value_minor": valued.value_minor if valued else None,
        "valued_on": (day_text(valued.valued_on if isinstance(valued, CollateralValued) else valued.pledged_on))
        if valued
        else None,
        "status": "released" if isinstance(life, CollateralReleased) else "pledged",
        "order": {
            name: event.source_seq for name, event in (("terms", pledged), ("value", valued), ("life", life)) if event
        },
    }
    _state(pledge, "description", events, _field("description"))
    _state(pledge, "released_on", events, _field("released_on"))
    return pledge


def _guarantee_status(event: Any) -> str | None:
    if isinstance(event, GuaranteeIssued):
        return "open"
    if isinstance(event, GuaranteeCalled):
        return "called"
    if isinstance(event, GuaranteeReleased):
        return "expired" if event.ground.value == "expired" else "released"
    assert isinstance(event, GuaranteeAmended)
    return None


def _part(event: Any, *facts: str) -> Section:
    """An interaction as its section lists it."""
    values = {name: getattr(event, name) for name in facts}
    plain = {name: getattr(value, "value", value) for name, value in values.items()}
    return {"at": instant_text(event.occurred_at), **plain, "source": event.source, "seq": event.source_seq}


def newest_of(events: Iterable[Any]) -> Any:
    """The event of the greatest source_seq; of equals, the one told first; None when there is none."""
    newest = None
    for event in events:
        if newest is None or event.source_seq > newest.source_seq:
            newest = event
    return newest


def field_of(event: Any, name: str) -> Any:
    """What the event says of it; None when its kind has no such field, which pydantic itself is slow to say."""
    return vars(event).get(name)


def _field(name: str) -> Callable[[Any], Any]:
    return lambda event: field_of(event, name)


def _state(section: Section, name: str, events: list[Any], stated: Callable[[Any], Any]) -> None:
    """Set a field and its `order` from the newest event that states it; null states nothing."""
    newest = newest_of(event for event in events if stated(event) is not None)
    section[name] = None
    if newest is not None:
        value = stated(newest)
        section[name] = day_text(value) if isinstance(value, date) else getattr(value, "value", value)
        section["order"][name] = newest.source_seq


def complaint_status(event: Any) -> str | None:
    if isinstance(event, ComplaintReceived):
        return "open"
    if isinstance(event, ComplaintUpdated):
        return event.progress.value if event.progress else None
    if isinstance(event, ComplaintResolved):
        return "resolved"
    return "withdrawn" if isinstance(event, ComplaintWithdrawn) else None


def currency_of(events: list[Any]) -> str | None:
    return next((event.currency for event in events if field_of(event, "currency")), None)


def outstanding_of(drawdown: Section) -> int:
    if drawdown["status"] == "settled":
        return 0
    return max(0, (drawdown["amount_minor"] or 0) - int(drawdown["repaid_minor"]))


def day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def instant_text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
