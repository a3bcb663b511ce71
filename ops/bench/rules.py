"""What the alert rules cost an event: the engine with all rules shipped, and without any, side by side.

`python -m ops.bench.rules` folds the same events by both in turn and prints medians of processor microseconds.
"""

import gc
import statistics
from typing import Final

from ops.bench.engine import BATCH, EVENTS, Bank, Engine, Shape
from ops.rules import DEFAULT_RULE_FILE
from schemas.rules import RuleFile
from streams.rules import Rules
from streams.rules.load import load_rules

__all__ = ["measure"]

SHAPE: Final = Shape(20_000)
ROUNDS: Final = 7


def measure(shape: Shape, events: int, rounds: int) -> tuple[float, float]:
    """Microseconds of the fold per event, medians of the rounds: with the rules shipped, and without any."""
    shipped = load_rules(DEFAULT_RULE_FILE)
    bank = Bank(shape)
    engines = [Engine("wall", Rules(rules)) for rules in (shipped, RuleFile(rules=[]))]
    beginnings = list(bank.beginnings())
    for engine in engines:
        engine.run(beginnings)
    gc.collect()
    gc.freeze()
    found: list[list[float]] = [[], []]
    for turn in range(rounds):
        records = list(bank.actions(events))
        # Who is second finds the records warm, so they take turns.
        for place in (0, 1) if turn % 2 else (1, 0):
            _, folding, _ = engines[place].run(records)
            found[place].append(folding / events * 1e6)
    gc.unfreeze()
    return statistics.median(found[0]), statistics.median(found[1])


def main() -> None:
    """Print what the rules cost."""
    gc.set_threshold(50_000, 10, 1_000)
    names = [rule.id for rule in load_rules(DEFAULT_RULE_FILE).rules if rule.enabled]
    judged, unjudged = measure(SHAPE, EVENTS, ROUNDS)
    print(f"{SHAPE.title}, batches of {BATCH:,}, us per event in the fold, median of {ROUNDS} rounds of {EVENTS:,}")
    print(f"with {len(names)} rules {judged:.2f}, without any {unjudged:.2f}: the rules cost {judged - unjudged:.2f}")


if __name__ == "__main__":
    main()
