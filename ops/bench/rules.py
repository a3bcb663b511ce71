"""What the alert rules cost an event: the engine with the rules shipped, with ten times as many idle ones, without any.

`python -m ops.bench.rules` folds the same events of each kind by all engines in turn, portion by portion, and prints
processor microseconds: medians of the differences within a portion, for the machine differs from one to the next by
more than all rules cost. One engine judges everything and raises nothing, so what raising costs is told by itself. The
idle rules can't apply to what the events tell: other currencies, branches, products and kinds of customers, larger
amounts.
"""

import gc
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final, NamedTuple

import orjson

from ops.bench.engine import BATCH, Bank, Engine, Message, Records, Shape
from ops.rules import DEFAULT_RULE_FILE
from schemas.rules import RuleFile
from streams.rules import Rules
from streams.rules.load import load_rules

__all__ = ["Cost", "idle_rules", "mean", "measure", "of_the_median_event"]

SHAPE: Final = Shape(10_000)
EVENTS: Final = 20_000
ROUNDS: Final = 13
TIMES: Final = 10
LARGE_MINOR: Final = 5_000_000
"""From this amount on an entry is told of by the rules shipped."""
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


def idle_rules(count: int) -> list[dict[str, Any]]:
    """So many rules, as one writes them, that can't apply to what the bank of the benchmark does."""
    level = {"threshold": "90000.00", "rearm_percent": 90}
    made: list[dict[str, Any]] = [
        {"kind": "large_balance", **level, "scope": {"currency": ["EUR"]}},
        {"kind": "large_balance", **level, "scope": {"branch": ["B9"]}},
        {"kind": "large_balance_down", "threshold": "90000.00", "scope": {"customer_kind": ["corporate"]}},
        {"kind": "large_entry", "threshold": "900000000.00"},
        {"kind": "large_entry", "threshold": "10.00", "scope": {"currency": ["USD"]}},
        {"kind": "foreign_currency_balance", "home_currency": "CZK", **level},
        {"kind": "large_net_outflow", "threshold": "10.00", "days": 7, "scope": {"currency": ["JPY"]}},
        {"kind": "balance_drop", "percent": 50, "days": 90, "minimum": "10.00", "scope": {"product": ["gold"]}},
        {"kind": "arrears", "threshold": "10.00", "scope": {"currency": ["EUR"]}},
        {"kind": "freeze_placed"},
    ]
    return [made[number % len(made)] | {"id": f"idle-{number}", "severity": "notice"} for number in range(count)]


class Cost(NamedTuple):
    """Of one kind of event, microseconds an event."""

    share: float
    """Of all events."""
    fold: float
    """All of the fold, by the rules shipped."""
    judging: float
    """What the rules shipped take of it when nothing is raised."""
    raising: float
    """What raising takes beyond that."""
    idle: float
    """What ten times as many rules take beyond that which can't apply."""

    @property
    def rules(self) -> float:
        """All that the rules shipped take."""
        return self.judging + self.raising


def measure(shape: Shape, events: int, rounds: int) -> dict[str, Cost]:
    """Kind of event -> what it costs; who folds a portion first takes turns."""
    engines, bank = _engines(), Bank(shape)
    beginnings = list(bank.beginnings())
    for engine in engines:
        engine.run(beginnings)
    gc.collect()
    gc.freeze()
    found: dict[str, list[Sequence[float]]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for _ in range(rounds):
        for kind, records in _by_kind(bank.actions(events)).items():
            counts[kind] += len(records)
            for start in range(0, len(records), BATCH):
                found[kind].append(_portion(engines, records[start : start + BATCH], len(found[kind])))
    gc.unfreeze()
    return {kind: _cost(counts[kind] / (events * rounds), portions) for kind, portions in found.items()}


def _engines() -> list[Engine]:
    """Without rules, judging by those shipped, raising too, and with many more."""
    shipped = load_rules(DEFAULT_RULE_FILE)
    on = shipped.model_dump(mode="json")["rules"]
    idle = idle_rules(TIMES * sum(rule.enabled for rule in shipped.rules))
    many = RuleFile.model_validate({"rules": [*on, *idle]})
    sets = Rules(RuleFile(rules=[])), Rules(shipped, raise_after=NEVER), Rules(shipped), Rules(many)
    return [Engine("wall", rules) for rules in sets]


def _by_kind(records: Iterable[tuple[int, str, Message]]) -> dict[str, Records]:
    """The kind of an event is its type; entries that are told of are one by themselves.

    In each topic the offsets ascend with the kinds, as they are folded.
    """
    kinds: dict[str, list[tuple[int, str, Message]]] = defaultdict(list)
    offsets: dict[tuple[int, str], deque[int]] = defaultdict(deque)
    for partition, topic, record in records:
        event = orjson.loads(record.value)
        is_large = "booked_on" in event and event["amount_minor"] >= LARGE_MINOR
        kinds[event["type"] + ", large" * is_large].append((partition, topic, record))
        offsets[partition, topic].append(record.offset)
    return {
        kind: [
            (partition, topic, replace(record, offset=offsets[partition, topic].popleft()))
            for partition, topic, record in of_kind
        ]
        for kind, of_kind in kinds.items()
    }


def _portion(engines: Sequence[Engine], records: Records, turn: int) -> Sequence[float]:
    """Microseconds an event, by each engine."""
    took = [0.0] * len(engines)
    for place in range(len(engines)):
        of = (turn + place) % len(engines)
        gc.collect()
        _, folding, _ = engines[of].run(records)
        took[of] = folding / len(records) * 1e6
    return took


def _cost(share: float, portions: Sequence[Sequence[float]]) -> Cost:
    none_to_judging, judging_to_raising, raising_to_many = (
        median(portion[place + 1] - portion[place] for portion in portions) for place in range(3)
    )
    fold = median(portion[2] for portion in portions)
    return Cost(share, fold, none_to_judging, judging_to_raising, raising_to_many)


def mean(costs: Mapping[str, Cost], what: str) -> float:
    """Of all events, each kind by its share."""
    return float(sum(cost.share * getattr(cost, what) for cost in costs.values()))


def of_the_median_event(costs: Mapping[str, Cost]) -> float:
    """What the rules take of the event that half of all events cost at least as much as."""
    passed = 0.0
    for cost in sorted(costs.values(), key=lambda cost: cost.rules):
        passed += cost.share
        if passed >= 0.5:
            return cost.rules
    raise ValueError("there are no events")


def main() -> None:
    """Print what the rules cost."""
    gc.set_threshold(50_000, 10, 1_000)
    names = [rule.id for rule in load_rules(DEFAULT_RULE_FILE).rules if rule.enabled]
    costs = measure(SHAPE, EVENTS, ROUNDS)
    print(f"{SHAPE.title}, {ROUNDS} rounds of {EVENTS:,} events in portions of at most {BATCH:,}; us per event")
    print(f"{'event':28s}{'share':>8s}{'fold':>9s}{'judging':>9s}{'raising':>9s}{len(names) * TIMES:>5d} idle")
    for kind, cost in sorted(costs.items(), key=lambda one: -one[1].share):
        figures = "".join(f"{figure:9.2f}" for figure in cost[1:4])
        print(f"{kind:28s}{cost.share:8.2%}{figures}{cost.idle:10.2f}")
    print(f"{len(names)} rules cost the median event {of_the_median_event(costs):.2f} us, in the mean", end=" ")
    print(f"{mean(costs, 'rules'):.2f} us, {mean(costs, 'judging'):.2f} without raising;", end=" ")
    print(f"{len(names) * TIMES} more that can't apply {mean(costs, 'idle'):.2f} us in the mean")


if __name__ == "__main__":
    main()
