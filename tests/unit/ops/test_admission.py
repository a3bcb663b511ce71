"""At the door of Redis: an address that is none is told without its password."""

import pytest

from ops.admission import let_in_by_redis
from ops.errors import Refused


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://bank:se/cret@there:6379/0", "redis://bank:***@there:6379/0"),
        ("http://bank:secret@there:6379/0?password=secret", "http://bank:***@there:6379/0"),
    ],
)
def test_what_is_no_address_is_named_with_the_cure_and_without_the_password(url: str, shown: str) -> None:
    with pytest.raises(Refused) as refused:
        let_in_by_redis(url)
    assert refused.value.said == f"{shown} (C360_REDIS_URL) is no address of a Redis."
    assert "percent-encode / # ? @" in refused.value.cure
    assert "cret" not in str(refused.value)
