"""One table of all topics: key, partitions, retention, compaction. Created before use, never by accident."""

from dataclasses import dataclass
from typing import Final, Literal

from schemas.alerts import AlertKind

__all__ = [
    "ALERT_ACTIONS",
    "ALERT_RULES",
    "ALERT_TOPICS",
    "CONTROL_TOPICS",
    "CUSTOMER_VIEWS",
    "DEAD_LETTERS",
    "DEAD_LETTER_DECISIONS",
    "DELIVERIES",
    "INPUT_TOPICS",
    "LATE_EVENTS",
    "LOOKUP_AUDIT",
    "MAX_ASIDE_BYTES",
    "REFERENCE_DATA",
    "TOPICS",
    "TOPIC_OF_ALERT",
    "VIEW_GENERATIONS",
    "Topic",
]

_DAY_MS: Final = 24 * 3600 * 1000
MAX_ASIDE_BYTES: Final = 8 * 1024 * 1024
"""Largest record of `dead-letters` and `late-events`; a refused value that does not fit stays where it stood."""


@dataclass(frozen=True)
class Topic:
    """A topic's contract. All but control topics are co-partitioned: same partition count, murmur2 of the key."""

    name: str
    role: Literal["input", "control", "view", "alert", "aside", "delivery", "audit"]
    key: str
    """What the key is, in words."""
    cleanup: Literal["delete", "compact"]
    retention_ms: int
    """For `delete`: how long records stay, -1 for ever. For `compact`: how long tombstones stay."""
    title: str
    superseded_ms: int = 0
    """For `compact`: how long at least a record stays that a newer one of its key has superseded."""

    @property
    def partitions(self) -> int | None:
        """How many it has; None: as many as are set for all that are keyed by customer."""
        # Everybody reads all of a control topic, and one partition gives its changes one order.
        return 1 if self.role == "control" else None

    def config(self) -> dict[str, str]:
        """The topic's configuration as Kafka names it."""
        if self.cleanup == "compact":
            config = {"cleanup.policy": "compact", "delete.retention.ms": str(self.retention_ms)}
            if self.superseded_ms:
                config["min.compaction.lag.ms"] = str(self.superseded_ms)
            return config
        config = {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}
        if self.role == "aside":
            # What is set aside holds the whole refused record, in base64: a third larger.
            config["max.message.bytes"] = str(MAX_ASIDE_BYTES)
        return config

    def kept(self) -> str:
        """How long its records stay, in words."""
        if self.cleanup == "compact":
            superseded = f", older ones {self.superseded_ms // _DAY_MS} days" if self.superseded_ms else ""
            return f"the newest of each key{superseded}; a deletion {self.retention_ms // _DAY_MS} days"
        return "for ever" if self.retention_ms < 0 else f"{self.retention_ms // _DAY_MS} days"


ALERT_ACTIONS: Final = "alert-actions"
ALERT_RULES: Final = "alert-rules"
CUSTOMER_VIEWS: Final = "customer-views"
DEAD_LETTERS: Final = "dead-letters"
DEAD_LETTER_DECISIONS: Final = "dead-letter-decisions"
DELIVERIES: Final = "deliveries"
LATE_EVENTS: Final = "late-events"
LOOKUP_AUDIT: Final = "lookup-audit"
REFERENCE_DATA: Final = "reference-data"
VIEW_GENERATIONS: Final = "view-generations"
_CUSTOMER = "customer number"

_TABLE: Final = (
    Topic("customer-changes", "input", _CUSTOMER, "delete", -1, "Customers and who looks after them"),
    Topic("account-changes", "input", _CUSTOMER, "delete", -1, "Accounts: entries, balances, terms"),
    Topic(
        "loan-drawdowns",
        "input",
        _CUSTOMER,
        "delete",
        -1,
        "Contracts of lending: drawdowns, guarantees, acceptances, collateral",
    ),
    Topic("complaint-events", "input", _CUSTOMER, "delete", -1, "Complaints"),
    Topic("interaction-events", "input", _CUSTOMER, "delete", -1, "Contacts, campaigns, interest, satisfaction"),
    Topic(ALERT_ACTIONS, "input", _CUSTOMER, "delete", -1, "What people do with alerts"),
    Topic("clock", "input", "partition number", "delete", 7 * _DAY_MS, "Ticks of the event clock, to every partition"),
    Topic(
        ALERT_RULES,
        "control",
        "rule id",
        "compact",
        7 * _DAY_MS,
        "The alert rules in force; a rule's version is the offset of its record",
        superseded_ms=3 * 365 * _DAY_MS,
    ),
    Topic(
        REFERENCE_DATA,
        "control",
        "kind/id, such as branch/BR-12",
        "compact",
        7 * _DAY_MS,
        "Calendars, branches, managers, departments",
    ),
    Topic(
        CUSTOMER_VIEWS,
        "view",
        "customer number/section; partitioned by customer number",
        "compact",
        7 * _DAY_MS,
        "The customer views, a record per section; a tombstone deletes a section",
    ),
    Topic(
        VIEW_GENERATIONS,
        "control",
        CUSTOMER_VIEWS,
        "compact",
        7 * _DAY_MS,
        "Which generation of the customer views is in force: a rebuild makes another one beside it",
    ),
    Topic(
        "alerts.balance", "alert", _CUSTOMER, "delete", -1, "Large balances and entries, outflows, balances that drop"
    ),
    Topic("alerts.maturity", "alert", _CUSTOMER, "delete", -1, "Maturities of deposits, drawdowns, bills, guarantees"),
    Topic(
        "alerts.complaint",
        "alert",
        _CUSTOMER,
        "delete",
        -1,
        "Complaints: reminders, repeated ones, those of VIPs, overdue ones",
    ),
    Topic("alerts.lending", "alert", _CUSTOMER, "delete", -1, "Drawdowns, limits, arrears, freezes and collateral"),
    Topic(
        "alerts.relationship", "alert", _CUSTOMER, "delete", -1, "What changed about a customer and what he may want"
    ),
    Topic(DEAD_LETTERS, "aside", "key of the refused record", "delete", -1, "Input that could not be folded, and why"),
    Topic(
        DEAD_LETTER_DECISIONS,
        "control",
        "partition/offset of the letter in dead-letters",
        "compact",
        7 * _DAY_MS,
        "Dead letters that were replayed or dropped, by whom, when and why",
    ),
    Topic(DELIVERIES, "delivery", _CUSTOMER, "delete", 400 * _DAY_MS, "Who was told of which alert, or why not"),
    Topic(
        LOOKUP_AUDIT,
        "audit",
        "customer number, or who asked where an answer is not about one customer",
        "delete",
        3 * 366 * _DAY_MS,
        "Who looked at which customer, at what, why and when",
    ),
    Topic(LATE_EVENTS, "aside", _CUSTOMER, "delete", -1, "Additive events older than the window that recognises them"),
)

TOPICS: Final[dict[str, Topic]] = {topic.name: topic for topic in _TABLE}
INPUT_TOPICS: Final = tuple(topic.name for topic in _TABLE if topic.role == "input")
CONTROL_TOPICS: Final = tuple(topic.name for topic in _TABLE if topic.role == "control")
ALERT_TOPICS: Final = tuple(topic.name for topic in _TABLE if topic.role == "alert")
TOPIC_OF_ALERT: Final[dict[AlertKind, str]] = {
    AlertKind.LARGE_BALANCE: "alerts.balance",
    AlertKind.LARGE_ENTRY: "alerts.balance",
    AlertKind.MATURITY: "alerts.maturity",
    AlertKind.COMPLAINT_REMINDER: "alerts.complaint",
    AlertKind.ACCEPTANCE_MATURITY: "alerts.maturity",
    AlertKind.GUARANTEE_EXPIRY: "alerts.maturity",
    AlertKind.LARGE_DRAWDOWN: "alerts.lending",
    AlertKind.LIMIT_NEARLY_DRAWN: "alerts.lending",
    AlertKind.DRAWN_OVER_LIMIT: "alerts.lending",
    AlertKind.INSTALMENT_MISSED: "alerts.lending",
    AlertKind.ARREARS: "alerts.lending",
    AlertKind.FREEZE_PLACED: "alerts.lending",
    AlertKind.COLLATERAL_BELOW_COVER: "alerts.lending",
    AlertKind.LARGE_BALANCE_DOWN: "alerts.balance",
    AlertKind.FOREIGN_CURRENCY_BALANCE: "alerts.balance",
    AlertKind.LARGE_NET_OUTFLOW: "alerts.balance",
    AlertKind.BALANCE_DROP: "alerts.balance",
    AlertKind.REPEAT_COMPLAINT: "alerts.complaint",
    AlertKind.VIP_COMPLAINT: "alerts.complaint",
    AlertKind.ACKNOWLEDGEMENT_OVERDUE: "alerts.complaint",
    AlertKind.RESOLUTION_OVERDUE: "alerts.complaint",
    AlertKind.TIER_CHANGED: "alerts.relationship",
    AlertKind.ADDRESS_MOVED: "alerts.relationship",
    AlertKind.HOST_CHANGED: "alerts.relationship",
    AlertKind.REPEATED_INTEREST: "alerts.relationship",
    AlertKind.PRODUCT_GAP: "alerts.relationship",
    AlertKind.WIN_BACK: "alerts.relationship",
    AlertKind.NO_CONTACT: "alerts.relationship",
    AlertKind.BIRTHDAY: "alerts.relationship",
    AlertKind.DORMANCY: "alerts.relationship",
}
