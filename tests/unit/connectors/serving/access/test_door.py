"""Role x field x row: what each of the roles shipped sees of each kind of customer."""

import json
from typing import Any, Final

import pytest

from connectors.serving.access.door import Door
from connectors.serving.access.masking import last_digits
from connectors.serving.access.person import Person
from connectors.serving.access.roles import Mask, May, default_roles
from connectors.serving.answers import Party

ROLES: Final = default_roles()

FULL: Final[dict[str, Any]] = {
    "document_number": "8001014433",
    "phone": "+420 602 123 456",
    "email": "jan.novak@example.com",
    "address": "Dlouha 7, Praha",
    "balance_minor": 1_234_567,
    "content": "The card 4000 1234 5678 9010 was refused.",
}
SHORT: Final[dict[str, Any]] = {
    "document_number": "***433",
    "phone": "***3456",
    "email": "***@example.com",
    "address": "***",
    "balance_minor": None,
    "content": "The card ***9010 was refused.",
}

ROWS: Final[dict[str, dict[str, Any]]] = {
    "hosted by M7, of branch B1": {"host_manager": "M7", "co_hosts": [], "home_branch": "B1"},
    "co-hosted by M7, of branch B2": {"host_manager": "M8", "co_hosts": ["M7"], "home_branch": "B2"},
    "of another manager and branch": {"host_manager": "M8", "co_hosts": ["M9"], "home_branch": "B2"},
    "of nobody, of no branch": {"host_manager": None, "co_hosts": [], "home_branch": None},
}
EVERY, HOSTED, CO_HOSTED = set(ROWS), "hosted by M7, of branch B1", "co-hosted by M7, of branch B2"

SEES_ROWS: Final[dict[str, set[str]]] = {
    "call_centre": EVERY,
    "manager": {HOSTED, CO_HOSTED},
    "branch_head": {HOSTED},
    "marketing": set(),
    "operations": set(),
    "auditor": EVERY,
}
SEES_SHORT: Final[dict[str, set[str]]] = {
    "call_centre": set(FULL),
    "manager": set(),
    "branch_head": set(),
    "auditor": set(FULL) - {"balance_minor"},
}
MAY: Final[dict[str, set[str]]] = {
    "call_centre": {"customers"},
    "manager": {"customers", "lists", "top", "act"},
    "branch_head": {"customers", "lists", "top", "act"},
    "marketing": {"top"},
    "operations": {"operations"},
    "auditor": {"customers"},
}


def a_door(role: str) -> Door:
    return Door(Person("someone", role, manager="M7", branch="B1"), ROLES[role])


def a_party(row: str) -> Party:
    return Party.of("C1", ROWS[row])


def sections_of(row: dict[str, Any]) -> dict[str, bytes]:
    party = {name: FULL[name] for name in ("document_number", "phone", "email", "address")}
    alert = {"kind": "large_balance", "payload": {"balance_minor": FULL["balance_minor"]}}
    sections = {
        "profile": {"name": "Jan Novak", **party, **row, "rules": {"address-moved": {"was": "Kratka 1"}}},
        "account:1": {"account_id": "1", "balance_minor": FULL["balance_minor"]},
        "complaint:1": {"complaint_id": "1", "content": FULL["content"]},
        "alert:1": alert,
        "summary": {"totals": {"accounts": 1, "balance_minor": {"CZK": FULL["balance_minor"]}}},
    }
    return {name: json.dumps(section).encode() for name, section in sections.items()}


def fields_in(sections: dict[str, bytes]) -> dict[str, Any]:
    """What is shown of each field; everywhere the same."""
    told = {name: json.loads(value) for name, value in sections.items()}
    amounts = {
        told["account:1"]["balance_minor"],
        told["alert:1"]["payload"]["balance_minor"],
        told["summary"]["totals"]["balance_minor"]["CZK"],
    }
    (amount,) = amounts
    party = {name: told["profile"][name] for name in ("document_number", "phone", "email", "address")}
    return {**party, "balance_minor": amount, "content": told["complaint:1"]["content"]}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_its_rows_and_of_them_its_fields(role: str, row: str) -> None:
    sections = sections_of(ROWS[row])
    door = a_door(role)
    assert door.admits(a_party(row)) == (row in SEES_ROWS[role])
    if row not in SEES_ROWS[role]:
        return
    shown = fields_in(door.shown(sections))
    for field, full in FULL.items():
        assert shown[field] == (SHORT[field] if field in SEES_SHORT[role] else full), field


def test_the_tables_name_every_role_and_what_it_may() -> None:
    assert set(ROLES) == set(SEES_ROWS) == set(MAY)
    assert {role: {may for may in May if a_door(role).may(may)} for role in ROLES} == MAY


def test_whoever_sees_all_gets_the_very_bytes() -> None:
    sections = sections_of(ROWS[HOSTED])
    shown = a_door("manager").shown(sections)
    assert all(shown[name] is sections[name] for name in sections)


def test_a_section_that_holds_nothing_masked_passes_unparsed() -> None:
    sections = {"account:1": b'{"balance_minor": 1}', "deadlines": b'{"due": {}}'}
    shown = a_door("auditor").shown(sections)
    assert all(shown[name] is sections[name] for name in sections)


def test_what_is_not_known_of_a_customer_admits_nobody_but_those_who_see_all() -> None:
    assert {role for role in ROLES if a_door(role).admits(Party.of("C1", {}))} == {"call_centre", "auditor"}


def test_a_manager_without_a_number_and_a_head_without_a_branch_see_nobody() -> None:
    for role in ("manager", "branch_head"):
        door = Door(Person("someone", role), ROLES[role])
        assert not any(door.admits(a_party(row)) for row in ROWS)


def test_what_rules_remember_is_left_out_where_something_is_masked() -> None:
    assert b"Kratka" not in a_door("call_centre").shown(sections_of(ROWS[HOSTED]))["profile"]


def test_a_family_of_sections_nobody_has_thought_of_is_masked_by_its_members_names() -> None:
    section = {"deep": [{"phone": FULL["phone"], "worth_minor": 5, "kept": "as it is", "flag": True}]}
    shown = a_door("call_centre").shown({"new:1": json.dumps(section).encode()})
    expected = {"deep": [{"phone": SHORT["phone"], "worth_minor": None, "kept": "as it is", "flag": True}]}
    assert json.loads(shown["new:1"]) == expected


def test_only_the_sections_asked_for_are_shown() -> None:
    assert a_door("manager").shown(sections_of(ROWS[HOSTED]), ["account:1"]).keys() == {"account:1"}


def test_lists_are_of_oneself_or_of_ones_branch() -> None:
    manager, head, auditor = a_door("manager"), a_door("branch_head"), a_door("auditor")
    assert (manager.admits_manager("M7"), manager.admits_manager("M8"), manager.admits_branch("B1")) == (
        True,
        False,
        False,
    )
    assert (head.admits_branch("B1"), head.admits_branch("B2"), head.admits_manager("M7")) == (True, False, False)
    assert auditor.admits_manager("M8")


def test_texts_are_kept_whole_from_whoever_must_not_read_them() -> None:
    role = ROLES["auditor"].model_copy(update={"masks": frozenset({Mask.TEXTS})})
    shown = Door(Person("someone", "auditor"), role).shown(sections_of(ROWS[HOSTED]))
    assert json.loads(shown["complaint:1"])["content"] is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "***"),
        ("12", "***"),
        ("123", "***3"),
        ("123456", "***56"),
        ("123456789012", "***9012"),
        ("1" * 60, "***1111"),
    ],
)
def test_of_an_identifier_at_most_a_third_and_four_digits_are_shown(text: str, shown: str) -> None:
    assert last_digits(text) == shown
