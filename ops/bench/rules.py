"""What the alert rules cost an event: the engine with all rules shipped, with 200 more, and without any, side by side.

`python -m ops.bench.rules` folds the same events by all in turn and prints medians of processor microseconds. The 200
can't apply to what the events tell: other currencies, branches, products and kinds of customers, larger amounts.
"""

import gc
import statistics
from typing import Any, Final

from ops.bench.engine import BATCH, EVENTS, Bank, Engine, Shape
from ops.rules import DEFAULT_RULE_FILE
from schemas.rules import RuleFile
from streams.rules import Rules
from streams.rules.load import load_rules

__all__ = ["idle_rules", "measure"]

SHAPE: Final = Shape(20_000)
ROUNDS: Final = 7
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


def measure(shape: Shape, events: int, rounds: int) -> tuple[float, float, float]:
    """Microseconds of the fold per event, medians of the rounds: by the rules shipped, by 200 more, by none."""
    shipped = load_rules(DEFAULT_RULE_FILE)
    more = RuleFile.model_validate({"rules": [*shipped.model_dump(mode="json")["rules"], *idle_rules(IDLE)]})
    bank = Bank(shape)
    engines = [Engine("wall", Rules(rules)) for rules in (shipped, more, RuleFile(rules=[]))]
    beginnings = list(bank.beginnings())
    for engine in engines:
        engine.run(beginnings)
    gc.collect()
    gc.freeze()
    found: list[list[float]] = [[], [], []]
    for turn in range(rounds):
        records = list(bank.actions(events))
        # Who is first finds the records cold, so they take turns.
        for place in ((turn + step) % 3 for step in range(3)):
            _, folding, _ = engines[place].run(records)
            found[place].append(folding / events * 1e6)
    gc.unfreeze()
    return statistics.median(found[0]), statistics.median(found[1]), statistics.median(found[2])


def main() -> None:
    """Print what the rules cost."""
    gc.set_threshold(50_000, 10, 1_000)
    names = [rule.id for rule in load_rules(DEFAULT_RULE_FILE).rules if rule.enabled]
    judged, crowded, unjudged = measure(SHAPE, EVENTS, ROUNDS)
    print(f"{SHAPE.title}, batches of {BATCH:,}, us per event in the fold, median of {ROUNDS} rounds of {EVENTS:,}")
    print(f"with {len(names)} rules {judged:.2f}, without any {unjudged:.2f}: the rules cost {judged - unjudged:.2f}")
    print(f"with {IDLE} more that can't apply {crowded:.2f}: they cost {crowded - judged:.2f}")


if __name__ == "__main__":
    main()
