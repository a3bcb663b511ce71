"""What the console says: every text in both languages, with the same values in it, and one for each code there is."""

import re
from typing import Any, get_args, get_type_hints

import orjson
import pytest

from connectors.serving.console.site import FOLDER
from connectors.serving.freshness import Cause
from connectors.sources.entities import EVENT_TYPES
from schemas.alerts import AlertKind, AlertState, Severity
from schemas.payloads import PAYLOADS
from schemas.views import AccountStatus, ComplaintStatus, GuaranteeStatus, LendingStatus

WORDS: dict[str, dict[str, str]] = {
    language: orjson.loads((FOLDER / "words" / f"{language}.json").read_bytes()) for language in ("en", "zh-CN")
}
ENGLISH, CHINESE = WORDS["en"], WORDS["zh-CN"]
SOURCE = "\n".join(path.read_text() for path in sorted(FOLDER.glob("*.js")))
VARIANTS = {"maturity": (".deposit", ".drawdown"), "large_entry": (".debit", ".credit"), "freeze_placed": ("", ".why")}
WITHOUT_WORDS = {"count", "date.instant"}


def values_in(text: str) -> set[str]:
    """Names of the values that a text takes."""
    return set(re.findall(r"\{(\w+)", text))


def test_every_text_stands_in_both_languages() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
    assert all(text.strip() for words in WORDS.values() for text in words.values())


def test_both_languages_take_the_same_values_and_chinese_is_chinese() -> None:
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert [key for key in ENGLISH if values_in(ENGLISH[key]) != values_in(CHINESE[key])] == []
    assert [key for key in CHINESE if not chinese.search(CHINESE[key])] == sorted(WITHOUT_WORDS)
    assert [key for key in ENGLISH if chinese.search(ENGLISH[key])] == []


def test_every_text_that_the_modules_ask_for_is_there() -> None:
    asked = set(re.findall(r'\bt\("([a-z_.0-9]+)"', SOURCE)) | set(re.findall(r'empty\("([a-z_.]+)"', SOURCE))
    assert len(asked) > 60
    assert asked <= ENGLISH.keys()


@pytest.mark.parametrize("kind", list(AlertKind))
def test_an_alert_of_each_kind_is_told_by_what_its_payload_holds(kind: AlertKind) -> None:
    assert f"alert_kind.{kind}" in ENGLISH
    held = {"customer_id"} | {name for variant in _variants(PAYLOADS[kind]) for name in get_type_hints(variant)}
    for variant in VARIANTS.get(kind, ("",)):
        assert values_in(ENGLISH[f"alert.{kind}{variant}"]) <= held


def _variants(payload: Any) -> tuple[Any, ...]:
    return get_args(payload) or (payload,)


def test_every_code_that_views_and_alerts_hold_has_its_words() -> None:
    statuses = {
        *get_args(AccountStatus),
        *get_args(LendingStatus),
        *get_args(GuaranteeStatus),
        *get_args(ComplaintStatus),
    }
    wanted = {f"status.{status}" for status in statuses}
    wanted |= {f"state.{state}" for state in AlertState} | {f"severity.{severity}" for severity in Severity}
    wanted |= {f"event.{kind}" for kind in EVENT_TYPES} | {f"stale.{cause}" for cause in (*get_args(Cause), "redis")}
    assert wanted <= ENGLISH.keys()
