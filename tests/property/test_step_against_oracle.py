"""The step against the naive oracle: any history, cut, repetition and crash ends in the same views and alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given, note
from hypothesis import strategies as st

from schemas.events import Event
from schemas.rules import RuleFile
from streams.rules import Rules
from streams.rules.alerts import NAMESPACE
from tests.support.heart import Heart, alerts_by_customer, comparable, differences
from tests.support.histories import (
    RULES,
    delivered,
    disordered,
    histories,
    recorded,
    redelivered,
    repeated,
    rule_files,
    zones,
)
from tests.support.oracle import Delivery, Expected, Policy, Record, expected
from tests.support.oracle_views import Sections


@dataclass
class Case:
    """A bank and what is delivered to it."""

    rule_file: RuleFile
    zone: str
    raise_after: datetime | None
    deliveries: list[Delivery]
    closed_alert_days: int | None = None

    @property
    def rules(self) -> Rules:
        days = self.closed_alert_days
        return Rules(self.rule_file, self.zone, self.raise_after, closed_alert_days=days)

    @property
    def expected(self) -> Expected:
        namespace: UUID = NAMESPACE
        policy = Policy(self.rule_file, ZoneInfo(self.zone), namespace, self.raise_after, self.closed_alert_days)
        return expected(self.deliveries, policy)


@st.composite
def cases(draw: st.DrawFn, *, faithful: bool = False) -> Case:
    """Anything: sources that contradict themselves, tell late, twice and in any order."""
    zone = draw(zones())
    events: list[Event] = draw(histories(zone, faithful=faithful))
    middle = events[len(events) // 2].occurred_at
    raise_after = draw(st.sampled_from([None, None, None, middle, middle + timedelta(microseconds=1)]))
    if draw(st.booleans()):
        events = draw(disordered(events))
    events = draw(repeated(events))
    # The topics may have been deleted and made again in the middle.
    made_again = draw(st.sampled_from((len(events), len(events), draw(st.integers(0, len(events))))))
    records: list[Record] = []
    for topic_id, stretch in (("topic-1", events[:made_again]), ("topic-2", events[made_again:])):
        records += draw(redelivered(recorded(stretch, topic_id))) if stretch else []
    closed_alert_days = draw(st.sampled_from((None, None, 1, 20, 60)))
    return Case(draw(rule_files()), zone, raise_after, delivered(records), closed_alert_days)


def cut(data: st.DataObject, deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """The deliveries in batches."""
    sizes = st.sampled_from((1, 2, 3, 7, 40))
    batches, begin = [], 0
    while begin < len(deliveries):
        size = data.draw(sizes)
        batches.append(list(deliveries[begin : begin + size]))
        begin += size
    return batches


def assert_as_expected(heart: Heart, case: Case) -> None:
    wanted = case.expected
    note(f"{case.zone} {case.raise_after}")
    for delivery in case.deliveries:
        note(f"{delivery.record.topic}[{delivery.record.offset}] at {delivery.at}: {delivery.record.event!r}")
    assert differences(comparable(heart.views), wanted.views) == []
    assert differences(alerts_by_customer(heart.published), wanted.alerts) == []


@given(st.data(), cases())
def test_any_history_cut_into_any_steps_ends_as_the_oracle_says(data: st.DataObject, case: Case) -> None:
    heart = Heart(case.rules)
    for batch in cut(data, case.deliveries):
        heart.fold(batch, batch[-1].at)
    assert_as_expected(heart, case)
    assert sorted(heart.outcomes) == sorted(case.expected.outcomes)


@given(cases())
def test_each_record_by_itself_has_the_outcome_the_oracle_says(case: Case) -> None:
    heart = Heart(case.rules)
    for delivery in case.deliveries:
        heart.fold([delivery], delivery.at)
    assert heart.outcomes == case.expected.outcomes
    assert_as_expected(heart, case)


@given(st.data(), cases())
def test_a_crash_anywhere_loses_and_doubles_nothing(data: st.DataObject, case: Case) -> None:
    # What a transaction does: the steps since the last commit are taken back, their alerts never become visible.
    heart = Heart(case.rules)
    batches = cut(data, case.deliveries)
    position = committed = crashes = 0
    views, alerts = dict(heart.views), 0
    while position < len(batches):
        heart.fold(batches[position], batches[position][-1].at)
        position += 1
        what = data.draw(st.sampled_from(("go on", "commit", "crash")))
        if what == "commit":
            views, alerts, committed = dict(heart.views), len(heart.published), position
        elif what == "crash" and crashes < 4:
            heart.views, heart.published[alerts:], position = dict(views), [], committed
            crashes += 1
    assert_as_expected(heart, case)


@given(st.data(), cases())
def test_delivering_again_from_any_earlier_position_changes_nothing(data: st.DataObject, case: Case) -> None:
    # What is left without transactions: sections and alerts are kept, of some customers only, positions go back.
    heart = Heart(case.rules)
    batches = cut(data, case.deliveries)
    position = tears = 0
    while position < len(batches):
        views, published = dict(heart.views), list(heart.published)
        batch = batches[position]
        heart.fold(batch, batch[-1].at)
        position += 1
        if tears < 4 and data.draw(st.booleans()):
            tears += 1
            kept = [customer for customer in heart.views if data.draw(st.booleans())]
            heart.published = published + [one for one in heart.published[len(published) :] if one[1] in kept]
            heart.views = views | {customer: heart.views[customer] for customer in kept}
            # Back to the batch that was torn, or further: nothing that was folded is folded again.
            position = data.draw(st.integers(0, position - 1))
    assert_as_expected(heart, case)


@given(st.data(), zones())
def test_disorder_of_an_entity_inside_the_window_ends_in_the_same_views(data: st.DataObject, zone: str) -> None:
    events = data.draw(histories(zone))
    other = data.draw(repeated(data.draw(disordered(events, within=32)), most=3))
    told, told_otherwise = (Case(RULES, zone, None, delivered(recorded(history))) for history in (events, other))
    in_order, disorderly = Heart(told.rules), Heart(told.rules)
    end = max(event.occurred_at for event in events)
    in_order.fold(told.deliveries, end)
    for batch in cut(data, told_otherwise.deliveries):
        disorderly.fold(batch, batch[-1].at)
    assert_as_expected(disorderly, told_otherwise)
    # What is told again after more than a window is late; nothing told for the first time may be.
    assert disorderly.outcomes.count("late") <= len(other) - len(events)
    assert _facts(disorderly) == _facts(in_order)


def _facts(heart: Heart) -> dict[str, Sections]:
    """The views without what depends on the order of arrival: alerts, what rules remember, positions."""
    views = comparable(heart.views)
    for customer_id, sections in views.items():
        facts: Sections = {}
        for name, section in sections.items():
            if name.startswith("alert:"):
                continue
            facts[name] = dict(section)
            facts[name].pop("armed", None)
            facts[name].pop("rules", None)
            if name == "summary":
                del facts[name]["applied"]
                uncounted = ("alerts", "unaddressed")
                facts[name]["totals"] = {key: value for key, value in section["totals"].items() if key not in uncounted}
            if name == "deadlines":
                # What comes again is a place in time, not a fact: where it stood on the clock when it was told.
                due = {
                    key: part
                    for key, part in section["due"].items()
                    if not key.startswith("alert:") and key not in ("profile|birthday", "profile|dormancy")
                }
                facts[name] = {"due": {subject: _stated(part) for subject, part in due.items()}}
        views[customer_id] = facts
    return views


def _stated(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "cause"}
