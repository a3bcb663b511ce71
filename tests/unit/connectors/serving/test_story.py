"""An alert's story: the sentences a person reads."""

import json
from datetime import UTC, datetime
from typing import Any

from connectors.serving.story import story
from schemas.alerts import Alert
from schemas.deliveries import Delivery
from schemas.rules import RuleChange
from tests.support.alerts import an_alert
from tests.unit.streams.rules.test_book import a_change

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
RULE = RuleChange.model_validate_json(a_change())
EVENT = {"type": "account.entry_booked", "event_id": "E-1", "source": "core", "occurred_at": "2026-11-23T10:00:00Z"}


def a_record(**stated: Any) -> Alert:
    return Alert.model_validate_json(json.dumps(an_alert(cause=17, **stated)))


def a_delivery(outcome: str, attempts: int = 1, error: str | None = None) -> Delivery:
    fields = {"key": "k", "channel": "desk", "customer_id": "C1", "to": "M001", "severity": "notice", "alerts": []}
    told = {**fields, "outcome": outcome, "attempts": attempts, "error": error, "at": NOW.isoformat()}
    return Delivery.model_validate_json(json.dumps(told))


def test_the_whole_story_in_order() -> None:
    records = [a_record(), a_record(revision=2, change="addressed", to="M002")]
    sources = {("account-changes", 0, 17): json.dumps(EVENT).encode()}
    deliveries = [a_delivery("delivered", attempts=2), a_delivery("held", 0, "cool_down")]
    assert list(story(records, RULE, sources, deliveries)) == [
        "Large balance for customer C1, raised at 2026-11-23T10:00:00+00:00 to M001 as notice: "
        "account A1 holds 150,000.00 CZK (threshold 100,000.00 CZK).",
        "Rule large-balance, version 0, put at 2026-11-23T10:00:00+00:00 by jnovak (asked for).",
        "In force were threshold 100,000.00 CZK, rearm percent 95.",
        "The record changed what was judged; before: balance 90,000.00 CZK; since: balance 150,000.00 CZK.",
        "It was caused by account.entry_booked E-1 of core, which occurred at 2026-11-23T10:00:00Z "
        "(account-changes, partition 0, offset 17).",
        "It was judged on the view as of 2026-11-23T10:00:01+00:00.",
        "Revision 2: addressed; it is with M002, and its state is raised.",
        "Channel desk delivered it at 2026-11-23T10:00:00+00:00 at attempt 2.",
        "Channel desk held it back at 2026-11-23T10:00:00+00:00: he was told of this customer a moment ago.",
    ]


def test_what_is_not_kept_any_more_is_said() -> None:
    told = list(story([a_record()], None, {}, []))
    assert "Rule large-balance, version 0, which alert-rules does not hold any more." in told
    assert any(line.endswith("offset 17, which Kafka does not hold any more.") for line in told)
    assert told[-1].startswith("Topic deliveries says nothing of it")


def test_a_condition_that_could_not_be_judged_is_told() -> None:
    proof = an_alert(cause=17)["proof"]
    judged = {**proof, "thresholds": {"when": "1 / 0 > 1", "when_error": "divide by zero"}}
    told = list(story([a_record(proof=judged)], RULE, {}, []))
    assert "Its condition `1 / 0 > 1` could not be judged (divide by zero), so it counted as held." in told


def test_text_from_outside_cannot_rewrite_the_terminal() -> None:
    told = list(story([a_record(to="M\x1b[2J\n")], RULE, {("account-changes", 0, 17): b"\x1b"}, []))
    assert all("\x1b" not in line and "\n" not in line for line in told)


def test_what_people_did_with_it_is_told_with_who_when_and_why() -> None:
    life = {"seq": 1, "by": "M001", "at": "2026-11-24T08:00:00Z", "reason": "called him", "until": None, "escalated": 0}
    records = [a_record(), a_record(revision=2, change="acknowledged", state="acknowledged", life=life)]
    told = list(story(records, RULE, {}, []))
    assert (
        "Revision 2: acknowledged by M001 at 2026-11-24T08:00:00+00:00 (called him); it is with M001, "
        "and its state is acknowledged." in told
    )
