"""How many alerts the shipped rules must raise over berka's and cfpb's files, counted from the files with plain code.

Nothing of c360 is used, and every number of the rule file is written here again. `python -m tests.support.plain_counts
FOLDER` prints the counts.
"""

import csv
import sys
from calendar import monthrange
from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

__all__ = ["plain_counts"]

Entry = tuple[date, int, int]
"""Day, amount and balance after it, in hundredths."""
Complaint = tuple[date, str]
"""Day and product."""


def plain_counts(folder: Path) -> dict[str, int]:
    """Kind -> alerts, of the kinds whose events these files tell of."""
    accounts = list(_accounts(folder).values())
    complaints = list(_complaints(folder).values())
    loans = [(_day(row["date"]), int(row["amount"]), int(row["duration"])) for row in _rows(folder, "berka/loan.csv")]
    days = [entries[-1][0] for entries in accounts] + [on for told in complaints for on, _ in told]
    end = max([*days, *(granted for granted, _, _ in loans)])
    return {
        "large_balance": sum(map(_reached, accounts)),
        "large_balance_down": sum(map(_fallen, accounts)),
        "large_entry": sum(abs(amount) >= 50_000_00 for entries in accounts for _, amount, _ in entries),
        "large_net_outflow": sum(map(_flown_out, accounts)),
        "balance_drop": sum(map(_dropped, accounts)),
        "large_drawdown": sum(amount >= 300_000 for _, amount, _ in loans),
        "maturity": sum(_months_later(granted, months) - timedelta(30) <= end for granted, _, months in loans),
        "complaint_reminder": sum(map(len, complaints)),
        "repeat_complaint": sum(map(_repeated, complaints)),
        "birthday": sum(_celebrated(*born, end) for born in _owners(folder)),
        "dormancy": sum(_silent([on for on, _, _ in entries], end) for entries in accounts),
    }


def _reached(entries: list[Entry]) -> int:
    """At 100,000; again after less than 95,000."""
    count, armed = 0, True
    for _, _, balance in entries:
        if armed and balance >= 100_000_00:
            count, armed = count + 1, False
        elif balance < 95_000_00:
            armed = True
    return count


def _fallen(entries: list[Entry]) -> int:
    """Below 100,000 from 105,000 or more."""
    count, armed = 0, False
    for _, _, balance in entries:
        if balance >= 105_000_00:
            armed = True
        elif armed and balance < 100_000_00:
            count, armed = count + 1, False
    return count


def _flown_out(entries: list[Entry]) -> int:
    """50,000 net in seven days, of entries of at least 10,000; again after less than 25,000."""
    count, armed = 0, True
    window: deque[tuple[date, int]] = deque()
    for on, amount, _ in entries:
        if abs(amount) < 10_000_00:
            continue
        window.append((on, amount))
        while window[0][0] <= on - timedelta(7):
            window.popleft()
        outflow = -sum(held for _, held in window)
        if armed and outflow >= 50_000_00:
            count, armed = count + 1, False
        elif outflow < 25_000_00:
            armed = True
    return count


def _dropped(entries: list[Entry]) -> int:
    """By 80 % of a peak of at least 100,000 in eight steps of twelve days; again from 90 % of it, or after all."""
    count = 0
    seen: list[tuple[int, int]] = []
    fell: tuple[int, int] | None = None
    for on, _, balance in entries:
        step = on.toordinal() // 12
        seen = [(held, peak) for held, peak in seen if held > step - 8]
        if balance >= 100_000_00:
            seen.append((step, balance))
        peak = max((held for _, held in seen), default=0)
        if fell and balance * 10 >= fell[1] * 9:
            fell = None
            continue
        if fell and fell[0] <= step - 8:
            fell = None
        if not fell and peak and balance * 5 <= peak:
            count, fell = count + 1, (step, peak)
    return count


def _repeated(complaints: list[Complaint]) -> int:
    """The third of a product, or a later one, at most 90 days away from the others."""
    count = 0
    for place, (on, product) in enumerate(complaints):
        so_far = complaints[: place + 1]
        count += sum(other == product and abs((day - on).days) <= 90 for day, other in so_far) >= 3
    return count


def _silent(days: list[date], end: date) -> int:
    """180 days without an entry, of customers with one account each; the look comes when the 180th day is over."""
    return sum(later - on > timedelta(180) for on, later in pairwise([*days, end]))


def _celebrated(born_on: date, registered_on: date, end: date) -> int:
    """His birthdays from the day on which he was registered, each of them told of seven days ahead."""
    years = range(max(born_on.year + 1, registered_on.year), end.year + 2)
    days = [born_on.replace(year=year, day=min(born_on.day, monthrange(year, born_on.month)[1])) for year in years]
    return sum(day >= registered_on and day - timedelta(7) <= end for day in days)


def _owners(folder: Path) -> list[tuple[date, date]]:
    """Of each owner the day on which he was born, and that on which his first account was opened."""
    born = {row["client_id"]: _born(row["birth_number"]) for row in _rows(folder, "berka/client.csv")}
    opened = {row["account_id"]: _day(row["creation_date"]) for row in _rows(folder, "berka/account.csv")}
    since: dict[str, date] = {}
    for row in _rows(folder, "berka/disp.csv"):
        if row["type"] == "OWNER":
            on = opened[row["account_id"]]
            since[row["client_id"]] = min(on, since.get(row["client_id"], on))
    return [(born[client], on) for client, on in since.items()]


def _accounts(folder: Path) -> dict[str, list[Entry]]:
    """Account -> its entries by day; within a day as they stand in the file."""
    accounts: dict[str, list[Entry]] = defaultdict(list)
    for row in _rows(folder, "berka/trans.csv"):
        amount = _hundredths(row["amount"]) * (1 if row["type"] == "credit" else -1)
        accounts[row["account_id"]].append((_day(row["date"]), amount, _hundredths(row["balance"])))
    return {account: sorted(entries, key=lambda entry: entry[0]) for account, entries in accounts.items()}


def _complaints(folder: Path) -> dict[int, list[Complaint]]:
    """Customer's place among the owners -> his complaints by day, moved four years ahead."""
    owners = {row["client_id"] for row in _rows(folder, "berka/disp.csv") if row["type"] == "OWNER"}
    told: dict[int, list[Complaint]] = defaultdict(list)
    for row in _rows(folder, "cfpb/complaints.csv", ","):
        on = datetime.strptime(row["Date received"] + "+0000", "%m/%d/%Y%z").date()
        told[int(row["Complaint ID"]) % len(owners)].append((on.replace(year=on.year + 4), row["Product"]))
    return {customer: sorted(complaints, key=lambda one: one[0]) for customer, complaints in told.items()}


def _rows(folder: Path, file: str, delimiter: str = ";") -> Iterator[dict[str, str]]:
    with (folder / file).open(newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines, delimiter=delimiter)


def _day(text: str) -> date:
    """`yymmdd` of the last century, moved twenty years ahead."""
    return date(1920 + int(text[:2]), int(text[2:4]), int(text[4:]))


def _born(number: str) -> date:
    """A birth number, in which the month of women is 50 more, moved twenty years ahead."""
    month = int(number[2:4])
    year, month, day = 1920 + int(number[:2]), month - 50 if month > 50 else month, int(number[4:])
    return date(year, month, min(day, monthrange(year, month)[1]))


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _hundredths(text: str) -> int:
    return round(float(text) * 100)


if __name__ == "__main__":
    for kind, count in plain_counts(Path(sys.argv[1])).items():
        sys.stdout.write(f"{kind} {count}\n")
