"""A whole view from its sections, by joining their bytes: nothing is parsed, so it costs what copying costs."""

from collections.abc import Iterator, Mapping
from typing import Final

import orjson

from schemas.views import DEADLINES, HOLDINGS, INTERACTIONS, PROFILE, SUMMARY, TIMELINE

__all__ = ["assemble"]

_NO_PROFILE: Final = b'{"name":null,"host_manager":null,"co_hosts":[],"signatories":[]}'
_NO_DEADLINES: Final = b'{"due":{}}'
_NO_HOLDINGS: Final = b'{"products":{}}'
_NO_INTERACTIONS: Final = b"null"
_NO_TIMELINE: Final = b'{"events":[]}'
_FAMILIES: Final = (
    (b"accounts", "account:"),
    (b"history", "history:"),
    (b"loans", "loan:"),
    (b"guarantees", "guarantee:"),
    (b"acceptances", "acceptance:"),
    (b"collateral", "collateral:"),
    (b"complaints", "complaint:"),
    (b"alerts", "alert:"),
)


def assemble(customer_id: str, sections: Mapping[str, bytes]) -> bytes:
    """The view as one JSON object; every section must be a JSON object, and the summary must be there.

    In order: customer_id, the fields of the profile, accounts, history (month-end balances, by account), loans,
    guarantees, acceptances, collateral (by contract), complaints and alerts by id, deadlines, interactions (or null),
    holdings, timeline, the fields of the summary.
    """
    members = [
        b'"customer_id":' + orjson.dumps(customer_id),
        _inside(sections.get(PROFILE, _NO_PROFILE)),
        *(b'"%s":{%s}' % (name, b",".join(_entries(prefix, sections))) for name, prefix in _FAMILIES),
        b'"deadlines":' + sections.get(DEADLINES, _NO_DEADLINES),
        b'"interactions":' + sections.get(INTERACTIONS, _NO_INTERACTIONS),
        b'"holdings":' + sections.get(HOLDINGS, _NO_HOLDINGS),
        b'"timeline":' + sections.get(TIMELINE, _NO_TIMELINE),
        _inside(sections[SUMMARY]),
    ]
    return b"{" + b",".join(member for member in members if member) + b"}"


def _inside(section: bytes) -> bytes:
    return section.strip()[1:-1].strip()


def _entries(prefix: str, sections: Mapping[str, bytes]) -> Iterator[bytes]:
    for name in sorted(sections):
        if name.startswith(prefix):
            yield orjson.dumps(name[len(prefix) :]) + b":" + sections[name]
