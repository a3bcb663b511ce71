"""The delivery file: what is wrong with it is said in one sentence, with its place."""

from pathlib import Path

import pytest

from ops.delivery import load_delivery_file
from ops.errors import OperatorError
from schemas.alerts import Severity

GOOD = """
channels:
  crm: {kind: webhook, url: 'https://crm.bank.example/alerts', secret_env: CRM_SECRET, people: false}
  desk: {kind: email, host: mail.bank.example, port: 587, sender: alerts@bank.example, pattern: '{to}@bank.example'}
routes:
  - {channels: [crm]}
  - {channels: [desk], severities: [urgent], changes: [raised, escalated]}
budget:
  notice: {per_customer: 3, per_addressee: 20, cool_down_minutes: 30}
"""


def test_a_good_file_names_channels_routes_and_limits(tmp_path: Path) -> None:
    file = tmp_path / "delivery.yaml"
    file.write_text(GOOD)
    loaded = load_delivery_file(file)
    assert list(loaded.channels) == ["crm", "desk"]
    limits = loaded.budget[Severity.NOTICE].limits()
    assert limits is not None
    assert (limits.per_customer, limits.cool_down.total_seconds()) == (3, 1800)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("kind: webhook", "kind: pigeon", "channels.crm.kind should be one of 'webhook', 'email'"),
        ("secret_env: CRM_SECRET, ", "", "channels.crm: either secret_env or secret_file should name the secret"),
        ("port: 587", "port: mail", "channels.desk.port should be a valid integer"),
        ("channels: [desk]", "channels: [dask]", "routes[1].channels names 'dask'; the channels are: crm, desk"),
        ("severities: [urgent]", "severity: [urgent]", "routes[1].severity is not a name known here"),
        ("notice: {", "nutice: {", "budget.nutice"),
        ("per_customer: 3", "per_customer: 0", "budget.notice.per_customer should be greater than or equal to 1"),
        (
            "port: 587",
            "port: 25, tls: none, username: c360, password_env: MAIL_PASSWORD",
            "channels.desk: with tls none the password of c360 would go to mail.bank.example in the clear: "
            "tls should be starttls or tls, or username left out",
        ),
        (
            "port: 587",
            "port: 587, username: c360, password_env: MAIL_PASSWORD, password_file: /run/secrets/mail",
            "channels.desk: password_env or password_file should name the password, not both",
        ),
        ("channels:", "channels: [", "should be a readable YAML file"),
    ],
)
def test_a_wrong_file_says_where_and_what_is_allowed(tmp_path: Path, good: str, bad: str, said: str) -> None:
    file = tmp_path / "delivery.yaml"
    file.write_text(GOOD.replace(good, bad, 1))
    with pytest.raises(OperatorError) as refused:
        load_delivery_file(file)
    assert str(file) in refused.value.message
    assert said in refused.value.message


@pytest.mark.parametrize(
    "server",
    [
        "host: mail.bank.example, port: 25, tls: none",
        "host: mail.bank.example, port: 587, username: c360, password_env: MAIL_PASSWORD",
        "host: mail.bank.example, port: 465, tls: tls, username: c360, password_env: MAIL_PASSWORD",
        "host: localhost, port: 25, tls: none, username: c360, password_env: MAIL_PASSWORD",
        "host: 127.0.0.1, port: 25, tls: none, username: c360, password_env: MAIL_PASSWORD",
        "host: '::1', port: 25, tls: none, username: c360, password_env: MAIL_PASSWORD",
    ],
)
def test_mails_in_the_clear_are_allowed_without_a_password_or_within_this_machine(tmp_path: Path, server: str) -> None:
    file = tmp_path / "delivery.yaml"
    file.write_text(GOOD.replace("host: mail.bank.example, port: 587", server))
    assert list(load_delivery_file(file).channels) == ["crm", "desk"]
