"""Whom a channel trusts, and what to do when it does not trust a receiver."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["trust", "why_untrusted"]

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


def why_untrusted(error: BaseException, ca_file: Path | None) -> str | None:
    """Why a receiver's certificate is not accepted, and the way out; None when the failure is another one."""
    found = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if found is None:
        return None
    if found.verify_code == _EXPIRED:
        return "the receiver's certificate has expired: it has to be renewed there"
    if found.verify_code == _NOT_YET_VALID:
        return "the receiver's certificate is not valid yet: compare the clocks of both machines"
    if found.verify_code in _OTHER_NAME:
        return f"the receiver's certificate is for another name: {found.verify_message}; correct the address"
    trusted = "the system's certificates" if ca_file is None else f"ca_file {ca_file}"
    return (
        f"the receiver's certificate is not signed by {trusted} ({found.verify_message}): "
        "name the CA that signed it in the channel's ca_file"
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__
