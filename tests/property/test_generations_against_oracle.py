"""Two generations of the views, switched at any moment: no alert lost, none twice, and the views are the oracle's."""

from dataclasses import dataclass, field
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.generations import views_topic
from schemas.topics import INPUT_TOPICS
from streams.adoption import Changelog
from streams.partition import Output, Partition
from streams.silence import Successor
from tests.property.test_partition_against_oracle import (
    TOPIC_IDS,
    Broker,
    Case,
    Worker,
    assert_as_the_history_says,
    assert_set_aside_once,
    cases,
)


@dataclass
class Generations:
    """Which one is in force, and what is committed of each."""

    case: Case
    deadlines_per_fold: int
    in_force: int = 1
    switches: int = 0
    published: list[Output] = field(default_factory=list)
    workers: dict[int, "Serving"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.brokers = {n: Broker(others=self.published, topic=views_topic(n)) for n in (1, 2)}
        self.start(1)

    @property
    def working(self) -> "Serving":
        return self.workers[self.in_force]

    def start(self, number: int) -> None:
        self.workers[number] = Serving(self, number)

    def tell(self, number: int, partition: Partition) -> None:
        """What a worker learns when it takes a partition over."""
        other = 3 - number
        if number != self.in_force:
            partition.keep_silent(self.brokers[other].positions)
        elif partition.state.handed_over != self.switches:
            log = Changelog(0, other, TOPIC_IDS)
            records = self.brokers[other].changelog
            log.restore([key.encode() for key, _ in records], [value for _, value in records])
            if log.handed_over > partition.state.handed_over:
                partition.succeed(Successor(self.switches, log.published()), self.brokers[other].positions)
            else:
                partition.succeed(Successor(self.switches, None), {})

    def build(self, most: int, limit: int) -> None:
        """The generation that is not in force goes on, in silence."""
        number = 3 - self.in_force
        if number not in self.workers:
            self.start(number)
        worker = self.workers[number]
        worker.partition.keep_silent(self.brokers[self.in_force].positions)
        worker.advance(most, limit)
        worker.commit()

    def switch(self) -> None:
        """Nothing that is not committed counts any more; who is in force begins anew, and who was is gone."""
        self.working.under_way.clear()
        del self.workers[self.in_force]
        self.in_force, self.switches = 3 - self.in_force, self.switches + 1
        self.start(self.in_force)


class Serving(Worker):
    """A worker of one generation."""

    def __init__(self, generations: Generations, number: int) -> None:
        self.generations, self.number = generations, number
        config = generations.case.config(generation=number, deadlines_per_fold=generations.deadlines_per_fold)
        super().__init__(generations.case.log, config, generations.brokers[number])

    def _recovered(self) -> Partition:
        partition = super()._recovered()
        self.generations.tell(self.number, partition)
        return partition

    def advance(self, most: int, limit: int) -> None:
        for topic in INPUT_TOPICS:
            self.fetch(topic, most)
        self.fold(limit)


STEPS: Final = ("work", "work", "work", "build", "build", "commit", "abort", "crash", "crash the other", "switch")


@settings(max_examples=settings().max_examples // 2)
@given(st.data(), cases(), st.sampled_from((1, 2_000)))
def test_switches_at_any_moment_lose_no_alert_and_raise_none_twice(
    data: st.DataObject, case: Case, deadlines_per_fold: int
) -> None:
    generations = Generations(case, deadlines_per_fold)
    for _ in range(data.draw(st.integers(0, 25))):
        what = data.draw(st.sampled_from(STEPS))
        if what in {"work", "build"}:
            go_on = generations.working.advance if what == "work" else generations.build
            go_on(data.draw(st.sampled_from((1, 3, 50))), data.draw(st.sampled_from((1, 3, 100))))
        elif what == "switch":
            generations.switch()
        elif what == "crash the other":
            generations.workers.pop(3 - generations.in_force, None)
        else:
            getattr(generations.working, what)()
    generations.working.finish()
    assert_as_the_history_says(case, generations.working)
    assert_set_aside_once(case, generations.working.broker)
