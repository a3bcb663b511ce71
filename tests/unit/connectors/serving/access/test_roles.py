"""A roles file is taken as it is meant, or refused with the place of what is wrong."""

import pytest

from connectors.serving.access.roles import Mask, May, RolesWrong, read_roles


def test_a_bank_may_have_roles_of_its_own() -> None:
    roles = read_roles("roles: {collections: {title: Collections, rows: any, masks: [email], may: [customers, act]}}")
    (role,) = roles.values()
    assert (role.masks, role.reason) == (frozenset({Mask.EMAIL}), "optional")
    assert role.may == frozenset({May.CUSTOMERS, May.ACT})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("roles: [", "should be YAML"),
        ("", "the file: Input should be a valid dictionary"),
        ("roles: {}", "roles: Dictionary should have at least 1 item"),
        ("roles: {clerk: {title: Clerk, rows: some, may: []}}", "roles.clerk.rows: Input should be 'any', 'own'"),
        ("roles: {clerk: {title: Clerk, rows: any, may: [fly]}}", "roles.clerk.may.0: Input should be 'customers'"),
        ("roles: {clerk: {title: Clerk, rows: any, may: [], masks: [shoes]}}", "roles.clerk.masks.0"),
        ("roles: {clerk: {title: Clerk, rows: any, may: [], sees: all}}", "roles.clerk.sees: Extra inputs"),
        ("roles: {Clerk One: {title: Clerk, rows: any, may: []}}", "roles.Clerk One"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(RolesWrong, match=said.replace("[", r"\[")):
        read_roles(text)
