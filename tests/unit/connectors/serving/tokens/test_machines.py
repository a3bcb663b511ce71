"""Machines prove themselves by a key or a certificate; of keys only hashes are kept."""

import pytest

from connectors.serving.tokens.errors import NotProved
from connectors.serving.tokens.machines import MachinesWrong, new_key, read_machines

ROLES = {"call_centre", "manager"}


def test_a_key_says_which_machine_asks() -> None:
    key, hashed = new_key()
    text = f"machines: [{{name: crm, role: manager, manager: M1, key_sha256: {hashed}, requests_per_second: 500}}]"
    person = read_machines(text, ROLES).by_key(key)
    assert (person.subject, person.role, person.manager) == ("machine:crm", "manager", "M1")
    assert (person.requests_per_second, person.until) == (500, None)
    assert key not in text


def test_a_certificate_says_it_by_any_of_its_names() -> None:
    machines = read_machines("machines: [{name: crm, role: manager, certificate: crm.bank.example}]", ROLES)
    assert machines.by_certificate(["another", "crm.bank.example"]).subject == "machine:crm"
    with pytest.raises(NotProved, match="nobody known here"):
        machines.by_certificate(["another"])


def test_a_key_that_is_not_known_is_refused_and_not_repeated() -> None:
    with pytest.raises(NotProved) as refused:
        read_machines("machines: []", ROLES).by_key("c360-guessed")
    assert "guessed" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "machines: [{name: crm, role: pirate, certificate: a}]",
            "crm: role pirate should be one of call_centre, manager",
        ),
        ("machines: [{name: crm, role: manager}]", "machines.0: should have key_sha256, or certificate"),
        ("machines: [{name: crm, role: manager, key_sha256: abc}]", "machines.0.key_sha256"),
        ("machines: [{name: a, role: manager, certificate: x}, {name: a, role: manager, certificate: y}]", "same name"),
        ("machines: [{name: a, role: manager, certificate: x}, {name: b, role: manager, certificate: x}]", "same cert"),
        ("machines: [", "should be YAML"),
        ("people: []", "machines: Field required"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, said: str) -> None:
    with pytest.raises(MachinesWrong, match=said):
        read_machines(text, ROLES)
