"""The mapping `berka`, on a made folder in which every rule shows."""

from pathlib import Path
from typing import Any

import pytest

from connectors.sources.entities import event_id
from connectors.sources.errors import SourceError
from tests.support.sources import BERKA, Reading, read, write


@pytest.fixture
def berka(tmp_path: Path) -> Reading:
    return read(write(tmp_path, BERKA), "berka")


def with_rows(folder: Path, file: str, *rows: str) -> Reading:
    """The folder with these rows behind those of a file."""
    name = f"berka/{file}.csv"
    return read(write(folder, BERKA | {name: BERKA[name] + "".join(f"{row}\n" for row in rows)}), "berka")


def chosen(events: list[dict[str, Any]], *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(event.get(field) for field in fields) for event in events]


def test_customers_are_the_owners_registered_when_their_earliest_account_was_created(berka: Reading) -> None:
    assert chosen(
        berka.of("customer.registered"), "customer_id", "name", "registered_on", "occurred_at", "source_seq"
    ) == [
        ("B00000005", "Customer B00000005", "2015-01-01", "2015-01-01T00:00:00Z", 0),
        ("B00000006", "Customer B00000006", "2017-03-31", "2017-03-31T00:00:00Z", 0),
    ]


def test_a_customer_is_born_as_the_birth_number_says_and_belongs_to_the_branch_of_the_account(berka: Reading) -> None:
    assert chosen(berka.of("customer.registered"), "customer_id", "kind", "born_on", "home_branch") == [
        ("B00000005", "personal", "1990-01-01", "B001"),
        ("B00000006", "personal", "1990-01-01", "B002"),
    ]


def test_the_host_is_the_clients_district_and_a_disponent_a_signatory_in_the_owners_view(berka: Reading) -> None:
    fields = ("customer_id", "role", "party_id", "account_id", "source_seq", "occurred_at")
    assert chosen(berka.of("relationship.assigned"), *fields) == [
        ("B00000005", "host", "M007", None, 0, "2015-01-01T00:00:00Z"),
        ("B00000006", "host", "M070", None, 0, "2017-03-31T00:00:00Z"),
        ("B00000006", "signatory", "B00000007", "12", 0, "2017-03-31T00:00:00Z"),
    ]
    assert len({event["relationship_id"] for event in berka.of("relationship.assigned")}) == 3


def test_accounts_open_on_their_day_twenty_years_on(berka: Reading) -> None:
    assert chosen(berka.of("account.opened"), "account_id", "customer_id", "opened_on", "currency", "source_seq") == [
        ("11", "B00000005", "2015-01-01", "CZK", 0),
        ("10", "B00000005", "2016-02-29", "CZK", 0),
        ("12", "B00000006", "2017-03-31", "CZK", 0),
    ]


def test_entries_are_signed_state_the_balance_and_come_by_day_and_row(berka: Reading) -> None:
    assert chosen(
        berka.of("account.entry_booked"), "source_seq", "booked_on", "amount_minor", "balance_minor", "text"
    ) == [
        (2, "2017-04-01", -5_050, -5_050, "withdrawal in cash"),
        (3, "2017-04-01", -10, -5_060, "household"),
        (1, "2017-04-02", 70_000, 70_000, "credit in cash"),
    ]
    assert {event["customer_id"] for event in berka.of("account.entry_booked")} == {"B00000006"}


def test_a_loan_is_a_contract_with_one_drawdown_clamped_to_the_months_end(berka: Reading) -> None:
    fields = ("contract_id", "customer_id", "limit_minor", "signed_on", "source_seq")
    assert chosen(berka.of("loan.contract_signed"), *fields) == [
        ("21", "B00000005", 10_000, "2016-01-31", 0),
        ("20", "B00000006", 9_639_600, "2017-08-31", 0),
    ]
    fields = ("contract_id", "amount_minor", "drawn_on", "maturity_on", "source_seq")
    assert chosen(berka.of("loan.drawn_down"), *fields) == [
        ("21", 10_000, "2016-01-31", "2016-02-29", 0),
        ("20", 9_639_600, "2017-08-31", "2018-02-28", 0),
    ]


def test_what_happens_on_one_day_comes_as_the_mapping_lists_it(tmp_path: Path) -> None:
    found = with_rows(tmp_path, "trans", "104;12;970331;credit;;1.00;1.00;;;")
    day = [
        event["type"]
        for event in found.of(*{e.type for e in found.events})
        if event["occurred_at"][:10] == "2017-03-31"
    ]
    assert day == [
        "customer.registered",
        "relationship.assigned",
        "relationship.assigned",
        "account.opened",
        "account.entry_booked",
    ]


def test_event_ids_derive_from_the_entity_and_its_sequence(berka: Reading) -> None:
    ids = {event.event_id for event in berka.events}
    assert len(ids) == len(berka.events)
    for entity, seq in (
        ("customer:B00000005", 0),
        ("account:12", 0),
        ("account:12", 1),
        ("account:12", 3),
        ("loan:20", 0),
        ("loan:20/drawdown:20", 0),
    ):
        assert event_id("berka", entity, seq) in ids


def test_every_event_is_keyed_by_its_customer(berka: Reading) -> None:
    assert [event.key for event in berka.events] == [
        event["customer_id"] for event in berka.of(*{event.type for event in berka.events})
    ]


@pytest.mark.parametrize(
    ("file", "row", "said"),
    [
        ("trans", "104;12;970403;credit;;abc;1.00;;;", "column 'amount': 'abc' is not an amount such as 1234.50"),
        ("trans", "104;12;970403;credit;;1.00;1.005;;;", "column 'balance': '1.005' has more than 2 decimals"),
        ("trans", "104;12;970230;credit;;1.00;1.00;;;", "column 'date': '970230' is not a date of the form %y%m%d"),
        ("trans", "104;12;970403;refund;;1.00;1.00;;;", "column 'type': 'refund' is none of 'credit', 'withdrawal', "),
        (
            "trans",
            "104;99;970403;credit;;1.00;1.00;;;",
            "column 'account_id': '99' is the account_id of no row of owners",
        ),
        ("trans", "103;12;970403;credit;;1.00;1.00;;;", "column 'trans_id': '103' stands in row 1 already"),
        ("trans", "104;12;970403;credit;;1.00;;;;", "column 'balance': is empty"),
        ("trans", "104;12;970403;credit;;1.00", "it has 6 values where 10 are expected: values are missing"),
        ("account", "10;1;monthly issuance;960101", "column 'account_id': '10' stands in row 1 already"),
        ("disp", "9;6;77;OWNER", "column 'account_id': '77' is the account_id of no row of accounts"),
        ("disp", "9;7;10;OWNER", "column 'account_id': '10' stands in row 1 already"),
        ("disp", "4;8;12;DISPONENT", "column 'disp_id': '4' stands in row 4 already"),
        ("disp", "9;7;10;HEIR", "column 'type': 'HEIR' is none of 'OWNER', 'DISPONENT'"),
        ("loan", "22;10;970101;0;12;9;", "column 'amount': limit_minor is 0: Input should be greater than 0"),
        ("loan", "22;10;970101;100;a year;9;", "column 'duration': 'a year' is not a whole number"),
        ("loan", "22;99;970101;100;12;9;", "column 'account_id': '99' is the account_id of no row of owners"),
    ],
)
def test_a_broken_row_is_told_and_everything_else_goes_on(
    tmp_path: Path, berka: Reading, file: str, row: str, said: str
) -> None:
    found = with_rows(tmp_path, file, row)
    number = len(BERKA[f"berka/{file}.csv"].splitlines())
    (problem,) = found.said()
    assert problem.startswith(f"berka/{file}.csv row {number} (line {number + 1})")
    assert said in problem
    assert [event.event_id for event in found.events] == [event.event_id for event in berka.events]


def test_a_client_without_a_row_of_its_own_is_not_registered_and_everything_else_goes_on(
    tmp_path: Path, berka: Reading
) -> None:
    files = BERKA | {"berka/client.csv": "client_id;birth_number;district_id\n5;700101;7\n"}
    found = read(write(tmp_path, files), "berka")
    assert found.said() == [
        "berka/disp.csv row 3 (line 4), column 'client_id': '6' is the client_id of no row of clients"
    ]
    assert [event["party_id"] for event in found.of("relationship.assigned")] == ["M007", "B00000007"]
    assert len(found.of("customer.registered")) == 1
    assert found.of("account.entry_booked") == berka.of("account.entry_booked")


def test_a_byte_order_mark_and_crlf_change_not_one_byte(tmp_path: Path, berka: Reading) -> None:
    files = {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in BERKA.items()}
    found = read(write(tmp_path, files), "berka")
    assert found.events == berka.events
    assert found.problems == []


@pytest.mark.parametrize("name", sorted(BERKA))
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=f"{name} does not exist"):
        read(write(tmp_path, BERKA | {name: None}), "berka")


def test_a_missing_column_is_told_with_its_file_and_the_columns_that_are_there(tmp_path: Path) -> None:
    files = BERKA | {"berka/trans.csv": BERKA["berka/trans.csv"].replace(";balance;", ";saldo;")}
    with pytest.raises(SourceError) as caught:
        read(write(tmp_path, files), "berka")
    assert "events.4.fields.balance_minor: table 'entries' (berka/trans.csv) has no column 'balance'" in str(
        caught.value
    )
    assert "saldo" in str(caught.value)
