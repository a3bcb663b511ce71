"""A record at which the engine itself fails: a fault of c360, named so that an operator can go on without it."""

__all__ = ["PoisonRecord"]


class PoisonRecord(Exception):
    """Folding failed for a reason that no rule of the contract foresees; the worker stops, and nothing of it counts."""

    def __init__(self, topic: str, partition: int, offset: int, fault: BaseException) -> None:
        super().__init__(
            f"folding {topic} partition {partition} offset {offset} failed with {type(fault).__name__}: {fault}. "
            "That is a fault of c360, please report it with its trace; a restart meets the same record again. To go on "
            f"without it, start every worker with the setting set_aside={topic}/{partition}/{offset}: the record is "
            "then kept in dead-letters, to be sent again once c360 is mended."
        )
