from uuid import UUID

import pytest

from connectors.sources.entities import EVENT_TYPES, entity_of, event_id

FIELDS = {
    "customer_id": "B1",
    "relationship_id": "host:B1",
    "account_id": "A1",
    "contract_id": "L1",
    "drawdown_id": "D1",
    "complaint_id": "000002",
    "bill_id": "1",
    "collateral_id": "P1",
}


@pytest.mark.parametrize(
    ("kind", "entity"),
    [
        ("customer.registered", "customer:B1"),
        ("relationship.assigned", "relationship:host:B1"),
        ("account.opened", "account:A1"),
        ("account.entry_booked", "account:A1"),
        ("loan.contract_signed", "loan:L1"),
        ("loan.drawn_down", "loan:L1/drawdown:D1"),
        ("complaint.received", "complaint:000002"),
        ("guarantee.issued", "guarantee:L1"),
        ("acceptance.accepted", "acceptance:L1/bill:1"),
        ("collateral.pledged", "collateral:L1/pledge:P1"),
        ("interaction.interest_shown", "interactions:B1"),
    ],
)
def test_each_event_tells_about_one_entity(kind: str, entity: str) -> None:
    assert entity_of(EVENT_TYPES[kind], FIELDS) == entity


def test_the_clock_is_no_sources_business() -> None:
    assert not any(name.startswith("clock") for name in EVENT_TYPES)


def test_an_event_id_depends_on_source_entity_and_sequence_and_on_nothing_else() -> None:
    first = event_id("berka", "account:1", 1)
    assert event_id("berka", "account:1", 1) == first
    others = {event_id("cfpb", "account:1", 1), event_id("berka", "account:2", 1), event_id("berka", "account:1", 2)}
    assert len(others | {first}) == 4
    assert UUID(first).version == 5


def test_event_ids_never_change_from_one_release_to_the_next() -> None:
    assert event_id("berka", "account:1", 1) == "f35ad224-2d5a-5f30-8dfe-d4eb2224605f"
