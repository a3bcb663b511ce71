"""A generation of the views beside the one in force: silent, then taking over where that one ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from schemas.events import Event
from schemas.generations import views_topic
from schemas.rules import RuleFile
from schemas.topics import ALERT_ACTIONS, INPUT_TOPICS
from schemas.views import alert_section
from streams.adoption import Changelog
from streams.codec import Door
from streams.flush import Flush
from streams.folding import Clock
from streams.partition import Partition, PartitionConfig
from streams.rules import Rules
from streams.silence import Successor
from tests.support import builders

WALL = datetime(2026, 6, 1, tzinfo=UTC)
BOOKED = datetime(2026, 1, 1, tzinfo=UTC)
MATURES = date(2026, 3, 1)
LOOK = datetime(2026, 1, 30, tzinfo=UTC)
"""30 days before."""
CUSTOMERS = 5
IDS = dict.fromkeys(INPUT_TOPICS, "id")
BORN = date(1980, 3, 1)
BIRTHDAYS = Rules(
    RuleFile.model_validate(
        {"rules": [{"id": "birthday", "kind": "birthday", "version": 1, "severity": "notice", "days_before": [7, 0]}]}
    )
)
RULE_FILE = RuleFile.model_validate(
    {
        "rules": [
            {"id": "maturity", "kind": "maturity", "version": 1, "severity": "notice", "days_before": [30, 1]},
            {"id": "large", "kind": "large_entry", "version": 1, "severity": "notice", "threshold": "1000.00"},
        ]
    }
)
RULES = Rules(RULE_FILE)


@dataclass(frozen=True)
class Fetched:
    offset: int
    key: bytes
    value: bytes
    timestamp: int = 0


@dataclass
class Generation:
    """A partition of one generation, what it has committed and published."""

    number: int
    deadlines_per_fold: int = 2_000
    clock: Clock = "event"
    rules: Rules = field(default_factory=lambda: RULES)
    wall: datetime = WALL
    changelog: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)
    asides: int = 0

    def __post_init__(self) -> None:
        self.positions = dict.fromkeys(INPUT_TOPICS, 0)
        self.begin_anew()

    def begin_anew(self) -> None:
        """As a process that takes the partition over: from what is committed."""
        config = PartitionConfig(
            rules=self.rules,
            door=Door(),
            topic_ids=IDS,
            clock=self.clock,
            generation=self.number,
            deadlines_per_fold=self.deadlines_per_fold,
        )
        self.partition = Partition(0, config)
        self.partition.restorer()([key for key, _ in self.changelog], [value for _, value in self.changelog])
        self.partition.recovered(self.positions)

    def receive(self, events: Sequence[Event]) -> None:
        """All there is, each event in its topic."""
        topics: dict[str, list[Fetched]] = {topic: [] for topic in INPUT_TOPICS}
        for event in events:
            records = topics[builders.topic_of(event)]
            key = getattr(event, "customer_id", "0").encode()
            records.append(Fetched(len(records), key, builders.wire(event)))
        for topic, found in topics.items():
            self.partition.receive(topic, found)
            self.partition.set_caught_up(topic, True)

    def fold(self, most: int = 1_000) -> bool:
        """Fold once and commit; whether there was anything to do."""
        flush = self.partition.fold(most, self.wall)
        if flush is not None:
            self.commit(flush)
        return flush is not None

    def commit(self, flush: Flush) -> None:
        assert {output.topic for output in flush.sections} == {views_topic(self.number)}
        self.changelog += [(output.key or b"", output.value) for output in flush.sections]
        self.alerts += [orjson.loads(output.value or b"") for output in flush.alerts]
        self.asides += len(flush.asides)
        self.positions = dict(flush.positions)
        self.partition.committed(flush)

    def finish(self) -> None:
        while self.fold():
            pass

    def take_over_from(self, other: "Generation", switch: int = 1) -> None:
        """As a take-over does it once the other one has ended."""
        log = Changelog(0, other.number, IDS)
        log.restore([key for key, _ in other.changelog], [value for _, value in other.changelog])
        self.partition.succeed(Successor(switch, log.published()), other.positions)

    def alert_sections(self) -> dict[str, bytes]:
        customers = self.partition.customers
        return {
            f"{customer_id}/{name}": raw
            for customer_id in customers
            for name, raw in customers[customer_id].items()
            if name.startswith(alert_section(""))
        }


def history() -> list[Event]:
    """Of each customer a deposit that matures; of the first one also a large entry."""
    events: list[Event] = [
        builders.an_account(
            customer_id=f"C{n}", account_id=f"A{n}", product="term_deposit", maturity_on=MATURES, occurred_at=BOOKED
        )
        for n in range(CUSTOMERS)
    ]
    return [*events, builders.an_entry(customer_id="C0", account_id="A0", amount_minor=10**8, occurred_at=BOOKED)]


def a_tick(at: datetime) -> Event:
    return builders.a_tick(at)


def kinds(generation: Generation) -> list[str]:
    return sorted(alert["kind"] for alert in generation.alerts)


def test_what_is_folded_in_silence_makes_views_and_nothing_else() -> None:
    silent = Generation(2)
    silent.partition.keep_silent(dict.fromkeys(INPUT_TOPICS, 1_000))
    silent.receive([*history(), builders.an_entry(customer_id="C0", account_id="A0", currency="EUR"), a_tick(LOOK)])
    silent.finish()
    assert sorted(silent.partition.customers) == [f"C{n}" for n in range(CUSTOMERS)]
    assert (silent.alerts, silent.asides, silent.alert_sections()) == ([], 0, {})


def test_nothing_is_folded_that_the_generation_in_force_has_not_folded() -> None:
    silent = Generation(2)
    silent.partition.keep_silent(dict.fromkeys(INPUT_TOPICS, 0))
    silent.receive(history())
    assert not silent.fold()
    silent.partition.keep_silent(dict.fromkeys(INPUT_TOPICS, 0) | {"account-changes": 2})
    silent.finish()
    assert silent.positions["account-changes"] == 2
    assert sorted(silent.partition.customers) == ["C0", "C1"]


def test_after_the_hand_over_what_was_published_stands_and_what_comes_is_raised_once() -> None:
    old, new = Generation(1), Generation(2)
    events = [*history(), a_tick(LOOK)]
    old.receive(events)
    old.finish()
    assert kinds(old) == ["large_entry", *["maturity"] * CUSTOMERS]
    new.take_over_from(old)
    new.receive([*events, a_tick(datetime(2026, 2, 28, tzinfo=UTC))])
    new.finish()
    assert old.alert_sections().items() <= new.alert_sections().items()
    assert kinds(new) == ["maturity"] * CUSTOMERS
    assert not {alert["alert_id"] for alert in new.alerts} & {alert["alert_id"] for alert in old.alerts}


def test_a_deadline_that_had_fallen_due_but_was_not_looked_at_yet_is_looked_at_after_the_hand_over() -> None:
    old, new = Generation(1, deadlines_per_fold=1), Generation(2)
    events = [*history(), a_tick(LOOK)]
    old.receive(history())
    old.finish()
    old.receive(events)
    old.fold()
    told = [alert for alert in old.alerts if alert["kind"] == "maturity"]
    assert 0 < len(told) < CUSTOMERS, "the flood is to be cut in its middle"
    new.take_over_from(old)
    new.receive(events)
    new.finish()
    assert kinds(new) == ["maturity"] * (CUSTOMERS - len(told))
    assert len({alert["alert_id"] for alert in (*old.alerts, *new.alerts)}) == CUSTOMERS + 1


def test_what_a_person_did_with_an_alert_comes_along() -> None:
    old, new = Generation(1), Generation(2)
    old.receive(history())
    old.finish()
    (alert,) = old.alerts
    events = [*history(), builders.an_acknowledgement(alert["alert_id"], customer_id="C0", occurred_at=BOOKED)]
    old.receive(events)
    old.finish()
    assert old.positions[ALERT_ACTIONS] == 1
    new.take_over_from(old)
    new.receive(events)
    new.finish()
    assert [orjson.loads(raw)["state"] for raw in new.alert_sections().values()] == ["acknowledged"]
    assert (new.alerts, new.asides) == ([], 0)


def test_a_hand_over_that_is_aborted_is_done_again() -> None:
    old, new = Generation(1), Generation(2)
    events = [*history(), a_tick(LOOK)]
    old.receive(events)
    old.finish()
    new.take_over_from(old)
    new.receive(events)
    under_way: list[Flush] = []
    while new.partition.is_silent:
        flush = new.partition.fold(1_000, WALL)
        assert flush is not None
        under_way.append(flush)
    for flush in reversed(under_way):
        new.partition.undo(flush)
    new.partition.begin_at(new.positions)
    new.receive(events)
    new.finish()
    assert new.alert_sections() == old.alert_sections()
    assert new.alerts == []


def test_the_counters_go_on_from_what_was_set_aside_in_public() -> None:
    old, new = Generation(1), Generation(2)
    refused = builders.an_entry(customer_id="C0", account_id="A0", currency="EUR", source_seq=9)
    events = [*history(), refused]
    old.receive(events)
    old.finish()
    new.take_over_from(old)
    new.receive([*events, builders.an_entry(customer_id="C1", account_id="A1", occurred_at=BOOKED)])
    new.finish()
    progress = orjson.loads(dict(new.changelog)[b"$partition-0/progress"] or b"")
    assert progress["counts"] == {"folded": CUSTOMERS + 2, "late": 0, "dead": 1}
    assert progress["handed_over"] == 1
    assert (old.asides, new.asides) == (1, 0)


def test_a_generation_that_never_raised_an_alert_has_nothing_to_hand_over() -> None:
    old = Generation(1)
    old.receive(history())
    old.finish()
    before = old.alert_sections()
    old.partition.succeed(Successor(2, None), {})
    old.receive([*history(), a_tick(LOOK)])
    old.finish()
    assert before.items() <= old.alert_sections().items()
    assert kinds(old) == ["large_entry", *["maturity"] * CUSTOMERS]


def test_a_look_of_which_the_new_fold_knows_another_day_is_its_own() -> None:
    old, new = Generation(1, deadlines_per_fold=1), Generation(2)
    old.receive(history())
    old.finish()
    old.receive([*history(), a_tick(LOOK)])
    old.fold()
    assert 0 < kinds(old).count("maturity") < CUSTOMERS
    later = [event.model_copy(update={"maturity_on": MATURES + timedelta(days=60)}) for event in history()[:CUSTOMERS]]
    new.take_over_from(old)
    new.receive([*later, history()[-1], a_tick(LOOK)])
    new.finish()
    assert new.alerts == []
    assert new.alert_sections() == old.alert_sections()


def test_what_falls_due_on_the_walls_clock_after_a_switch_back_that_nobody_followed_is_raised_by_the_next() -> None:
    old, new = Generation(1, clock="wall", wall=BOOKED), Generation(2, clock="wall", wall=BOOKED)
    old.receive(history())
    old.finish()
    new.take_over_from(old)
    new.receive(history())
    new.finish()
    # Back to the old one, which never comes; meanwhile the time of the looks comes for the new one that is built again.
    new.wall = LOOK + timedelta(days=1)
    new.begin_anew()
    new.partition.keep_silent(old.positions)
    new.finish()
    new.begin_anew()
    new.partition.succeed(Successor(3, None), {})
    new.finish()
    assert kinds(new) == ["maturity"] * CUSTOMERS


def test_a_flood_of_deadlines_that_a_switch_back_cut_off_is_not_ended_in_silence() -> None:
    old, new = Generation(1), Generation(2, deadlines_per_fold=1)
    old.receive(history())
    old.finish()
    new.take_over_from(old)
    new.receive(history())
    new.finish()
    events = [*history(), a_tick(LOOK)]
    new.receive(events)
    new.fold()
    told = len(new.alerts)
    assert 0 < told < CUSTOMERS, "the flood is to be cut in its middle"
    new.begin_anew()
    new.partition.keep_silent(old.positions)
    new.receive(events)
    new.finish()
    new.begin_anew()
    new.partition.succeed(Successor(3, None), {})
    new.receive(events)
    new.finish()
    assert kinds(new) == ["maturity"] * CUSTOMERS


def test_what_the_other_one_has_looked_at_after_a_switch_back_is_not_raised_again() -> None:
    old, new = Generation(1, clock="wall", wall=BOOKED), Generation(2, clock="wall", wall=BOOKED)
    old.receive(history())
    old.finish()
    new.take_over_from(old)
    new.receive(history())
    new.finish()
    old.begin_anew()
    old.take_over_from(new, switch=2)
    old.wall = new.wall = LOOK + timedelta(days=1)
    events = [*history(), builders.an_entry(customer_id="C1", account_id="A1", amount_minor=100, occurred_at=BOOKED)]
    old.receive(events)
    old.finish()
    new.begin_anew()
    new.partition.keep_silent(old.positions)
    new.receive(events)
    new.finish()
    new.begin_anew()
    new.take_over_from(old, switch=3)
    new.finish()
    assert kinds(old) == ["large_entry", *["maturity"] * CUSTOMERS]
    assert new.alerts == []
    assert new.alert_sections() == old.alert_sections()


def birthdays_handed_over(born_in_new: date = BORN) -> tuple[Generation, Generation]:
    """The old one ended just before the day; the new one, in silence, has looked at it, and waits for the next year."""
    day, second = datetime(2026, 3, 1, tzinfo=UTC), timedelta(seconds=1)
    old = Generation(1, clock="wall", rules=BIRTHDAYS, wall=BOOKED)
    new = Generation(2, clock="wall", rules=BIRTHDAYS, wall=BOOKED)
    old.receive([builders.a_customer(customer_id="C0", born_on=BORN, occurred_at=BOOKED)])
    events: list[Event] = [builders.a_customer(customer_id="C0", born_on=born_in_new, occurred_at=BOOKED)]
    old.finish()
    new.partition.keep_silent(old.positions)
    new.receive(events)
    new.finish()
    old.wall, new.wall = day - second, day + second
    old.finish()
    new.finish()
    assert len(old.alerts) == 1, "a week before"
    new.begin_anew()
    new.take_over_from(old)
    new.receive(events)
    new.finish()
    return old, new


def test_what_comes_again_is_still_owed_where_the_new_one_waits_for_the_next_time_already() -> None:
    old, new = birthdays_handed_over()
    assert [alert["payload"]["years"] for alert in (*old.alerts, *new.alerts)] == [46, 46]
    new.begin_anew()
    new.wall = datetime(2027, 2, 22, tzinfo=UTC)
    new.finish()
    assert [alert["payload"]["years"] for alert in new.alerts] == [46, 47]


def test_a_birthday_of_which_the_new_fold_knows_another_day_is_its_own() -> None:
    _, new = birthdays_handed_over(BORN.replace(day=2))
    assert new.alerts == []


def test_an_alert_that_has_left_the_view_meanwhile_leaves_it_here_too_when_it_is_switched_back() -> None:
    rules = Rules(RULE_FILE, closed_alert_days=20)
    old, new = Generation(1, rules=rules), Generation(2, rules=rules)
    # Of an account that nobody has told to be opened nothing falls due.
    events: list[Event] = [builders.an_entry(customer_id="C0", amount_minor=10**8, occurred_at=BOOKED)]
    old.receive(events)
    old.finish()
    (alert,) = old.alerts
    new.take_over_from(old)
    closed = builders.a_dismissal(alert["alert_id"], customer_id="C0", occurred_at=BOOKED)
    later = a_tick(BOOKED + timedelta(days=30))
    new.receive([*events, closed, later])
    new.finish()
    assert new.alert_sections() == {}
    old.begin_anew()
    old.take_over_from(new, switch=2)
    # The old fold makes something else of the record that closed it.
    old.receive([*events, builders.a_dismissal(customer_id="C0", occurred_at=BOOKED), later])
    old.finish()
    assert old.alert_sections() == {}
    assert len(old.alerts) == 1
