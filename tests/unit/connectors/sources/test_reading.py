"""A bank of its own: nothing of the shipped mappings stands in code; and what a folder may hold that is wrong."""

from pathlib import Path

import pytest

from connectors.sources.errors import Reason, SourceError
from tests.support.sources import Reading, read, read_yaml, write

SPARKASSE = """
name: sparkasse
source: core.sparkasse
tables:
  customers:
    file: {path: kunden.txt, delimiter: "|", encoding: cp1252, header: [nr, name, seit, betreuer], trim: true}
    key: nr
    columns:
      number: {column: nr, then: [{prefix: "DE-"}]}
      since: {column: seit, then: [{date: "%d.%m.%Y"}]}
  bookings:
    file: {path: umsaetze.csv, delimiter: ";"}
    joins:
      kunde: {table: customers, by: kunde}
    columns:
      at: {column: zeit, then: [{instant: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin}]}
events:
  - type: customer.registered
    table: customers
    customer_id: number
    source_seq: 0
    occurred_at: since
    fields: {name: name, registered_on: since, vip: {constant: true}}
  - type: relationship.assigned
    table: customers
    customer_id: number
    source_seq: 0
    occurred_at: since
    fields:
      relationship_id: {column: nr, then: [{suffix: "/host"}]}
      role: {constant: host}
      party_id: betreuer
  - type: account.entry_booked
    table: bookings
    customer_id: kunde.number
    source_seq: {column: lfd, then: [{integer: true}]}
    occurred_at: at
    recorded_at: {column: erfasst, then: [{instant: "%Y-%m-%dT%H:%M:%S%z"}]}
    fields:
      account_id: konto
      amount_minor:
        column: betrag
        then: [{minor_units: waehrung, decimal_mark: ",", group_mark: "."}, {negated: true}]
      balance_minor: {column: saldo, then: [{minor_units: waehrung, decimal_mark: ",", group_mark: "."}]}
      currency: waehrung
      booked_on: {column: zeit, then: [{instant: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin}, {shift_years: 0}]}
      text: {concat: [{column: zweck, optional: true}, {column: nr_des_auftrags, optional: true}], separator: " / "}
"""
BOOKED_ON = 'booked_on: {column: zeit, then: [{instant: "%d.%m.%Y %H:%M:%S", zone: Europe/Berlin}, {shift_years: 0}]}'
SPARKASSE = SPARKASSE.replace(BOOKED_ON, 'booked_on: {column: tag, then: [{date: "%d.%m.%Y"}]}')
FOLDER: dict[str, str | bytes | None] = {
    "kunden.txt": "7 | Jürgen Groß | 01.03.2019 | K12 \r\n".encode("cp1252"),
    "umsaetze.csv": (
        "kunde;konto;lfd;zeit;tag;erfasst;betrag;saldo;waehrung;zweck;nr_des_auftrags\n"
        "7;DE1;12;02.03.2020 08:00:00;02.03.2020;2020-03-02T09:00:00+0200;1.234,50;-1.000,00;EUR;Miete;5\n"
        "7;JP1;1;01.03.2020 00:30:00;01.03.2020;2020-03-01T00:30:00+0100;-500;2000;JPY;;\n"
    ),
}


@pytest.fixture
def sparkasse(tmp_path: Path) -> Reading:
    return read_yaml(write(tmp_path, FOLDER), SPARKASSE)


def test_another_banks_folder_needs_a_mapping_and_no_code(sparkasse: Reading) -> None:
    assert sparkasse.problems == []
    assert sparkasse.rows == {"kunden.txt": 1, "umsaetze.csv": 2}
    assert [(event.type, event.topic, event.key) for event in sparkasse.events] == [
        ("customer.registered", "customer-changes", "DE-7"),
        ("relationship.assigned", "customer-changes", "DE-7"),
        ("account.entry_booked", "account-changes", "DE-7"),
        ("account.entry_booked", "account-changes", "DE-7"),
    ]
    registered = sparkasse.one("customer.registered")
    assert (registered["name"], registered["registered_on"], registered["vip"]) == ("Jürgen Groß", "2019-03-01", True)
    assert sparkasse.one("relationship.assigned")["party_id"] == "K12"


def test_its_amounts_currencies_and_instants_are_read_as_it_writes_them(sparkasse: Reading) -> None:
    yen, euro = sparkasse.of("account.entry_booked")
    assert (yen["amount_minor"], yen["balance_minor"], yen["currency"], yen.get("text")) == (500, 2_000, "JPY", None)
    assert (euro["amount_minor"], euro["balance_minor"], euro["text"]) == (-123_450, -100_000, "Miete / 5")
    assert (yen["occurred_at"], euro["occurred_at"]) == ("2020-02-29T23:30:00Z", "2020-03-02T07:00:00Z")
    assert (euro["recorded_at"], euro["source_seq"], euro["source"]) == ("2020-03-02T07:00:00Z", 12, "core.sparkasse")


def entries(folder: Path, *rows: str) -> Reading:
    """The bookings of customer 7, one of which is good."""
    head, good, _ = str(FOLDER["umsaetze.csv"]).splitlines()
    return read_yaml(write(folder, FOLDER | {"umsaetze.csv": "\n".join([head, *rows, good])}), SPARKASSE)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("8;X;1;{at};1,00;1,00;EUR;;", "column 'kunde': '8' is the nr of no row of customers"),
        ("7;X;1;{at};1,00;1,00;EURO;;", "column 'waehrung': 'EURO' is not an active ISO 4217 currency code"),
        ("7;X;1;{at};one;1,00;EUR;;", "column 'betrag': 'one' is not an amount such as 1234,50"),
        ("7;X;1;{at};1.50;1,00;EUR;;", "column 'betrag': '1.50' is not an amount such as 1234,50"),
        ("7;X;1;{at};1,00;1,001;EUR;;", "column 'saldo': '1,001' has more than 2 decimals"),
        ("7;X;1;{at};;1,00;EUR;;", "column 'betrag': is empty"),
        ("7;;1;{at};1,00;1,00;EUR;;", "column 'konto': is empty"),
        ("7;a b;1;{at};1,00;1,00;EUR;;", "column 'konto': account_id is 'a b': String should match pattern"),
        ("7;X;-1;{at};1,00;1,00;EUR;;", "column 'lfd': source_seq is -1: Input should be greater than or equal to 0"),
        ("7;X;x;{at};1,00;1,00;EUR;;", "column 'lfd': 'x' is not a whole number"),
        ("7;X;1;{at};99999999999999999,00;1,00;EUR;;", "column 'betrag': an amount of 17 digits is more than any"),
        ("7;X;1;{at};99999999999999,00;1,00;EUR;;", "column 'betrag': amount_minor is -9999999999999900: Input should"),
        (
            "7;X;1;30.02.2020 08:00:00;29.02.2020;2020-03-02T09:00:00+0200;1,00;1,00;EUR;;",
            "column 'zeit': '30.02.2020 08:00:00' is not a date of the form %d.%m.%Y %H:%M:%S",
        ),
        ("7;X;1;{at};1,00;1,00;EUR;" + "x" * 5_000 + ";", "text is 'xxx"),
        ("7;X", "it has 2 values where 11 are expected: values are missing"),
    ],
)
def test_a_broken_row_is_told_with_row_column_and_reason_and_the_rest_goes_on(
    tmp_path: Path, row: str, said: str
) -> None:
    at = "02.03.2020 08:00:00;02.03.2020;2020-03-02T09:00:00+0200"
    found = entries(tmp_path, row.format(at=at))
    (problem,) = found.said()
    assert problem.startswith("umsaetze.csv row 1 (line 2)")
    assert said in problem
    assert [event["account_id"] for event in found.of("account.entry_booked")] == ["DE1"]
    assert found.rows["umsaetze.csv"] == 2


def test_a_row_gives_all_its_events_or_none_and_is_told_once(tmp_path: Path) -> None:
    kunden = "7|Ann|01.03.2019|K12\n8|Bob|01.03.2019|no such manager!\n"
    found = read_yaml(write(tmp_path, FOLDER | {"kunden.txt": kunden}), SPARKASSE)
    assert [event["customer_id"] for event in found.of("customer.registered", "relationship.assigned")] == ["DE-7"] * 2
    (problem,) = found.problems
    assert (problem.row, problem.column, problem.reason) == (2, "betreuer", Reason.INVALID)


def test_the_same_folder_gives_the_same_bytes_every_time(tmp_path: Path, sparkasse: Reading) -> None:
    again = read_yaml(tmp_path, SPARKASSE)
    assert again.events == sparkasse.events
    assert len({event.event_id for event in again.events}) == 4


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere is no folder: give the folder that holds the files"):
        read(tmp_path / "nowhere", "berka")
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=r"file is no folder"):
        read(tmp_path / "file", "berka")


def test_a_missing_file_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"umsaetze\.csv does not exist: the mapping needs it; put it there"):
        read_yaml(write(tmp_path, {"kunden.txt": FOLDER["kunden.txt"]}), SPARKASSE)
