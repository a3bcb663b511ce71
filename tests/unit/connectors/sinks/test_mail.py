"""The e-mail channel against a real SMTP server on this machine."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller

from connectors.sinks.mail import Mail, MailServer
from connectors.sinks.parcels import NotTaken, Parcel, Rejected
from ops.launcher.ports import free_ports
from tests.support.alerts import a_standing
from tests.support.mailboxes import Mailbox

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[MailServer]:
    (port,) = free_ports(1)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield MailServer("127.0.0.1", port, "alerts@bank.example", "none", 5.0)
    finally:
        controller.stop()


def a_channel(server: MailServer, **addresses: str) -> Mail:
    return Mail("desk", server, addresses, "{to}@bank.example")


def test_a_mail_says_what_happened_in_words_and_carries_the_key(server: MailServer, mailbox: Mailbox) -> None:
    parcel = Parcel((a_standing("one", cause=1), a_standing("two", cause=1, severity="urgent")))
    a_channel(server).send(parcel, NOW)
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["M001@bank.example"]
    assert mail["Subject"] == "[urgent] large balance, customer C1 (and 1 more)"
    assert mail["Message-ID"] == f"<{parcel.key}@c360>"
    assert "account A1 holds 150,000.00 CZK" in mail.get_content()
    assert f"c360 alerts explain {parcel.first.alert_id}" in mail.get_content()


def test_the_book_of_addresses_comes_before_the_pattern(server: MailServer, mailbox: Mailbox) -> None:
    a_channel(server, M001="jana.novotna@bank.example").send(Parcel((a_standing(),)), NOW)
    assert mailbox.recipients == ["jana.novotna@bank.example"]


@pytest.mark.parametrize("to", ["desk:all", "a b", "x\r\nBcc: y", "", "a@b"])
def test_an_addressee_that_makes_no_address_is_refused_with_what_to_do(server: MailServer, to: str) -> None:
    with pytest.raises(Rejected, match="add it to the addresses of channel desk"):
        a_channel(server).send(Parcel((a_standing(to=to),)), NOW)


def test_a_server_that_says_not_now_is_to_be_tried_again_and_one_that_says_never_is_not(
    server: MailServer, mailbox: Mailbox
) -> None:
    mailbox.answer = "451 try later"
    with pytest.raises(NotTaken, match="451 try later"):
        a_channel(server).send(Parcel((a_standing(),)), NOW)
    mailbox.answer = "554 no"
    with pytest.raises(Rejected, match="554 no"):
        a_channel(server).send(Parcel((a_standing(),)), NOW)
    mailbox.answer_to_recipient = "550 no such user"
    with pytest.raises(Rejected, match="550 no such user"):
        a_channel(server).send(Parcel((a_standing(),)), NOW)


def test_a_server_without_the_wanted_encryption_gets_no_mail(server: MailServer, mailbox: Mailbox) -> None:
    encrypted = MailServer(server.host, server.port, server.sender, "starttls", 5.0)
    with pytest.raises(NotTaken):
        a_channel(encrypted).send(Parcel((a_standing(),)), NOW)
    assert mailbox.mails == []


def test_a_server_that_is_not_there_is_to_be_tried_again() -> None:
    with pytest.raises(NotTaken):
        a_channel(MailServer("127.0.0.1", 1, "a@b", "none", 1.0)).send(Parcel((a_standing(),)), NOW)
