"""The copy of the data that ships is made from the whole, and can be made again."""

from pathlib import Path

import pytest

from tests.support.small_copy import small_copy
from tests.support.sources import SHARED, SHIPPED


@pytest.mark.skipif(SHARED == SHIPPED, reason="the whole data is not at hand")
def test_the_copy_can_be_made_again_byte_for_byte(tmp_path: Path) -> None:
    small_copy(SHARED, tmp_path)
    files = sorted(path.relative_to(SHIPPED) for path in SHIPPED.rglob("*.csv"))
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv")) == files
    for file in files:
        assert (tmp_path / file).read_bytes() == (SHIPPED / file).read_bytes()
