"""What the README tells a bank about mappings is so."""

import re
from pathlib import Path

import pytest

from connectors import sources
from connectors.sources.mapping import EventSpec, FileSource, Table
from connectors.sources.transformations import _STEPS
from connectors.sources.values import _KINDS
from tests.support.sources import read_yaml, write

README = (Path(sources.__file__).parent / "README.md").read_text("utf-8")
(EXAMPLE,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)


def test_the_example_reads_a_folder_as_it_says(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            "customers.csv": "number;name;registered\nK1;Dvořák;29.02.2024\n".encode("cp1250"),
            "entries.csv": (
                "account;customer;status;at;amount;balance;currency;text\n"
                "A1;K1;booked;01.07.2024 00:30;-1 234,50;10,00;CZK;\n"
                "A1;K1;blocked;01.07.2024 00:31;?;?;?;\n"
            ),
        },
    )
    reading = read_yaml(folder, EXAMPLE)
    assert reading.said() == []
    assert reading.one("customer.registered")["name"] == "Dvořák"
    entry = reading.one("account.entry_booked")
    assert (entry["amount_minor"], entry["booked_on"]) == (-123450, "2024-07-01")
    assert (entry["occurred_at"], entry["source_seq"]) == ("2024-06-30T22:30:00Z", 1)


@pytest.mark.parametrize(
    "word", [*_STEPS, *_KINDS, *FileSource.model_fields, *Table.model_fields, *EventSpec.model_fields]
)
def test_every_word_of_a_mapping_is_told(word: str) -> None:
    assert re.search(rf"\b{word}\b", README)
