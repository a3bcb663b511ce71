"""A settled bank: customers who are all there from the start, for measuring at sizes that no backlog could build up.

Their views are written to `customer-views` in bulk (`filling`), each a copy of one that the engine itself has folded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final

import orjson

from connectors.sources.ordering import OutgoingEvent
from ops.bench.engine import EPOCH, Bank, Shape
from ops.bench.stage import RULES
from schemas.topics import INPUT_TOPICS
from schemas.views import split_key
from streams.codec import Door
from streams.folding import PartitionConfig
from streams.partition import Partition
from streams.rules import Rules
from streams.rules.load import load_rules

__all__ = ["SettledBank"]

NOWHERE: Final = "AAAAAAAAAAAAAAAAAAAAAA"
"""Id of topics that are none of the benchmark's: what was folded from them hides nothing that comes later."""
ALL: Final = 1_000_000


@dataclass(frozen=True)
class SettledBank:
    """So many customers with so many accounts each, and a loan."""

    customers: int
    accounts: int = 2

    def view(self) -> dict[str, bytes]:
        """Section -> value, of customer C0000000."""
        config = PartitionConfig(
            rules=Rules(load_rules(RULES)), door=Door(), topic_ids=dict.fromkeys(INPUT_TOPICS, NOWHERE), clock="wall"
        )
        partition = Partition(0, config)
        partition.recovered(dict.fromkeys(INPUT_TOPICS, 0))
        for _, topic, record in Bank(Shape(1, self.accounts)).beginnings():
            partition.receive(topic, [record])
        for topic in INPUT_TOPICS:
            partition.set_caught_up(topic, True)
        flush = partition.fold(ALL, EPOCH + timedelta(days=1))
        assert flush is not None, "the beginnings of a customer fold into something"
        sections = ((split_key((output.key or b"").decode()), output.value) for output in flush.sections)
        return {name: value for (owner, name), value in sections if owner == "C0000000" and value is not None}

    def events(self) -> Iterator[OutgoingEvent]:
        """What they do, without end: each customer and account as likely, always the same."""
        bank = Bank(Shape(self.customers, self.accounts))
        for _, topic, record in chain.from_iterable(bank.actions(ALL) for _ in iter(int, 1)):
            told = orjson.loads(record.value)
            at, event_id, kind = told["occurred_at"], told["event_id"], told["type"]
            yield OutgoingEvent((at,), topic, told["customer_id"], record.value, event_id, kind)
