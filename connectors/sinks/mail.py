"""Channel `email`: a parcel as a mail in words, over SMTP."""

import re
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Literal

from connectors.certificates import trust, why_untrusted
from connectors.serving.wording import alert_in_words, one_line
from connectors.sinks.parcels import NotTaken, Parcel, Rejected
from schemas.alerts import Alert

__all__ = ["Mail", "MailServer"]

_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in, and how."""

    host: str
    port: int
    sender: str
    tls: Literal["none", "starttls", "tls"]
    timeout: float
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None


class Mail:
    """Mails to whom the alert is addressed: by the book of addresses, else by the pattern."""

    def __init__(self, name: str, server: MailServer, addresses: Mapping[str, str], pattern: str | None) -> None:
        """`pattern` holds `{to}` in place of the addressee, such as `{to}@bank.example`; None: the book alone.

        ValueError when the server's `ca_file` holds no certificate.
        """
        self.name = name
        self._server = server
        self._trust = None if server.tls == "none" else trust(server.ca_file)
        self._addresses = addresses
        self._pattern = pattern

    def send(self, parcel: Parcel, now: datetime) -> None:
        """Hand the mail in; see `Channel`."""
        mail = self._mail(parcel, now)
        try:
            with self._connected() as smtp:
                smtp.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _refusal(code, said) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            why = why_untrusted(error, self._server.ca_file)
            raise NotTaken(why or str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Nothing is kept open between mails."""

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        smtp: smtplib.SMTP
        if server.tls == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=self._trust)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=self._trust)
            if server.username is not None:
                smtp.login(server.username, server.password or "")
        except Exception:
            smtp.close()
            raise
        return smtp

    def _mail(self, parcel: Parcel, now: datetime) -> EmailMessage:
        first, mail = parcel.first, EmailMessage()
        more = "" if len(parcel.standing) == 1 else f" (and {len(parcel.standing) - 1} more)"
        mail["From"] = self._server.sender
        mail["To"] = self._address(first.to)
        mail["Subject"] = f"[{parcel.severity}] {first.kind.replace('_', ' ')}, customer {first.customer_id}{more}"
        mail["Date"] = format_datetime(now)
        # The same parcel has the same id, so that a mailbox that got it twice can tell.
        mail["Message-ID"] = f"<{parcel.key}@c360>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content("\n".join(_lines(one.alert) for one in parcel.standing))
        return mail

    def _address(self, to: str) -> str:
        address = self._addresses.get(to)
        if address is not None:
            return address
        if self._pattern is None or not _LOCAL_PART.fullmatch(to):
            raise Rejected(f"no address is known for {one_line(to)}: add it to the addresses of channel {self.name}")
        return self._pattern.replace("{to}", to)


def _lines(alert: Alert) -> str:
    words = alert_in_words(alert.kind, alert.payload)
    change = "" if alert.revision == 1 else f" ({one_line(alert.change)}, revision {alert.revision})"
    return f"{words}{change}\nRaised at {alert.raised_at.isoformat()}; c360 alerts explain {alert.alert_id}\n"


def _refusal(code: int, said: bytes | str) -> NotTaken | Rejected:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    reason = f"the mail server answered {code} {one_line(text)}".rstrip()
    # 4yz: not now; 5yz: never.
    return Rejected(reason) if code >= 500 else NotTaken(reason)
