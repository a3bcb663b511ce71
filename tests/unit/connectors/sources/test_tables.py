"""Joins, filters, derived columns and uniqueness, by mappings of the test's own."""

from pathlib import Path

import pytest

from connectors.sources.errors import SourceError
from tests.support.sources import Reading, read_yaml, write

OPENED = """
name: tiny
source: tiny
tables:
{tables}
events:
  - type: account.opened
    table: accounts
    customer_id: {customer}
    source_seq: 0
    occurred_at: day
    fields: {{account_id: id, product: {{constant: current_account}}, currency: {{constant: EUR}}, opened_on: day}}
"""
FILES = {
    "accounts.csv": "id,date,owner,kind\nA1,2020-01-02,2,x\nA2,2020-01-01,1,y\nA3,2020-01-03,9,x\nA4,2020-01-01,1,z\n",
    "owners.csv": "number,name\n2,B\n1,A\n",
}
DAY = '{column: date, then: [{date: "%Y-%m-%d"}]}'


def reading(folder: Path, tables: str, customer: str = "owner", **files: str) -> Reading:
    write(folder, FILES | {f"{name}.csv": content for name, content in files.items()})
    return read_yaml(folder, OPENED.format(tables=tables, customer=customer))


def opened(found: Reading) -> list[tuple[str, str]]:
    return [(event["account_id"], event["customer_id"]) for event in found.of("account.opened")]


def test_a_filter_passes_over_other_rows_without_a_word(tmp_path: Path) -> None:
    tables = (
        f"  accounts: {{file: {{path: accounts.csv}}, where: {{kind: [x, z], owner: '1'}}, columns: {{day: {DAY}}}}}"
    )
    found = reading(tmp_path, tables)
    assert opened(found) == [("A4", "1")]
    assert found.problems == []


def test_events_come_by_day_and_those_of_a_day_by_row(tmp_path: Path) -> None:
    found = reading(tmp_path, f"  accounts: {{file: {{path: accounts.csv}}, columns: {{day: {DAY}}}}}")
    assert opened(found) == [("A2", "1"), ("A4", "1"), ("A1", "2"), ("A3", "9")]
    assert found.rows == {"accounts.csv": 4}


JOINED = f"""
  owners: {{file: {{path: owners.csv}}, key: number}}
  accounts:
    file: {{path: accounts.csv}}
    joins: {{holder: {{table: owners, by: owner}}}}
    columns: {{day: {DAY}}}
"""


def test_a_join_reaches_into_the_other_row_and_refuses_what_refers_to_none(tmp_path: Path) -> None:
    found = reading(tmp_path, JOINED, customer="holder.name")
    assert opened(found) == [("A2", "A"), ("A4", "A"), ("A1", "B")]
    assert found.said() == [
        "accounts.csv row 3 (line 4), column 'owner': '9' is the number of no row of owners",
    ]


def test_the_nth_row_counts_from_zero_in_order_of_the_key_and_begins_again(tmp_path: Path) -> None:
    tables = JOINED.replace("by: owner", "nth: {column: owner, then: [{integer: true}]}")
    assert dict(opened(reading(tmp_path, tables, customer="holder.name"))) == {
        "A2": "B",
        "A4": "B",
        "A1": "A",
        "A3": "B",
    }


def test_the_nth_of_none_refuses_every_row_and_breaks_nothing(tmp_path: Path) -> None:
    tables = JOINED.replace("by: owner", "nth: {column: owner, then: [{integer: true}]}")
    found = reading(tmp_path, tables, customer="holder.name", owners="number,name\n")
    assert found.events == []
    assert {problem.detail for problem in found.problems} == {"there are no owners to choose from"}
    assert len(found.problems) == 4


def test_a_position_that_is_no_number_is_told(tmp_path: Path) -> None:
    found = reading(tmp_path, JOINED.replace("by: owner", "nth: owner"), customer="holder.name")
    assert found.events == []
    assert "'2' is no whole number: `nth` needs an integer step" in found.said()[0]


def test_a_second_row_of_a_key_and_one_without_are_refused(tmp_path: Path) -> None:
    found = reading(tmp_path, JOINED, customer="holder.name", owners="number,name\n2,B\n1,A\n2,C\n,D\n")
    assert opened(found) == [("A2", "A"), ("A4", "A"), ("A1", "B")]
    assert found.said()[:2] == [
        "owners.csv row 3 (line 4), column 'number': '2' stands in row 1 already",
        "owners.csv row 4 (line 5), column 'number': is empty",
    ]


ONE_PER = f"""
  all: {{file: {{path: accounts.csv}}, columns: {{day: {DAY}}}}}
  accounts: {{rows_of: all, one_per: {{column: owner, least: day}}}}
"""


def test_one_row_is_kept_of_each_value_the_least_and_of_equals_the_first(tmp_path: Path) -> None:
    assert opened(reading(tmp_path, ONE_PER)) == [("A2", "1"), ("A1", "2"), ("A3", "9")]


def test_a_row_that_can_not_be_compared_is_refused_and_does_not_break_off(tmp_path: Path) -> None:
    tables = ONE_PER.replace("{column: date,", "{column: date, optional: true,")
    found = reading(tmp_path, tables, accounts="id,date,owner,kind\nA1,,1,x\nA2,2020-01-01,1,x\nA3,,1,x\n")
    assert opened(found) == [("A2", "1")]
    assert found.said() == [
        "accounts.csv row 1 (line 2), column 'date': is empty",
        "accounts.csv row 3 (line 4), column 'date': is empty",
    ]


def test_a_column_derived_under_its_own_name_is_named_once(tmp_path: Path) -> None:
    tables = "  accounts: {file: {path: accounts.csv}, columns: {owner: {column: owner, then: [{pad: 4}]}, day: DAY}}"
    content = "id,date,owner,kind\nA1,2020-01-01,1,x\nA2,2020-01-01,,x\n"
    found = reading(tmp_path, tables.replace("DAY", DAY), accounts=content)
    assert opened(found) == [("A1", "0001")]
    assert found.said() == ["accounts.csv row 2 (line 3), column 'owner': is empty"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "by: owner",
            "by: ownr",
            "tables.accounts.joins.holder: table 'accounts' (accounts.csv) has no column 'ownr': it has id,",
        ),
        (
            "key: number",
            "key: no",
            "tables.owners.key: table 'owners' (owners.csv) has no column 'no': it has number, name.",
        ),
        (
            "column: date,",
            "column: dat,",
            "tables.accounts.columns.day: table 'accounts' (accounts.csv) has no column 'dat'",
        ),
        (
            "    joins:",
            "    where: {typ: x}\n    joins:",
            "tables.accounts.where: table 'accounts' (accounts.csv) has no",
        ),
    ],
)
def test_what_the_files_do_not_have_is_told_before_anything_is_read(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert JOINED.count(old) == 1
    with pytest.raises(SourceError) as caught:
        reading(tmp_path, JOINED.replace(old, new), customer="kind")
    assert said in str(caught.value)


def test_a_column_of_an_event_that_is_not_there_is_told_by_the_events_place(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"Mapping tiny, events\.0\.customer_id: table 'accounts' .* no column 'nam'"):
        reading(tmp_path, JOINED, customer="nam")


@pytest.mark.parametrize("more", ["columns: {holder: kind}", "joins: {holder: {table: owners, by: owner}}"])
def test_a_join_inherited_keeps_its_name_to_itself(tmp_path: Path, more: str) -> None:
    tables = JOINED.replace("  accounts:", "  first:") + f"  accounts: {{rows_of: first, {more}}}\n"
    with pytest.raises(SourceError, match=r"'holder' is the name of a join already: give it another name"):
        reading(tmp_path, tables)


def test_a_join_may_take_the_name_of_its_column_which_is_then_no_value_any_more(tmp_path: Path) -> None:
    tables = JOINED.replace("{holder:", "{owner:")
    assert opened(reading(tmp_path, tables, customer="owner.name"))[0] == ("A2", "A")
    with pytest.raises(
        SourceError, match=r"events\.0\.customer_id: .* has no column 'owner': it has id, date, kind, owner\."
    ):
        reading(tmp_path, tables, customer="owner")
