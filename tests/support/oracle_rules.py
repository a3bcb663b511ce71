"""What the parts of the oracle that judge a family of rules stand on: the oracle's customer, as they may ask him."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from schemas.base import CURRENCY_EXPONENTS

if TYPE_CHECKING:
    from tests.support.oracle import Policy, Record

__all__ = ["Judged", "Section", "in_minor"]

Section = dict[str, Any]


class Judged:
    """The oracle's customer: `told` is all that was accepted so far, the newest last."""

    customer_id: str
    policy: "Policy"
    told: "list[Record]"
    remembered: dict[tuple[str, str], Section]
    """(section, rule) -> what the rule remembers there."""

    def sections(self) -> dict[str, Section]:
        """All sections as they are now."""
        raise NotImplementedError

    def account(self, account_id: str) -> Section:
        """An account as it is now."""
        raise NotImplementedError

    def profile(self) -> Section:
        """The party and who looks after it, as they are now."""
        raise NotImplementedError

    def complaint(self, complaint_id: str) -> Section:
        """A complaint as it is now."""
        raise NotImplementedError

    def interactions(self) -> Section:
        """Contact with the customer as it is now."""
        raise NotImplementedError

    def held(self) -> dict[str, int]:
        """What the customer holds now: product -> how many."""
        raise NotImplementedError

    def _earlier(self, before: "list[Record]", section: str, compute: Callable[[], Any]) -> Any:
        raise NotImplementedError

    def _covers(self, rule: Any, section: Section) -> bool:
        raise NotImplementedError

    def _unit(self, key: str) -> str:
        raise NotImplementedError

    def _day_of(self, at: datetime) -> date:
        raise NotImplementedError

    def _resolve(self, rule: Any, subject: str, cause: str | None, record: "Record") -> None:
        raise NotImplementedError

    def _raise(
        self,
        rule: Any,
        subject: str,
        cause: str,
        raised_at: datetime,
        record: "Record",
        payload: Section,
        group: str | None = None,
        values: tuple[Section | None, Section | None] = (None, None),
        *,
        thresholds: Section | None = None,
        due_on: date | None = None,
    ) -> None:
        raise NotImplementedError


def in_minor(major: Decimal, currency: str) -> int:
    """An amount of a rule in minor units, rounded down."""
    return int(major * 10 ** CURRENCY_EXPONENTS[currency])
