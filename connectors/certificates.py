"""Whom a client trusts, and what to do when it does not trust a server."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from connectors.errors import Refusal

__all__ = ["anybody", "handshake", "speaks_tls", "trust", "untrusted", "why_untrusted"]

# Codes of OpenSSL (X509_V_ERR_...).
_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_OTHER_NAME: Final = frozenset({62, 64})


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Certificates are checked against `ca_file`, None: against the system's. ValueError when it holds none."""
    if ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=str(ca_file))
    except OSError as error:
        said = error.strerror or str(error)
        # A file without a certificate is an SSLError, which is an OSError too.
        if isinstance(error, ssl.SSLError):
            said = "it holds no certificate"
        raise ValueError(f"its ca_file {ca_file} should hold certificates in PEM: {said}") from error


def handshake(host: str, port: int, context: ssl.SSLContext, seconds: float) -> datetime:
    """Until when the certificate is valid that is shown there. Raises OSError; `why_untrusted` puts it in words."""
    with (
        socket.create_connection((host, port), seconds) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def why_untrusted(error: BaseException, ca_file: Path | None) -> str | None:
    """Why a receiver's certificate is not accepted, and the way out; None when the failure is another one."""
    refusal = untrusted(error, ca_file, "the receiver's", "the channel's ca_file")
    return None if refusal is None else str(refusal)


def anybody() -> ssl.SSLContext:
    """Takes whatever certificate is shown: for questions that say and believe nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def speaks_tls(host: str, port: int, seconds: float) -> bool | None:
    """Whether TLS is spoken there, whoever may be trusted; None when nobody is there."""
    context = anybody()
    try:
        connection = socket.create_connection((host, port), seconds)
    except OSError:
        return None
    try:
        with connection, context.wrap_socket(connection):
            return True
    except OSError:
        return False


def untrusted(error: BaseException, ca_file: Path | None, whose: str, setting: str) -> Refusal | None:
    """Why a server's certificate is not accepted; `setting` is where its authority is named. None: it is no matter of
    trust.
    """
    found = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if found is None:
        return None
    if found.verify_code == _EXPIRED:
        return Refusal(f"{whose} certificate has expired", "it has to be renewed there")
    if found.verify_code == _NOT_YET_VALID:
        return Refusal(f"{whose} certificate is not valid yet", "compare the clocks of both machines")
    if found.verify_code in _OTHER_NAME:
        return Refusal(f"{whose} certificate is for another name", f"{found.verify_message}; correct the address")
    trusted = "the system's certificates" if ca_file is None else f"ca_file {ca_file}"
    return Refusal(
        f"{whose} certificate is not signed by {trusted} ({found.verify_message})",
        f"name the CA that signed it in {setting}",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__
