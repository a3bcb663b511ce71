"""The names in Redis: one slot per customer, one index per kind of section."""

import pytest
from redis.crc import key_slot

from connectors.redis_keys import Keys
from schemas.views import account_section, alert_section, loan_section, progress_key, split_key


def test_what_is_written_together_stands_in_one_slot_of_a_cluster() -> None:
    keys = Keys()
    for owner in ("B00000001", "a.b-c_d", split_key(progress_key(3))[0]):
        assert key_slot(keys.owner(owner).encode()) == key_slot(keys.staged(owner).encode())


def test_every_key_belongs_to_its_namespace() -> None:
    keys = Keys("7")
    named = [keys.view("B1"), keys.staged("B1"), keys.partition(0), keys.account("A"), keys.loan("L")]
    named += [keys.resume, keys.projector, keys.views_pattern]
    assert all(name.startswith("c360:7:") for name in named)
    assert len(set(named)) == len(named)


def test_a_partition_is_no_customer() -> None:
    keys = Keys()
    assert keys.owner("$partition-3") == keys.partition(3)
    assert not keys.partition(3).startswith(keys.views_pattern[:-1])


@pytest.mark.parametrize("customer", ["B00000001", "x:y", "a.b-c"])
def test_the_customer_can_be_read_back_from_the_key_of_his_view(customer: str) -> None:
    assert Keys("12").customer_of(Keys("12").view(customer)) == customer


def test_accounts_and_loans_are_found_by_their_ids_and_nothing_else_is() -> None:
    keys = Keys()
    assert keys.index(account_section("A:1/2#3")) == keys.account("A:1/2#3")
    assert keys.index(loan_section("L1")) == keys.loan("L1")
    assert keys.index(alert_section("x")) is None
    assert keys.index("profile") is None
