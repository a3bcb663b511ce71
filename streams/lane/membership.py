"""What fences a transaction: the group membership under which its records were fetched."""

import struct
from dataclasses import dataclass

__all__ = ["Membership", "NoMembership"]


class NoMembership(Exception):
    """Generation or member id are not those of a member: such offsets Kafka would commit unchecked."""


@dataclass(frozen=True, slots=True)
class Membership:
    """Generation and member id of one assignment, captured once, in the assigned callback.

    Never read from the coordinator at flush time: when the broker disowns a worker, aiokafka sets generation -1 and an
    empty member id, and Kafka takes transactional offset commits with those unchecked.
    """

    group: str
    generation: int
    member_id: str

    def __post_init__(self) -> None:
        if self.generation < 0 or not self.member_id:
            raise NoMembership(
                f"generation {self.generation} and member id {self.member_id!r} of group {self.group} fence nothing"
            )

    def metadata(self) -> bytes:
        """librdkafka's serialised consumer group metadata, version 2 (no group instance id)."""
        return (
            b"CGMDv2:"
            + struct.pack("<i", self.generation)
            + self.group.encode()
            + b"\0"
            + self.member_id.encode()
            + b"\0\x01"
        )
