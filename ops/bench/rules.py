"""What the alert rules cost an event: the engine with all rules shipped, with 200 more, and without any, side by side.

`python -m ops.bench.rules` folds the same events by all in turn and prints processor microseconds: the median fold, and
the medians of the differences within a round, for a round differs from the next by more than all rules cost. The 200
can't apply to what the events tell: other currencies, branches, products and kinds of customers, larger amounts.
"""

import gc
import statistics
from typing import Any, Final, NamedTuple

from ops.bench.engine import BATCH, EVENTS, Bank, Engine, Shape
from ops.rules import DEFAULT_RULE_FILE
from schemas.rules import RuleFile
from streams.rules import Rules
from streams.rules.load import load_rules

__all__ = ["Cost", "idle_rules", "measure"]

SHAPE: Final = Shape(10_000)
ROUNDS: Final = 31
IDLE: Final = 200


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
    """Microseconds an event; quartiles of the rounds' own differences, the second being the median."""

    fold: float
    """By the rules shipped, all of the fold."""
    rules: list[float]
    """What the rules shipped take of it."""
    idle: list[float]
    """What 200 more take that can't apply."""


def measure(shape: Shape, events: int, rounds: int) -> Cost:
    """Fold the same events by the rules shipped, by 200 more, and by none; who is first takes turns."""
    shipped = load_rules(DEFAULT_RULE_FILE)
    more = RuleFile.model_validate({"rules": [*shipped.model_dump(mode="json")["rules"], *idle_rules(IDLE)]})
    bank = Bank(shape)
    engines = [Engine("wall", Rules(rules)) for rules in (shipped, more, RuleFile(rules=[]))]
    beginnings = list(bank.beginnings())
    for engine in engines:
        engine.run(beginnings)
    gc.collect()
    gc.freeze()
    found: list[list[float]] = []
    for turn in range(rounds):
        records, took = list(bank.actions(events)), [0.0, 0.0, 0.0]
        for place in ((turn + step) % 3 for step in range(3)):
            gc.collect()
            _, folding, _ = engines[place].run(records)
            took[place] = folding / events * 1e6
        found.append(took)
    gc.unfreeze()
    return Cost(
        statistics.median(shipped for shipped, _, _ in found),
        statistics.quantiles((shipped - none for shipped, _, none in found), n=4),
        statistics.quantiles((more - shipped for shipped, more, _ in found), n=4),
    )


def main() -> None:
    """Print what the rules cost."""
    gc.set_threshold(50_000, 10, 1_000)
    names = [rule.id for rule in load_rules(DEFAULT_RULE_FILE).rules if rule.enabled]
    cost = measure(SHAPE, EVENTS, ROUNDS)
    print(f"{SHAPE.title}, batches of {BATCH:,}, us per event, {ROUNDS} rounds of {EVENTS:,}; quartiles of the rounds")
    print(f"the fold with {len(names)} rules: {cost.fold:.2f}, of it the rules: {_told(cost.rules)}")
    print(f"{IDLE} more that can't apply: {_told(cost.idle)}")


def _told(quartiles: list[float]) -> str:
    return " / ".join(f"{each:.2f}" for each in quartiles)


if __name__ == "__main__":
    main()
