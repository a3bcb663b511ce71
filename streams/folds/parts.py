"""What contracts of many parts share, drawdowns or bills: their names, what is still to be paid, when they mature."""

from collections.abc import Iterable
from typing import Final

from streams.folds.refusals import Refused
from streams.view import Section

__all__ = ["OPEN", "SETTLED", "Naming", "earliest_maturity", "still_to_pay", "unsettled"]

OPEN: Final = "open"
SETTLED: Final = "settled"


class Naming:
    """What alerts and deadlines call a part: `loan:<contract>/drawdown:<id>`."""

    def __init__(self, family: str, part: str) -> None:
        self._family = family
        self._mark = f"/{part}:"

    def subject(self, contract_id: str, part_id: str) -> str:
        """Of a part."""
        return f"{self._family}:{contract_id}{self._mark}{part_id}"

    def parts(self, subject: str) -> tuple[str, str]:
        """(section of the contract, id of the part) of a subject."""
        section, _, part_id = subject.partition(self._mark)
        return section, part_id

    def expect_one_meaning(self, contract_id: str) -> None:
        """Refuse a contract "a/drawdown:b": its parts and those of "a" could have one and the same name."""
        if self._mark in contract_id:
            raise Refused(f"contract_id: may not contain {self._mark!r}")


def still_to_pay(part: Section, paid: str) -> int:
    """The part's amount less what its field `paid` says, minor units; nothing once it is settled."""
    if part["status"] == SETTLED:
        return 0
    return max(0, (part["amount_minor"] or 0) - int(part[paid]))


def unsettled(parts: Iterable[Section]) -> list[Section]:
    """Those that still bind somebody."""
    return [part for part in parts if part["status"] != SETTLED]


def earliest_maturity(parts: Iterable[Section]) -> str | None:
    """The first day, among those that are known, on which one of them matures."""
    return min((part["maturity_on"] for part in parts if part["maturity_on"] is not None), default=None)
