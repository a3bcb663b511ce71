"""Both channels over TLS, against real servers on this machine with certificates of a CA of their own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from connectors.certificates import trust
from connectors.sinks.mail import Mail, MailServer
from connectors.sinks.parcels import NotTaken, Parcel
from connectors.sinks.webhook import Webhook
from ops.launcher.ports import free_ports
from tests.support.alerts import a_standing
from tests.support.certificates import Authority
from tests.support.mailboxes import Mailbox
from tests.support.receivers import Receiver, receiving

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
PARCEL = Parcel((a_standing(),))
Tls = Literal["starttls", "tls"]
HOW: tuple[Tls, ...] = ("starttls", "tls")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def post(receiver: Receiver, ca_file: Path | None) -> None:
    webhook = Webhook("crm", receiver.url, b"secret", 10.0, ca_file)
    try:
        webhook.send(PARCEL, NOW)
    finally:
        webhook.close()


class _Encrypted(Controller):
    """Speaks TLS from the first byte; otherwise STARTTLS is what it offers, and demands."""

    def __init__(self, mailbox: Mailbox, port: int, how: Tls, authority: Authority, *, expired: bool) -> None:
        self._how = how
        self._shown = authority.server(expired=expired)
        super().__init__(mailbox, hostname="127.0.0.1", port=port, ssl_context=self._shown if how == "tls" else None)

    def factory(self) -> SMTP:
        if self._how == "tls":
            return SMTP(self.handler)
        return SMTP(self.handler, tls_context=self._shown, require_starttls=True)


@contextmanager
def mail_server(authority: Authority, how: Tls, *, expired: bool = False) -> Iterator[tuple[int, Mailbox]]:
    mailbox, (port,) = Mailbox(), free_ports(1)
    # It asks itself whether it is up by a connection of its own, which shows no interest in certificates.
    controller = _Encrypted(mailbox, port, how, authority, expired=expired)
    controller.start()
    try:
        yield port, mailbox
    finally:
        controller.stop()


def send(port: int, how: Tls, ca_file: Path | None) -> None:
    server = MailServer("127.0.0.1", port, "alerts@bank.example", how, 10.0, ca_file=ca_file)
    Mail("desk", server, {}, "{to}@bank.example").send(PARCEL, NOW)


def test_a_webhook_over_https_is_taken_by_a_receiver_whose_ca_is_named(authority: Authority) -> None:
    with receiving(tls=authority.server()) as receiver:
        post(receiver, authority.ca_file)
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("how", HOW)
def test_a_mail_over_tls_is_taken_by_a_server_whose_ca_is_named(authority: Authority, how: Tls) -> None:
    with mail_server(authority, how) as (port, mailbox):
        send(port, how, authority.ca_file)
    assert len(mailbox.mails) == 1


def untrusted(authority: Authority, folder: Path) -> list[tuple[Path | None, bool, str]]:
    """(what is trusted, whether the certificate has expired, what is said)."""
    other = Authority(folder, "Other CA").ca_file
    return [
        (other, False, f"is not signed by ca_file {other}.*: name the CA that signed it in the channel's ca_file"),
        (None, False, "is not signed by the system's certificates.*: name the CA that signed it"),
        (authority.ca_file, True, "has expired: it has to be renewed there"),
    ]


@pytest.mark.parametrize("case", range(3), ids=["another CA", "no CA named", "expired"])
def test_a_receiver_that_is_not_trusted_gets_nothing_and_is_to_be_tried_again(
    authority: Authority, tmp_path: Path, case: int
) -> None:
    ca_file, expired, said = untrusted(authority, tmp_path)[case]
    with receiving(tls=authority.server(expired=expired)) as receiver, pytest.raises(NotTaken, match=said):
        post(receiver, ca_file)
    assert receiver.requests == []


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("case", range(3), ids=["another CA", "no CA named", "expired"])
def test_a_mail_server_that_is_not_trusted_gets_nothing_and_is_to_be_tried_again(
    authority: Authority, tmp_path: Path, case: int, how: Tls
) -> None:
    ca_file, expired, said = untrusted(authority, tmp_path)[case]
    with mail_server(authority, how, expired=expired) as (port, mailbox), pytest.raises(NotTaken, match=said):
        send(port, how, ca_file)
    assert mailbox.mails == []


def test_a_certificate_for_another_address_is_not_accepted(authority: Authority) -> None:
    with (
        receiving(tls=authority.server(address="127.0.0.2")) as receiver,
        pytest.raises(NotTaken, match=r"certificate is for another name: .*; correct the address"),
    ):
        post(receiver, authority.ca_file)
    assert receiver.requests == []


@pytest.mark.parametrize("content", [None, "", "no certificate"])
@pytest.mark.parametrize("channel", ["webhook", "mail"])
def test_a_ca_file_that_is_none_is_said_before_anything_is_sent(
    tmp_path: Path, content: str | None, channel: str
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)
    makers: dict[str, Callable[[], object]] = {
        "webhook": lambda: Webhook("crm", "https://127.0.0.1:1", b"secret", 1.0, ca_file),
        "mail": lambda: Mail("desk", MailServer("127.0.0.1", 1, "a@b", "tls", 1.0, ca_file=ca_file), {}, None),
    }
    with pytest.raises(ValueError, match=r"its ca_file .*ca\.pem should hold certificates in PEM"):
        makers[channel]()


def test_without_a_ca_file_the_systems_certificates_are_trusted() -> None:
    assert trust(None).verify_mode.name == "CERT_REQUIRED"
