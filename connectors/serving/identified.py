"""Lookups that lead from what a customer is called by to his view."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from connectors.errors import Incompatible, WrongForm
from connectors.identifiers import IdentifierKind, Identifiers, folded_name, name_starts, normal_form, same_phone
from connectors.redis_keys import POSITION, RESUME_SECRET, Keys
from connectors.serving.answers import Hit, Match, Party, View, Why
from connectors.serving.asking import Command, Steps
from schemas.views import PROFILE, SUMMARY, account_section, loan_section

__all__ = ["CANDIDATES", "Identified", "asking_view", "view_of"]

CANDIDATES: Final = 50
"""So many customers of one identifier are looked at; who shares his phone with more has none worth the name."""

_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ENTITY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/#-]{0,63}")
_PHONE_ALONE: Final = re.compile(r"[\d\s()+./-]+")
_CODE_ALONE: Final = re.compile(r"[\w\s./-]+")
_PHONE_DIGITS: Final = 7
_CODE_LETTERS: Final = 4

_FORMS: Final = {
    IdentifierKind.ACCOUNT: "an account number is 1 to 64 letters, digits and . _ : / # -",
    IdentifierKind.LOAN: "a contract number is 1 to 64 letters, digits and . _ : / # -",
    IdentifierKind.PHONE: "a phone number has at least 7 digits, blanks and ( ) + . / - between them",
    IdentifierKind.DOCUMENT: "a document number has at least 4 letters or digits, blanks and . / - between them",
    IdentifierKind.ORGANISATION: "an organisation code has at least 4 letters or digits, blanks and . / - between them",
}


class Identified:
    """These lookups in one namespace. Each is a generator of rounds, see `asking`."""

    def __init__(self, keys: Keys, identifiers: Identifiers) -> None:
        self._keys = keys
        self._identifiers = identifiers

    def by_number(self, customer_id: str) -> Steps[View | None]:
        """One round."""
        (fields,) = yield [asking_view(self._keys, customer_id)]
        return view_of(customer_id, fields)

    def by(self, kind: IdentifierKind, text: str) -> Steps[list[View]]:
        """Two rounds."""
        if not may_be(kind, text):
            raise WrongForm(_FORMS[kind])
        matches = yield from self._meant(text, [kind], None)
        return [match.view for match in matches]

    def find(self, text: str) -> Steps[list[Match]]:
        """Two rounds: everything that the text may be by its form is looked for in the first one."""
        text = text.strip()
        kinds = [kind for kind in IdentifierKind if may_be(kind, text)]
        number = text if _NUMBER.fullmatch(text) else None
        if not kinds and number is None:
            raise WrongForm("what is looked for should be a customer, account, contract, phone or document number")
        return (yield from self._meant(text, kinds, number))

    def search(self, prefix: str, limit: int) -> Steps[list[Hit]]:
        """Two rounds."""
        folded = folded_name(prefix)
        if not folded or not folded[0].isalnum():
            raise WrongForm("a name is looked for by at least its first letter")
        bucket = self._keys.names(self._identifiers.of_first_letter(folded))
        begins = folded.encode()
        # A customer may be found by several of his words, so some are fetched in reserve.
        range_: Command = ("ZRANGEBYLEX", bucket, b"[" + begins, b"(" + begins + b"\xff", "LIMIT", 0, 2 * limit)
        secret, members = yield [self._asking_secret(), range_]
        self._same_secret(secret)
        starts: dict[str, str] = {}
        for member in members:
            start, _, customer_id = member.decode().rpartition("\0")
            starts.setdefault(customer_id, start)
        some = list(starts.items())[:limit]
        profiles = (yield [("HGET", self._keys.view(customer_id), PROFILE) for customer_id, _ in some]) if some else []
        hits = []
        for (customer_id, start), raw in zip(some, profiles, strict=True):
            party = Party.of(customer_id, {} if raw is None else orjson.loads(raw))
            if start in name_starts(party.name or ""):
                hits.append(Hit(party, start))
        return hits

    def _meant(self, text: str, kinds: list[IdentifierKind], number: str | None) -> Steps[list[Match]]:
        indexes = [self._index(kind, text) for kind in kinds]
        asked: list[Command] = [self._asking_secret(), *indexes]
        if number is not None:
            asked.append(("HGETALL", self._keys.view(number)))
        secret, *answers = yield asked
        self._same_secret(secret)
        views: dict[str, View | None] = {}
        if number is not None:
            views[number] = view_of(number, answers.pop())
        found = {kind: [each.decode() for each in answer] for kind, answer in zip(kinds, answers, strict=True)}
        missing = sorted({each for candidates in found.values() for each in candidates} - views.keys())
        fetched = (yield [("HGETALL", self._keys.view(each)) for each in missing]) if missing else []
        views |= {each: view_of(each, fields) for each, fields in zip(missing, fetched, strict=True)}
        return list(_matches(text, number, found, views))

    def _index(self, kind: IdentifierKind, text: str) -> Command:
        digest = self._identifiers.of(kind, text)
        assert digest is not None, "its form was looked at before"
        return ("ZRANGE", self._keys.identified(kind, digest), 0, CANDIDATES - 1)

    def _asking_secret(self) -> Command:
        return ("HGET", self._keys.resume, RESUME_SECRET)

    def _same_secret(self, fingerprint: bytes | None) -> None:
        if fingerprint is not None and fingerprint.decode() != self._identifiers.fingerprint:
            raise Incompatible(
                "the projector hashes identifiers under another secret than this program has: "
                "give both the same C360_INDEX_KEY, or the same home (C360_HOME)."
            )


def may_be(kind: IdentifierKind, text: str) -> bool:
    """Whether a text has the form of such an identifier."""
    if kind in (IdentifierKind.ACCOUNT, IdentifierKind.LOAN):
        return _ENTITY.fullmatch(text.strip()) is not None
    if kind is IdentifierKind.PHONE:
        digits = sum(letter.isdigit() for letter in text)
        return _PHONE_ALONE.fullmatch(text) is not None and digits >= _PHONE_DIGITS and bool(normal_form(kind, text))
    return _CODE_ALONE.fullmatch(text) is not None and len(normal_form(kind, text)) >= _CODE_LETTERS


def asking_view(keys: Keys, customer_id: str) -> Command:
    """The command whose answer `view_of` takes. Raises WrongForm."""
    if not _NUMBER.fullmatch(customer_id):
        raise WrongForm("a customer number is 1 to 64 letters, digits and . _ -, a letter or digit first")
    return "HGETALL", keys.view(customer_id)


def view_of(customer_id: str, fields: Mapping[bytes, bytes]) -> View | None:
    """A view from its hash; None where there is none."""
    sections = {name.decode(): value for name, value in fields.items()}
    position = sections.pop(POSITION, b"")
    # Without a summary it is the trace of a deleted customer.
    return View(customer_id, sections, position.decode()) if SUMMARY in sections else None


def _matches(
    text: str, number: str | None, found: Mapping[IdentifierKind, list[str]], views: Mapping[str, View | None]
) -> Iterable[Match]:
    """The candidates of whom it is true: an entry of an index may outlive what it was made of for a moment."""
    for customer_id in sorted(views, key=lambda each: (each != number, each)):
        view = views[customer_id]
        if view is None:
            continue
        why: list[Why] = ["customer_number"] if customer_id == number else []
        why += [kind for kind, those in found.items() if customer_id in those and _is_so(kind, text, view)]
        if why:
            yield Match(view, tuple(why))


def _is_so(kind: IdentifierKind, text: str, view: View) -> bool:
    if kind is IdentifierKind.ACCOUNT:
        return account_section(text.strip()) in view.sections
    if kind is IdentifierKind.LOAN:
        return loan_section(text.strip()) in view.sections
    profile: Mapping[str, Any] = view.section(PROFILE) or {}
    if kind is IdentifierKind.PHONE:
        return same_phone(profile.get("phone") or "", text)
    field = "document_number" if kind is IdentifierKind.DOCUMENT else "organisation_code"
    return normal_form(kind, profile.get(field) or "") == normal_form(kind, text)
