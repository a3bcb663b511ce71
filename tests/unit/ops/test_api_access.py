"""The settings say who may ask the API, or the start says what is wrong with them."""

from pathlib import Path

import pytest

from ops.api_access import access_of
from ops.errors import OperatorError
from ops.settings import load_settings

URL = "http://127.0.0.1:8360"


def test_the_development_issuer_is_there_only_when_asked_for() -> None:
    access = access_of(load_settings(dev_issuer=True), URL)
    assert access.dev_issuer is not None
    assert access.sign_in is not None
    assert access.sign_in.issuer == f"{URL}/dev-issuer"
    asking = {"oidc_issuer": "https://sso.bank.example", "oidc_scope": "openid offline_access"}
    others = access_of(load_settings(**asking), URL)
    assert others.dev_issuer is None
    assert others.sign_in is not None
    assert others.sign_in.scope == "openid offline_access"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Nobody could ask this API: set C360_OIDC_ISSUER"),
        ({"dev_issuer": True, "api_host": "0.0.0.0"}, "asks for no password, so it serves this machine only"),
        ({"dev_issuer": True, "oidc_issuer": "https://sso.bank.example"}, "are both set"),
    ],
)
def test_what_would_let_in_nobody_or_everybody_does_not_start(given: dict[str, object], said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        access_of(load_settings(**given), URL)


@pytest.mark.parametrize(
    ("setting", "content", "said"),
    [
        ("roles_file", "roles: {clerk: {title: Clerk, rows: some, may: []}}", "roles.clerk.rows"),
        ("machines_file", "machines: [{name: crm, role: pirate, certificate: a}]", "role pirate should be one of"),
        ("machines_file", "machines: [", "should be YAML"),
    ],
)
def test_a_wrong_file_is_named_with_the_place(tmp_path: Path, setting: str, content: str, said: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(content)
    with pytest.raises(OperatorError, match=said) as refused:
        access_of(load_settings(dev_issuer=True, **{setting: file}), URL)
    assert str(file) in refused.value.message
