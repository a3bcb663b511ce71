"""The timeline of what happened to a customer."""

from datetime import timedelta
from typing import Any, get_args

import orjson

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.actions import AlertAction
from schemas.events import CustomerScoped
from schemas.interactions import InterestShown
from schemas.loans import LoanRepaid
from schemas.views import TIMELINE
from streams.folds.timeline import NOTABLE, TIMELINE_KEPT, fold
from tests.support.builders import (
    NOON,
    a_bill,
    a_complaint,
    a_contact,
    a_customer,
    a_drawdown,
    a_freeze,
    a_pledge,
    a_relationship,
    an_account,
    an_amendment,
    an_entry,
)
from tests.support.driver import Driver
from tests.unit.streams.folds.folding import assert_any_order_and_repetition_ends_the_same, folded


def _freezes(count: int) -> list[Any]:
    return [
        a_freeze(freeze_id=f"F{seq}", source_seq=seq, occurred_at=NOON + timedelta(hours=seq)) for seq in range(count)
    ]


def test_every_event_but_postings_interests_and_actions_is_notable() -> None:
    ordinary = {AccountEntryBooked, AccountBalanceReported, LoanRepaid, InterestShown, *get_args(AlertAction)}
    assert set(NOTABLE) == set(get_args(CustomerScoped)) - ordinary


def test_an_event_is_told_with_its_subject_and_a_few_facts() -> None:
    (told,) = folded(fold, a_freeze(freeze_id="F1", amount_minor=500, source_seq=4, reason="A court order"))["events"]
    assert told == {
        "at": "2020-03-02T12:00:00Z",
        "type": "account.frozen",
        "subject": "account:A1",
        "source": "core",
        "seq": 4,
        "detail": {"freeze_id": "F1", "amount_minor": 500, "currency": "CZK"},
    }


def test_subjects_name_the_entity() -> None:
    events = [a_drawdown(), a_bill(), a_pledge(), a_complaint(), a_contact(), a_relationship(), a_customer()]
    assert {told["subject"] for told in folded(fold, *events)["events"]} == {
        "loan:L1/drawdown:D1",
        "acceptance:AC1/bill:B1",
        "collateral:L1/pledge:P1",
        "complaint:K1",
        "interactions",
        "relationship:R1",
        "profile",
    }


def test_a_changed_party_is_told_by_the_names_of_the_fields_alone() -> None:
    personal = {"name": "Eva Malá", "address": "Side 2", "phone": "777", "document_number": "X9", "email": "e@x.cz"}
    section = folded(fold, a_customer(**personal), an_amendment(**personal, tier="top"))
    assert section["events"][0]["detail"] == {}
    assert section["events"][1]["detail"]["fields"] == ["name", "document_number", "phone", "email", "address", "tier"]
    for value in (*personal.values(), "top"):
        assert value not in orjson.dumps(section).decode()


def test_texts_are_not_told() -> None:
    texts = [a_complaint(content="secret"), a_contact(note="secret"), a_freeze(reason="secret")]
    texts += [a_pledge(description="secret"), a_bill(payee="secret")]
    assert b"secret" not in orjson.dumps(folded(fold, *texts))


def test_the_newest_are_kept_by_instant_and_not_by_arrival() -> None:
    events = _freezes(TIMELINE_KEPT + 3)
    newest = list(range(3, TIMELINE_KEPT + 3))
    for order in (events, events[::-1], events[5:] + events[:5]):
        assert [told["seq"] for told in folded(fold, *order)["events"]] == newest


def test_an_event_told_again_or_older_than_a_full_timeline_changes_nothing() -> None:
    events = _freezes(TIMELINE_KEPT + 1)
    section = folded(fold, *events)
    for event in events:
        assert fold(section, event) is section


def test_instants_are_compared_and_not_their_texts() -> None:
    first, second = an_account(), a_freeze(source_seq=1, occurred_at=NOON + timedelta(microseconds=500))
    assert [told["seq"] for told in folded(fold, second, first)["events"]] == [0, 1]


def test_any_order_and_repetition_ends_the_same() -> None:
    later = NOON + timedelta(days=1)
    history = [a_customer(), an_account(), a_contact(source="e-bank"), a_contact(), a_complaint(occurred_at=later)]
    assert_any_order_and_repetition_ends_the_same(fold, history)


def test_a_superseded_event_has_happened_all_the_same() -> None:
    driver = Driver()
    newer = an_amendment(source_seq=2, phone="2", occurred_at=NOON + timedelta(hours=1))
    driver.pipe_each(newer, an_amendment(source_seq=1, phone="1"))
    assert [told["seq"] for told in driver.section(TIMELINE)["events"]] == [1, 2]
    assert driver.put == {TIMELINE, "summary"}
    assert driver.section("profile")["phone"] == "2"


def test_a_refused_event_and_an_entry_leave_no_trace() -> None:
    driver = Driver()
    driver.pipe_each(an_account(currency="CZK"), a_freeze(currency="EUR"), an_entry(source_seq=3))
    assert [told["type"] for told in driver.section(TIMELINE)["events"]] == ["account.opened"]
