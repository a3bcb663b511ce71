"""The account of an ingest, and what ends one before Kafka is asked."""

import subprocess
from pathlib import Path

import pytest

from connectors.sources.errors import Problem, Reason
from ops.errors import OperatorError
from ops.ingestion import Ingested, ingest
from tests.support.sources import BERKA, write
from tests.unit.ops.test_cli import run

NOWHERE = "127.0.0.1:1"


def a_problem(row: int) -> Problem:
    return Problem("a.csv", row, row + 1, "amount", Reason.NOT_A_NUMBER, "'x' is not an amount")


def test_the_summary_tells_rows_events_and_speed() -> None:
    report = Ingested(rows={"a.csv": 20_000}, events=1_500, by_topic={"clock": 500, "b": 1_000}, seconds=2.0)
    assert list(report.lines()) == [
        "read 20,000 rows of a.csv",
        "published 1,000 events to b",
        "published 500 events to clock",
        "1,500 events in 2.0 s (750 a second)",
    ]


def test_refused_rows_are_listed_first_and_summed_up_last() -> None:
    report = Ingested()
    for row in (1, 7):
        report.refuse(a_problem(row))
    first, *_, last = report.lines()
    assert first == "refused: a.csv row 1 (line 2), column 'amount': 'x' is not an amount"
    assert last == "2 rows refused: 2 not_a_number"


def test_a_million_refused_rows_are_counted_and_a_thousand_listed() -> None:
    report = Ingested()
    for row in range(1_234):
        report.refuse(a_problem(row))
    lines = list(report.lines())
    assert lines[1_000] == "refused: ... and 234 more"
    assert lines[-1] == "1,234 rows refused: 1,234 not_a_number"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("brka", "There is no mapping 'brka': give berka or cfpb, or the path of a YAML file."),
        ("berka", "berka/trans.csv does not exist"),
    ],
)
def test_what_is_wrong_with_mapping_or_folder_is_told_before_kafka_is_asked(
    tmp_path: Path, mapping: str, said: str
) -> None:
    with pytest.raises(OperatorError) as caught:
        ingest(NOWHERE, [mapping], write(tmp_path, BERKA | {"berka/trans.csv": None}), None)
    assert said in caught.value.message


def assert_one_sentence(done: "subprocess.CompletedProcess[str]", said: str) -> None:
    assert done.returncode == 2, done
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_at_the_command_line_each_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("tables: [")
    folder = str(write(tmp_path, BERKA))
    assert_one_sentence(run("ingest", "--mapping", str(broken), folder, KAFKA_BOOTSTRAP=NOWHERE), "is no valid YAML")
    nowhere = str(tmp_path / "nowhere")
    assert_one_sentence(run("ingest", "--mapping", "berka", nowhere, KAFKA_BOOTSTRAP=NOWHERE), "nowhere is no folder")


@pytest.mark.parametrize("at", ["2026-11-23T00:00:00", "0001-01-01T00:00:00+02:00"])
def test_a_tick_at_no_instant_is_told_with_an_example(at: str) -> None:
    done = run("clock", "tick", "--at", at, KAFKA_BOOTSTRAP=NOWHERE)
    assert_one_sentence(done, f"--at {at} is no instant: write it with its offset, such as 2026-11-23T00:00:00Z.")
