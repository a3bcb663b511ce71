"""Folders of files as a bank would send them, and what a reading of one gives."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from connectors.sources.errors import Problem
from connectors.sources.mapping_files import load_mapping, parse_mapping
from connectors.sources.ordering import OutgoingEvent
from connectors.sources.reading import read_events

__all__ = ["BERKA", "COMPLAINTS", "SHARED", "SHIPPED", "Reading", "file_rows", "read", "read_yaml", "write"]

SHIPPED = Path(__file__).parents[1] / "data"
_BESIDE = Path(__file__).parents[3] / "shared" / "data"
SHARED = _BESIDE if _BESIDE.is_dir() else SHIPPED
"""The whole data where it is at hand, else the copy."""

BERKA: dict[str, Any] = {
    "berka/account.csv": (
        "account_id;district_id;frequency;creation_date\n"
        "10;1;monthly issuance;960229\n11;1;monthly issuance;950101\n12;2;monthly issuance;970331\n"
    ),
    "berka/client.csv": "client_id;birth_number;district_id\n5;700101;7\n6;705101;70\n7;700101;70\n",
    "berka/disp.csv": (
        "disp_id;client_id;account_id;type\n1;5;10;OWNER\n2;5;11;OWNER\n3;6;12;OWNER\n4;7;12;DISPONENT\n"
    ),
    "berka/loan.csv": (
        "loan_id;account_id;date;amount;duration;payments;status\n20;12;970831;96396;6;1000;\n21;11;960131;100;1;9;\n"
    ),
    "berka/trans.csv": (
        "trans_id;account_id;date;type;operation;amount;balance;k_symbol;bank;account\n"
        "103;12;970402;credit;credit in cash;700.00;700.00;;;\n"
        "101;12;970401;withdrawal in cash;withdrawal in cash;50.50;-50.50;;;\n"
        "102;12;970401;withdrawal;;0.10;-50.60;household;YZ;123\n"
    ),
}
"""Three accounts of two owners, one with a disponent; entries out of order, two of a day against their numbers."""

COMPLAINTS = (
    "Complaint ID,Date received,Product,Sub-product,Issue,Sub-issue,Company,Submitted via\n"
    '000002,2/29/2016,Mortgage,Other,"Loan modification,collection ""foreclosure""",,Ocwen,Web\n'
    "000005,7/29/2013,Credit reporting,,Incorrect information,Public record,Equifax,Pigeon\n"
)


@dataclass
class Reading:
    """What one reading of a folder gave."""

    events: list[OutgoingEvent] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)

    def of(self, *types: str) -> list[dict[str, Any]]:
        """The contents of all events of these types, in order."""
        return [orjson.loads(event.value) for event in self.events if event.type in types]

    def one(self, kind: str) -> dict[str, Any]:
        """The content of the only event of a type."""
        (only,) = self.of(kind)
        return only

    def said(self) -> list[str]:
        """The refused rows in words."""
        return [str(problem) for problem in self.problems]


def write(folder: Path, files: Mapping[str, str | bytes | None]) -> Path:
    """The folder with these files in it; a file that is None is left out."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder: Path, *mappings: str) -> Reading:
    """Read a folder by shipped mappings or files."""
    reading = Reading()
    declared = [load_mapping(mapping) for mapping in mappings]
    reading.events = list(read_events(declared, folder, reading.problems.append, reading.rows.__setitem__))
    return reading


def read_yaml(folder: Path, text: str) -> Reading:
    """Read a folder by a mapping in the test itself."""
    reading = Reading()
    declared = [parse_mapping(text, "test.yaml")]
    reading.events = list(read_events(declared, folder, reading.problems.append, reading.rows.__setitem__))
    return reading


def file_rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """The rows by plain code that shares nothing with the sources."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))
