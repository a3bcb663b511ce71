"""TLS of the API, by the settings: what it shows, and whose client certificates count."""

import ssl
from pathlib import Path

from ops.errors import OperatorError
from ops.settings import Settings

__all__ = ["tls_of"]


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """None: without TLS. OperatorError names the file that can't be used and what to do about it."""
    certificate, key, authorities = settings.api_tls_certificate, settings.api_tls_key, settings.api_client_authorities
    if certificate is None and key is None:
        if authorities is not None:
            raise OperatorError(
                "C360_API_CLIENT_AUTHORITIES needs TLS: set C360_API_TLS_CERTIFICATE and C360_API_TLS_KEY as well."
            )
        return None
    if certificate is None or key is None:
        raise OperatorError("TLS needs both: set C360_API_TLS_CERTIFICATE and C360_API_TLS_KEY.")
    # Of a pair that can't be loaded OpenSSL does not say which file it is.
    _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "C360_API_TLS_CERTIFICATE", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _show(context, certificate, key)
    if authorities is not None:
        # Optional: people come with tokens over the same port.
        context.verify_mode = ssl.CERT_OPTIONAL
        _load(context, "C360_API_CLIENT_AUTHORITIES", authorities)
    return context


def _load(context: ssl.SSLContext, variable: str, file: Path) -> None:
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        raise OperatorError(
            f"{variable} {file} holds no certificate: it has to be a PEM file with one or more."
        ) from None
    except OSError as error:
        raise OperatorError(_unread(variable, file, error)) from None


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # Nobody is there to be asked for a password.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise OperatorError(
                f"C360_API_TLS_KEY {key} is not the key of C360_API_TLS_CERTIFICATE {certificate}: set the two that "
                "belong together, the server's own certificate first in its file."
            ) from None
        raise OperatorError(
            f"C360_API_TLS_KEY {key} holds no key that can be used: it has to be a PEM file with a private key, "
            "without a password."
        ) from None
    except OSError as error:
        raise OperatorError(_unread("C360_API_TLS_KEY", key, error)) from None


def _unread(variable: str, file: Path, error: OSError) -> str:
    return f"{variable} {file} can't be read ({error.strerror}): let the user who runs c360 read it."
