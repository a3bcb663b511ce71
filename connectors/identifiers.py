"""What people call a customer by: forms made equal, and hashed with a secret before they name a key.

A key of Redis is seen by whoever may list keys, keeps slow logs or takes backups, so no phone, document, organisation
code, account or contract number stands in one: only its HMAC-SHA-256 under a secret of the bank (128 bits of it). Who
has the secret can still try all phone numbers; keep it like a password.
"""

import hashlib
import hmac
import unicodedata
from base64 import urlsafe_b64encode
from enum import StrEnum
from typing import Final

__all__ = ["IdentifierKind", "Identifiers", "folded_name", "name_starts", "same_phone"]

_BYTES: Final = 16
_PHONE_DIGITS: Final = 9
_NAME_STARTS: Final = 4
_NAME_LENGTH: Final = 64


class IdentifierKind(StrEnum):
    """What an identifier other than the customer number is."""

    ACCOUNT = "account"
    LOAN = "loan"
    PHONE = "phone"
    DOCUMENT = "document"
    ORGANISATION = "organisation"


class Identifiers:
    """Hashes identifiers under one secret. Equal forms of one identifier have equal hashes."""

    def __init__(self, secret: bytes) -> None:
        """`secret`: at least 16 bytes, the same in every program that writes or reads the indexes."""
        if len(secret) < _BYTES:
            raise ValueError(f"the secret of the indexes must have at least {_BYTES} bytes, it has {len(secret)}")
        self._keyed = hmac.new(secret, digestmod=hashlib.sha256)
        self.fingerprint: Final = self._hash("fingerprint", "")
        """Tells whether two programs have the same secret, without telling it."""

    def of(self, kind: IdentifierKind, text: str) -> str | None:
        """The hash of an identifier as somebody wrote it, or None when nothing of it is left once made equal."""
        form = normal_form(kind, text)
        return self._hash(kind, form) if form else None

    def of_first_letter(self, folded: str) -> str:
        """The hash of the first letter of a name made by `folded_name`."""
        return self._hash("name", folded[:1])

    def _hash(self, kind: str, form: str) -> str:
        keyed = self._keyed.copy()
        keyed.update(f"{kind}\0{form}".encode())
        return urlsafe_b64encode(keyed.digest()[:_BYTES]).rstrip(b"=").decode()


def normal_form(kind: IdentifierKind, text: str) -> str:
    """What all ways to write one identifier have in common; empty when there is nothing of one in the text.

    Account and contract numbers: as they are, blanks around them apart. Phones: the last nine digits, so that
    `+420 603 123 456`, `00420603123456`, `0603 123 456` and `603123456` are found by each other (`same_phone` then
    tells apart what differs before them). Documents and organisation codes: letters and digits alone, capitals.
    """
    if kind in (IdentifierKind.ACCOUNT, IdentifierKind.LOAN):
        return text.strip()
    plain = unicodedata.normalize("NFKC", text)
    if kind is IdentifierKind.PHONE:
        return _digits(plain).lstrip("0")[-_PHONE_DIGITS:]
    return "".join(letter for letter in plain.upper() if letter.isalnum())


def same_phone(one: str, other: str) -> bool:
    """Whether two ways to write a phone number may mean the same one: one ends with the other, leading zeros apart."""
    first, second = (_digits(unicodedata.normalize("NFKC", text)).lstrip("0") for text in (one, other))
    return bool(first and second) and (first.endswith(second) or second.endswith(first))


def folded_name(text: str) -> str:
    """A name as it is compared: no accents, no letter case, full width as half, single blanks, 64 letters at most."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    # Together again what NFKD took apart but no accent was: Hangul syllables.
    return " ".join(unicodedata.normalize("NFC", bare).split())[:_NAME_LENGTH]


def name_starts(name: str) -> list[str]:
    """The ways to begin to type a name: from the start of each word, of a Chinese one from each character; four at
    most. Each goes on to the end of the name.
    """
    folded = folded_name(name)
    begins = [at for at, letter in enumerate(folded) if _begins(folded, at, letter)]
    return [folded[at:] for at in begins[:_NAME_STARTS]]


def _begins(folded: str, at: int, letter: str) -> bool:
    if not letter.isalnum():
        return False
    return at == 0 or not folded[at - 1].isalnum() or _is_ideograph(letter)


def _is_ideograph(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("CJK UNIFIED", "CJK COMPATIBILITY"))


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter in "0123456789")
