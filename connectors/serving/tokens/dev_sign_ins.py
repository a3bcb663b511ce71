"""What the development issuer remembers of who signed in: codes that are good once, and refresh tokens in rotation."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["SignIns"]

_CODE_S: Final = 60.0
_SIGNED_IN_S: Final = 12 * 3600.0
"""However often it is renewed: then one signs in again."""


@dataclass(frozen=True)
class _Code:
    subject: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    until: float


@dataclass
class _SignIn:
    """Somebody at one console, and the one refresh token that is good."""

    subject: str
    nonce: str | None
    until: float
    good: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class SignIns:
    """Of one issuer and one public client. Each method that gives tokens gives (who, nonce, refresh token), or None
    where what is shown proves nobody."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._refresh: dict[str, _SignIn] = {}
        """By every refresh token that a sign-in ever had, as long as it lasts."""

    def code(self, subject: str, redirect_uri: str, challenge: str, nonce: str | None) -> str:
        """A code that the browser changes into tokens, once and within a minute."""
        now = self._clock()
        self._codes = {code: known for code, known in self._codes.items() if known.until > now}
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(subject, redirect_uri, challenge, nonce, now + _CODE_S)
        return code

    def redeemed(self, form: Mapping[str, str]) -> tuple[str, str | None, str] | None:
        """For a code, with the proof that it was asked for by the same console."""
        known, now = self._codes.pop(form.get("code", ""), None), self._clock()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            known is None
            or known.until <= now
            or form.get("redirect_uri") != known.redirect_uri
            or not secrets.compare_digest(challenge, known.challenge)
        ):
            return None
        self._refresh = {token: kept for token, kept in self._refresh.items() if kept.until > now}
        begun = _SignIn(known.subject, known.nonce, now + _SIGNED_IN_S)
        self._refresh[begun.good] = begun
        return begun.subject, begun.nonce, begun.good

    def renewed(self, shown: str) -> tuple[str, str | None, str] | None:
        """For a refresh token, which another takes the place of. One that was used before may be stolen: whoever shows
        it ends the sign-in for all who hold a token of it."""
        kept = self._refresh.get(shown)
        if kept is None or kept.until <= self._clock():
            return None
        if not secrets.compare_digest(shown, kept.good):
            self.end(shown)
            return None
        kept.good = secrets.token_urlsafe(32)
        self._refresh[kept.good] = kept
        return kept.subject, kept.nonce, kept.good

    def end(self, shown: str) -> None:
        """Nothing renews this sign-in any more; of a token that is not known nothing is said (RFC 7009)."""
        if (ended := self._refresh.get(shown)) is not None:
            self._refresh = {token: kept for token, kept in self._refresh.items() if kept is not ended}
