"""The table of proofs names tests that are there."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAMED = re.compile(r"`(test_\w+)`")
DEFINED = re.compile(r"^def (test_\w+)\(", re.MULTILINE)


def test_every_test_that_the_table_of_proofs_names_exists() -> None:
    named = set(NAMED.findall((TESTS / "integration" / "README.md").read_text()))
    defined = {name for path in TESTS.rglob("test_*.py") for name in DEFINED.findall(path.read_text())}
    assert named
    assert sorted(named - defined) == []
