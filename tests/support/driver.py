"""Drives `step` for one customer: pipe events in, move the clock, look at the view and at what was published."""

from datetime import datetime
from typing import Any

from schemas.alerts import Alert
from schemas.views import alert_section
from streams.codec import encode_section
from streams.rules import Rules
from streams.step import Arrival, Outcome, Step, step
from streams.view import Section, View
from tests.support.builders import CUSTOMER, NOON, some_rules, topic_of

__all__ = ["Driver"]

AS_OF = "2026-11-23T10:00:00Z"


class Driver:
    """One customer's sections at rest as bytes between steps, as the engine keeps them."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or some_rules()
        self.in_force: dict[str, datetime] = {}
        """Rule -> the clock at which it came into force; absent: ever."""
        self.at_rest: dict[str, bytes] = {}
        self.now = NOON
        self.as_of = AS_OF
        self.published: list[Section] = []
        self.delivered: list[Arrival] = []
        self.put: set[str] = set()
        """Names of the sections that the last step put."""

    def pipe(self, *events: Any) -> list[Outcome]:
        """Fold events in one step, each at the next offset of its topic."""
        return self.deliver(*(self._arrival(event) for event in events))

    def pipe_each(self, *events: Any) -> list[Outcome]:
        """Fold events in a step each."""
        return [outcome for event in events for outcome in self.pipe(event)]

    def deliver(self, *arrivals: Arrival) -> list[Outcome]:
        """Fold arrivals as they are."""
        return self._step(*arrivals).outcomes

    def advance(self, now: datetime) -> None:
        """Move the clock."""
        self.now = now
        self._step()

    def view(self) -> dict[str, Section]:
        """All sections."""
        view = View(CUSTOMER, self.at_rest)
        return {name: self._held(view, name) for name in self.at_rest}

    def section(self, name: str) -> Section:
        """One section, which is there."""
        return self._held(View(CUSTOMER, self.at_rest), name)

    def facts(self) -> dict[str, Section]:
        """All sections but for what tells of the run, not of the customer: positions and wall-clock instants."""
        return {name: _without_run(section) for name, section in self.view().items()}

    def alert_kinds(self) -> list[str]:
        """Of what was raised, in order."""
        return [alert["kind"] for alert in self.published if alert["change"] == "raised"]

    def changes(self) -> list[str]:
        """Of what was published, in order."""
        return [alert["change"] for alert in self.published]

    def _arrival(self, event: Any) -> Arrival:
        topic = topic_of(event)
        self.now = max(self.now, event.occurred_at)
        arrival = Arrival(event, topic, "topic-1", 0, len(self.delivered), self.now)
        self.delivered.append(arrival)
        return arrival

    def _step(self, *arrivals: Arrival) -> Step:
        view = View(CUSTOMER, dict(self.at_rest))
        result = step(view, arrivals, self.rules, self.now, self.as_of, in_force=self.in_force)
        self.put = set(view.changed)
        for name in view.removed:
            del self.at_rest[name]
        for name, section in view.changed.items():
            self.at_rest[name] = encode_section(section)
            assert self._held(View(CUSTOMER, self.at_rest), name) == section
        for raised in result.alerts:
            alert = Alert.model_validate_json(encode_section(raised.section))
            assert raised.section_name == alert_section(str(alert.alert_id))
            assert list(raised.section) == list(Alert.model_fields)
            self.published.append(raised.section)
        return result

    @staticmethod
    def _held(view: View, name: str) -> Section:
        section = view.get(name)
        assert section is not None
        return section


def _without_run(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = {"as_of", "applied", "cause", "causes"}
        return {name: _without_run(held) for name, held in value.items() if name not in left_out}
    return value
