"""Alert records as workers publish them, for tests of those who read them."""

import json
from typing import Any
from uuid import UUID, uuid5

from connectors.sinks.parcels import Standing
from schemas.alerts import Alert

__all__ = ["a_standing", "an_alert"]

_IDS = UUID("7e575f00-0000-5000-8000-000000000000")


def an_alert(name: str = "first", **stated: Any) -> dict[str, Any]:
    """An alert record; `name` makes its id, and its cause when no offset is given."""
    offset = stated.pop("cause", uuid5(_IDS, name).int % 1_000_000)
    return {
        "alert_id": str(uuid5(_IDS, name)),
        "revision": 1,
        "change": "raised",
        "kind": "large_balance",
        "customer_id": "C1",
        "subject": "account:A1",
        "raised_at": "2026-11-23T10:00:00Z",
        "severity": "notice",
        "state": "raised",
        "to": "M001",
        "addressee": "host",
        "group_id": str(uuid5(_IDS, f"group {offset}")),
        "payload": {"account_id": "A1", "currency": "CZK", "balance_minor": 15_000_000, "threshold_minor": 10_000_000},
        "proof": {
            "rule_id": "large-balance",
            "rule_version": 0,
            "thresholds": {"threshold_minor": 10_000_000, "rearm_percent": 95},
            "before": {"balance_minor": 9_000_000},
            "after": {"balance_minor": 15_000_000},
            "causes": [{"topic": "account-changes", "partition": 0, "offset": offset}],
            "as_of": "2026-11-23T10:00:01Z",
        },
        **stated,
    }


def a_standing(name: str = "first", timestamp_ms: int = 1_795_428_000_000, **stated: Any) -> Standing:
    """Such a record where it stands; its timestamp is 2026-11-23T10:00:00Z."""
    value = json.dumps(an_alert(name, **stated)).encode()
    return Standing("alerts.balance", 0, 7, timestamp_ms, value, Alert.model_validate_json(value))
