"""Secrets of channels by file, as containers get them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from connectors.sinks.parcels import Parcel
from ops.delivery import load_delivery_file, open_channels
from ops.errors import OperatorError
from ops.launcher.ports import free_ports
from tests.support.alerts import a_standing
from tests.support.mailboxes import Mailbox

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Desk:
    """A mail server that knows one user alone."""

    def __init__(self) -> None:
        (self.port,) = free_ports(1)
        self.mailbox = Mailbox()
        self.logins: list[LoginPassword] = []
        self.controller = Controller(
            self.mailbox, hostname="127.0.0.1", port=self.port,
            authenticator=self._knows, auth_require_tls=False,
        )  # fmt: skip

    def _knows(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        self.logins.append(given)
        return AuthResult(success=given == LoginPassword(b"c360", b"password"))


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    made.controller.start()
    yield made
    made.controller.stop()


def a_file(folder: Path, **channels: dict[str, object]) -> Path:
    file = folder / "delivery.yaml"
    file.write_text(yaml.safe_dump({"channels": channels, "routes": []}))
    return file


def a_mail(desk_port: int, secret: Path) -> dict[str, object]:
    return {
        "kind": "email", "host": "127.0.0.1", "port": desk_port, "tls": "none", "sender": "alerts@bank.example",
        "username": "c360", "password_file": str(secret), "pattern": "{to}@bank.example",
    }  # fmt: skip


def test_a_mail_channel_logs_in_with_the_password_of_its_file(tmp_path: Path, desk: Desk) -> None:
    secret = tmp_path / "channel-secret"
    secret.write_text("password\n")
    channels = open_channels(load_delivery_file(a_file(tmp_path, desk=a_mail(desk.port, secret))))
    channels["desk"].send(Parcel((a_standing(),)), NOW)
    assert desk.logins == [LoginPassword(b"c360", b"password")]
    assert desk.mailbox.recipients == ["M001@bank.example"]


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (" \n", "is empty, and should hold the secret of the channel alone")]
)
@pytest.mark.parametrize("kind", ["email", "webhook"])
def test_a_file_without_the_secret_is_named_with_its_channel(
    tmp_path: Path, kind: str, content: str | None, said: str
) -> None:
    secret = tmp_path / "channel-secret"
    if content is not None:
        secret.write_text(content)
    webhook: dict[str, object] = {
        "kind": "webhook",
        "url": "https://crm.bank.example/alerts",
        "secret_file": str(secret),
    }
    file = load_delivery_file(a_file(tmp_path, desk=a_mail(25, secret) if kind == "email" else webhook))
    with pytest.raises(OperatorError) as refused:
        open_channels(file)
    assert refused.value.message.startswith("Channel desk: ")
    assert str(secret) in refused.value.message
    assert said in refused.value.message


def test_a_password_that_no_login_could_send_is_refused_before_the_first_mail_and_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "channel-secret"
    secret.write_text("pässword", "utf-8")
    with pytest.raises(OperatorError, match="Channel desk: its username and password should be of ASCII") as refused:
        open_channels(load_delivery_file(a_file(tmp_path, desk=a_mail(25, secret))))
    assert "ssword" not in refused.value.message.replace("password", "")
