"""Masks, held to a walk of the parsed section that shares no code with them: nothing withheld, nothing else changed."""

import json
from collections.abc import Callable
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.serving.access.masking import Masking
from connectors.serving.access.roles import Mask
from schemas import views

SECTIONS: Final = {
    "profile": views.ProfileSection,
    "account:1": views.AccountSection,
    "history:1": views.BalanceHistorySection,
    "loan:1": views.LoanSection,
    "guarantee:1": views.GuaranteeSection,
    "acceptance:1": views.AcceptanceSection,
    "collateral:1": views.CollateralSection,
    "complaint:1": views.ComplaintSection,
    "interactions": views.InteractionsSection,
    "holdings": views.HoldingsSection,
    "timeline": views.TimelineSection,
    "deadlines": views.DeadlinesSection,
    "summary": views.SummarySection,
}
NAMES: Final = ("phone", "document_number", "email", "address", "address_before", "content", "note", "reason", "rules")
WRITTEN_BY: Final[dict[str, Callable[[Any], bytes]]] = {
    "c360": orjson.dumps,
    "another": lambda value: json.dumps(value).encode(),
    "a person": lambda value: json.dumps(value, indent=1, ensure_ascii=False, separators=(" , ", "\t: ")).encode(),
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**53), 2**53)
told = texts | st.sampled_from(
    ["8001014433", "+420 602 123 456", "jan@example.com", "card 4000-1234 5678 9010!", '"phone":"602123456"', "}", "{"]
)
plain = st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | told
names = st.sampled_from((*NAMES, "balance_minor", "_minor", "x_minor_", "order")) | texts
anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
masks = st.sets(st.sampled_from(Mask)).map(frozenset)


def of_type(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type that `schemas/views.py` uses."""
    origin, inner = get_origin(hint), get_args(hint)
    if hasattr(hint, "__optional_keys__"):
        members = {name: of_type(each) for name, each in get_type_hints(hint).items()}
        optional = {name: members.pop(name) for name in hint.__optional_keys__}
        return st.fixed_dictionaries(members, optional=optional)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is dict:
        return st.dictionaries(texts, of_type(inner[1]), max_size=2)
    if origin is list:
        # Of anything: positions of records.
        return st.lists(plain if inner[0] is Any else of_type(inner[0]), max_size=2)
    if inner:
        return st.one_of([of_type(each) for each in inner])
    return {str: told, int: numbers, bool: st.booleans(), type(None): st.none(), Any: anything}[hint]


def last_digits(text: str) -> str:
    signs = [sign for sign in text if sign.isalnum()]
    return "***" + "".join(signs[len(signs) - min(4, len(signs) // 3) :])


def without_long_numbers(text: str) -> str:
    shown, place = "", 0
    while place < len(text):
        end, digits = place, 0
        while end < len(text) and text[end].isdecimal():
            end, digits = end + 1, digits + 1
            if text[end : end + 1] in {" ", "-"} and text[end + 1 : end + 2].isdecimal():
                end += 1
        shown += last_digits(text[place:end]) if digits >= 7 else text[place : max(end, place + 1)]
        place = max(end, place + 1)
    return shown


OF_WHOM: Final[dict[str, tuple[Mask, Callable[[str], str]]]] = {
    "document_number": (Mask.DOCUMENT_NUMBER, last_digits),
    "phone": (Mask.PHONE, last_digits),
    "email": (Mask.EMAIL, lambda text: "***" + text[text.rindex("@") :] if "@" in text else "***"),
    "address": (Mask.ADDRESS, lambda _text: "***"),
    "address_before": (Mask.ADDRESS, lambda _text: "***"),
}


def expected_text(name: str, text: str, masked: frozenset[Mask]) -> str | None:
    if name in OF_WHOM:
        mask, shorten = OF_WHOM[name]
        return shorten(text) if mask in masked else text
    if name not in {"content", "resolution", "note", "comment", "reason", "description"}:
        return text
    if Mask.TEXTS in masked:
        return None
    return without_long_numbers(text) if masked & {Mask.DOCUMENT_NUMBER, Mask.PHONE} else text


def expected(value: Any, masked: frozenset[Mask]) -> Any:
    if isinstance(value, list):
        return [expected(each, masked) for each in value]
    if not isinstance(value, dict):
        return value
    shown: dict[str, Any] = {}
    for name, member in value.items():
        if name == "rules":
            continue
        if name.endswith("_minor") and Mask.BALANCES in masked:
            shown[name] = dict.fromkeys(member) if isinstance(member, dict) else None
        elif isinstance(member, str):
            shown[name] = expected_text(name, member, masked)
        else:
            shown[name] = expected(member, masked)
    return shown


@given(anything, masks.filter(bool), st.sampled_from(sorted(WRITTEN_BY)))
@example({"rules": {"r": {"a": "}"}}, "x_minor": 1}, frozenset({Mask.BALANCES}), "c360")
@example({"rules": {"r": {"a": 1}}, "inner": {"rules": {"r": {"a": 2}}}}, frozenset({Mask.PHONE}), "c360")
@example({"x_minor": {"CZK": 1}, "rules": {}, "y_minor": {"a,b": "c"}}, frozenset({Mask.BALANCES}), "c360")
@example({"kind": "x_minor", "x_minor": 2}, frozenset({Mask.BALANCES}), "c360")
@example({"x_minor": [1], "y_minor": 1.5e300, "z_minor": True}, frozenset({Mask.BALANCES}), "c360")
@example({"was": "phone", "phone": "602123456"}, frozenset({Mask.PHONE}), "a person")
@example({"phone": {"phone": ["602123456"]}}, frozenset({Mask.PHONE}), "another")
def test_a_section_of_any_form_shows_what_its_walk_would_show(value: Any, masked: frozenset[Mask], by: str) -> None:
    shown = Masking(masked).sections({"unlisted:1": WRITTEN_BY[by](value)})
    assert orjson.loads(shown["unlisted:1"]) == expected(value, masked)


@pytest.mark.parametrize("name", SECTIONS)
@given(st.data())
def test_a_section_of_each_kind_shows_what_its_walk_would_show(name: str, data: st.DataObject) -> None:
    """So no kind of section has a member that should be masked, and that masks of its kind do not know of."""
    section = data.draw(of_type(SECTIONS[name]))
    masked = data.draw(masks)
    shown = orjson.loads(Masking(masked).sections({name: orjson.dumps(section)})[name])
    # Nothing but the masks of a kind leaves out what rules remember, and it does wherever one applies.
    assert shown in (expected(section, masked), section)
    if shown != expected(section, masked):
        assert expected(section, masked) == {each: section[each] for each in section if each != "rules"}


def test_sections_as_c360_writes_them_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    section = {
        "phone": "602123456",
        "order": {"phone": 1},
        "balance_minor": 5,
        "held_minor": {"CZK": 1, "EUR": -2},
        "rules": {"outflow": {"sums": {"2018-09-10": -1}, "texts": ["a", "}"]}},
        "status": "open",
    }
    masking = Masking(frozenset({Mask.PHONE, Mask.BALANCES}))
    monkeypatch.setattr(Masking, "value", None)
    shown = orjson.loads(masking.sections({"new:1": orjson.dumps(section)})["new:1"])
    amounts = {"balance_minor": None, "held_minor": {"CZK": None, "EUR": None}}
    assert shown == {"phone": "***456", "order": {"phone": 1}, **amounts, "status": "open"}
