"""What is wrong with a mapping is told by its path in the YAML and by what is allowed there."""

from pathlib import Path

import pytest

from connectors.sources.errors import SourceError
from connectors.sources.mapping_files import load_mapping, parse_mapping, shipped_mappings

GOOD = """
name: tiny
source: tiny
tables:
  things:
    file: {path: a.csv}
    columns:
      day: {column: date, then: [{date: "%Y-%m-%d"}]}
  others:
    file: {path: b.csv}
    key: id
events:
  - type: account.opened
    table: things
    customer_id: owner
    source_seq: 0
    occurred_at: day
    fields: {account_id: id, product: {constant: current_account}, currency: {constant: EUR}, opened_on: day}
"""


def complaint(*changes: tuple[str, str]) -> str:
    """What is said of GOOD with these replacements."""
    text = GOOD
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    with pytest.raises(SourceError) as caught:
        parse_mapping(text, "tiny.yaml")
    return str(caught.value)


def test_the_mapping_that_the_others_are_broken_from_is_good() -> None:
    assert parse_mapping(GOOD, "tiny.yaml").events[0].fields.keys() == {
        "account_id",
        "product",
        "currency",
        "opened_on",
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("source: tiny", "sorce: tiny", "tiny.yaml, source: Field required."),
        ("source: tiny", "source: Tiny Bank", "tiny.yaml, source: String should match pattern"),
        ("{path: a.csv}", "{path: a.csv, seperator: x}", "tables.things.file.seperator: is no key that stands here."),
        ("{path: a.csv}", "{path: a.csv, encoding: klingon}", "tables.things.file.encoding: 'klingon' is no encoding"),
        ("{path: a.csv}", "{path: a.csv, delimiter: ab}", "tables.things.file.delimiter: String should have at most 1"),
        ("{date: ", "{dat: ", "tables.things.columns.day.then.0: is no transformation: a mapping with one of pad,"),
        ('"%Y-%m-%d"', '"%Q"', "tables.things.columns.day.then.0.date: '%Q' is no date format such as %Y-%m-%d"),
        ("{column: date,", "{colum: date,", "tables.things.columns.day: is no value: a column's name, or a mapping"),
        ("[{date:", "[{pad: x}, {date:", "tables.things.columns.day.then.0.pad: Input should be a valid integer."),
        (
            "[{date:",
            "[{sign_by: type, positive: []}, {date:",
            "tables.things.columns.day.then.0.negative: Field required.",
        ),
        ("table: things", "table: nothing", "events.0.table: there is no table 'nothing': things, others are declared"),
        ("account.opened", "account.openned", "events.0.type: 'account.openned' is no event type: customer.registered"),
        ("account.opened", "clock.ticked", "events.0.type: 'clock.ticked' is no event type"),
        ("account_id: id, ", "", "events.0.fields: account.opened needs account_id."),
        ("{account_id: id", "{nope: id, account_id: id", "events.0.fields: account.opened has no field 'nope': "),
        ("source_seq: 0", "source_seq: -1", "events.0.source_seq: Input should be greater than or equal to 0."),
        ("occurred_at: day\n", "occurred_at: 5\n", "events.0.occurred_at: is no value: a column's name"),
        ("    customer_id: owner\n", "", "events.0.customer_id: Field required."),
        ("  others:", "  Others:", "tables.Others: String should match pattern"),
        (
            "    key: id",
            "    key: id\n    rows_of: things",
            "tables.others: exactly one of file and rows_of is expected",
        ),
        ("file: {path: b.csv}", "rows_of: others", "tables.others: needs itself, by way of others -> others"),
        ("file: {path: b.csv}", "rows_of: nobody", "tables.others.rows_of: there is no table 'nobody'"),
        (
            "    key: id",
            "    joins: {thing: {table: things, by: x}}",
            "tables.others.joins.thing: table 'things' declares no key",
        ),
        (
            "    columns:\n",
            "    joins: {other: {table: others}}\n    columns:\n",
            "tables.things.joins.other: exactly one of by and nth is expected",
        ),
        (
            "    columns:\n",
            "    joins: {day: {table: others, by: x}}\n    columns:\n",
            "tables.things: 'day' is the name of a join and of a column: each needs a name of its own",
        ),
        (
            "    columns:\n",
            "    where: {a: 5}\n    columns:\n",
            "tables.things.where.a: Input should be a valid string",
        ),
    ],
)
def test_an_error_names_its_place_and_what_is_allowed(old: str, new: str, said: str) -> None:
    assert said in complaint((old, new))


def test_many_errors_are_told_at_once_a_line_each() -> None:
    lines = complaint(("source: tiny", "sorce: tiny"), ("{date: ", "{dat: ")).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("tiny.yaml, ") for line in lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables: [", "tiny.yaml is no valid YAML: "),
        ("a: 1\na: 2", "the key 'a' stands twice"),
        ("? [a]\n: 1", "a key must be a text"),
        ("- name: tiny", "tiny.yaml is no mapping: name, source, tables and events are expected at its top."),
        ("", "tiny.yaml is no mapping"),
        ("name: !!python/object:os.system x", "tiny.yaml is no valid YAML"),
        ("name: \x07", "tiny.yaml is no valid YAML"),
    ],
)
def test_broken_yaml_is_one_sentence(text: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_mapping(text, "tiny.yaml")
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_days_and_yes_and_no_in_yaml_stay_texts() -> None:
    text = GOOD.replace("{constant: EUR}", "{constant: NO}").replace("{path: b.csv}", "{path: 2020-01-01}")
    mapping = parse_mapping(text, "tiny.yaml")
    other = mapping.tables["others"].file
    assert other is not None
    assert other.path == "2020-01-01"
    assert "constant='NO'" in repr(mapping.events[0].fields["currency"])


def test_two_mappings_ship() -> None:
    assert shipped_mappings() == ["berka", "cfpb"]
    assert [load_mapping(name).source for name in shipped_mappings()] == ["berka", "cfpb"]


def test_a_mapping_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    for name in ("brka", str(tmp_path / "none.yaml"), str(tmp_path)):
        with pytest.raises(
            SourceError, match=r"There is no mapping .*: give berka or cfpb, or the path of a YAML file"
        ):
            load_mapping(name)


def test_a_mapping_file_may_begin_with_a_byte_order_mark_but_must_be_text(tmp_path: Path) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(GOOD, encoding="utf-8-sig")
    assert load_mapping(str(file)).name == "tiny"
    file.write_bytes(b"\xff\xff")
    with pytest.raises(SourceError, match=r"The mapping .*tiny\.yaml can't be read"):
        load_mapping(str(file))


TERMS = """
  - type: account.terms_changed
    table: things
    customer_id: owner
    source_seq: 0
    occurred_at: day
    fields: {account_id: id, product: {constant: term_deposit}}
"""


def test_two_events_of_a_row_about_one_entity_need_different_sequences() -> None:
    with pytest.raises(SourceError, match=r"events\.1\.source_seq: it is that of events\.0, about the same entity"):
        parse_mapping(GOOD + TERMS, "tiny.yaml")
    assert len(parse_mapping(GOOD + TERMS.replace("source_seq: 0", "source_seq: 1"), "tiny.yaml").events) == 2
    assert len(parse_mapping(GOOD + TERMS.replace("account_id: id", "account_id: other"), "tiny.yaml").events) == 2
