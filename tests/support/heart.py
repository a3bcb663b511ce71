"""The pure heart with a store in memory: steps deliveries, keeps sections as bytes, checks what must always hold."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import TypeAdapter

from schemas.alerts import Alert
from schemas.clock import ClockTicked
from schemas.views import (
    AcceptanceSection,
    AccountSection,
    BalanceHistorySection,
    CollateralSection,
    ComplaintSection,
    DeadlinesSection,
    GuaranteeSection,
    HoldingsSection,
    InteractionsSection,
    LoanSection,
    ProfileSection,
    SummarySection,
    TimelineSection,
)
from streams.codec import encode_section
from streams.rules import Rules
from streams.step import Arrival, step
from streams.view import View
from tests.support.oracle import Delivery
from tests.support.oracle_views import Sections, products, totals

__all__ = ["Heart", "Published", "alerts_by_customer", "check_sections", "comparable", "differences"]

Section = dict[str, Any]
Published = tuple[str, str, Section]
"""Alert topic, customer, the alert."""

_TYPES: Final[dict[str, TypeAdapter[Any]]] = {
    "profile": TypeAdapter(ProfileSection),
    "summary": TypeAdapter(SummarySection),
    "deadlines": TypeAdapter(DeadlinesSection),
    "account": TypeAdapter(AccountSection),
    "history": TypeAdapter(BalanceHistorySection),
    "loan": TypeAdapter(LoanSection),
    "guarantee": TypeAdapter(GuaranteeSection),
    "acceptance": TypeAdapter(AcceptanceSection),
    "collateral": TypeAdapter(CollateralSection),
    "interactions": TypeAdapter(InteractionsSection),
    "holdings": TypeAdapter(HoldingsSection),
    "timeline": TypeAdapter(TimelineSection),
    "complaint": TypeAdapter(ComplaintSection),
}


class Heart:
    """All customers of one partition. `views` is at rest; `published` and `outcomes` are what left, in order."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.in_force: dict[str, datetime] = {}
        self.views: dict[str, dict[str, bytes]] = {}
        self.published: list[Published] = []
        self.outcomes: list[str] = []
        self.steps = 0

    def fold(self, deliveries: Sequence[Delivery], now: datetime) -> None:
        """Fold one batch, customer by customer, and move everybody's clock to `now`."""
        batches: dict[str, list[tuple[int, Arrival]]] = {customer_id: [] for customer_id in self.views}
        for place, delivery in enumerate(deliveries):
            record = delivery.record
            if not isinstance(record.event, ClockTicked):
                position = record.topic, record.topic_id, record.partition, record.offset
                arrival = Arrival(record.event, *position, delivery.at)
                batches.setdefault(record.event.customer_id, []).append((place, arrival))
        outcomes: dict[int, str] = {}
        for customer_id, batch in batches.items():
            kinds = self._step(customer_id, [arrival for _, arrival in batch], now)
            outcomes |= dict(zip([place for place, _ in batch], kinds, strict=True))
        self.outcomes += [outcomes[place] for place in sorted(outcomes)]

    def _step(self, customer_id: str, arrivals: list[Arrival], now: datetime) -> list[str]:
        at_rest = self.views.get(customer_id, {})
        decoded = {name: orjson.loads(raw) for name, raw in at_rest.items()}
        before = deepcopy(decoded)
        view = View(customer_id, at_rest, decoded)
        self.steps += 1
        as_of = f"2026-01-02T03:04:05.{self.steps:06}Z"
        result = step(view, arrivals, self.rules, now, as_of, in_force=self.in_force)
        assert decoded == before, "a step changed a section in place"
        encoded = {name: encode_section(section) for name, section in view.changed.items()}
        assert {name: orjson.loads(raw) for name, raw in encoded.items()} == view.changed
        if encoded:
            kept = {name: raw for name, raw in at_rest.items() if name not in view.removed}
            self.views[customer_id] = kept | encoded
        sections = {name: section for name, section in decoded.items() if name not in view.removed} | view.changed
        if set(view.changed) - {"summary"}:
            assert view.changed["summary"]["as_of"] == as_of
        elif view.changed and before:
            assert view.changed["summary"]["as_of"] == before["summary"]["as_of"], "nothing but `applied` has moved"
        check_sections(sections)
        assert result.due_at == self._earliest(sections)
        for alert in result.alerts:
            Alert.model_validate_json(encode_section(alert.section))
            assert alert.section_name == f"alert:{alert.section['alert_id']}"
            self.published.append((alert.topic, customer_id, orjson.loads(encode_section(alert.section))))
        for alert in {alert.section_name: alert for alert in result.alerts}.values():
            held = sections.get(alert.section_name, alert.section)
            assert held == alert.section, "published and kept in the view must be the same"
        return [outcome.kind for outcome in result.outcomes]

    def _earliest(self, sections: Mapping[str, Section]) -> datetime | None:
        """When the next deadline falls due, each asked for by itself."""
        due = sections.get("deadlines", {"due": {}})["due"]
        instants = [self.rules.due_at_of(key, part) for key, part in due.items()]
        return min((at for at in instants if at is not None), default=None)


def check_sections(sections: Mapping[str, Section]) -> None:
    """Every section is what its type says, and the summary what the others add up to."""
    for name, section in sections.items():
        family = name.partition(":")[0]
        if family == "alert":
            Alert.model_validate_json(orjson.dumps(section))
        else:
            adapter = _TYPES[family]
            assert adapter.dump_python(adapter.validate_python(section, strict=True)) == section, "undeclared fields"
    if sections:
        summary = sections["summary"]
        assert summary["totals"] == totals(dict(sections))
        assert sections.get("holdings", {"products": {}})["products"] == products(dict(sections))
        due = sections.get("deadlines", {"due": {}})["due"]
        untold = [part["on"] for key, part in due.items() if "|" not in key and "told" not in part]
        assert summary["due_on"] == min(untold, default=None)


def comparable(views: Mapping[str, Mapping[str, bytes]]) -> dict[str, Sections]:
    """Views at rest as the oracle gives them."""
    result: dict[str, Sections] = {}
    for customer_id, at_rest in views.items():
        sections = result[customer_id] = {name: orjson.loads(raw) for name, raw in at_rest.items()}
        for name, section in sections.items():
            if name == "summary":
                del section["as_of"]
            elif name.startswith("alert:"):
                del section["proof"]["as_of"]
        for name, part in (("deadlines", "due"), ("holdings", "products")):
            if sections.get(name) == {part: {}}:
                del sections[name]
    return result


def differences(found: Any, wanted: Any, path: str = "") -> list[str]:
    """Where the two differ, a line each; nothing when they are equal."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        names = [*found, *(name for name in wanted if name not in found)]
        nothing = "nothing"
        return [
            line
            for name in names
            for line in differences(found.get(name, nothing), wanted.get(name, nothing), f"{path}/{name}")
        ]
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [line for place, (one, other) in pairs for line in differences(one, other, f"{path}[{place}]")]
    return [] if found == wanted else [f"{path}: {found!r}, wanted {wanted!r}"]


def alerts_by_customer(published: Sequence[Published]) -> dict[tuple[str, str], list[Section]]:
    """What was published as the oracle gives it."""
    result: dict[tuple[str, str], list[Section]] = {}
    for topic, customer_id, alert in published:
        proof = {name: value for name, value in alert["proof"].items() if name != "as_of"}
        result.setdefault((topic, customer_id), []).append(alert | {"proof": proof})
    return result
