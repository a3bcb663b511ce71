"""Channel `webhook`: a parcel as a signed POST over HTTPS."""

import hashlib
import hmac
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from connectors.certificates import trust, why_untrusted
from connectors.loopback import LOOPBACK
from connectors.sinks.parcels import NotTaken, Parcel, Rejected

__all__ = ["IDEMPOTENCY", "SIGNATURE", "Webhook", "signature"]

IDEMPOTENCY: Final = "Idempotency-Key"
SIGNATURE: Final = "C360-Signature"

# The receiver is not well, or asks for patience; any other refusal would be the same again.
_PASSING: Final = frozenset({408, 425, 429})


def signature(secret: bytes, at: datetime, body: bytes) -> str:
    """`t=<Unix seconds>,v1=<hex>`: HMAC-SHA256 over `<t>.<body>`, so that an old request can't be sent again."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret, seconds.encode() + b"." + body, hashlib.sha256)
    return f"t={seconds},v1={digest.hexdigest()}"


class Webhook:
    """One receiver. Any 2xx is taken; redirects are never followed, since alerts go where they were addressed only."""

    def __init__(self, name: str, url: str, secret: bytes, timeout: float, ca_file: Path | None = None) -> None:
        """`timeout` seconds for connecting, sending and the answer, each.

        ValueError when the URL is not HTTPS, or `ca_file` holds no certificate.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError(f"its url should begin with https:// (http:// to this machine only), not {url!r}")
        self.name = name
        self._url = url
        self._secret = secret
        self._ca_file = ca_file
        verify = trust(ca_file)
        self._client = httpx.Client(timeout=timeout, follow_redirects=False, trust_env=False, verify=verify)

    def send(self, parcel: Parcel, now: datetime) -> None:
        """POST the parcel's body; see `Channel`."""
        body = parcel.body()
        headers = {
            "Content-Type": "application/json",
            IDEMPOTENCY: parcel.key,
            SIGNATURE: signature(self._secret, now, body),
        }
        try:
            # The answer's body is not wanted, so no receiver can keep us reading it.
            with self._client.stream("POST", self._url, content=body, headers=headers) as answer:
                self._judge(answer, now)
        except httpx.TimeoutException as error:
            raise NotTaken(f"no answer in time ({type(error).__name__})") from error
        except httpx.TransportError as error:
            raise NotTaken(why_untrusted(error, self._ca_file) or str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @staticmethod
    def _judge(answer: httpx.Response, now: datetime) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        said = f"answered {status} {answer.reason_phrase}".rstrip()
        if answer.is_redirect:
            raise Rejected(f"{said}: redirects are not followed, correct the url")
        if status >= 500 or status in _PASSING:
            raise NotTaken(said, _patience(answer.headers.get("Retry-After"), now))
        raise Rejected(said)


def _patience(retry_after: str | None, now: datetime) -> float:
    """Seconds that a receiver asks to be left alone, given as a number or a date; 0 when it does not."""
    if retry_after is None:
        return 0.0
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError):
        return 0.0
