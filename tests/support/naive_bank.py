"""What the source files say, computed with nothing but csv: shares no code with mappings, folds or rules."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

__all__ = ["NaiveBank", "read_bank"]

BERKA_YEARS = 20
CFPB_YEARS = 4
LARGE_BALANCE = 100_000_00
REARM = 95_000_00
LARGE_ENTRY = 50_000_00
LEAD_DAYS = 30


@dataclass
class NaiveBank:
    """Expectations by plain counting."""

    balances: dict[str, int] = field(default_factory=dict)
    """Account -> the balance last stated, by (date, row)."""
    entries: Counter[str] = field(default_factory=Counter)
    owner: dict[str, str] = field(default_factory=dict)
    """Account -> customer number."""
    signatories: dict[str, set[str]] = field(default_factory=dict)
    """Customer -> other parties who may operate an account of his."""
    complaints: dict[str, str] = field(default_factory=dict)
    """Complaint -> customer number."""
    loans: dict[str, tuple[str, int, date]] = field(default_factory=dict)
    """Loan -> (customer number, minor units, day of maturity)."""
    large_balances: Counter[str] = field(default_factory=Counter)
    """Account -> crossings."""
    large_entries: Counter[str] = field(default_factory=Counter)
    newest: date = date.min

    def maturities(self) -> set[str]:
        """Loans whose last thirty days had begun by the newest day of all."""
        return {loan for loan, (_, _, on) in self.loans.items() if on - timedelta(days=LEAD_DAYS) <= self.newest}


def read_bank(folder: Path) -> NaiveBank:
    """Everything that the files of a folder lead one to expect."""
    bank = NaiveBank()
    _parties(bank, folder)
    for row in _rows(folder / "berka/account.csv", ";"):
        _seen(bank, _berka_day(row["creation_date"]))
    _ledger(bank, folder)
    for row in _rows(folder / "berka/loan.csv", ";"):
        granted = _berka_day(row["date"])
        _seen(bank, granted)
        amount = int(row["amount"]) * 100
        bank.loans[row["loan_id"]] = (
            bank.owner[row["account_id"]],
            amount,
            _months_later(granted, int(row["duration"])),
        )
    customers = sorted(set(bank.owner.values()))
    for row in _rows(folder / "cfpb/complaints.csv", ","):
        month, day, year = (int(part) for part in row["Date received"].split("/"))
        _seen(bank, date(year + CFPB_YEARS, month, day))
        bank.complaints[row["Complaint ID"]] = customers[int(row["Complaint ID"]) % len(customers)]
    return bank


def _parties(bank: NaiveBank, folder: Path) -> None:
    rows = _rows(folder / "berka/disp.csv", ";")
    for row in rows:
        if row["type"] == "OWNER":
            bank.owner[row["account_id"]] = "B" + row["client_id"].zfill(8)
    for row in rows:
        if row["type"] != "OWNER":
            bank.signatories.setdefault(bank.owner[row["account_id"]], set()).add("B" + row["client_id"].zfill(8))


def _ledger(bank: NaiveBank, folder: Path) -> None:
    rows = list(enumerate(_rows(folder / "berka/trans.csv", ";")))
    armed: dict[str, bool] = {}
    for _, row in sorted(rows, key=lambda pair: (pair[1]["date"], pair[0])):
        account, balance = row["account_id"], _minor(row["balance"])
        _seen(bank, _berka_day(row["date"]))
        bank.entries[account] += 1
        bank.balances[account] = balance
        if _minor(row["amount"]) >= LARGE_ENTRY:
            bank.large_entries[account] += 1
        if armed.get(account, True) and balance >= LARGE_BALANCE:
            bank.large_balances[account] += 1
            armed[account] = False
        elif balance < REARM:
            armed[account] = True


def _rows(file: Path, delimiter: str) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as content:
        return list(csv.DictReader(content, delimiter=delimiter))


def _minor(text: str) -> int:
    return int(Decimal(text) * 100)


def _berka_day(text: str) -> date:
    return date(1900 + int(text[:2]) + BERKA_YEARS, int(text[2:4]), int(text[4:6]))


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    following = date(day.year + years + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(day.year + years, month + 1, min(day.day, last))


def _seen(bank: NaiveBank, day: date) -> None:
    bank.newest = max(bank.newest, day)
