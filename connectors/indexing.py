"""Which index entries a customer's sections ask for. Pure; the whole of it: no other module makes an entry.

An entry follows from one section and, where it tells whose customer he is, from the profile. So a change of some
sections moves the entries of those alone, and a change of the profile those of all. Most changes move no entry: they
change amounts, by which rankings are ordered, and `told` keeps these apart from all else.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from connectors.identifiers import IdentifierKind, Identifiers, name_starts
from connectors.redis_keys import Keys, Who, branch, manager
from schemas.views import INTERACTIONS, PROFILE, SUMMARY

__all__ = [
    "OPEN_ALERT_STATES",
    "OWED",
    "Entry",
    "Indexing",
    "Ranked",
    "Score",
    "Told",
    "Whose",
    "concerns",
    "facts_alone",
    "looked_after_by",
    "maturities_of",
    "product_of",
    "told",
    "waiting_for",
    "whose_customer",
]

OPEN_ALERT_STATES: Final = frozenset({"raised", "acknowledged", "snoozed"})
OWED: Final = ("acknowledgement", "resolution")
"""What a bank owes a complaint, one after the other."""
_FINISHED: Final = frozenset({"resolved", "withdrawn"})
_BINDING: Final = frozenset({"open", "called"})
_CLOSED: Final = "closed"
_SETTLED: Final = "settled"

_CONTRACTS: Final = frozenset({"account", "loan", "acceptance", "guarantee"})
_ASKING: Final = frozenset({*_CONTRACTS, "alert", "complaint", PROFILE, SUMMARY, INTERACTIONS})
_NAMED: Final = {"account": IdentifierKind.ACCOUNT, "loan": IdentifierKind.LOAN}

Section = Mapping[str, Any]


class Entry(NamedTuple):
    """A member of an index."""

    key: str
    member: str


Score = float | None
"""None where the order is that of the members: it is written as 0, and never changes."""

_Asked = Iterator[tuple[Entry, Score]]

Ranked = tuple[str, int, str]
"""Key of a ranking, amount, member."""


class Told(NamedTuple):
    """What a section says, as far as entries follow from it; profile and interactions left out."""

    facts: tuple[Any, ...]
    """Which entries there are, and their scores in indexes that are no rankings."""
    amounts: tuple[int, ...]
    """Scores in rankings."""


_NOTHING: Final = Told((), ())


class Whose(NamedTuple):
    """Whose customer he is, as far as entries of other sections than the profile depend on it."""

    who: tuple[Who, ...]
    branch: str | None


class Indexing:
    """Makes the entries of customers in one namespace, under one secret."""

    def __init__(self, keys: Keys, identifiers: Identifiers) -> None:
        self._keys = keys
        self._identifiers = identifiers
        self._by_value = lru_cache(maxsize=4096)(self._value_keys)
        self._by_product = lru_cache(maxsize=4096)(self._product_keys)

    def entries(
        self,
        customer_id: str,
        sections: Mapping[str, bytes],
        profile: bytes | None,
        named_already: Collection[str] = (),
        says: Mapping[str, Told] = MappingProxyType({}),
    ) -> dict[Entry, Score]:
        """Entry -> score, of these sections of a customer whose profile is `profile`.

        With the profile among the sections they must be the whole view. Bytes that are no section ask for nothing.
        The accounts and loans of `named_already` are left out where only their names lead to them. What a section says
        is taken from `says` where it is there.
        """
        party = _decoded(profile)
        whose = _whose(party)
        entries: dict[Entry, Score] = {}
        for name, value in sections.items():
            entries.update(self.of_told(customer_id, name, says.get(name) or told(name, value), whose))
            if name not in named_already:
                entries.update(self.of_name(customer_id, name))
        if PROFILE in sections:
            entries.update(self._of_profile(customer_id, party, whose))
        if PROFILE in sections or INTERACTIONS in sections:
            entries.update(self._of_contacts(customer_id, _decoded(sections.get(INTERACTIONS)), whose))
        return entries

    def of_name(self, customer_id: str, name: str) -> _Asked:
        """The entries that lead to an account or a loan by its number."""
        family, _, number = name.partition(":")
        if family in _NAMED:
            yield from self._identified(customer_id, _NAMED[family], number)

    def of_told(self, customer_id: str, name: str, what: Told, whose: Whose) -> _Asked:
        """The entries that follow from what a section says, not from its name; profile and interactions left out."""
        for key, amount, member in self.rankings(customer_id, name, what, whose):
            yield Entry(key, member), amount
        family, _, number = name.partition(":")
        if family in _CONTRACTS:
            _, due = what.facts
            for subject, on in due:
                for who in whose.who:
                    yield Entry(self._keys.maturities(who), f"{customer_id}/{subject}"), on.toordinal()
        elif family == "alert" and what.facts:
            addressee, raised_at = what.facts
            yield from self._of_alert(f"{customer_id}/{number}", addressee, raised_at, whose)
        elif family == "complaint" and what.facts:
            owed, day = what.facts
            for who in whose.who:
                yield Entry(self._keys.complaints(owed, who), f"{customer_id}/{number}"), day

    def rankings(self, customer_id: str, name: str, what: Told, whose: Whose) -> list[Ranked]:
        """Those of them whose scores are amounts."""
        if not what.amounts:
            return []
        if name == SUMMARY:
            return [
                (key, balance, customer_id)
                for currency, balance in zip(what.facts, what.amounts, strict=True)
                for key in self._by_value(currency, whose.branch)
            ]
        (product, currency), _ = what.facts
        member = f"{customer_id}/{name}"
        return [(key, what.amounts[0], member) for key in self._by_product(product, currency, whose.branch)]

    def _value_keys(self, currency: str, branch_id: str | None) -> tuple[str, ...]:
        of_all = self._keys.value(currency)
        return (of_all,) if branch_id is None else (of_all, self._keys.value(currency, branch_id))

    def _product_keys(self, product: str, currency: str, branch_id: str | None) -> tuple[str, ...]:
        of_all = self._keys.product(product, currency)
        return (of_all,) if branch_id is None else (of_all, self._keys.product(product, currency, branch_id))

    def _of_profile(self, customer_id: str, party: Section, whose: Whose) -> _Asked:
        for kind, field in _IDENTIFIED_BY:
            if written := party.get(field):
                yield from self._identified(customer_id, kind, written)
        for who in whose.who:
            yield Entry(self._keys.portfolio(who), customer_id), None
            if born_on := party.get("born_on"):
                yield Entry(self._keys.birthdays(who), customer_id), int(born_on[5:7]) * 100 + int(born_on[8:10])
        for start in name_starts(party.get("name") or ""):
            bucket = self._keys.names(self._identifiers.of_first_letter(start))
            yield Entry(bucket, f"{start}\0{customer_id}"), None

    def _of_contacts(self, customer_id: str, interactions: Section, whose: Whose) -> _Asked:
        last = interactions.get("last_contact_at")
        score = 0.0 if last is None else datetime.fromisoformat(last).timestamp()
        for who in whose.who:
            yield Entry(self._keys.contacts(who), customer_id), score

    def _of_alert(self, member: str, addressee: str, raised_at: str, whose: Whose) -> _Asked:
        raised = datetime.fromisoformat(raised_at).timestamp()
        yield Entry(self._keys.alerts_to(addressee), member), raised
        if whose.branch is not None:
            yield Entry(self._keys.alerts_of(whose.branch), member), raised

    def _identified(self, customer_id: str, kind: IdentifierKind, written: str) -> _Asked:
        if (digest := self._identifiers.of(kind, written)) is not None:
            yield Entry(self._keys.identified(kind, digest), customer_id), None


def told(name: str, value: bytes) -> Told:
    """What a section of this name says; bytes that are no section say nothing."""
    if name == SUMMARY:
        balances = (_decoded(value).get("totals") or {}).get("balance_minor", {})
        return Told(tuple(balances), tuple(balances.values()))
    family = name.partition(":")[0]
    if family in _CONTRACTS:
        contract = _decoded(value)
        held, due = _held(family, contract), tuple(_due(family, name, contract))
        return Told((None, due), ()) if held is None else Told((held[:2], due), held[2:])
    if family == "alert":
        alert = _decoded(value)
        return Told((alert["to"], alert["raised_at"]), ()) if alert.get("state") in OPEN_ALERT_STATES else _NOTHING
    if family == "complaint" and (waiting := waiting_for(_decoded(value))) is not None:
        owed, since = waiting
        return Told((owed, since.toordinal()), ())
    return _NOTHING


def facts_alone(name: str, facts: tuple[Any, ...]) -> Told:
    """What a section said, of which nobody knows the amounts any more: they are 0."""
    if name == SUMMARY:
        return Told(facts, (0,) * len(facts))
    ranked = name.partition(":")[0] in _CONTRACTS and facts[0] is not None
    return Told(facts, (0,) if ranked else ())


def whose_customer(profile: bytes | None) -> Whose:
    """As a profile says it; nobody's where there is none."""
    return _whose(_decoded(profile))


def concerns(name: str) -> bool:
    """Whether sections of this name ask for entries at all."""
    return name in _ASKING or name.partition(":")[0] in _ASKING


def _whose(party: Section) -> Whose:
    return Whose(tuple(looked_after_by(party)), party.get("home_branch"))


def looked_after_by(party: Section) -> list[Who]:
    """Whose customer he is: host, co-hosts, home branch."""
    managers = {party.get("host_manager"), *(party.get("co_hosts") or ())} - {None}
    whose = [manager(each) for each in sorted(managers)]
    home = party.get("home_branch")
    return whose if home is None else [*whose, branch(home)]


def product_of(name: str, contract: Section) -> tuple[str, str, int] | None:
    """(product, currency, amount in minor units) of a section; None where it holds nothing, or not yet known what."""
    return _held(name.partition(":")[0], contract)


def maturities_of(name: str, contract: Section) -> list[tuple[str, date]]:
    """(subject, day) of what falls due by a section, settled and closed things not among it."""
    return _due(name.partition(":")[0], name, contract)


def waiting_for(complaint: Section) -> tuple[str, date] | None:
    """(what is owed to a complaint next, the day from which its limit counts); None: it is finished, or there is none.

    The last day there is stands for one that is not known, and for a complaint that was answered and opened again, to
    which nothing is owed by a limit.
    """
    if not complaint or complaint.get("status") in _FINISHED:
        return None
    order, received_on = complaint.get("order") or {}, complaint.get("received_on")
    received = order.get("received_on", -1)
    owed = OWED[order.get("status", -1) > received]
    is_answered = order.get("closed_on", -1) > received
    return owed, date.max if received_on is None or is_answered else date.fromisoformat(received_on)


def _held(family: str, contract: Section) -> tuple[str, str, int] | None:
    currency, status = contract.get("currency"), contract.get("status")
    if family == "account":
        product, amount, lives = contract.get("product"), contract.get("balance_minor"), status != _CLOSED
    elif family == "guarantee":
        product, amount, lives = family, contract.get("amount_minor"), status in _BINDING
    else:
        product, amount, lives = family, contract.get("outstanding_minor"), status != _SETTLED
    if not lives or product is None or currency is None or amount is None:
        return None
    return product, currency, amount


def _due(family: str, name: str, contract: Section) -> list[tuple[str, date]]:
    if family == "account":
        on = None if contract.get("status") == _CLOSED else contract.get("maturity_on")
    elif family == "guarantee":
        on = contract.get("expires_on") if contract.get("status") in _BINDING else None
    elif family == "loan":
        return _parts(f"{name}/drawdown:", contract.get("drawdowns"))
    else:
        return _parts(f"{name}/bill:", contract.get("bills"))
    return [] if on is None else [(name, date.fromisoformat(on))]


def _parts(prefix: str, parts: Mapping[str, Section] | None) -> list[tuple[str, date]]:
    return [
        (prefix + number, date.fromisoformat(part["maturity_on"]))
        for number, part in (parts or {}).items()
        if part["status"] != _SETTLED and part["maturity_on"] is not None
    ]


def _decoded(value: bytes | None) -> Section:
    if value is None:
        return {}
    try:
        section = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return section if isinstance(section, dict) else {}


_IDENTIFIED_BY: Final = (
    (IdentifierKind.PHONE, "phone"),
    (IdentifierKind.DOCUMENT, "document_number"),
    (IdentifierKind.ORGANISATION, "organisation_code"),
)
