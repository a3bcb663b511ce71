"""What the generated bank knows of a customer, so that what it tells hangs together."""

from dataclasses import dataclass, field

__all__ = ["Account", "Customer", "Facility"]


@dataclass(slots=True)
class Account:
    """An account; a closed one stays in the list."""

    id: str
    currency: str
    product: str
    balance_minor: int = 0
    is_open: bool = True
    freezes: int = 0


@dataclass(slots=True)
class Facility:
    """A lending contract under which may be drawn again and again."""

    contract_id: str
    limit_minor: int
    outstanding_minor: int = 0
    drawdowns: int = 0
    pledges: int = 0


@dataclass(slots=True)
class Customer:
    """A customer who has come."""

    id: str
    is_corporate: bool
    hosts: int = 0
    contracts: int = 0
    complaints: int = 0
    accounts: list[Account] = field(default_factory=list)
    facilities: list[Facility] = field(default_factory=list)
