"""Joining the bytes of sections gives what parsing each of them gives."""

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from connectors.serving.assembly import assemble

ids = st.text('abZ09:/#._-"\\é', min_size=1, max_size=12)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
sections = st.dictionaries(st.text(min_size=1, max_size=8).map("f_".__add__), values, max_size=4)
families = {
    "accounts": "account:",
    "history": "history:",
    "loans": "loan:",
    "guarantees": "guarantee:",
    "acceptances": "acceptance:",
    "collateral": "collateral:",
    "complaints": "complaint:",
    "alerts": "alert:",
}
singles: dict[str, Any] = {
    "deadlines": {"due": {}},
    "interactions": None,
    "holdings": {"products": {}},
    "timeline": {"events": []},
}
"""Section -> what stands for one that is not there."""


@given(
    customer_id=ids,
    profile=st.none() | sections,
    summary=sections.map(lambda section: {f"s_{name}": value for name, value in section.items()}),
    alone=st.fixed_dictionaries({name: st.none() | sections for name in singles}),
    entities=st.fixed_dictionaries({family: st.dictionaries(ids, sections, max_size=4) for family in families}),
    indented=st.booleans(),
)
def test_joined_bytes_parse_to_what_the_sections_parse_to(
    customer_id: str,
    profile: dict[str, Any] | None,
    summary: dict[str, Any],
    alone: dict[str, dict[str, Any] | None],
    entities: dict[str, dict[str, dict[str, Any]]],
    indented: bool,
) -> None:
    whole = {"summary": summary}
    for family, prefix in families.items():
        whole |= {f"{prefix}{name}": section for name, section in entities[family].items()}
    whole |= {"profile": profile} if profile is not None else {}
    whole |= {name: section for name, section in alone.items() if section is not None}
    option = orjson.OPT_INDENT_2 if indented else 0

    joined = orjson.loads(
        assemble(customer_id, {name: orjson.dumps(part, option=option) for name, part in whole.items()})
    )

    nobody: dict[str, Any] = {"name": None, "host_manager": None, "co_hosts": [], "signatories": []}
    assert joined == {
        "customer_id": customer_id,
        **(nobody if profile is None else profile),
        **entities,
        **{name: singles[name] if section is None else section for name, section in alone.items()},
        **summary,
    }


def test_the_members_stand_in_the_order_a_reader_expects() -> None:
    view = orjson.loads(
        assemble(
            "B1",
            {
                "profile": b'{"name":"X"}',
                "summary": b'{"as_of":"t","applied":{}}',
                "account:2": b"{}",
                "account:1": b"{}",
            },
        )
    )
    assert list(view) == [
        "customer_id", "name", "accounts", "history", "loans", "guarantees", "acceptances", "collateral", "complaints",
        "alerts", "deadlines", "interactions", "holdings", "timeline", "as_of", "applied",
    ]  # fmt: skip
    assert list(view["accounts"]) == ["1", "2"]
