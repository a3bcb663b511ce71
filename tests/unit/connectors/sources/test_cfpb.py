"""The mapping `cfpb`, on a made folder in which every rule shows."""

from pathlib import Path

import pytest

from connectors.sources.entities import event_id
from connectors.sources.errors import SourceError
from tests.support.sources import BERKA, COMPLAINTS, Reading, read, write

FOLDER = {"berka/disp.csv": BERKA["berka/disp.csv"], "cfpb/complaints.csv": COMPLAINTS}


@pytest.fixture
def cfpb(tmp_path: Path) -> Reading:
    return read(write(tmp_path, FOLDER), "cfpb")


def test_a_complaint_says_what_the_file_says_four_years_on(cfpb: Reading) -> None:
    second, first = cfpb.of("complaint.received")
    assert {
        name: first[name] for name in ("complaint_id", "received_on", "product", "issue", "content", "channel")
    } == {
        "complaint_id": "000002",
        "received_on": "2020-02-29",
        "product": "Mortgage",
        "issue": 'Loan modification,collection "foreclosure"',
        "content": 'Loan modification,collection "foreclosure"',
        "channel": "web",
    }
    assert (second["received_on"], second["occurred_at"]) == ("2017-07-29", "2017-07-29T00:00:00Z")
    assert (second["content"], second["channel"]) == ("Incorrect information: Public record", "other")
    assert (second["source"], second["source_seq"]) == ("cfpb", 0)
    assert second["event_id"] == event_id("cfpb", "complaint:000005", 0)


def test_complaint_n_belongs_to_customer_n_modulo_their_count_in_order_of_number(tmp_path: Path) -> None:
    head, *_ = COMPLAINTS.splitlines()
    rows = [f"{n:06},7/29/2013,Mortgage,,Fee,,Ocwen,Web" for n in (0, 1, 2, 3, 4, 5, 1_000_000)]
    owners = (
        "disp_id;client_id;account_id;type\n1;20;1;OWNER\n2;3;2;OWNER\n3;1;2;DISPONENT\n4;100;3;OWNER\n5;3;4;OWNER\n"
    )
    found = read(write(tmp_path, {"berka/disp.csv": owners, "cfpb/complaints.csv": "\n".join([head, *rows])}), "cfpb")
    assert [(event["complaint_id"], event["customer_id"]) for event in found.of("complaint.received")] == [
        ("000000", "B00000003"),
        ("000001", "B00000020"),
        ("000002", "B00000100"),
        ("000003", "B00000003"),
        ("000004", "B00000020"),
        ("000005", "B00000100"),
        ("1000000", "B00000020"),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "000009,2/29/2013,Mortgage,,Fee,,X,Web",
            "column 'Date received': '2/29/2013' is not a date of the form %m/%d/%Y",
        ),
        ("000009,,Mortgage,,Fee,,X,Web", "column 'Date received': is empty"),
        ("nine,1/1/2013,Mortgage,,Fee,,X,Web", "column 'Complaint ID': 'nine' is not a whole number"),
        ("000005,1/1/2013,Mortgage,,Fee,,X,Web", "column 'Complaint ID': '000005' stands in row 2 already"),
        ("000009,1/1/2013,,,Fee,,X,Web", "column 'Product': is empty"),
        ("000009,1/1/2013,Mortgage,,,,X,Web", "column 'Issue': is empty"),
        ("000009,1/1/2013,Mortgage,,Loan, lease,,X,Web", "it has 9 values where 8 are expected: values are too many"),
        ('000009,1/1/2013,Mortgage,,"Fee,,X,Web', "its quotes don't match"),
        (f"000009,1/1/2013,{'x' * 201},,Fee,,X,Web", "String should have at most 200 characters"),
    ],
)
def test_a_broken_row_is_told_and_everything_else_goes_on(tmp_path: Path, cfpb: Reading, row: str, said: str) -> None:
    found = read(write(tmp_path, FOLDER | {"cfpb/complaints.csv": COMPLAINTS + row + "\n"}), "cfpb")
    (problem,) = found.said()
    assert problem.startswith("cfpb/complaints.csv row 3 (line 4)")
    assert said in problem
    assert found.events == cfpb.events


def test_the_customers_of_the_folder_are_needed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"berka/disp\.csv does not exist"):
        read(write(tmp_path, {"cfpb/complaints.csv": COMPLAINTS}), "cfpb")


def test_both_mappings_are_merged_by_event_time_and_a_shared_rows_problem_is_told_once(tmp_path: Path) -> None:
    disp = BERKA["berka/disp.csv"].replace("4;7;12;DISPONENT", "4;7;12")
    found = read(write(tmp_path, BERKA | FOLDER | {"berka/disp.csv": disp}), "berka", "cfpb")
    instants = [event["occurred_at"] for event in found.of(*{event.type for event in found.events})]
    assert instants == sorted(instants)
    assert len(found.of("complaint.received")) == 2
    assert found.said() == ["berka/disp.csv row 4 (line 5): it has 3 values where 4 are expected: values are missing"]
