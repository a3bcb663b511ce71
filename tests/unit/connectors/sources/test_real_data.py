"""Both mappings on the real files, counted by plain csv code: the whole data where it is at hand, else the copy."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.sources.entities import event_id
from tests.support.sources import SHARED, SHIPPED, Reading, file_rows, read

FOLDERS = sorted({SHARED, SHIPPED})


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.parent.name)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture(scope="module")
def found(folder: Path) -> Reading:
    return read(folder, "berka", "cfpb")


def berka(folder: Path, name: str) -> list[dict[str, str]]:
    return file_rows(folder / "berka" / f"{name}.csv", ";")


def owners(folder: Path) -> dict[str, str]:
    """Account -> customer number."""
    return {
        row["account_id"]: f"B{int(row['client_id']):08}" for row in berka(folder, "disp") if row["type"] == "OWNER"
    }


def test_every_row_becomes_what_it_should(folder: Path, found: Reading) -> None:
    dispositions = berka(folder, "disp")
    customers = set(owners(folder).values())
    assert found.problems == []
    assert Counter(event.type for event in found.events) == {
        "customer.registered": len(customers),
        "relationship.assigned": len(customers) + sum(row["type"] == "DISPONENT" for row in dispositions),
        "account.opened": len(berka(folder, "account")),
        "account.entry_booked": len(berka(folder, "trans")),
        "loan.contract_signed": len(berka(folder, "loan")),
        "loan.drawn_down": len(berka(folder, "loan")),
        "complaint.received": len(file_rows(folder / "cfpb" / "complaints.csv")),
    }
    assert found.rows["berka/trans.csv"] == len(berka(folder, "trans"))


def test_no_two_events_have_the_same_id_and_all_come_in_event_time_order(found: Reading) -> None:
    assert len({event.event_id for event in found.events}) == len(found.events)
    instants = [event.order[0] for event in found.events]
    assert instants == sorted(instants)


def test_each_accounts_entries_come_by_date_and_row_and_end_with_the_last_balance_stated(
    folder: Path, found: Reading
) -> None:
    expected: dict[str, list[tuple[str, int]]] = {}
    last: dict[str, tuple[str, int, int]] = {}
    for row, stated in enumerate(berka(folder, "trans")):
        account, balance = stated["account_id"], int(Decimal(stated["balance"]) * 100)
        expected.setdefault(account, []).append((stated["date"], row))
        last[account] = max(last.get(account, ("", 0, 0)), (stated["date"], row, balance))
    seen: dict[str, list[int]] = {}
    balances: dict[str, int] = {}
    for event in found.of("account.entry_booked"):
        seen.setdefault(event["account_id"], []).append(event["source_seq"])
        balances[event["account_id"]] = event["balance_minor"]
    assert seen == {account: [row + 1 for _, row in sorted(rows)] for account, rows in expected.items()}
    assert balances == {account: balance for account, (_, _, balance) in last.items()}


def test_every_entry_has_its_rows_sign_amount_day_and_customer(folder: Path, found: Reading) -> None:
    customer_of = owners(folder)
    rows = berka(folder, "trans")
    for event in found.of("account.entry_booked"):
        row = rows[event["source_seq"] - 1]
        sign = 1 if row["type"] == "credit" else -1
        assert event["amount_minor"] == sign * int(Decimal(row["amount"]) * 100)
        assert event["booked_on"] == f"20{int(row['date'][:2]) - 80:02}-{row['date'][2:4]}-{row['date'][4:]}"
        assert event["occurred_at"] == f"{event['booked_on']}T00:00:00Z"
        assert event["customer_id"] == customer_of[row["account_id"]]
        assert event["event_id"] == event_id("berka", f"account:{row['account_id']}", event["source_seq"])


def test_every_complaint_is_with_the_customer_its_number_points_to(folder: Path, found: Reading) -> None:
    customers = sorted(set(owners(folder).values()))
    rows = {row["Complaint ID"]: row for row in file_rows(folder / "cfpb" / "complaints.csv")}
    complaints = found.of("complaint.received")
    assert {event["complaint_id"] for event in complaints} == rows.keys()
    for event in complaints:
        row = rows[event["complaint_id"]]
        month, day, year = (int(part) for part in row["Date received"].split("/"))
        assert event["customer_id"] == customers[int(event["complaint_id"]) % len(customers)]
        assert event["received_on"] == f"{year + 4}-{month:02}-{day:02}"
        assert (event["product"], event["issue"]) == (row["Product"], row["Issue"])
        assert event["content"].startswith(row["Issue"])
        assert event["content"].endswith(row["Sub-issue"] or row["Issue"])
