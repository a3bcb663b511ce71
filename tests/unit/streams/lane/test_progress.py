"""How far a recovery is, as it is told."""

from streams.lane.progress import TOLD_EVERY, RecoveryProgress


class Told:
    """Recovery metrics that remember."""

    def __init__(self) -> None:
        self.offsets = -1
        self.remaining = -1
        self.records: dict[int, int] = {}
        self.seconds = -1.0

    def recovery_began(self, offsets: int) -> None:
        self.offsets = offsets

    def recovery(self, partition: int, records: int) -> None:
        self.records[partition] = self.records.get(partition, 0) + records

    def recovering(self, remaining: int) -> None:
        self.remaining = remaining

    def standby(self, partitions: int) -> None: ...

    def standby_read(self, records: int) -> None: ...

    def recovery_ended(self, seconds: float) -> None:
        self.seconds = seconds


def test_progress_is_offsets_passed_of_those_between_begin_and_end() -> None:
    told = Told()
    progress = RecoveryProgress({0: 100, 1: 0}, {0: 300, 1: 200}, told, 50.0)
    assert told.offsets == 400
    progress.read({0: 90, 1: 0}, {0: 200}, 51.0)
    assert told.remaining == 300
    assert told.records == {0: 90, 1: 0}


def test_a_line_comes_every_few_seconds_with_percent_and_time_left() -> None:
    progress = RecoveryProgress({0: 0}, {0: 1_000}, Told(), 0.0)
    assert progress.read({0: 100}, {0: 100}, TOLD_EVERY / 2) is None
    line = progress.read({0: 140}, {0: 250}, TOLD_EVERY)
    assert line is not None
    assert "250 of 1,000 changelog offsets" in line
    assert "(25 %, 240 records), about 15 s left" in line
    assert progress.read({0: 10}, {0: 260}, TOLD_EVERY + 1) is None


def test_a_position_told_late_does_not_take_progress_back() -> None:
    told = Told()
    progress = RecoveryProgress({0: 0}, {0: 100}, told, 0.0)
    progress.read({0: 50}, {0: 60}, 1.0)
    progress.read({0: 0}, {0: 40}, 1.1)
    assert told.remaining == 40


def test_an_empty_changelog_is_recovered_at_once() -> None:
    told = Told()
    progress = RecoveryProgress({0: 0}, {0: 0}, told, 1.0)
    assert "100 %" in progress.line(1.0)
    progress.end(1.5)
    assert (told.remaining, told.seconds) == (0, 0.5)
