"""Actions on alerts as events: what orders them, and what is refused before it is sent."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.serving.actions import ActionRefused, action_of
from schemas.actions import AlertSnoozed
from schemas.alerts import Alert
from streams.codec import Door
from tests.support.alerts import an_alert

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def a_record(**stated: Any) -> Alert:
    return Alert.model_validate_json(json.dumps(an_alert(**stated)))


def a_life(seq: int) -> dict[str, Any]:
    return {"seq": seq, "by": None, "at": "2026-11-23T10:00:00Z", "reason": None, "until": None, "escalated": 0}


def test_an_action_names_alert_customer_and_actor() -> None:
    event = action_of(a_record(), "snoozed", "M001", "tests", NOW, {"until": NOW + timedelta(days=1), "note": None})
    assert isinstance(event, AlertSnoozed)
    assert (event.customer_id, event.actor, event.note) == ("C1", "M001", None)
    assert event.alert_id == a_record().alert_id
    assert Door().parse("alert-actions", b"C1", event.model_dump_json().encode()) == event


def test_an_action_comes_after_every_one_that_is_known_whatever_the_clock_says() -> None:
    ahead = int(NOW.timestamp() * 1000) + 5_000
    first = action_of(a_record(), "acknowledged", "M001", "tests", NOW, {})
    later = action_of(a_record(life=a_life(ahead)), "resolved", "M001", "tests", NOW, {})
    assert (first.source_seq, later.source_seq) == (ahead - 5_000, ahead + 1)


@pytest.mark.parametrize(
    ("action", "said", "why"),
    [
        ("snoozed", {"until": NOW - timedelta(days=1)}, "until: should be later than occurred_at"),
        ("dismissed", {"reason": ""}, "reason"),
        ("acknowledged", {"note": "x" * 5_000}, "note"),
    ],
)
def test_a_wrong_action_is_refused_with_what_is_wrong(action: str, said: dict[str, Any], why: str) -> None:
    with pytest.raises(ActionRefused) as refused:
        action_of(a_record(), action, "M001", "tests", NOW, said)
    assert why in str(refused.value)


def test_a_closed_alert_is_not_acted_on() -> None:
    with pytest.raises(ActionRefused, match="is resolved already"):
        action_of(a_record(state="resolved", life=a_life(1)), "acknowledged", "M001", "tests", NOW, {})
